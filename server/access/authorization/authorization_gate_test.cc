#include "access/authorization/authorization_gate.h"

#include <functional>

#include <gtest/gtest.h>

#include "access/authorization/testing/test_calls.h"

namespace sealpost {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
const WallTime kNow = from_unix_ms(1'800'000'000'000);
constexpr OrganizationId kOrganization{1};
constexpr IntegrationId kIntegration{20};
constexpr CredentialId kCredential{30};
constexpr SourceId kSource{40};
constexpr GrantId kGrant{50};
constexpr Position kNews = 60, kAlerts = 61;

template <class T>
T record(Position position, Environment environment = Environment::Live) {
  T made;
  made.head.position = position;
  made.head.tenancy = {kOrganization, environment};
  return made;
}

// A small world that a test may change before it is looked at.
struct World {
  Organization organization = record<Organization>(kOrganization.position, Environment::Shared);
  Integration integration = record<Integration>(kIntegration.position);
  Credential credential = record<Credential>(kCredential.position);
  Source source = record<Source>(kSource.position);
  std::vector<Grant> grants;  // the last one that is active is in force
  std::uint64_t epoch = 5;

  World() {
    integration.state = IntegrationState::Active;
    credential.integration = source.integration = kIntegration;
    grants.push_back(grant(
        kGrant, 1, {{"messages:write", {}}, {"channels:read", {kNews, kAlerts}}, {"messages:read", {}}}));
  }
  static Grant grant(GrantId id, std::uint32_t version, std::vector<GrantedScope> scopes) {
    Grant made = record<Grant>(id.position);
    made.integration = kIntegration;
    made.grant_version = version;
    made.state = GrantState::Active;
    made.scopes = std::move(scopes);
    return made;
  }
  // Approves anew: what was in force is superseded.
  void supersede(std::vector<GrantedScope> scopes) {
    grants.back().state = GrantState::Superseded;
    const auto number = static_cast<std::uint32_t>(grants.size());
    grants.push_back(grant({kGrant.position + number}, number + 1, std::move(scopes)));
    ++epoch;
  }
  [[nodiscard]] DirectorySnapshot picture() const {
    DirectorySnapshot out;
    const auto add = [](auto& map, const auto& value) {
      map.emplace(value.head.position, std::make_shared<std::decay_t<decltype(value)>>(value));
    };
    add(out.organizations, organization);
    add(out.integrations, integration);
    add(out.credentials, credential);
    add(out.sources, source);
    for (const Grant& held : grants) {
      add(out.grants, held);
      if (held.state == GrantState::Active)
        out.active_grants[held.integration.position] = std::make_shared<Grant>(held);
    }
    out.epochs[kOrganization.position] = epoch;
    return out;
  }
};

struct GateTest : ::testing::Test {
  PublicIdCodec ids{Aes256Block::create(SecretBytes::copy_of(Bytes(32, 1))).value(), {{1, 0}}};
  AuthorizationGate gate{ids};
  World world;
  CallContext context{.request = {900}, .source_address = *IpAddress::parse("192.0.2.7"), .at = kNow};

  static TokenClaims token(ScopeSet scopes = {Scope::MessagesWrite, Scope::ChannelsRead},
                           std::vector<NarrowedScope> narrowed = {}) {
    return {.token = {800},
            .tenancy = {kOrganization, Environment::Live},
            .integration = kIntegration,
            .credential = kCredential,
            .grant = kGrant,
            .grant_version = 1,
            .epoch = 5,
            .scopes = scopes,
            .narrowed = std::move(narrowed),
            .issued_at = kNow - minutes(1),
            .expires_at = kNow + minutes(9)};
  }
  static RequiredAccess needs(Scope scope, std::optional<Position> resource = std::nullopt) {
    RequiredAccess required;
    required.scope = scope;
    required.resource = resource;
    return required;
  }
  [[nodiscard]] Authorized<AuthorizedCall> ask(const TokenClaims& claims,
                                               const RequiredAccess& required) const {
    return gate.authorize(world.picture(), claims, required, context);
  }
  static SignatureFacts verified() {
    SignatureFacts facts;
    facts.signature = SignatureFinding::Match;
    return facts;
  }
};

TEST_F(GateTest, TheCallHoldsEverythingThatRecordsBind) {
  const auto call = ask(token(), needs(Scope::MessagesWrite));
  ASSERT_TRUE(call.ok());
  EXPECT_EQ(call->caller_kind(), CallerKind::Machine);
  EXPECT_EQ(call->caller(), ids.encode(kCredential));
  EXPECT_EQ(call->caller_position(), kCredential.position);
  EXPECT_EQ(call->tenancy(), (Tenancy{kOrganization, Environment::Live}));
  EXPECT_EQ(call->integration(), kIntegration);
  EXPECT_EQ(call->credential(), kCredential);
  EXPECT_EQ(call->token(), AccessTokenId{800});
  EXPECT_FALSE(call->source().set());
  EXPECT_EQ(call->grant(), kGrant);
  EXPECT_EQ(call->grant_version(), 1U);
  EXPECT_EQ(call->epoch(), 5U);
  EXPECT_EQ(call->policy_id(), "sealpost/builtin");
  EXPECT_EQ(call->policy_version(), 1U);
  EXPECT_EQ(call->scope(), Scope::MessagesWrite);
  EXPECT_EQ(call->scopes(), (ScopeSet{Scope::MessagesWrite, Scope::ChannelsRead}));
  EXPECT_EQ(call->request(), RequestId{900});
  EXPECT_EQ(call->source_address().to_string(), "192.0.2.7");
  EXPECT_EQ(call->at(), kNow);
}

TEST_F(GateTest, PresentStateDecidesWhateverTheTokenSays) {
  const struct {
    const char* name;
    std::function<void(World&)> change;
    PublicCode code;
    std::string detail;
  } rows[] = {
      {"credential revoked", [](World& w) { w.credential.state = CredentialState::Revoked; },
       PublicCode::InvalidToken, "credential_revoked"},
      {"credential expired", [](World& w) { w.credential.expires_at = kNow; }, PublicCode::InvalidToken,
       "credential_expired"},
      {"credential gone", [](World& w) { w.credential.head.position = 31; }, PublicCode::InvalidToken,
       "credential_unknown"},
      {"credential of another integration", [](World& w) { w.credential.integration = {21}; },
       PublicCode::InvalidToken, "credential_unknown"},
      {"credential of the other environment",
       [](World& w) { w.credential.head.tenancy.environment = Environment::Test; }, PublicCode::InvalidToken,
       "credential_unknown"},
      {"integration gone", [](World& w) { w.integration.head.position = 21; }, PublicCode::InvalidToken,
       "integration_unknown"},
      {"integration of another organization", [](World& w) { w.integration.head.tenancy.organization = {2}; },
       PublicCode::InvalidToken, "integration_unknown"},
      {"organization gone", [](World& w) { w.organization.head.position = 2; }, PublicCode::InvalidToken,
       "integration_unknown"},
      {"draft", [](World& w) { w.integration.state = IntegrationState::Draft; },
       PublicCode::IntegrationNotActive, "integration_not_active"},
      {"suspended", [](World& w) { w.integration.state = IntegrationState::Suspended; },
       PublicCode::Suspended, "suspended"},
      {"revoked", [](World& w) { w.integration.state = IntegrationState::Revoked; },
       PublicCode::IntegrationRevoked, "integration_revoked"},
      {"grant revoked", [](World& w) { w.grants[0].state = GrantState::Revoked; }, PublicCode::GrantNotActive,
       "grant_not_active"},
      {"grant expired", [](World& w) { w.grants[0].expires_at = kNow; }, PublicCode::GrantNotActive,
       "grant_not_active"},
      {"grant of the other environment",
       [](World& w) { w.grants[0].head.tenancy.environment = Environment::Test; }, PublicCode::GrantNotActive,
       "grant_not_active"},
      {"grant's version changed", [](World& w) { w.grants[0].grant_version = 2; }, PublicCode::GrantNotActive,
       "grant_not_active"},
      {"database behind the token", [](World& w) { w.epoch = 4; }, PublicCode::InvalidToken, "epoch_ahead"},
  };
  for (const auto& row : rows) {
    world = World();
    row.change(world);
    const auto refused = ask(token(), needs(Scope::MessagesWrite));
    ASSERT_FALSE(refused.ok()) << row.name;
    EXPECT_EQ(refused.error().code, row.code) << row.name;
    EXPECT_EQ(refused.error().detail, row.detail) << row.name;
    EXPECT_FALSE(refused.error().missing_scope.has_value()) << row.name;
  }
}

TEST_F(GateTest, AnOlderEpochAloneRefusesNobody) {
  world.epoch = 9;
  const auto call = ask(token(), needs(Scope::MessagesWrite));
  ASSERT_TRUE(call.ok());
  EXPECT_EQ(call->epoch(), 9U) << "the picture's, which the transaction compares";
}

TEST_F(GateTest, ASupersedingGrantIsWhatCounts) {
  world.supersede({{"messages:write", {}}, {"channels:read", {kNews}}});
  const auto call = ask(token(), needs(Scope::MessagesWrite));
  ASSERT_TRUE(call.ok());
  EXPECT_EQ(call->grant(), GrantId{kGrant.position + 1});
  EXPECT_EQ(call->grant_version(), 2U);
  EXPECT_TRUE(ask(token(), needs(Scope::ChannelsRead, kNews)).ok());
  EXPECT_EQ(ask(token(), needs(Scope::ChannelsRead, kAlerts)).error().code, PublicCode::ResourceNotInScope);
  world.supersede({{"channels:read", {}}});
  EXPECT_EQ(ask(token(), needs(Scope::MessagesWrite)).error().code, PublicCode::InsufficientScope);
  EXPECT_EQ(ask(token(), needs(Scope::MessagesRead)).error().code, PublicCode::InsufficientScope)
      << "growth reaches no token that was minted before";
}

TEST_F(GateTest, ARevokedGrantsTokensStayEndedUnderTheNextGrant) {
  for (const GrantState ended : {GrantState::Revoked, GrantState::Suspended, GrantState::Requested}) {
    world = World();
    world.supersede({{"messages:write", {}}});
    world.grants[0].state = ended;
    EXPECT_EQ(ask(token(), needs(Scope::MessagesWrite)).error().code, PublicCode::GrantNotActive);
  }
  world = World();
  world.supersede({{"messages:write", {}}});
  world.grants.erase(world.grants.begin());
  EXPECT_EQ(ask(token(), needs(Scope::MessagesWrite)).error().code, PublicCode::GrantNotActive)
      << "never heard of";
}

TEST_F(GateTest, ScopeByResource) {
  using V = std::vector<NarrowedScope>;
  const ScopeSet all{Scope::MessagesWrite, Scope::ChannelsRead, Scope::MessagesRead};
  const struct {
    const char* name;
    ScopeSet scopes;
    V narrowed;
    RequiredAccess required;
    std::optional<PublicCode> code;
  } rows[] = {
      {"held, no resource", all, {}, needs(Scope::MessagesWrite), std::nullopt},
      {"held, any resource", all, {}, needs(Scope::MessagesWrite, 99), std::nullopt},
      {"grant names it", all, {}, needs(Scope::ChannelsRead, kNews), std::nullopt},
      {"grant does not name it", all, {}, needs(Scope::ChannelsRead, 99), PublicCode::ResourceNotInScope},
      {"token names it", all, V{{Scope::ChannelsRead, {kNews}}}, needs(Scope::ChannelsRead, kNews),
       std::nullopt},
      {"token does not", all, V{{Scope::ChannelsRead, {kNews}}}, needs(Scope::ChannelsRead, kAlerts),
       PublicCode::ResourceNotInScope},
      {"token names what the grant does not", all, V{{Scope::ChannelsRead, {99}}},
       needs(Scope::ChannelsRead, 99), PublicCode::ResourceNotInScope},
      {"narrowed in another scope", all, V{{Scope::ChannelsRead, {kNews}}},
       needs(Scope::MessagesWrite, kAlerts), std::nullopt},
      {"scope not in the token",
       {Scope::MessagesWrite},
       {},
       needs(Scope::ChannelsRead, kNews),
       PublicCode::InsufficientScope},
      {"scope not in the grant",
       {Scope::AuditExport},
       {},
       needs(Scope::AuditExport),
       PublicCode::InsufficientScope},
      {"an ingest-only token reads nothing",
       {Scope::MessagesWrite},
       {},
       needs(Scope::MessagesRead),
       PublicCode::InsufficientScope},
      {"a reading token sends nothing",
       {Scope::ChannelsRead},
       {},
       needs(Scope::MessagesWrite),
       PublicCode::InsufficientScope},
      {"no scopes at all", {}, {}, needs(Scope::MessagesWrite), PublicCode::InsufficientScope},
  };
  for (const auto& row : rows) {
    const auto result = ask(token(row.scopes, row.narrowed), row.required);
    ASSERT_EQ(result.ok(), !row.code) << row.name;
    if (!row.code) continue;
    EXPECT_EQ(result.error().code, *row.code) << row.name;
    EXPECT_EQ(result.error().missing_scope_name(), name_of(row.required.scope)) << row.name;
  }
}

TEST_F(GateTest, TheCallReachesWhatTokenAndGrantBothReach) {
  const auto call =
      ask(token({Scope::MessagesWrite, Scope::ChannelsRead}, {{Scope::ChannelsRead, {kNews, 99}}}),
          needs(Scope::MessagesWrite));
  ASSERT_TRUE(call.ok());
  EXPECT_TRUE(call->reaches(Scope::ChannelsRead, kNews));
  EXPECT_FALSE(call->reaches(Scope::ChannelsRead, kAlerts)) << "the token left it out";
  EXPECT_FALSE(call->reaches(Scope::ChannelsRead, 99)) << "the grant never held it";
  EXPECT_TRUE(call->reaches(Scope::MessagesWrite, 12345));
  EXPECT_FALSE(call->reaches(Scope::MessagesRead, kNews)) << "not in the token";
  EXPECT_EQ(call->narrowed_to(Scope::ChannelsRead)->size(), 1U);
  EXPECT_FALSE(call->narrowed_to(Scope::MessagesWrite).has_value());
  const auto nothing = ask(token({Scope::MessagesWrite, Scope::ChannelsRead}, {{Scope::ChannelsRead, {99}}}),
                           needs(Scope::MessagesWrite));
  ASSERT_TRUE(nothing->narrowed_to(Scope::ChannelsRead).has_value()) << "an empty overlap is not everything";
  EXPECT_FALSE(nothing->reaches(Scope::ChannelsRead, kNews));
}

TEST_F(GateTest, EnvironmentsNeverTouch) {
  RequiredAccess required = needs(Scope::MessagesWrite);
  required.environment = Environment::Test;
  EXPECT_EQ(ask(token(), required).error().code, PublicCode::WrongEnvironment);
  required.environment = Environment::Live;
  EXPECT_TRUE(ask(token(), required).ok());
  auto relabelled = token();
  relabelled.tenancy.environment = Environment::Test;
  EXPECT_EQ(ask(relabelled, needs(Scope::MessagesWrite)).error().code, PublicCode::InvalidToken);
}

TEST_F(GateTest, ExpiryAndOperatorsWork) {
  context.at = kNow + minutes(9);
  EXPECT_EQ(ask(token(), needs(Scope::MessagesWrite)).error().code, PublicCode::ExpiredToken);
  context.at = kNow;
  RequiredAccess required = needs(Scope::MessagesWrite);
  required.operator_only = true;
  EXPECT_EQ(ask(token(), required).error().code, PublicCode::OperatorOnly);
}

TEST_F(GateTest, Operators) {
  const OperatorClaims claims{
      .token = {801}, .uid = 1000, .issued_at = kNow, .expires_at = kNow + minutes(5)};
  const auto picture = world.picture();
  const auto call = gate.authorize_operator(picture, claims, {kOrganization, Environment::Live},
                                            needs(Scope::IntegrationsManage), context);
  ASSERT_TRUE(call.ok());
  EXPECT_EQ(call->caller(), "operator:1000");
  EXPECT_EQ(call->caller_kind(), CallerKind::Operator);
  EXPECT_EQ(call->caller_position(), 1001U);
  EXPECT_EQ(call->epoch(), 5U);
  EXPECT_FALSE(call->integration().set());
  EXPECT_FALSE(call->grant().set());
  for (const Scope denied :
       {Scope::MessagesWrite, Scope::ChannelsRead, Scope::SecretsRead, Scope::AuditExport})
    EXPECT_EQ(
        gate.authorize_operator(picture, claims, {kOrganization, Environment::Live}, needs(denied), context)
            .error()
            .code,
        PublicCode::OperatorNotAllowed);
  RequiredAccess payload = needs(Scope::MessagesRead);
  payload.reveals = Reveals::Payload;
  EXPECT_EQ(gate.authorize_operator(picture, claims, {}, payload, context).error().code,
            PublicCode::OperatorNotAllowed);
  context.at = kNow + minutes(5);
  EXPECT_EQ(
      gate.authorize_operator(picture, claims, {}, needs(Scope::IntegrationsRead), context).error().code,
      PublicCode::ExpiredToken);
}

TEST_F(GateTest, WebhookSources) {
  const auto call = gate.authorize_webhook(world.picture(), kSource, verified(), context);
  ASSERT_TRUE(call.ok());
  EXPECT_EQ(call->caller_kind(), CallerKind::WebhookSource);
  EXPECT_EQ(call->caller(), ids.encode(kSource));
  EXPECT_EQ(call->source(), kSource);
  EXPECT_EQ(call->integration(), kIntegration);
  EXPECT_EQ(call->grant(), kGrant);
  EXPECT_EQ(call->scopes(), ScopeSet{Scope::MessagesWrite}) << "a source sends in, and nothing else";
  EXPECT_FALSE(call->credential().set());

  const struct {
    const char* name;
    std::function<void(World&)> change;
    PublicCode code;
    GrantFinding finding;
  } rows[] = {
      {"deleted", [](World& w) { w.source.state = SourceState::Deleted; }, PublicCode::UnknownSource,
       GrantFinding::NotActive},
      {"unknown", [](World& w) { w.source.head.position = 41; }, PublicCode::UnknownSource,
       GrantFinding::NotActive},
      {"integration elsewhere", [](World& w) { w.integration.head.tenancy.environment = Environment::Test; },
       PublicCode::UnknownSource, GrantFinding::NotActive},
      {"source suspended", [](World& w) { w.source.state = SourceState::Suspended; },
       PublicCode::SourceDisabled, GrantFinding::Suspended},
      {"suspended", [](World& w) { w.integration.state = IntegrationState::Suspended; },
       PublicCode::Suspended, GrantFinding::Suspended},
      {"draft", [](World& w) { w.integration.state = IntegrationState::Draft; },
       PublicCode::IntegrationNotActive, GrantFinding::NotActive},
      {"no grant", [](World& w) { w.grants.clear(); }, PublicCode::GrantNotActive, GrantFinding::NotActive},
      {"grant without messages:write", [](World& w) { w.grants[0].scopes = {{"channels:read", {}}}; },
       PublicCode::InsufficientScope, GrantFinding::NotActive},
      {"unsigned in live", [](World& w) { w.source.scheme = InboundScheme::GitLabToken; },
       PublicCode::GrantNotActive, GrantFinding::NotActive},
  };
  for (const auto& row : rows) {
    world = World();
    row.change(world);
    const auto refused = gate.authorize_webhook(world.picture(), kSource, verified(), context);
    ASSERT_FALSE(refused.ok()) << row.name;
    EXPECT_EQ(refused.error().code, row.code) << row.name;
    EXPECT_EQ(grant_finding(refused.error()), row.finding) << row.name;
  }
}

TEST_F(GateTest, AnUnsignedSourceNeedsItsOwnExceptionUntilItsEnd) {
  world.source.scheme = InboundScheme::GitLabToken;
  world.grants[0].exceptions = {
      {GrantExceptionKind::UnsignedSource, kSource.position, "team", "cannot sign", kNow + hours(1)}};
  EXPECT_TRUE(gate.authorize_webhook(world.picture(), kSource, verified(), context).ok());
  context.at = kNow + hours(1);
  EXPECT_FALSE(gate.authorize_webhook(world.picture(), kSource, verified(), context).ok());
  context.at = kNow;
  world.grants[0].exceptions[0].resource = 41;
  EXPECT_FALSE(gate.authorize_webhook(world.picture(), kSource, verified(), context).ok());
}

TEST_F(GateTest, NothingIsDecidedBeforeAValidSignature) {
  for (const auto finding :
       {SignatureFinding::NotChecked, SignatureFinding::NoMatch, SignatureFinding::UnknownKey}) {
    SignatureFacts facts;
    facts.signature = finding;
    EXPECT_EQ(gate.authorize_webhook(world.picture(), kSource, facts, context).error().code,
              PublicCode::BadSignature);
    EXPECT_EQ(gate.authorize_webhook(world.picture(), {999}, facts, context).error().code,
              PublicCode::BadSignature)
        << "an unknown source looks the same";
  }
}

// ---- Minting --------------------------------------------------------------------------------------------

TEST_F(GateTest, AMintedTokenHoldsTheGrantOrLess) {
  const auto mint = [&](std::vector<NarrowedScope> scopes) {
    return gate.authorize_mint(world.picture(), world.credential, {std::move(scopes)}, {801}, context);
  };
  const auto all = mint({});
  ASSERT_TRUE(all.ok());
  EXPECT_EQ(all->claims.scopes, (ScopeSet{Scope::MessagesWrite, Scope::ChannelsRead, Scope::MessagesRead}));
  EXPECT_EQ(all->claims.expires_at, kNow + minutes(10));
  EXPECT_EQ(all->claims.token, AccessTokenId{801});
  EXPECT_EQ(all->claims.grant, kGrant);
  EXPECT_EQ(all->claims.epoch, 5U);
  EXPECT_EQ(all->call.token(), AccessTokenId{801});
  EXPECT_TRUE(ask(all->claims, needs(Scope::ChannelsRead, kNews)).ok());

  const auto narrow = mint({{Scope::ChannelsRead, {kNews}}});
  ASSERT_TRUE(narrow.ok());
  EXPECT_EQ(narrow->claims.scopes, ScopeSet{Scope::ChannelsRead});
  EXPECT_TRUE(ask(narrow->claims, needs(Scope::ChannelsRead, kNews)).ok());
  EXPECT_EQ(ask(narrow->claims, needs(Scope::ChannelsRead, kAlerts)).error().missing_scope_name(),
            "channels:read");
  EXPECT_EQ(ask(narrow->claims, needs(Scope::MessagesWrite)).error().missing_scope_name(), "messages:write");

  const std::pair<std::vector<NarrowedScope>, std::string> refused[] = {
      {{{Scope::AuditExport, {}}}, "scope_not_granted"},
      {{{Scope::ChannelsRead, {99}}}, "resource_not_granted"},
      {{{Scope::ChannelsRead, {}}, {Scope::ChannelsRead, {kNews}}}, "scope_twice"},
      {{{Scope::MessagesRead, {kNews}}}, "scope_not_narrowable"},
      {{{Scope::MessagesWrite, std::vector<Position>(kMaxTokenResources + 1, 1)}}, "too_many_resources"},
  };
  for (const auto& [wish, detail] : refused) {
    const auto result = mint(wish);
    ASSERT_FALSE(result.ok()) << detail;
    EXPECT_EQ(result.error().code, PublicCode::InvalidScope) << detail;
    EXPECT_EQ(result.error().detail, detail);
  }
}

TEST_F(GateTest, ATokenEndsNoLaterThanWhatItStandsOn) {
  const auto end = [&] {
    return gate.authorize_mint(world.picture(), world.credential, {}, {801}, context)->claims.expires_at;
  };
  world.grants[0].expires_at = kNow + minutes(3);
  EXPECT_EQ(end(), kNow + minutes(3));
  world.credential.expires_at = kNow + minutes(2);
  EXPECT_EQ(end(), kNow + minutes(2));
}

TEST_F(GateTest, NoGrantNoToken) {
  const auto code = [&] {
    const auto result = gate.authorize_mint(world.picture(), world.credential, {}, {801}, context);
    return result ? PublicCode::InternalError : result.error().code;
  };
  world.grants.clear();
  EXPECT_EQ(code(), PublicCode::GrantNotActive);
  world = World();
  world.grants[0].state = GrantState::Requested;
  EXPECT_EQ(code(), PublicCode::GrantNotActive);
  world = World();
  world.integration.state = IntegrationState::Suspended;
  EXPECT_EQ(code(), PublicCode::Suspended);
  world = World();
  world.credential.state = CredentialState::Revoked;
  EXPECT_EQ(code(), PublicCode::InvalidToken);
  world = World();
  world.integration.state = IntegrationState::Draft;
  EXPECT_EQ(code(), PublicCode::IntegrationNotActive);
  world.credential.throw_away = true;
  EXPECT_EQ(code(), PublicCode::InternalError) << "a rehearsal may";
}

TEST(TestCallsTest, MakeWhatTheyAreAskedFor) {
  const auto machine = TestCalls::machine({.tenancy = {kOrganization, Environment::Test}, .epoch = 3});
  EXPECT_EQ(machine.epoch(), 3U);
  EXPECT_TRUE(machine.reaches(Scope::MessagesWrite, 1));
  EXPECT_EQ(TestCalls::webhook({.tenancy = {kOrganization, Environment::Live}}).caller_kind(),
            CallerKind::WebhookSource);
  EXPECT_EQ(TestCalls::operator_call({}, Scope::KeysRead).caller(), "operator:1000");
  EXPECT_EQ(TestCalls::system_call("upkeep").actor(), "system:upkeep");
}

}  // namespace
}  // namespace sealpost
