#include "edge/answers/receipts.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace sealpost {
namespace {

class ReceiptsTest : public ::testing::Test {
 protected:
  PublicIdCodec ids_{Aes256Block::create(SecretBytes::take(Bytes(32, 7))).value(), {{1, 0}}};
  ReceiptContext context_{ids_, "sealpost/log \"1\"", "req_x"};
};

TEST_F(ReceiptsTest, WriteTheSameWithAndWithoutADocument) {
  for (const bool duplicate : {false, true}) {
    const Receipt receipt{MessageId{first_position_at(from_unix_ms(1'800'000'000'000))}, 41,
                          from_unix_ms(1'800'000'000'123), duplicate, 3};
    const auto text = boost::json::parse(receipt_text(context_, receipt));
    EXPECT_EQ(text, boost::json::value(receipt_body(context_, receipt)));
    EXPECT_EQ(text.at("receipt").as_string(), "/v1/messages/" + ids_.encode(receipt.message));
    EXPECT_EQ(answer_response(context_, receipt, AuthScheme::Bearer).status, duplicate ? 200 : 202);
  }
}

TEST_F(ReceiptsTest, EchoAChallengeAsPlainText) {
  const HttpResponse response = answer_response(context_, Challenge{"abc"}, AuthScheme::Signature);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "abc");
  EXPECT_EQ(response.headers.sole("Content-Type"), "text/plain");
}

TEST_F(ReceiptsTest, TellARefusalWithItsIds) {
  const Refused refused{.code = PublicCode::Replayed,
                        .refusal = RefusalId{5},
                        .retry_after = Seconds(7),
                        .first = MessageId{6},
                        .detail = "inside"};
  const HttpResponse response = answer_response(context_, refused, AuthScheme::Signature);
  const auto body = boost::json::parse(response.body);
  EXPECT_EQ(response.status, 409);
  EXPECT_EQ(body.at("refusal_id").as_string(), ids_.encode(RefusalId{5}));
  EXPECT_EQ(body.at("first_message_id").as_string(), ids_.encode(MessageId{6}));
  EXPECT_EQ(response.headers.sole("Retry-After"), "7");
  EXPECT_EQ(response.body.find("inside"), std::string::npos);
}

}  // namespace
}  // namespace sealpost
