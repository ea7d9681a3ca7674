#include <gtest/gtest.h>

#include "flow/directory/readiness.h"
#include "flow/directory/testing/control_plane.h"

namespace sealpost {
namespace {

using LifeCycleTest = ControlPlane;

std::vector<std::string> reasons_of(const Operation<Made>& refused) {
  std::vector<std::string> out;
  if (refused.ok()) return out;
  for (const ReadinessGap& gap : refused.error().reasons) out.push_back(gap.reason);
  return out;
}

TEST_F(LifeCycleTest, ADraftBecomesActiveWhenNothingIsMissing) {
  const WorkspaceId workspace = make_workspace(make_organization());
  NewIntegration bare;
  bare.workspace = workspace;
  bare.name = "Bare";
  bare.source_system = "github";
  const IntegrationId id{create_integration(ops(), by_operator(), bare)->resource.position};
  const auto activate = [&] { return activate_integration(ops(), by_operator(), id, {}); };
  using Reasons = std::vector<std::string>;
  EXPECT_EQ(activate().error().code, PublicCode::LifecycleNotReady);
  EXPECT_EQ(reasons_of(activate()),
            (Reasons{"owner_missing", "grant_missing", "signing_key_missing", "rehearsal_missing"}));
  ASSERT_TRUE(update_integration(ops(), by_operator(), id,
                                 {.name = {},
                                  .source_system = {},
                                  .owner = IntegrationOwner{"T", "t@example.com"},
                                  .rate_limit = {},
                                  .event_rules = {}},
                                 0)
                  .ok());
  EXPECT_EQ(rehearse_integration(ops(), by_operator(), id, {}).error().code, PublicCode::GrantNotActive);
  make_grant(id);
  NewSourceKey endless;
  endless.source = make_source(id);
  endless.end.rotate_every_days = 0;
  endless.secret = "sixteen octets and more";
  const SigningKeyId key{create_source_key(ops(), by_operator(), endless)->resource.position};
  EXPECT_EQ(reasons_of(activate()), (Reasons{"secret_policy_missing", "rehearsal_missing"}));
  ASSERT_TRUE(retire_key(ops(), by_operator(), key, Milliseconds(0), {}).ok());
  EXPECT_EQ(reasons_of(activate()), (Reasons{"signing_key_missing", "rehearsal_missing"}));
  ASSERT_TRUE(add_key({endless.source}).ok());
  EXPECT_EQ(reasons_of(activate()), (Reasons{"rehearsal_missing"}));

  const auto rehearsed = rehearse_integration(ops(), by_operator(), id, {});
  ASSERT_TRUE(rehearsed.ok());
  EXPECT_TRUE(rehearsed->resource.body.at("passed").as_bool())
      << boost::json::serialize(rehearsed->resource.body);
  EXPECT_EQ(rehearsed->resource.body.at("steps").as_array().size(), 4U);
  EXPECT_EQ(rehearsed->resource.body.at("rehearsal").at("state"), "passed");
  make_credential(id);
  EXPECT_EQ(reasons_of(activate()), (Reasons{"rehearsal_lapsed"}));
  ASSERT_TRUE(rehearse_integration(ops(), by_operator(), id, {}).ok());
  const auto active = activate();
  ASSERT_TRUE(active.ok());
  EXPECT_EQ(active->resource.body.at("state"), "active");
  EXPECT_TRUE(active->resource.body.at("last_success").is_null());
}

TEST_F(LifeCycleTest, ARehearsalLeavesNothingThatWorks) {
  const IntegrationId id = make_integration();
  make_grant(id);
  const OrganizationId organization = picture()->find(id)->head.tenancy.organization;
  const std::uint64_t before = epoch_of(organization);
  ASSERT_TRUE(rehearse_integration(ops(), by_operator(), id, {}).ok());
  EXPECT_GT(epoch_of(organization), before) << "it goes through the one function";
  for (const auto& [position, credential] : picture()->credentials)
    EXPECT_EQ(credential->state, CredentialState::Revoked);
  EXPECT_TRUE(list_credentials(ops(), by_operator(), id, {})->items.empty());
}

TEST_F(LifeCycleTest, StepsThatDoNotExistAreRefused) {
  const WorkspaceId workspace = make_workspace(make_organization());
  enum class Do { Activate, Suspend, Resume, Revoke, Decommission };
  const auto step = [&](IntegrationId id, Do what) -> std::optional<PublicCode> {
    const auto code = [](const auto& answer) -> std::optional<PublicCode> {
      if (answer.ok()) return std::nullopt;
      return answer.error().code;
    };
    switch (what) {
      case Do::Activate:
        return code(activate_integration(ops(), by_operator(), id, {}));
      case Do::Suspend:
        return code(suspend_integration(ops(), by_operator(), id, "r", {}));
      case Do::Resume:
        return code(resume_integration(ops(), by_operator(), id, "r", {}));
      case Do::Revoke:
        return code(revoke_integration(ops(), by_operator(), id, "r", {}));
      case Do::Decommission:
        return code(decommission_integration(ops(), by_operator(), id, "r", {}));
    }
    return PublicCode::InternalError;
  };
  struct Row {
    const char* name;
    std::vector<Do> before;
    Do tried;
    bool works;
  };
  const std::vector<Row> rows{
      {"a draft is not suspended", {}, Do::Suspend, false},
      {"a draft is not resumed", {}, Do::Resume, false},
      {"a draft is revoked", {}, Do::Revoke, true},
      {"a draft is not decommissioned", {}, Do::Decommission, false},
      {"an active one is not activated again", {Do::Activate}, Do::Activate, false},
      {"an active one is suspended", {Do::Activate}, Do::Suspend, true},
      {"an active one is not resumed", {Do::Activate}, Do::Resume, false},
      {"an active one is revoked", {Do::Activate}, Do::Revoke, true},
      {"an active one is not decommissioned", {Do::Activate}, Do::Decommission, false},
      {"a suspended one is resumed", {Do::Activate, Do::Suspend}, Do::Resume, true},
      {"a suspended one is not activated", {Do::Activate, Do::Suspend}, Do::Activate, false},
      {"a suspended one is revoked", {Do::Activate, Do::Suspend}, Do::Revoke, true},
      {"a revoked one is decommissioned", {Do::Activate, Do::Revoke}, Do::Decommission, true},
      {"a revoked one is not resumed", {Do::Activate, Do::Revoke}, Do::Resume, false},
      {"a revoked one is not revoked again", {Do::Activate, Do::Revoke}, Do::Revoke, false},
      {"a decommissioned one stays", {Do::Activate, Do::Revoke, Do::Decommission}, Do::Resume, false},
  };
  for (const Row& row : rows) {
    const IntegrationId id = make_integration(workspace);
    ASSERT_TRUE(add_key(make_source(id), "a secret of " + std::to_string(id.position)).ok());
    make_grant(id);
    ASSERT_TRUE(rehearse_integration(ops(), by_operator(), id, {}).ok());
    for (const Do earlier : row.before) ASSERT_FALSE(step(id, earlier)) << row.name;
    const auto refused = step(id, row.tried);
    if (row.works)
      EXPECT_FALSE(refused) << row.name;
    else
      EXPECT_EQ(refused, PublicCode::LifecycleTransitionRefused) << row.name;
  }
}

TEST_F(LifeCycleTest, DecommissioningDestroysWhatIsLeft) {
  const IntegrationId id = make_active(make_workspace(make_organization()));
  make_endpoint(id);
  ASSERT_TRUE(revoke_integration(ops(), by_operator(), id, "over", {}).ok());
  ASSERT_TRUE(decommission_integration(ops(), by_operator(), id, "over", {}).ok());
  const auto now = picture();
  for (const auto& [position, key] : now->keys) {
    EXPECT_EQ(key->state, KeyState::Destroyed);
    ASSERT_TRUE(store_
                    ->read([&, at = position](Reader& reader) -> StoreResult<void> {
                      SEALPOST_TRY(const auto row,
                                   reader.find_object(key->head.tenancy, EntityKind::SigningKey, at));
                      EXPECT_TRUE(row.sealed.empty());
                      return {};
                    })
                    .ok());
  }
  for (const auto& [position, source] : now->sources) EXPECT_EQ(source->state, SourceState::Deleted);
  for (const auto& [position, endpoint] : now->endpoints) EXPECT_EQ(endpoint->state, EndpointState::Deleted);
}

TEST_F(LifeCycleTest, RepeatedActionsAnswerOnce) {
  const WorkspaceId workspace = make_workspace(make_organization());
  const IntegrationId id = make_active(workspace);
  const OrganizationId organization = picture()->find(id)->head.tenancy.organization;
  const Once once{.route = "POST /v1/integrations/x:suspend", .key = "k", .body = {}};
  const auto first = suspend_integration(ops(), by_operator(), id, "why", once);
  const auto again = suspend_integration(ops(), by_operator(), id, "why", once);
  ASSERT_TRUE(first.ok() && again.ok());
  EXPECT_TRUE(again->repeated);
  EXPECT_EQ(again->audit_index, first->audit_index);
  EXPECT_EQ(again->epoch, first->epoch);
  EXPECT_EQ(again->at, first->at);
  EXPECT_EQ(epoch_of(organization), first->epoch);
}

}  // namespace
}  // namespace sealpost
