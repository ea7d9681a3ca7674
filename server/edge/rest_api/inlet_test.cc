// POST /v1/in/{source_id} from the handler down to the store.
#include <gtest/gtest.h>

#include "edge/rest_api/testing/api_fixture.h"
#include "foundation/crypto/crypto.h"

namespace sealpost {
namespace {

class InletTest : public ApiFixture {
 protected:
  static constexpr std::string_view kSecret = "a secret that the sender shares";
  struct Sender {
    Party party;
    std::string path;
  };
  Sender make_sender(Environment environment = Environment::Test) {
    Sender sender{.party = make_party(environment), .path = {}};
    const SourceId source = make_source(sender.party.integration);
    EXPECT_TRUE(add_key(source, kSecret).ok());
    sender.path = "/v1/in/" + ids_->encode(source);
    return sender;
  }
  ApiAnswer post(const std::string& path, const std::string& body, std::string_view secret = kSecret) {
    const std::string signature = "sha256=" + to_hex(HmacSha256(as_bytes(secret)).tag(as_bytes(body)));
    return ask({.method = "POST",
                .target = path,
                .body = body,
                .headers = {{"X-Hub-Signature-256", signature}, {"X-GitHub-Event", "push"}},
                .token = {},
                .socket_uid = {}});
  }
};

TEST_F(InletTest, AcceptsOnceAndTellsTheFirstReceiptAgain) {
  const Sender sender = make_sender();
  const std::string body = R"({"ref":"refs/heads/main","commits":[],"repository":{}})";
  const ApiAnswer first = post(sender.path, body);
  ASSERT_EQ(first.http.status, 202) << first.http.body;
  const ApiAnswer again = post(sender.path, body);
  EXPECT_EQ(again.http.status, 200);
  EXPECT_TRUE(again.at("/duplicate").as_bool());
  EXPECT_EQ(again.text("/message_id"), first.text("/message_id"));
}

TEST_F(InletTest, TakesLargeBodiesOverThePool) {
  const Sender sender = make_sender();
  const std::string body = R"({"ref":"refs/heads/main","commits":[],"repository":{},"pad":")" +
                           std::string(WebhookInlet::kMaxInlineBytes, 'x') + "\"}";
  EXPECT_EQ(post(sender.path, body).http.status, 202);
  pool_.stop();
  EXPECT_EQ(post(sender.path, body + " ").code(), "overloaded");
}

TEST_F(InletTest, TellsAnonymousCallersTheSameInTestAndLive) {
  const Sender test = make_sender(Environment::Test);
  const Sender live = make_sender(Environment::Live);
  const auto told = [&](const Sender& sender, std::string_view secret) {
    ApiAnswer answer = post(sender.path, "{}", secret);
    std::string text = answer.http.body;
    for (const char* id : {"/request_id", "/refusal_id"}) {
      const std::string value = answer.text(id);
      text.replace(text.find(value), value.size(), "ID");
    }
    return std::to_string(answer.http.status) + answer.header("WWW-Authenticate") + text;
  };
  const std::string in_test = told(test, "wrong");
  EXPECT_EQ(in_test, told(live, "wrong"));
  EXPECT_NE(in_test.find("bad_signature"), std::string::npos);
  // Nor does it matter that one of them is suspended.
  ASSERT_TRUE(suspend_integration(ops(), by_operator(), live.party.integration, "drill", {}).ok());
  EXPECT_EQ(in_test, told(live, "wrong"));
}

TEST_F(InletTest, TellsTheStepsToWhoMayReadThem) {
  const Sender sender = make_sender();
  const ApiAnswer refused = post(sender.path, "{}", "wrong");
  EXPECT_EQ(refused.code(), "bad_signature");
  // Refusals are filed behind the answer: what the writer does next comes after them.
  ASSERT_TRUE(store_->transact_and_wait([](Transaction&) -> StoreResult<void> { return {}; }).ok());
  const std::string token = token_of(sender.party, all_scopes());
  const ApiAnswer steps = as_machine(token, "GET", "/v1/refusals/" + refused.text("/refusal_id"));
  ASSERT_EQ(steps.http.status, 200) << steps.http.body;
  EXPECT_EQ(steps.text("/code"), "bad_signature");
}

TEST_F(InletTest, KnowsNoSourceButItsOwn) {
  EXPECT_EQ(post("/v1/in/src_" + std::string(36, 'a'), "{}").code(), "unknown_source");
  EXPECT_EQ(post("/v1/in/nonsense", "{}").code(), "unknown_source");
  EXPECT_EQ(ledger_->unknown_sources(), 2U);
  EXPECT_EQ(ask({.method = "GET", .target = "/v1/in/nonsense"}).code(), "method_not_allowed");
  const Sender sender = make_sender();
  EXPECT_GT(api_->body_limit("POST", sender.path), WebhookInlet::kUnknownSourceBytes);
}

}  // namespace
}  // namespace sealpost
