#include "flow/minting/token_minting.h"

#include <gtest/gtest.h>

#include "flow/directory/testing/control_plane.h"
#include "foundation/bytes/secret_access.h"
#include "storage/store/testing/scripted_store.h"

namespace sealpost {
namespace {

class TokenMintingTest : public ControlPlane {
 protected:
  void SetUp() override {
    ControlPlane::SetUp();
    interrupted_ = std::make_unique<ScriptedStore>(*store_);
    minting_ = std::make_unique<TokenMinting>(TokenMinting::Parts{
        *directory_, *interrupted_, *vault_, *audit_, *ids_, *gate_, *tokens_, clock_, entropy_, logger_});
    organization_ = make_organization();
    integration_ = make_active(make_workspace(organization_));
    auto made = create_credential(ops(), by_operator(),
                                  {.integration = integration_, .name = "ci", .expires_at = {}, .once = {}});
    client_ = ids_->encode(CredentialId{made->resource.position});
    secret_ = as_text(made->secret->reveal(SecretAccess("show the secret back, as its client does")));
  }
  Result<MintedToken, MintRefusal> mint(std::string_view scope = {}) {
    return minting_->mint({.client_id = client_, .client_secret = secret_, .scope = scope}, context());
  }
  std::unique_ptr<ScriptedStore> interrupted_;
  std::unique_ptr<TokenMinting> minting_;
  OrganizationId organization_;
  IntegrationId integration_;
  std::string client_;
  std::string secret_;
};

TEST_F(TokenMintingTest, ARevocationBetweenDecisionAndCommitWins) {
  ASSERT_TRUE(mint().ok());
  const auto tokens_recorded = [&] {
    return std::ranges::count_if(records(organization_),
                                 [](const Fields& one) { return one.at("class") == "token.minted"; });
  };
  const auto before = tokens_recorded();
  interrupted_->before_transaction = [&] {
    ASSERT_TRUE(suspend_integration(ops(), by_operator(), integration_, "drill", {}).ok());
  };
  const auto refused = mint();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, PublicCode::Suspended);
  EXPECT_EQ(tokens_recorded(), before);
}

TEST_F(TokenMintingTest, AChangeElsewhereCostsNobodyItsToken) {
  const IntegrationId other = make_active(make_workspace(organization_));
  interrupted_->before_transaction = [&] {
    ASSERT_TRUE(suspend_integration(ops(), by_operator(), other, "drill", {}).ok());
  };
  EXPECT_TRUE(mint().ok());
}

TEST_F(TokenMintingTest, ReadsScopesStrictly) {
  EXPECT_EQ(mint("messages:write")->scope, "messages:write");
  EXPECT_EQ(mint()->scope, "messages:write");
  for (const std::string_view wrong :
       {"messages:*", " messages:write", "messages:write ", "messages:write  audit:read",
        "messages:write messages:write", "audit:read", "messages:write=chn_x", "audit:read="}) {
    SCOPED_TRACE(wrong);
    const auto refused = mint(wrong);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, PublicCode::InvalidScope);
  }
}

TEST_F(TokenMintingTest, TellsNothingAboutClients) {
  const std::string known = client_;
  const auto wrong_secret =
      minting_->mint({.client_id = known, .client_secret = "sps_test_x", .scope = {}}, context());
  const auto unknown =
      minting_->mint({.client_id = "crd_x", .client_secret = secret_, .scope = {}}, context());
  for (const auto* refused : {&wrong_secret, &unknown}) {
    EXPECT_EQ(refused->error().code, PublicCode::InvalidClient);
    EXPECT_TRUE(refused->error().detail.empty());
  }
}

TEST_F(TokenMintingTest, GuessesFromElsewhereUseUpNobodysAttempts) {
  CallContext elsewhere = context();
  elsewhere.source_address = *IpAddress::parse("198.51.100.9");
  std::optional<PublicCode> last;
  for (int i = 0; i < 100; ++i)
    last = minting_->mint({.client_id = client_, .client_secret = "sps_test_x", .scope = {}}, elsewhere)
               .error()
               .code;
  EXPECT_EQ(last, PublicCode::RateLimited);
  EXPECT_TRUE(mint().ok());
}

TEST_F(TokenMintingTest, AnOperatorTokenEndsAfterMinutes) {
  const auto minted = minting_->mint_operator(by_operator(), 1000, std::chrono::hours(5));
  ASSERT_TRUE(minted.ok());
  EXPECT_EQ(minted->expires_at, clock_.wall_now() + kMaxOperatorTokenLifetime);
}

TEST_F(TokenMintingTest, TheLogOfEveryOrganizationTellsOfAnOperatorsToken) {
  const OrganizationId other = make_organization("Other");
  const auto minted = minting_->mint_operator(by_operator(), 1000, std::chrono::minutes(5));
  ASSERT_TRUE(minted.ok());
  std::string token;
  for (const OrganizationId organization : {organization_, other}) {
    const Fields last = records(organization).back();
    EXPECT_EQ(last.at("class"), "operator_token.minted");
    EXPECT_EQ(last.at("actor"), by_operator().caller());
    EXPECT_EQ(last.at("uid"), "1000");
    EXPECT_EQ(last.at("expires_ms"), std::to_string(to_unix_ms(minted->expires_at)));
    EXPECT_EQ(last.at("organization_id"), ids_->encode(organization));
    const std::string& named = last.at("minted_token_id");
    EXPECT_TRUE(token.empty() || token == named);
    token = named;
  }
}

TEST_F(TokenMintingTest, WithoutItsRecordNoOperatorTokenLeaves) {
  interrupted_->fail(ScriptedStore::Command::Transact, 1, StoreError::Full);
  const auto refused = minting_->mint_operator(by_operator(), 1000, std::chrono::minutes(5));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, PublicCode::StoreUnavailable);
  EXPECT_NE(records(organization_).back().at("class"), "operator_token.minted");
}

}  // namespace
}  // namespace sealpost
