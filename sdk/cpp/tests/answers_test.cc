#include "answers.h"

#include <gtest/gtest.h>

#include "testing/test_gateway.h"

namespace sealpost::sdk {
namespace {

using std::chrono::milliseconds;

TEST(Time, GoesThereAndBack) {
  for (const char* text :
       {"1970-01-01T00:00:00.000Z", "2024-02-29T23:59:59.999Z", "2026-01-02T03:04:05.067Z"}) {
    const auto time = read_time(text);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(write_time(*time), text);
  }
  for (const char* bad : {"", "2026-01-02", "2026-02-30T03:04:05.067Z", "2026-01-02T24:04:05.067Z",
                          "2026-01-02T03:04:05.067+", "2026-01-02T03:04:-5.067Z", "9999-12-31T23:59:59.999Z",
                          "1013-01-02T03:04:05.678Z", "1969-12-31T23:59:59.999Z", "+026-01-02T03:04:05.067Z"})
    EXPECT_FALSE(read_time(bad)) << bad;
}

TEST(WriteMessage, EscapesWhatIsTextAndKeepsWhatIsJson) {
  const auto body = write_message(
      {.type = "a\"b", .data = R"({"n": 1.10})", .occurred_at = TimePoint(milliseconds(1'700'000'000'123))},
      "k\"");
  ASSERT_TRUE(body);
  EXPECT_EQ(
      *body,
      R"({"type":"a\"b","occurred_at":"2023-11-14T22:13:20.123Z","idempotency_key":"k\"","data":{"n": 1.10}})");
  EXPECT_EQ(
      write_message({.type = "a", .data = "1", .occurred_at = TimePoint(-milliseconds(1))}, {}).error().code,
      "validation_failed");
}

TEST(ReadToken, TakesWhatIsProperAndWipesTheRest) {
  const auto read = [](std::string text) {
    const auto token = read_token(text);
    EXPECT_TRUE(text.empty());
    return token ? std::string(token->authorization.reveal_secret_text()) : std::string("none");
  };
  EXPECT_EQ(read(R"({"access_token":"test-token","token_type":"Bearer","expires_in":600,"scope":""})"),
            "Bearer test-token");
  for (const char* bad : {"", "[]", "{}", R"({"access_token":7,"token_type":"Bearer","expires_in":600})",
                          R"({"access_token":"test-token","token_type":"Bearer"})",
                          R"({"access_token":"test-token","token_type":"mac","expires_in":600})",
                          R"({"access_token":"test-token","token_type":"Bearer","expires_in":0})",
                          R"({"access_token":"test-token","token_type":"Bearer","expires_in":-1})",
                          R"({"access_token":"a\r\nX: y","token_type":"Bearer","expires_in":600})",
                          R"({"access_token":"","token_type":"Bearer","expires_in":600})"})
    EXPECT_EQ(read(bad), "none") << bad;
}

constexpr std::string_view kReceipt =
    R"({"id":"msg_1","type":"a","environment":"live","accepted_at":"2026-01-02T03:04:05.678Z",
"payload":{"state":"stored"},"stages":[{"stage":"accepted","at":"2026-01-02T03:04:05.678Z","result":"ok","code":null,
"class":null,"delivery_id":null,"attempt":null,"audit":null}],"deliveries":[{"id":"dlv_1","endpoint_id":"end_1",
"channel_id":null,"state":"retrying","next_attempt_at":"2026-01-02T03:09:05.678Z","ended_at":null,"attempts":[{"number":1,
"started_at":"2026-01-02T03:04:06.000Z","result":"failed","code":"receiver_error","class":"receiver",
"response_status":500,"key_ids":["key_1"]}]}],"audit":{"log_origin":"example/log","index":7},"later_member":1})";

TEST(ReadReceipt, TellsStagesDeliveriesAndAttempts) {
  const auto receipt = read_receipt(std::string(kReceipt));
  ASSERT_TRUE(receipt);
  EXPECT_EQ(receipt->stages.at(0).stage, "accepted");
  EXPECT_EQ(receipt->payload_state, "stored");
  EXPECT_EQ(receipt->audit.index, 7U);
  const Delivery& delivery = receipt->deliveries.at(0);
  EXPECT_EQ(delivery.state, "retrying");
  EXPECT_TRUE(delivery.next_attempt_at);
  EXPECT_FALSE(delivery.ended_at);
  EXPECT_EQ(delivery.attempts.at(0).response_status, 500);
  EXPECT_EQ(delivery.attempts.at(0).key_ids, std::vector<std::string>{"key_1"});
  EXPECT_EQ(receipt->json, kReceipt);
}

// Whatever member loses its value, the receipt is unreadable or as good as without it; nothing crashes.
TEST(ReadReceipt, SurvivesEveryDamage) {
  const std::string whole(kReceipt);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    EXPECT_FALSE(read_receipt(whole.substr(0, i))) << i;
    std::string changed = whole;
    changed[i] = '[';
    (void)read_receipt(changed);
  }
  for (const char* member :
       {"\"id\"", "\"audit\":{", "\"stages\"", "\"number\"", "\"state\":\"stored\"", "\"log_origin\""}) {
    std::string renamed = whole;
    renamed[renamed.find(member) + 1] = '_';
    EXPECT_FALSE(read_receipt(renamed)) << member;
  }
}

TEST(ReadInboxPage, RefusesBadBase64) {
  const std::string head =
      R"({"items":[{"delivery_id":"dlv_1","message_id":"msg_1","type":"a","received_at":)"
      R"("2026-01-02T03:04:05.678Z","summary":{},"erase_at":null,"payload":{"content_type":"x","base64":")";
  EXPECT_TRUE(read_inbox_page(head + R"(aGk="}}],"next_cursor":null})"));
  EXPECT_FALSE(read_inbox_page(head + R"(a*k="}}],"next_cursor":null})"));
}

}  // namespace
}  // namespace sealpost::sdk
