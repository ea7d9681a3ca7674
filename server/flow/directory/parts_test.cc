#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "flow/directory/testing/control_plane.h"

namespace sealpost {
namespace {

using PartsTest = ControlPlane;

template <class T>
std::optional<PublicCode> code_of(const Operation<T>& answer) {
  if (answer.ok()) return std::nullopt;
  return answer.error().code;
}

TEST_F(PartsTest, OneSecretServesOnePlace) {
  const OrganizationId organization = make_organization();
  const WorkspaceId workspace = make_workspace(organization);
  const IntegrationId test = make_integration(workspace);
  const IntegrationId live = make_integration(workspace, Environment::Live);
  const SourceId first = make_source(test);
  ASSERT_TRUE(add_key(first).ok());
  EXPECT_EQ(code_of(add_key(first)), PublicCode::Conflict) << "the same source twice";
  EXPECT_EQ(code_of(add_key(make_source(test))), PublicCode::SecretReused) << "another source";
  EXPECT_EQ(code_of(add_key(make_source(live))), PublicCode::SecretReused) << "the other environment";
  const IntegrationId elsewhere = make_integration();
  EXPECT_TRUE(add_key(make_source(elsewhere)).ok()) << "across organizations nothing is said";
}

TEST_F(PartsTest, SourceKeysHaveTheFormOfTheirScheme) {
  const IntegrationId id = make_integration();
  const SourceId source = make_source(id);
  const auto add = [&](KeyAlgorithm algorithm, std::string_view secret, std::string_view public_key) {
    NewSourceKey request;
    request.source = source;
    request.algorithm = algorithm;
    request.secret = secret;
    request.public_key = public_key;
    return code_of(create_source_key(ops(), by_operator(), request));
  };
  EXPECT_EQ(add(KeyAlgorithm::HmacSha256, "short", {}), PublicCode::WeakSecret);
  EXPECT_EQ(add(KeyAlgorithm::Ed25519, {}, "whpk_x"), PublicCode::ValidationFailed)
      << "GitHub has no such keys";
  EXPECT_EQ(add(KeyAlgorithm::HmacSha256, {}, "whpk_x"), PublicCode::ValidationFailed);
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(add(KeyAlgorithm::HmacSha256, {}, {}));
  EXPECT_EQ(add(KeyAlgorithm::HmacSha256, {}, {}), PublicCode::ResourceLimitReached);
}

TEST_F(PartsTest, AGeneratedSecretIsShownOnce) {
  const IntegrationId id = make_integration();
  NewSourceKey request;
  request.source = make_source(id);
  request.once = {.route = "POST keys", .key = "k", .body = {}};
  const auto first = create_source_key(ops(), by_operator(), request);
  const auto again = create_source_key(ops(), by_operator(), request);
  ASSERT_TRUE(first.ok() && again.ok());
  EXPECT_TRUE(first->secret.has_value());
  EXPECT_EQ(first->secret_member, "secret");
  EXPECT_FALSE(again->secret.has_value());
  EXPECT_TRUE(again->repeated);
  EXPECT_EQ(again->resource.body.at("notice"), "secret_already_shown");
  EXPECT_EQ(again->resource.position, first->resource.position);
  const auto credential = create_credential(ops(), by_operator(),
                                            {.integration = id,
                                             .name = "ci",
                                             .expires_at = {},
                                             .once = {.route = "POST c", .key = "k", .body = {}}});
  const auto repeated = create_credential(ops(), by_operator(),
                                          {.integration = id,
                                           .name = "ci",
                                           .expires_at = {},
                                           .once = {.route = "POST c", .key = "k", .body = {}}});
  ASSERT_TRUE(credential.ok() && repeated.ok());
  EXPECT_EQ(credential->secret_member, "client_secret");
  EXPECT_FALSE(repeated->secret.has_value());
  EXPECT_EQ(repeated->resource.body.at("notice"), "secret_already_shown");
  EXPECT_FALSE(credential->resource.body.at("credential").at("expires_at").is_null());
}

TEST_F(PartsTest, SecretsOfAnEndpointAreSealedAndComeBack) {
  const IntegrationId id = make_integration();
  const EndpointId endpoint = make_endpoint(id);
  const auto view = read_endpoint(ops(), by_operator(), endpoint);
  EXPECT_EQ(view->body.at("url"), "https://receiver.example/hook?***");
  const std::string shown = boost::json::serialize(view->body);
  EXPECT_EQ(shown.find("hunter2"), std::string::npos);
  EXPECT_EQ(shown.find("header-secret"), std::string::npos);
  ASSERT_TRUE(open_directory());
  EXPECT_EQ(picture()->find(endpoint)->url, "https://receiver.example/hook?token=hunter2");
  EXPECT_EQ(picture()->find(endpoint)->headers.at(0).value, "header-secret");
  EndpointChange change;
  change.url = "https://receiver.example/new?token=swordfish";
  ASSERT_TRUE(update_endpoint(ops(), by_operator(), endpoint, change, 1).ok());
  ASSERT_TRUE(open_directory());
  EXPECT_EQ(picture()->find(endpoint)->url, *change.url);
  for (const auto& fields : records(picture()->find(id)->head.tenancy.organization))
    for (const auto& [name, value] : fields)
      for (const char* secret : {"hunter2", "swordfish", "header-secret"})
        EXPECT_EQ(value.find(secret), std::string::npos) << name;
  store_->close();
  for (const auto& entry : std::filesystem::directory_iterator(directory_path_)) {
    std::ifstream file(entry.path(), std::ios::binary);
    std::stringstream content;
    content << file.rdbuf();
    for (const char* secret : {"hunter2", "swordfish", "header-secret"})
      EXPECT_EQ(content.str().find(secret), std::string::npos) << entry.path();
  }
}

TEST_F(PartsTest, HeaderValuesDoNotFollowTheEndpointToAnotherAddress) {
  const EndpointId endpoint = make_endpoint(make_integration());
  const auto moved = [&](std::string url, std::optional<std::vector<CustomHeader>> headers = {}) {
    EndpointChange change;
    change.url = std::move(url);
    change.headers = std::move(headers);
    return code_of(update_endpoint(ops(), by_operator(), endpoint, change, 0));
  };
  for (const char* elsewhere : {"https://other.example/hook", "https://receiver.example:444/hook",
                                "https://receiver.example.other.example/hook"})
    EXPECT_EQ(moved(elsewhere), PublicCode::ValidationFailed) << elsewhere;
  EXPECT_EQ(picture()->find(endpoint)->url, "https://receiver.example/hook?token=hunter2");
  EXPECT_FALSE(moved("https://receiver.example/other"));
  EXPECT_FALSE(moved("https://other.example/hook", std::vector<CustomHeader>{}));
  EXPECT_TRUE(picture()->find(endpoint)->headers.empty());
}

TEST_F(PartsTest, AMachineLowersItsLimitsAndTheOperatorRaisesThem) {
  // The installation's: 10,000 and 20,000 for an integration, 5,000 and 10,000 for a source.
  struct Row {
    const char* title;
    RateSetting before;
    RateSetting asked;
    bool integration;  // a machine may, of its integration
    bool source;
  };
  const Row rows[] = {
      {"the same", {100, 200}, {100, 200}, true, true},
      {"fewer a second", {100, 200}, {99, 200}, true, true},
      {"fewer at once", {100, 200}, {100, 199}, true, true},
      {"more a second", {100, 200}, {101, 200}, false, false},
      {"more at once", {100, 200}, {100, 201}, false, false},
      {"fewer a second, more at once", {100, 200}, {1, 201}, false, false},
      {"twice as many at once, unsaid", {100, 200}, {100, 0}, true, true},
      {"more at once, unsaid", {100, 199}, {100, 0}, false, false},
      {"back to the default", {100, 200}, {0, 0}, false, false},
      {"below the default", {0, 0}, {4'000, 8'000}, true, true},
      {"between the two defaults", {0, 0}, {6'000, 10'000}, true, false},
      {"above the default", {0, 0}, {10'001, 20'000}, false, false},
      {"above the default at once", {0, 0}, {100, 20'001}, false, false},
      {"the default again", {0, 0}, {0, 7}, true, true},
      {"down to the default", {20'000, 30'000}, {0, 0}, true, true},
  };
  const IntegrationId id = make_integration();
  const SourceId source = make_source(id);
  for (const Row& row : rows) {
    SCOPED_TRACE(row.title);
    const auto of_integration = [&](const AuthorizedCall& call, const RateSetting& rate) {
      IntegrationChange change;
      change.rate_limit = rate;
      return code_of(update_integration(ops(), call, id, change, 0));
    };
    const auto of_source = [&](const AuthorizedCall& call, const RateSetting& rate, bool suspends = false) {
      SourceChange change;
      change.rate_limit = rate;
      if (suspends) change.state = SourceState::Suspended;
      return code_of(update_source(ops(), call, source, change, 0));
    };
    EXPECT_FALSE(of_integration(by_operator(), row.before));
    EXPECT_FALSE(of_source(by_operator(), row.before));
    const auto refusal = [](bool allowed) {
      return allowed ? std::nullopt : std::optional(PublicCode::OperatorOnly);
    };
    EXPECT_EQ(of_integration(by_machine(id), row.asked), refusal(row.integration));
    EXPECT_EQ(picture()->find(id)->rate_per_second,
              row.integration ? row.asked.per_second : row.before.per_second);
    if (!row.source) {
      EXPECT_EQ(of_source(by_machine(id), row.asked, true), PublicCode::OperatorOnly);
      EXPECT_EQ(picture()->find(source)->state, SourceState::Active) << "a bad change ends nothing";
    }
    EXPECT_EQ(of_source(by_machine(id), row.asked), refusal(row.source));
    EXPECT_EQ(picture()->find(source)->rate_burst, row.source ? row.asked.burst : row.before.burst);
    EXPECT_FALSE(of_integration(by_operator(), row.asked));
    EXPECT_FALSE(of_source(by_operator(), row.asked));
  }
  const auto create = [&](const RateSetting& rate) {
    NewSource request;
    request.integration = id;
    request.name = "Hooks";
    request.scheme = InboundScheme::GitHub;
    request.rate_limit = rate;
    return code_of(create_source(ops(), by_machine(id), request));
  };
  EXPECT_FALSE(create({}));
  EXPECT_FALSE(create({5'000, 10'000}));
  EXPECT_EQ(create({5'001, 10'000}), PublicCode::OperatorOnly);
  EXPECT_EQ(create({1, 10'001}), PublicCode::OperatorOnly);
}

TEST_F(PartsTest, ACredentialThatAMachineMakesIsNoFasterThanItsOwn) {
  const IntegrationId id = make_integration();
  const auto create = [&](const AuthorizedCall& call, std::optional<RateSetting> rate) {
    return create_credential(
        ops(), call, {.integration = id, .name = "ci", .expires_at = {}, .rate_limit = rate, .once = {}});
  };
  const auto rate_of = [&](const Operation<Made>& made) {
    const Credential* credential = picture()->find(CredentialId{made->resource.position});
    return std::pair(credential->rate_per_second, credential->rate_burst);
  };
  const auto first = create(by_operator(), RateSetting{1, 2});
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(rate_of(first), std::pair(1U, 2U));
  const auto machine =
      by_machine(id, {Scope::IntegrationsManage}, Scope::IntegrationsManage, {first->resource.position});
  EXPECT_EQ(rate_of(create(machine, std::nullopt)), std::pair(1U, 2U)) << "left out: as its own";
  EXPECT_EQ(rate_of(create(machine, RateSetting{1, 1})), std::pair(1U, 1U));
  EXPECT_EQ(code_of(create(machine, RateSetting{2, 2})), PublicCode::OperatorOnly);
  EXPECT_EQ(code_of(create(machine, RateSetting{0, 0})), PublicCode::OperatorOnly) << "the default is more";
  EXPECT_EQ(rate_of(create(by_operator(), std::nullopt)), std::pair(0U, 0U));
  EXPECT_EQ(code_of(create(by_operator(), RateSetting{1'000'001, 1})), PublicCode::ValidationFailed);
}

TEST_F(PartsTest, EndpointsAreJudgedBeforeTheyAreWritten) {
  const IntegrationId id = make_integration();
  const auto with = [&](auto&& edit) {
    NewEndpoint request;
    request.integration = id;
    request.name = "n";
    request.url = "https://receiver.example/";
    edit(request);
    return code_of(create_endpoint(ops(), by_operator(), request));
  };
  EXPECT_FALSE(with([](NewEndpoint&) {}));
  EXPECT_EQ(with([](NewEndpoint& e) { e.signatures = {false, false}; }), PublicCode::ValidationFailed);
  for (const char* name :
       {"Host", "Webhook-Id", "webhook_signature", "X-Forwarded-For", "Client-Cert", "Via"})
    EXPECT_EQ(with([&](NewEndpoint& e) { e.headers = {{name, "x"}}; }), PublicCode::ValidationFailed) << name;
  EXPECT_EQ(with([](NewEndpoint& e) { e.headers = {{"X-Team", "\xc3\xa4"}}; }), PublicCode::ValidationFailed);
  EXPECT_FALSE(with([](NewEndpoint& e) { e.headers = {{"X_Team", "blue"}}; }));
  EXPECT_EQ(with([](NewEndpoint& e) { e.headers = {{"webhook-id", "x"}}; }), PublicCode::ValidationFailed);
  EXPECT_EQ(with([](NewEndpoint& e) { e.headers = {{"X-A", "a\r\nb"}}; }), PublicCode::ValidationFailed);
  EXPECT_EQ(with([](NewEndpoint& e) { e.headers = {{"X-A", "a"}, {"x-a", "b"}}; }),
            PublicCode::ValidationFailed);
  EXPECT_EQ(with([](NewEndpoint& e) { e.timeout_ms = 1; }), PublicCode::ValidationFailed);
  EXPECT_EQ(with([](NewEndpoint& e) { e.retry_schedule_seconds = std::vector<std::uint32_t>(31, 1); }),
            PublicCode::TooManyItems);
  for (const auto& [refusal, code] : {std::pair{EgressRefusal::PlainHttp, PublicCode::InsecureUrl},
                                      std::pair{EgressRefusal::LinkLocal, PublicCode::ForbiddenAddress},
                                      std::pair{EgressRefusal::UserInfo, PublicCode::ValidationFailed}}) {
    url_refusal_ = refusal;
    EXPECT_EQ(with([](NewEndpoint&) {}), code);
  }
}

TEST_F(PartsTest, BothKeysOfAnEndpointAreMadeAndRotationOverlaps) {
  const IntegrationId id = make_integration();
  NewEndpoint request;
  request.integration = id;
  request.name = "n";
  request.url = "https://receiver.example/";
  request.signatures = {true, true};
  const auto made = create_endpoint(ops(), by_operator(), request);
  ASSERT_TRUE(made.ok());
  const EndpointId endpoint{made->resource.position};
  EXPECT_TRUE(made->secret.has_value());
  EXPECT_EQ(list_endpoint_keys(ops(), by_operator(), endpoint, {})->items.size(), 2U);
  EXPECT_EQ(directory_->picture()->keys->outbound(endpoint)->keys({.v1 = true, .v1a = true}).size(), 2U);
  KeyRotation rotation;
  rotation.endpoint = endpoint;
  rotation.overlap = std::chrono::hours(1);
  ASSERT_TRUE(rotate_endpoint_key(ops(), by_operator(), rotation).ok());
  EXPECT_EQ(directory_->picture()->keys->outbound(endpoint)->keys({.v1 = true, .v1a = false}).size(), 2U)
      << "old and new sign";
  clock_.advance(std::chrono::hours(2));
  directory_->refresh(clock_.wall_now());
  EXPECT_EQ(directory_->picture()->keys->outbound(endpoint)->keys({.v1 = true, .v1a = false}).size(), 1U);
  rotation.overlap = std::chrono::hours(24 * 31);
  EXPECT_EQ(code_of(rotate_endpoint_key(ops(), by_operator(), rotation)), PublicCode::ValidationFailed);
}

TEST_F(PartsTest, SourcesMeanSomethingExact) {
  const IntegrationId id = make_integration();
  const auto with = [&](auto&& edit) {
    NewSource request;
    request.integration = id;
    request.name = "n";
    edit(request);
    return code_of(create_source(ops(), by_operator(), request));
  };
  EXPECT_FALSE(with([](NewSource&) {}));
  EXPECT_EQ(with([](NewSource& s) { s.window_seconds = 9; }), PublicCode::ValidationFailed);
  EXPECT_EQ(with([](NewSource& s) { s.scheme = InboundScheme::GenericHmac; }), PublicCode::ValidationFailed);
  EXPECT_EQ(with([](NewSource& s) { s.hmac_template = GenericHmacTemplate{}; }),
            PublicCode::ValidationFailed);
  EXPECT_EQ(with([](NewSource& s) { s.networks = {"10.0.0.1/8"}; }), PublicCode::ValidationFailed)
      << "bits behind the length";
  EXPECT_EQ(with([](NewSource& s) { s.event_types = {"ends in a space "}; }), PublicCode::ValidationFailed);
  EXPECT_EQ(with([](NewSource& s) { s.event_rules = {{"push", {{"no-slash", FieldTreatment::Keep}}, 0}}; }),
            PublicCode::ValidationFailed);
  EXPECT_EQ(with([](NewSource& s) { s.event_rules = {{"push", {}, 0}}; }), PublicCode::ValidationFailed)
      << "changes nothing";
  EXPECT_EQ(with([](NewSource& s) {
              s.event_types = {"push"};
              s.event_rules = {{"pull", {{"/a", FieldTreatment::Keep}}, 0}};
            }),
            PublicCode::ValidationFailed)
      << "a type it never accepts";
}

TEST_F(PartsTest, AnApprovedGrantSupersedesTheOneInForce) {
  const IntegrationId id = make_integration();
  const OrganizationId organization = picture()->find(id)->head.tenancy.organization;
  const GrantId first = make_grant(id, {{"messages:write", {}}, {"messages:read", {}}});
  const std::uint64_t before = epoch_of(organization);
  const GrantId second = request_scopes(id, {{"messages:write", {}}});
  EXPECT_EQ(code_of(approve_grant(ops(), by_machine(id), second, {}, {})), PublicCode::OperatorOnly);
  ASSERT_TRUE(approve_grant(ops(), by_operator(), second, {}, {}).ok());
  EXPECT_EQ(DirectorySnapshot::find_in(picture()->grants, first.position)->state, GrantState::Superseded);
  EXPECT_EQ(picture()->active_grant(id)->id(), second);
  EXPECT_EQ(picture()->active_grant(id)->grant_version, 2U);
  EXPECT_EQ(epoch_of(organization), before + 1) << "messages:read is gone";
  make_grant(id, {{"messages:write", {}}, {"messages:read", {}}});
  EXPECT_EQ(epoch_of(organization), before + 1) << "growth takes nothing away";
  EXPECT_EQ(code_of(approve_grant(ops(), by_operator(), first, {}, {})), PublicCode::Conflict);
  NewGrant wild;
  wild.integration = id;
  wild.scopes = {{"messages:*", {}}};
  wild.reason = "r";
  EXPECT_EQ(code_of(request_grant(ops(), by_operator(), wild)), PublicCode::ValidationFailed);
}

TEST_F(PartsTest, SubscriptionsStayInTheirEnvironment) {
  const WorkspaceId workspace = make_workspace(make_organization());
  const IntegrationId id = make_integration(workspace);
  const IntegrationId live = make_integration(workspace, Environment::Live);
  const auto to = [&](std::optional<EndpointId> endpoint, std::optional<ChannelId> channel) {
    NewSubscription request;
    request.integration = id;
    request.endpoint = endpoint;
    request.channel = channel;
    return code_of(create_subscription(ops(), by_operator(), request));
  };
  const EndpointId endpoint = make_endpoint(id);
  EXPECT_FALSE(to(endpoint, {}));
  EXPECT_FALSE(to({}, make_channel(workspace)));
  EXPECT_EQ(to({}, {}), PublicCode::ValidationFailed);
  EXPECT_EQ(to(endpoint, make_channel(workspace)), PublicCode::ValidationFailed);
  EXPECT_EQ(to(make_endpoint(live), {}), PublicCode::WrongEnvironment);
  EXPECT_EQ(to({}, make_channel(workspace, Environment::Live)), PublicCode::WrongEnvironment);
  EXPECT_EQ(to(make_endpoint(make_integration(workspace)), {}), PublicCode::ValidationFailed);
}

// Every record of a change binds who, where and what.
TEST_F(PartsTest, RecordsOfChangesBindTheirEvidence) {
  const WorkspaceId workspace = make_workspace(make_organization());
  const IntegrationId id = make_active(workspace);
  make_endpoint(id);
  make_credential(id);
  const auto call = by_machine(id);
  NewSource request;
  request.integration = id;
  request.name = "n";
  ASSERT_TRUE(create_source(ops(), call, request).ok());
  const auto log = records(picture()->find(id)->head.tenancy.organization);
  ASSERT_GT(log.size(), 10U);
  for (const Fields& fields : log) {
    for (const char* name : {"actor", "actor_kind", "request", "policy", "policy_version", "source_address",
                             "organization", "environment", "target", "target_version", "location"})
      EXPECT_TRUE(fields.contains(name)) << fields.at("class") << " lacks " << name;
    if (fields.at("class") == "organization.created") continue;
    EXPECT_TRUE(fields.contains("workspace")) << fields.at("class");
    if (fields.at("class") == "workspace.created") continue;
    EXPECT_TRUE(fields.contains("integration")) << fields.at("class");
    if (fields.at("class") == "integration.created") continue;
    EXPECT_EQ(fields.at("source_system"), "github") << fields.at("class");
  }
  EXPECT_EQ(log.back().at("actor"), "crd_test");
  EXPECT_EQ(log.back().at("grant_version"), "1");
  EXPECT_TRUE(log.back().contains("grant"));
}

}  // namespace
}  // namespace sealpost
