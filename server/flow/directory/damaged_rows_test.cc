// What somebody wrote into the database beside the gateway: it is not used, nothing that leans on it is, and
// everybody else goes on.
#include <gtest/gtest.h>

#include "flow/directory/revocation.h"
#include "flow/directory/testing/control_plane.h"
#include "trust/vault/object_tag.h"

namespace sealpost {
namespace {

class DamagedRowsTest : public ControlPlane {
 protected:
  void SetUp() override {
    ControlPlane::SetUp();
    organization_ = make_organization();
    workspace_ = make_workspace(organization_);
    integration_ = make_active(workspace_);
    other_ = make_organization("Other");
    other_integration_ = make_active(make_workspace(other_));
  }
  // As somebody would who has the file but no root key. `text` stands in the body.
  void edit(EntityKind kind, const Tenancy& tenancy, Position position, std::string_view text,
            std::string_view with) {
    ASSERT_TRUE(store_
                    ->transact_and_wait([&](Transaction& transaction) -> StoreResult<void> {
                      SEALPOST_TRY(ObjectRow row, transaction.find_object(tenancy, kind, position));
                      const std::size_t at = row.body.find(text);
                      if (at == std::string::npos) return fail(StoreError::NotFound);
                      row.body.replace(at, text.size(), with);
                      ++row.head.version;
                      return transaction.update_object(row);
                    })
                    .ok());
  }
  [[nodiscard]] Tenancy tenancy() { return {organization_, Environment::Test}; }
  [[nodiscard]] Tenancy shared() const { return {organization_, Environment::Shared}; }
  void expect_the_other_is_whole() {
    EXPECT_NE(picture()->find(other_), nullptr);
    EXPECT_NE(picture()->find(other_integration_), nullptr);
    EXPECT_NE(picture()->active_grant(other_integration_), nullptr);
    EXPECT_NE(picture()->epoch_of(other_), 0U);
    EXPECT_TRUE(
        suspend_integration(ops(), by_operator(), other_integration_, "still under control", {}).ok());
  }

  OrganizationId organization_;
  WorkspaceId workspace_;
  IntegrationId integration_;
  OrganizationId other_;
  IntegrationId other_integration_;
};

TEST_F(DamagedRowsTest, WhatTheGatewayWroteIsThereAfterARestart) {
  make_endpoint(integration_);
  make_channel(workspace_);
  make_credential(integration_);
  const auto before = picture();
  ASSERT_TRUE(open_directory());
  EXPECT_TRUE(picture()->damaged.empty());
  EXPECT_EQ(picture()->integrations.size(), before->integrations.size());
  EXPECT_EQ(picture()->endpoints.size(), 1U);
  EXPECT_EQ(picture()->channels.size(), 1U);
  EXPECT_EQ(picture()->credentials.size(), before->credentials.size());
  EXPECT_EQ(picture()->keys.size(), before->keys.size());
  EXPECT_EQ(picture()->epochs, before->epochs);
}

TEST_F(DamagedRowsTest, ARevivedGrantIsNoGrant) {
  const GrantId grant = picture()->active_grant(integration_)->id();
  ASSERT_TRUE(revoke_grant(ops(), by_operator(), grant, "over", {}).ok());
  edit(EntityKind::Grant, tenancy(), grant.position, R"("state":"revoked")", R"("state":"active")");
  ASSERT_TRUE(open_directory());
  EXPECT_EQ(picture()->active_grant(integration_), nullptr);
  EXPECT_FALSE(picture()->grants.contains(grant.position));
  EXPECT_EQ(picture()->damaged, (std::vector<DamagedRow>{{EntityKind::Grant, grant.position, tenancy()}}));
  EXPECT_NE(picture()->find(integration_), nullptr) << "its own row is good";
  expect_the_other_is_whole();
}

TEST_F(DamagedRowsTest, AMovedEndpointIsNotThereNorWhatLeansOnIt) {
  const EndpointId endpoint = make_endpoint(integration_);
  NewSubscription request;
  request.integration = integration_;
  request.endpoint = endpoint;
  ASSERT_TRUE(create_subscription(ops(), by_operator(), request).ok());
  edit(EntityKind::Endpoint, tenancy(), endpoint.position, "receiver.example", "attacker.example");
  ASSERT_TRUE(open_directory());
  EXPECT_EQ(picture()->find(endpoint), nullptr);
  EXPECT_TRUE(picture()->all_subscriptions.empty());
  EXPECT_FALSE(picture()->subscriptions.contains(integration_.position));
  EXPECT_FALSE(picture()->keys_of.contains(endpoint.position));
  expect_the_other_is_whole();
}

TEST_F(DamagedRowsTest, WithoutItsRowNothingOfAnOrganizationActs) {
  const std::uint64_t epoch = picture()->epoch_of(organization_);
  edit(EntityKind::Organization, shared(), organization_.position, "Example", "Exchange");
  ASSERT_TRUE(open_directory());
  EXPECT_EQ(picture()->find(organization_), nullptr);
  EXPECT_EQ(picture()->find(workspace_), nullptr);
  EXPECT_EQ(picture()->find(integration_), nullptr);
  EXPECT_EQ(picture()->active_grant(integration_), nullptr);
  const auto theirs = [&](const auto& map) {
    return std::ranges::any_of(
        map, [&](const auto& entry) { return entry.second->head.tenancy.organization == organization_; });
  };
  EXPECT_FALSE(theirs(picture()->sources) || theirs(picture()->keys) || theirs(picture()->grants) ||
               theirs(picture()->credentials));
  EXPECT_EQ(picture()->epoch_of(organization_), epoch) << "work of it is not asked for again and again";
  expect_the_other_is_whole();
}

TEST_F(DamagedRowsTest, AWorkspaceIsANameAndItsIntegrationsGoOn) {
  edit(EntityKind::Workspace, shared(), workspace_.position, "Team", "Crew");
  ASSERT_TRUE(open_directory());
  EXPECT_EQ(picture()->find(workspace_), nullptr);
  EXPECT_NE(picture()->active_grant(integration_), nullptr);
}

TEST_F(DamagedRowsTest, ACopyOfAGoodRowIsNone) {
  const Grant* grant = picture()->active_grant(other_integration_);
  const Position invented = ops().draw();
  ASSERT_TRUE(store_
                  ->transact_and_wait([&](Transaction& transaction) -> StoreResult<void> {
                    SEALPOST_TRY(ObjectRow row,
                                 transaction.find_object(grant->head.tenancy, EntityKind::Grant,
                                                         grant->head.position));
                    row.head.position = invented;
                    row.head.tenancy = tenancy();
                    return transaction.insert_object(row);
                  })
                  .ok());
  ASSERT_TRUE(open_directory());
  EXPECT_FALSE(picture()->grants.contains(invented));
  EXPECT_EQ(picture()->damaged, (std::vector<DamagedRow>{{EntityKind::Grant, invented, tenancy()}}));
}

TEST_F(DamagedRowsTest, AnEndpointWhoseKeyIsDamagedStopsNobodysStart) {
  const EndpointId endpoint = make_endpoint(integration_);
  Position key = 0;
  ASSERT_TRUE(store_
                  ->read([&](Reader& reader) -> StoreResult<void> {
                    SEALPOST_TRY(const auto rows,
                                 reader.list_objects(shared(), EntityKind::DataKey, 0, {.limit = 1}));
                    key = rows.at(0).head.position;
                    return {};
                  })
                  .ok());
  edit(EntityKind::DataKey, shared(), key, R"("organization")", R"("data")");
  vault_ = Vault::open(*store_, *root_, clock_, entropy_).value();
  audit_ = std::make_unique<AuditTrail>(*store_, *vault_, clock_, entropy_,
                                        InstallationName{"test-installation", 1});
  tokens_ = std::make_unique<AccessTokens>(*vault_, denied_);
  ASSERT_TRUE(open_directory());
  EXPECT_EQ(vault_->organization(organization_), nullptr);
  EXPECT_EQ(picture()->find(endpoint), nullptr);
  EXPECT_EQ(picture()->damaged.size(), 2U) << "the key, and the endpoint that it can't open";
  expect_the_other_is_whole();
}

TEST_F(DamagedRowsTest, AChangeNeverPutsOurTagOnSomebodyElsesWords) {
  const GrantId grant = picture()->active_grant(integration_)->id();
  edit(EntityKind::Grant, tenancy(), grant.position, R"("messages:write")", R"("messages:read")");
  ASSERT_NE(picture()->active_grant(integration_), nullptr) << "memory is as it was";
  const auto refused = revoke_grant(ops(), by_operator(), grant, "drill", {});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, PublicCode::StoreUnavailable);
  EXPECT_EQ(picture()->active_grant(integration_), nullptr) << "it ends all the same";
  EXPECT_EQ(picture()->damaged.size(), 1U);
  ASSERT_TRUE(open_directory());
  EXPECT_EQ(picture()->active_grant(integration_), nullptr) << "and stays ended";
  expect_the_other_is_whole();
}

}  // namespace
}  // namespace sealpost
