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
    ledger_ = std::make_unique<RefusalLedger>(RefusalLedger::Parts{*store_, *audit_, *ids_, clock_, logger_});
    minting_ = std::make_unique<TokenMinting>(TokenMinting::Parts{*directory_, *interrupted_, *vault_,
                                                                  *audit_, *ids_, *gate_, *tokens_, clock_,
                                                                  entropy_, logger_, *ledger_});
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
  std::unique_ptr<RefusalLedger> ledger_;
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

// Who has not shown the secret learns nothing from the answer, and is counted all the same.
TEST_F(TokenMintingTest, TheRefusalOfAClientIsARecord) {
  const auto refusals = [&] {
    EXPECT_TRUE(store_->transact_and_wait([](Transaction&) -> StoreResult<void> { return {}; }).ok());
    std::vector<Fields> found;
    for (Fields& one : records(organization_))
      if (one.at("class") == "call.refused") found.push_back(std::move(one));
    return found;
  };
  const auto wrong =
      minting_->mint({.client_id = client_, .client_secret = "sps_test_x", .scope = {}}, context());
  EXPECT_FALSE(wrong.error().refusal);
  ASSERT_EQ(refusals().size(), 1U);
  Fields record = refusals()[0];
  const Fields expected = {{"category", "invalid_client"},
                           {"operation", "token_create"},
                           {"actor", client_},
                           {"actor_kind", "machine"},
                           {"signature", "not_verified"},
                           {"integration", ids_->encode(integration_)},
                           {"workspace", ids_->encode(picture()->find(integration_)->workspace)},
                           {"request", ids_->encode(context().request)}};
  for (const auto& [name, value] : expected) EXPECT_EQ(record[name], value) << name;

  EXPECT_FALSE(mint("messages:*").error().refusal) << "judged before the secret";
  const auto not_granted = mint("audit:read");
  ASSERT_TRUE(not_granted.error().refusal);
  ASSERT_EQ(refusals().size(), 3U) << "what is proven is counted apart";
  const auto picture_then = picture();
  const Grant* grant = picture_then->active_grant(integration_);
  ASSERT_TRUE(revoke_grant(ops(), by_operator(), grant->id(), "over", {}).ok());
  const auto ended = mint();
  EXPECT_EQ(ended.error().code, PublicCode::GrantNotActive);
  EXPECT_EQ(refusals().back()["grant"], ids_->encode(grant->id())) << "the one that ended";
  ASSERT_TRUE(suspend_integration(ops(), by_operator(), integration_, "drill", {}).ok());
  const auto suspended = mint();
  EXPECT_EQ(suspended.error().code, PublicCode::Suspended);
  record = refusals().back();
  EXPECT_EQ(record["category"], "suspended");
  EXPECT_EQ(record["signature"], "client_secret");
  EXPECT_EQ(record["refusal"], ids_->encode(suspended.error().refusal.value_or(RefusalId{})));
}

TEST_F(TokenMintingTest, ARateLimitOfAClientIsARecordToo) {
  for (int i = 0; i < 100; ++i)
    static_cast<void>(
        minting_->mint({.client_id = client_, .client_secret = "sps_test_x", .scope = {}}, context()));
  EXPECT_EQ(ledger_->totals().at(PublicCode::RateLimited), 40U);
  EXPECT_EQ(ledger_->totals().at(PublicCode::InvalidClient), 60U);
}

TEST_F(TokenMintingTest, ClientsThatNobodyKnowsLeaveNoRecord) {
  const auto before = records(organization_).size();
  for (const std::string& client : {std::string("crd_x"), ids_->encode(CredentialId{12345}), std::string()})
    static_cast<void>(
        minting_->mint({.client_id = client, .client_secret = secret_, .scope = {}}, context()));
  ledger_->flush(true);
  EXPECT_TRUE(store_->transact_and_wait([](Transaction&) -> StoreResult<void> { return {}; }).ok());
  EXPECT_EQ(records(organization_).size(), before);
  EXPECT_EQ(ledger_->unknown_callers(), 3U);
  EXPECT_TRUE(ledger_->totals().empty());
}

// The server's own failures are nobody's refusal.
TEST_F(TokenMintingTest, AStoreThatFailsRefusesNobody) {
  interrupted_->fail(ScriptedStore::Command::Transact, 1, StoreError::Full);
  EXPECT_EQ(mint().error().code, PublicCode::StoreUnavailable);
  EXPECT_TRUE(ledger_->totals().empty());
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
