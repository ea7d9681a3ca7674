#include <gtest/gtest.h>

#include "edge/rest_api/basic_credentials.h"
#include "edge/rest_api/form_body.h"
#include "edge/rest_api/testing/api_fixture.h"

namespace sealpost {
namespace {

class TokenTest : public ApiFixture {
 protected:
  void SetUp() override {
    ApiFixture::SetUp();
    party_ = make_party();
    auto made =
        create_credential(ops(), by_operator(),
                          {.integration = party_.integration, .name = "ci", .expires_at = {}, .once = {}});
    ASSERT_TRUE(made.ok());
    client_ = ids_->encode(CredentialId{made->resource.position});
    secret_ = reveal_for_test(*made->secret);
  }
  ApiAnswer post(std::string form, std::vector<std::pair<std::string, std::string>> headers = {}) {
    headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    return ask({.method = "POST",
                .target = "/v1/oauth/token",
                .body = std::move(form),
                .headers = std::move(headers),
                .token = {},
                .socket_uid = {}});
  }
  [[nodiscard]] std::string form(std::string_view more = "") const {
    return "grant_type=client_credentials&client_id=" + client_ + "&client_secret=" + secret_ +
           std::string(more);
  }
  [[nodiscard]] std::string basic() const { return "Basic " + to_base64(as_bytes(client_ + ":" + secret_)); }

  Party party_;
  std::string client_;
  std::string secret_;
};

TEST_F(TokenTest, ExchangesASecretForATokenThatWorks) {
  const ApiAnswer minted = post(form("&scope=integrations:read"));
  ASSERT_EQ(minted.http.status, 200) << minted.http.body;
  EXPECT_EQ(minted.text("/token_type"), "Bearer");
  EXPECT_EQ(minted.at("/expires_in").as_int64(), 600);
  EXPECT_EQ(minted.text("/scope"), "integrations:read");
  const std::string token = minted.text("/access_token");
  EXPECT_TRUE(token.starts_with("spt_test_"));
  EXPECT_EQ(as_machine(token, "GET", "/v1/integrations/" + ids_->encode(party_.integration)).http.status,
            200);
  EXPECT_EQ(as_machine(token, "GET", "/v1/credentials").code(), "insufficient_scope");
  bool recorded = false;
  for (const auto& record : records(party_.organization)) {
    recorded = recorded || record.at("class") == "token.minted";
    for (const auto& [name, value] : record) EXPECT_EQ(value.find(token), std::string::npos) << name;
  }
  EXPECT_TRUE(recorded);
}

TEST_F(TokenTest, TakesBasicAndNarrowsScopes) {
  const ChannelId channel = make_channel(party_.workspace);
  const std::string scope = "channels:read=" + ids_->encode(channel);
  const ApiAnswer minted =
      post("grant_type=client_credentials&scope=" + percent_encode(scope), {{"Authorization", basic()}});
  ASSERT_EQ(minted.http.status, 200) << minted.http.body;
  EXPECT_EQ(minted.text("/scope"), scope);
}

TEST_F(TokenTest, RefusesInTheWordsOfOAuth) {
  struct Row {
    std::string_view title;
    std::string form;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string_view code, error;
  };
  const std::string wrong =
      "grant_type=client_credentials&client_id=" + client_ + "&client_secret=sps_test_wrong";
  for (const Row& row : std::vector<Row>{
           {"wrong secret", wrong, {}, "invalid_client", "invalid_client"},
           {"no client", "grant_type=client_credentials", {}, "invalid_client", "invalid_client"},
           {"broken Basic",
            "grant_type=client_credentials",
            {{"Authorization", "Basic !"}},
            "invalid_client",
            "invalid_client"},
           {"no grant type", "client_id=a", {}, "malformed_request", "invalid_request"},
           {"other grant type",
            "grant_type=password",
            {},
            "unsupported_grant_type",
            "unsupported_grant_type"},
           {"client twice", form(), {{"Authorization", basic()}}, "malformed_request", "invalid_request"},
           {"field twice", form("&grant_type=x"), {}, "malformed_request", "invalid_request"},
           {"unknown field", form("&scopes=x"), {}, "unknown_field", "invalid_request"},
           {"no such scope", form("&scope=everything"), {}, "invalid_scope", "invalid_scope"},
           {"scope twice", form("&scope=audit:read+audit:read"), {}, "invalid_scope", "invalid_scope"},
       }) {
    SCOPED_TRACE(row.title);
    clock_.advance(std::chrono::minutes(1));
    const ApiAnswer refused = post(row.form, row.headers);
    EXPECT_EQ(refused.code(), row.code);
    EXPECT_EQ(refused.text("/error"), row.error);
    EXPECT_EQ(refused.http.body.find(secret_), std::string::npos);
    if (refused.http.status == 401) {
      EXPECT_TRUE(refused.header("WWW-Authenticate").starts_with("Basic"));
    }
  }
}

TEST_F(TokenTest, LimitsAttempts) {
  const std::string wrong =
      "grant_type=client_credentials&client_id=" + client_ + "&client_secret=sps_test_wrong";
  for (int i = 0; i < 5; ++i) EXPECT_EQ(post(wrong).code(), "invalid_client");
  const ApiAnswer limited = post(form());
  EXPECT_EQ(limited.code(), "rate_limited");
  EXPECT_FALSE(limited.header("Retry-After").empty());
  clock_.advance(std::chrono::seconds(2));
  EXPECT_EQ(post(form()).http.status, 200);
}

TEST_F(TokenTest, GivesNothingOnceTheIntegrationIsSuspended) {
  ASSERT_TRUE(suspend_integration(ops(), by_operator(), party_.integration, "drill", {}).ok());
  const ApiAnswer refused = post(form());
  EXPECT_EQ(refused.code(), "suspended");
  EXPECT_EQ(refused.text("/error"), "unauthorized_client");
}

TEST(FormBody, ReadsPairsStrictly) {
  const auto form = FormBody::parse("a=1&b=x+y%21&c=");
  ASSERT_TRUE(form.ok());
  EXPECT_EQ(form->find("a"), "1");
  EXPECT_EQ(form->find("b"), "x y!");
  EXPECT_EQ(form->find("c"), std::nullopt);
  for (const std::string_view wrong : {"a", "=1", "a=%", "a=%00", "a=%FF", "a=1&&b=2", "&"})
    EXPECT_EQ(FormBody::parse(wrong).error(), FormError::Malformed) << wrong;
  EXPECT_EQ(FormBody::parse("a=1&%61=2").error(), FormError::Repeated);
  EXPECT_EQ(FormBody::parse("a=1&b=1&c=1&d=1&e=1&f=1&g=1&h=1&i=1&j=1&k=1&l=1&m=1&n=1&o=1&p=1&q=1").error(),
            FormError::TooMany);
}

TEST(BasicCredentials, ReadsUserAndPassword) {
  const auto read = [](std::string_view text) { return BasicCredentials::parse(to_base64(as_bytes(text))); };
  EXPECT_EQ(read("user:pass:word")->password(), "pass:word");
  EXPECT_EQ(read("us%65r:a+b")->user(), "user");
  EXPECT_EQ(read("us%65r:a+b")->password(), "a b");
  EXPECT_FALSE(read("user").ok());
  EXPECT_FALSE(read("user:%").ok());
  EXPECT_FALSE(BasicCredentials::parse("a").ok());
  HttpHeaders twice{{"Authorization", "Basic YTpi"}, {"Authorization", "Basic YTpi"}};
  EXPECT_EQ(BasicCredentials::read(twice).error(), AuthorizationError::Malformed);
  HttpHeaders other{{"Authorization", "Bearer x"}};
  EXPECT_EQ(BasicCredentials::read(other).error(), AuthorizationError::Absent);
  EXPECT_EQ(*bearer_token(other), "x");
  EXPECT_EQ(bearer_token(HttpHeaders{{"Authorization", "Bearer a b"}}).error(),
            AuthorizationError::Malformed);
}

}  // namespace
}  // namespace sealpost
