#include "access/consent/grant_rules.h"

#include <algorithm>
#include <functional>

#include <gtest/gtest.h>

#include "access/consent/grant_view.h"

namespace sealpost {
namespace {

using std::chrono::days;
using std::chrono::hours;
const WallTime kNow = from_unix_ms(1'800'000'000'000);
constexpr OrganizationId kAcme{1};
constexpr OrganizationId kOther{2};
constexpr IntegrationId kIntegration{20};
enum : Position { kNews = 60, kTestNews, kForeignNews, kDeletedNews, kHook, kOtherHook, kSigned, kUnsigned };

struct ConsentTest : ::testing::Test {
  DirectorySnapshot picture;
  GrantRequest request{.integration = kIntegration,
                       .scopes = {{"messages:write", {}}},
                       .exceptions = {},
                       .reason = "deploy notices",
                       .requested_by = "operator:1000",
                       .expires_at = kNow + days(90)};
  Approval by_operator{.kind = ApproverKind::Operator,
                       .approver = "operator:1000",
                       .provider_active_since = std::nullopt,
                       .policy_id = "sealpost/builtin",
                       .policy_version = 1};

  ConsentTest() {
    auto integration = std::make_shared<Integration>();
    integration->head = {.position = kIntegration.position, .tenancy = {kAcme, Environment::Live}};
    picture.integrations.emplace(kIntegration.position, integration);
    channel(kNews, {kAcme, Environment::Live});
    channel(kTestNews, {kAcme, Environment::Test});
    channel(kForeignNews, {kOther, Environment::Live});
    channel(kDeletedNews, {kAcme, Environment::Live}, ChannelState::Deleted);
    endpoint(kHook, kIntegration);
    endpoint(kOtherHook, {21});
    source(kSigned, InboundScheme::GitHub);
    source(kUnsigned, InboundScheme::GitLabToken);
  }
  void channel(Position position, Tenancy tenancy, ChannelState state = ChannelState::Active) {
    auto made = std::make_shared<Channel>();
    made->head.position = position;
    made->head.tenancy = tenancy;
    made->state = state;
    picture.channels.emplace(position, made);
  }
  void endpoint(Position position, IntegrationId integration) {
    auto made = std::make_shared<Endpoint>();
    made->head.position = position;
    made->head.tenancy = {kAcme, Environment::Live};
    made->integration = integration;
    picture.endpoints.emplace(position, made);
  }
  void source(Position position, InboundScheme scheme) {
    auto made = std::make_shared<Source>();
    made->head.position = position;
    made->head.tenancy = {kAcme, Environment::Live};
    made->integration = kIntegration;
    made->scheme = scheme;
    picture.sources.emplace(position, made);
  }
  void set_state(IntegrationState state) {
    auto changed = std::make_shared<Integration>(*picture.find(kIntegration));
    changed->state = state;
    picture.integrations[kIntegration.position] = changed;
  }
  [[nodiscard]] Grant requested() const { return request_grant(picture, request, kNow).value(); }
  [[nodiscard]] Grant approved(Position position = 50, const Grant* current = nullptr) const {
    Grant grant = approve_grant(picture, requested(), current, by_operator, kNow).value();
    grant.head.position = position;
    return grant;
  }
};

TEST_F(ConsentTest, ARequestIsNotYetAGrant) {
  const Grant grant = requested();
  EXPECT_EQ(grant.state, GrantState::Requested);
  EXPECT_EQ(grant.head.tenancy, (Tenancy{kAcme, Environment::Live}));
  EXPECT_TRUE(grant.approved_by.empty());
  EXPECT_FALSE(GrantView(grant).active_at(kNow));
}

TEST_F(ConsentTest, ScopesAndResources) {
  using E = GrantError;
  std::vector<Position> many;
  for (Position i = 0; i <= kMaxGrantResources; ++i) many.push_back(1000 + i);
  const struct {
    const char* name;
    std::vector<GrantedScope> scopes;
    std::optional<GrantError> error;
    Position resource = 0;
  } rows[] = {
      {"plain", {{"messages:write", {}}, {"messages:read", {}}}, std::nullopt},
      {"channel", {{"channels:read", {kNews}}}, std::nullopt},
      {"channel and endpoint to write to", {{"messages:write", {kNews, kHook}}}, std::nullopt},
      {"endpoint to retry", {{"deliveries:retry", {kHook}}}, std::nullopt},
      {"none", {}, E::NoScopes},
      {"star", {{"*", {}}}, E::Wildcard},
      {"partial star", {{"messages:*", {}}}, E::Wildcard},
      {"unknown", {{"messages:admin", {}}}, E::UnknownScope},
      {"another case", {{"Messages:Write", {}}}, E::UnknownScope},
      {"empty name", {{"", {}}}, E::UnknownScope},
      {"twice", {{"messages:write", {}}, {"messages:write", {kNews}}}, E::DuplicateScope},
      {"can't be narrowed", {{"messages:read", {kNews}}}, E::NotNarrowable, 0},
      {"an endpoint is no channel", {{"channels:read", {kHook}}}, E::UnknownResource, kHook},
      {"a channel is no endpoint", {{"deliveries:read", {kNews}}}, E::UnknownResource, kNews},
      {"no such thing", {{"channels:read", {9999}}}, E::UnknownResource, 9999},
      {"deleted", {{"channels:read", {kDeletedNews}}}, E::UnknownResource, kDeletedNews},
      {"the other environment", {{"channels:read", {kTestNews}}}, E::WrongEnvironment, kTestNews},
      {"another organization says nothing",
       {{"channels:read", {kForeignNews}}},
       E::UnknownResource,
       kForeignNews},
      {"another integration's endpoint", {{"messages:write", {kOtherHook}}}, E::UnknownResource, kOtherHook},
      {"the same resource twice", {{"channels:read", {kNews, kNews}}}, E::DuplicateResource, kNews},
      {"too many", {{"channels:read", many}}, E::TooManyResources},
  };
  for (const auto& row : rows) {
    request.scopes = row.scopes;
    const auto result = request_grant(picture, request, kNow);
    ASSERT_EQ(result.ok(), !row.error) << row.name;
    if (!row.error) continue;
    EXPECT_EQ(result.error().error, *row.error) << row.name;
    EXPECT_EQ(result.error().resource, row.resource) << row.name;
  }
}

TEST_F(ConsentTest, ReasonEndAndIntegration) {
  const auto error = [&] {
    const auto result = request_grant(picture, request, kNow);
    return result ? std::optional<GrantError>() : result.error().error;
  };
  request.reason.clear();
  EXPECT_EQ(error(), GrantError::ReasonMissing);
  request.reason.assign(kMaxGrantReason + 1, 'x');
  EXPECT_EQ(error(), GrantError::ReasonMissing);
  request.reason.assign(kMaxGrantReason, 'x');
  EXPECT_EQ(error(), std::nullopt);
  request.expires_at = kNow;
  EXPECT_EQ(error(), GrantError::BadEnd);
  request.expires_at = std::nullopt;
  EXPECT_EQ(error(), std::nullopt);
  for (const auto state : {IntegrationState::Draft, IntegrationState::Active, IntegrationState::Suspended}) {
    set_state(state);
    EXPECT_EQ(error(), std::nullopt);
  }
  for (const auto state : {IntegrationState::Revoked, IntegrationState::Decommissioned}) {
    set_state(state);
    EXPECT_EQ(error(), GrantError::IntegrationEnded);
  }
  request.integration = {999};
  EXPECT_EQ(error(), GrantError::IntegrationEnded);
}

TEST_F(ConsentTest, ExceptionsHaveSourceOwnerReasonAndEnd) {
  const GrantException good{GrantExceptionKind::UnsignedSource, kUnsigned, "team", "cannot sign",
                            kNow + days(30)};
  const struct {
    const char* name;
    std::function<void(GrantException&)> change;
    bool accepted;
  } rows[] = {
      {"sound", [](auto&) {}, true},
      {"longest", [](auto& e) { e.ends_at = kNow + kMaxUnsignedSourceException; }, true},
      {"too long", [](auto& e) { e.ends_at = kNow + kMaxUnsignedSourceException + Milliseconds(1); }, false},
      {"over", [](auto& e) { e.ends_at = kNow; }, false},
      {"no owner", [](auto& e) { e.owner.clear(); }, false},
      {"no reason", [](auto& e) { e.reason.clear(); }, false},
      {"a signed source needs none", [](auto& e) { e.resource = kSigned; }, false},
      {"no such source", [](auto& e) { e.resource = 9999; }, false},
  };
  for (const auto& row : rows) {
    request.exceptions = {good};
    row.change(request.exceptions[0]);
    const auto result = request_grant(picture, request, kNow);
    EXPECT_EQ(result.ok(), row.accepted) << row.name;
    if (!result) {
      EXPECT_EQ(result.error().error, GrantError::BadException) << row.name;
    }
  }
}

TEST_F(ConsentTest, ApprovalIsRecordedWithPolicyAndVersion) {
  const Grant first = approved();
  EXPECT_EQ(first.state, GrantState::Active);
  EXPECT_EQ(first.grant_version, 1U);
  EXPECT_EQ(first.approved_by, "operator:1000");
  EXPECT_EQ(first.approved_at, kNow);
  EXPECT_EQ(first.policy_id, "sealpost/builtin");
  EXPECT_EQ(first.policy_version, 1U);
  EXPECT_EQ(approved(51, &first).grant_version, 2U);
}

TEST_F(ConsentTest, ApprovalJudgesThePresentAgain) {
  const Grant grant = requested();
  EXPECT_EQ(approve_grant(picture, grant, nullptr, by_operator, kNow + days(90)).error().error,
            GrantError::BadEnd);
  set_state(IntegrationState::Revoked);
  EXPECT_EQ(approve_grant(picture, grant, nullptr, by_operator, kNow).error().error,
            GrantError::IntegrationEnded);
}

TEST_F(ConsentTest, OnlyARequestIsApproved) {
  for (const auto state :
       {GrantState::Active, GrantState::Suspended, GrantState::Revoked, GrantState::Superseded}) {
    Grant grant = requested();
    grant.state = state;
    EXPECT_EQ(approve_grant(picture, grant, nullptr, by_operator, kNow).error().error,
              GrantError::WrongState);
  }
  auto nobody = by_operator;
  nobody.approver.clear();
  EXPECT_EQ(approve_grant(picture, requested(), nullptr, nobody, kNow).error().error,
            GrantError::ApproverMissing);
  Grant foreign = approved();
  foreign.integration = {21};
  EXPECT_EQ(approve_grant(picture, requested(), &foreign, by_operator, kNow).error().error,
            GrantError::WrongState);
}

TEST_F(ConsentTest, WherePeopleSignInAPersonApprovesLive) {
  by_operator.provider_active_since = kNow;
  EXPECT_EQ(approve_grant(picture, requested(), nullptr, by_operator, kNow).error().error,
            GrantError::OperatorApproval);
  by_operator.provider_active_since = kNow + hours(1);
  EXPECT_TRUE(approve_grant(picture, requested(), nullptr, by_operator, kNow).ok()) << "not yet";
  by_operator.provider_active_since = kNow - days(1);
  by_operator.kind = ApproverKind::Person;
  by_operator.approver = "person";
  EXPECT_TRUE(approve_grant(picture, requested(), nullptr, by_operator, kNow).ok());
  by_operator.kind = ApproverKind::Operator;
  Grant test = requested();
  test.head.tenancy.environment = Environment::Test;
  EXPECT_TRUE(approve_grant(picture, test, nullptr, by_operator, kNow).ok()) << "test stays the operator's";
}

TEST_F(ConsentTest, OperatorApprovedLiveGrantsNeedAPersonWithin30Days) {
  Grant grant = approved();
  grant.expires_at.reset();
  const WallTime since = kNow;
  EXPECT_EQ(GrantView(grant).ends_at(), std::nullopt);
  EXPECT_EQ(GrantView(grant, since).ends_at(), since + days(30));
  EXPECT_TRUE(GrantView(grant, since).active_at(since + days(30) - Milliseconds(1)));
  EXPECT_FALSE(GrantView(grant, since).active_at(since + days(30)));
  grant.expires_at = since + days(3);
  EXPECT_EQ(GrantView(grant, since).ends_at(), since + days(3)) << "the earlier end";
  grant.expires_at.reset();
  grant.approved_by = "person";
  EXPECT_EQ(GrantView(grant, since).ends_at(), std::nullopt);
  grant.approved_by = "operator:0";
  grant.head.tenancy.environment = Environment::Test;
  EXPECT_EQ(GrantView(grant, since).ends_at(), std::nullopt);
}

TEST_F(ConsentTest, EndingsByState) {
  const GrantState all[] = {GrantState::Requested, GrantState::Active, GrantState::Suspended,
                            GrantState::Revoked, GrantState::Superseded};
  const struct {
    const char* name;
    std::function<Result<Grant, GrantProblem>(Grant)> step;
    std::vector<GrantState> from;
    GrantState to;
  } rows[] = {
      {"revoke",
       [](Grant g) { return revoke_grant(std::move(g), "operator:1", kNow); },
       {GrantState::Requested, GrantState::Active, GrantState::Suspended},
       GrantState::Revoked},
      {"suspend",
       [](Grant g) { return suspend_grant(std::move(g), "operator:1", kNow); },
       {GrantState::Active},
       GrantState::Suspended},
      {"resume",
       [](Grant g) { return resume_grant(std::move(g), "operator:1", kNow); },
       {GrantState::Suspended},
       GrantState::Active},
      {"supersede",
       [&](Grant g) { return supersede_grant(std::move(g), approved(51), kNow); },
       {GrantState::Active},
       GrantState::Superseded},
  };
  for (const auto& row : rows) {
    for (const GrantState state : all) {
      Grant grant = approved();
      grant.state = state;
      const auto next = row.step(grant);
      const bool allowed = std::ranges::find(row.from, state) != row.from.end();
      ASSERT_EQ(next.ok(), allowed) << row.name << " " << static_cast<int>(state);
      if (!allowed) continue;
      EXPECT_EQ(next->state, row.to) << row.name;
      EXPECT_EQ(next->ended_at.has_value(), row.to != GrantState::Active) << row.name;
    }
  }
}

TEST_F(ConsentTest, ASuspendedGrantComesBackOnlyInItsTime) {
  const Grant suspended = suspend_grant(approved(), "operator:1", kNow).value();
  EXPECT_EQ(resume_grant(suspended, "operator:1", kNow + days(90)).error().error, GrantError::BadEnd);
  EXPECT_EQ(resume_grant(suspended, "", kNow).error().error, GrantError::ApproverMissing);
  EXPECT_TRUE(GrantView(resume_grant(suspended, "operator:1", kNow).value()).active_at(kNow));
}

TEST_F(ConsentTest, AGrantIsSupersededByAnotherOfItsIntegrationOnly) {
  const Grant grant = approved();
  EXPECT_FALSE(supersede_grant(grant, grant, kNow).ok()) << "not by itself";
  Grant other = approved(51);
  other.integration = {21};
  EXPECT_FALSE(supersede_grant(grant, other, kNow).ok());
  other = approved(51);
  other.state = GrantState::Requested;
  EXPECT_FALSE(supersede_grant(grant, other, kNow).ok());
}

TEST(GrantCoverage, WiderAndNarrower) {
  using V = std::vector<GrantedScope>;
  const struct {
    const char* name;
    V wider, narrower;
    bool covers;
  } rows[] = {
      {"the same", {{"a", {1}}}, {{"a", {1}}}, true},
      {"unrestricted covers named", {{"a", {}}}, {{"a", {1}}}, true},
      {"named never covers unrestricted", {{"a", {1}}}, {{"a", {}}}, false},
      {"fewer resources", {{"a", {1, 2}}}, {{"a", {2}}}, true},
      {"another resource", {{"a", {1, 2}}}, {{"a", {3}}}, false},
      {"a scope more", {{"a", {}}}, {{"a", {}}, {"b", {}}}, false},
      {"a scope less", {{"a", {}}, {"b", {}}}, {{"b", {}}}, true},
      {"nothing is covered by all", {}, {}, true},
  };
  for (const auto& row : rows) EXPECT_EQ(covers(row.wider, row.narrower), row.covers) << row.name;
}

TEST(GrantViewTest, ReadsScopesAndResources) {
  Grant grant;
  grant.state = GrantState::Active;
  grant.scopes = {{"channels:read", {5, 6}}, {"messages:write", {}}, {"no:such", {}}};
  const GrantView view(grant);
  EXPECT_EQ(view.scopes(), (ScopeSet{Scope::ChannelsRead, Scope::MessagesWrite}));
  EXPECT_TRUE(view.reaches(Scope::ChannelsRead, 5));
  EXPECT_FALSE(view.reaches(Scope::ChannelsRead, 7));
  EXPECT_TRUE(view.reaches(Scope::MessagesWrite, 7));
  EXPECT_FALSE(view.reaches(Scope::AuditRead, 5));
  EXPECT_EQ(view.resources(Scope::ChannelsRead).size(), 2U);
  EXPECT_TRUE(view.resources(Scope::AuditRead).empty());
  grant.expires_at = kNow;
  EXPECT_TRUE(GrantView(grant).active_at(kNow - Milliseconds(1)));
  EXPECT_FALSE(GrantView(grant).active_at(kNow));
}

TEST(GrantViewTest, EveryScopeSaysWhatItMayBeNarrowedTo) {
  std::size_t channels = 0, endpoints = 0;
  for (std::size_t i = 0; i < kScopeCount; ++i) {
    const Narrowing narrowing = narrowing_of(static_cast<Scope>(i));
    channels += narrowing.channels ? 1U : 0U;
    endpoints += narrowing.endpoints ? 1U : 0U;
  }
  EXPECT_EQ(channels, 4U);
  EXPECT_EQ(endpoints, 3U);
}

}  // namespace
}  // namespace sealpost
