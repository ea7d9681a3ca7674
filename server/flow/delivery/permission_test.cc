#include "flow/delivery/permission.h"

#include <functional>

#include <gtest/gtest.h>

namespace sealpost {
namespace {

constexpr WallTime kNow = WallTime(Milliseconds(1'800'000'000'000));
const Tenancy kTenancy{OrganizationId{1}, Environment::Live};
constexpr IntegrationId kIntegration{2};
constexpr EndpointId kEndpoint{3};

struct Records {
  Integration integration;
  Grant grant;
  Endpoint endpoint;
  bool with_grant = true;

  Records() {
    integration.head = {.position = kIntegration.position, .tenancy = kTenancy};
    integration.state = IntegrationState::Active;
    grant.head = {.position = 4, .tenancy = kTenancy};
    grant.state = GrantState::Active;
    grant.scopes = {{std::string(name_of(Scope::MessagesWrite)), {}}};
    endpoint.head = {.position = kEndpoint.position, .tenancy = kTenancy};
  }
  [[nodiscard]] DirectorySnapshot picture() const {
    DirectorySnapshot out;
    out.integrations[integration.head.position] = std::make_shared<const Integration>(integration);
    if (with_grant) out.active_grants[kIntegration.position] = std::make_shared<const Grant>(grant);
    out.endpoints[endpoint.head.position] = std::make_shared<const Endpoint>(endpoint);
    return out;
  }
};

TEST(Permission, AnActiveIntegrationMaySendUnderItsGrantToAnActiveEndpoint) {
  EXPECT_EQ(judge_delivery(Records().picture(), {kTenancy, kIntegration, kEndpoint}, kNow), std::nullopt);
}

TEST(Permission, EveryReasonAgainstHasItsRow) {
  struct Row {
    const char* name;
    std::function<void(Records&)> change;
    std::optional<DeliveryRefusal> refusal;
  };
  const DeliveryRefusal revoked{PublicCode::IntegrationRevoked, RefusedFate::Cancel};
  const DeliveryRefusal no_grant{PublicCode::GrantNotActive, RefusedFate::Cancel};
  const DeliveryRefusal no_endpoint{PublicCode::EndpointDisabled, RefusedFate::Cancel};
  const Row rows[] = {
      {"unknown integration", [](Records& r) { r.integration.head.position = 77; }, revoked},
      {"another tenancy's integration",
       [](Records& r) { r.integration.head.tenancy.environment = Environment::Test; }, revoked},
      {"draft", [](Records& r) { r.integration.state = IntegrationState::Draft; },
       DeliveryRefusal{PublicCode::IntegrationNotActive, RefusedFate::Cancel}},
      {"suspended", [](Records& r) { r.integration.state = IntegrationState::Suspended; },
       DeliveryRefusal{PublicCode::Suspended, RefusedFate::Postpone}},
      {"revoked", [](Records& r) { r.integration.state = IntegrationState::Revoked; }, revoked},
      {"decommissioned", [](Records& r) { r.integration.state = IntegrationState::Decommissioned; }, revoked},
      {"no grant", [](Records& r) { r.with_grant = false; }, no_grant},
      {"grant ended by time", [](Records& r) { r.grant.expires_at = kNow; }, no_grant},
      {"grant that still runs", [](Records& r) { r.grant.expires_at = kNow + Milliseconds(1); },
       std::nullopt},
      {"grant without the scope", [](Records& r) { r.grant.scopes = {{"messages:read", {}}}; },
       DeliveryRefusal{PublicCode::ResourceNotInScope, RefusedFate::Cancel}},
      {"grant for others", [](Records& r) { r.grant.scopes[0].resources = {99}; },
       DeliveryRefusal{PublicCode::ResourceNotInScope, RefusedFate::Cancel}},
      {"grant for this one", [](Records& r) { r.grant.scopes[0].resources = {99, kEndpoint.position}; },
       std::nullopt},
      {"unknown endpoint", [](Records& r) { r.endpoint.head.position = 77; }, no_endpoint},
      {"another tenancy's endpoint", [](Records& r) { r.endpoint.head.tenancy.organization = {9}; },
       DeliveryRefusal{PublicCode::WrongEnvironment, RefusedFate::Cancel}},
      {"disabled endpoint", [](Records& r) { r.endpoint.state = EndpointState::Disabled; },
       DeliveryRefusal{PublicCode::EndpointDisabled, RefusedFate::DeadLetter}},
      {"deleted endpoint", [](Records& r) { r.endpoint.state = EndpointState::Deleted; }, no_endpoint},
  };
  for (const Row& row : rows) {
    Records records;
    row.change(records);
    EXPECT_EQ(judge_delivery(records.picture(), {kTenancy, kIntegration, kEndpoint}, kNow), row.refusal)
        << row.name;
  }
}

// A row that was tampered with is missing from the picture: what waits for it is not thrown away for that.
TEST(Permission, WhileRowsAreDamagedWhatIsMissingIsWaitedFor) {
  const std::pair<std::function<void(Records&)>, PublicCode> rows[] = {
      {[](Records& r) { r.integration.head.position = 77; }, PublicCode::IntegrationRevoked},
      {[](Records& r) { r.with_grant = false; }, PublicCode::GrantNotActive},
      {[](Records& r) { r.endpoint.head.position = 77; }, PublicCode::EndpointDisabled}};
  for (const auto& [change, code] : rows) {
    Records records;
    change(records);
    DirectorySnapshot picture = records.picture();
    picture.damaged.push_back({EntityKind::Grant, 4, kTenancy});
    EXPECT_EQ(judge_delivery(picture, {kTenancy, kIntegration, kEndpoint}, kNow),
              (DeliveryRefusal{code, RefusedFate::Postpone}));
  }
  Records ended;
  ended.endpoint.state = EndpointState::Deleted;
  DirectorySnapshot picture = ended.picture();
  picture.damaged.push_back({EntityKind::Grant, 4, kTenancy});
  EXPECT_EQ(judge_delivery(picture, {kTenancy, kIntegration, kEndpoint}, kNow)->fate, RefusedFate::Cancel)
      << "what is known to have ended has ended";
}

TEST(Permission, DamageElsewhereDoesNotKeepARevokedGrantsDeliveriesWaiting) {
  Records records;
  records.with_grant = false;
  DirectorySnapshot picture = records.picture();
  const auto fate = [&] { return judge_delivery(picture, {kTenancy, kIntegration, kEndpoint}, kNow)->fate; };
  const Tenancy other{{9}, Environment::Live};
  picture.damaged.push_back({EntityKind::Grant, 4, other});
  picture.organizations.emplace(9, std::make_shared<const Organization>());
  EXPECT_EQ(fate(), RefusedFate::Postpone) << "no grant at all: it may be the damaged one";
  auto requested = std::make_shared<Grant>(records.grant);
  requested->head.position = 5;
  requested->state = GrantState::Requested;
  requested->integration = kIntegration;
  picture.grants.emplace(requested->head.position, requested);
  EXPECT_EQ(fate(), RefusedFate::Postpone) << "one that was never approved tells of no end";
  auto revoked = std::make_shared<Grant>(records.grant);
  revoked->state = GrantState::Revoked;
  revoked->integration = kIntegration;
  picture.grants.emplace(revoked->head.position, revoked);
  EXPECT_EQ(fate(), RefusedFate::Cancel);
  picture.damaged.push_back({EntityKind::Source, 5, kTenancy});
  EXPECT_EQ(fate(), RefusedFate::Postpone) << "its own organization is damaged";
  picture.damaged.back().tenancy.organization = {12'345};
  EXPECT_EQ(fate(), RefusedFate::Postpone) << "it may be any organization's";
}

}  // namespace
}  // namespace sealpost
