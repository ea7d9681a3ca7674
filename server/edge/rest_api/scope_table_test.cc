// Every operation against every kind of caller and every scope, generated from the route table: who may call
// what is what the table says, and nothing else.
#include <gtest/gtest.h>

#include <map>

#include "edge/rest_api/route.h"
#include "edge/rest_api/testing/api_fixture.h"

namespace sealpost {
namespace {

class ScopeTableTest : public ApiFixture {
 protected:
  static std::string method_of(HttpMethod method) {
    switch (method) {
      case HttpMethod::Post:
        return "POST";
      case HttpMethod::Patch:
        return "PATCH";
      case HttpMethod::Delete:
        return "DELETE";
      default:
        return "GET";
    }
  }
  // The path with ids that nothing has: whoever gets past the gate is told not_found or what its body lacks.
  static std::string path_of(const Route& route) {
    std::string path;
    bool inside = false;
    for (const char c : route.path) {
      if (c == '{') path += "x1";
      inside = (inside || c == '{') && c != '}';
      if (!inside && c != '}') path += c;
    }
    return path;
  }
  static Call call_of(const Route& route) {
    return {.method = method_of(route.method),
            .target = path_of(route),
            .body = route.body == BodyForm::Json ? "{}" : "",
            .headers = {},
            .token = {},
            .socket_uid = {}};
  }
  static bool for_machines(const Route& route) {
    return route.callers == Callers::Machine || route.callers == Callers::MachineOrOperator;
  }
};

TEST_F(ScopeTableTest, ATokenReachesWhatItsScopeNamesAndNothingElse) {
  const Party party = make_party();
  for (std::size_t i = 0; i < kScopeCount; ++i) {
    const auto held = static_cast<Scope>(i);
    const std::string token = token_of(party, {held});
    for (const Route& route : route_table()) {
      if (route.callers == Callers::Anonymous) continue;
      SCOPED_TRACE(std::string(route.operation_id) + " with " + std::string(name_of(held)));
      Call call = call_of(route);
      call.token = token;
      const ApiAnswer answer = ask(call);
      if (!for_machines(route)) {
        EXPECT_EQ(answer.code(), "operator_only");
      } else if (*route.scope == held) {
        EXPECT_NE(answer.http.status, 401);
        EXPECT_NE(answer.http.status, 403);
      } else {
        EXPECT_EQ(answer.code(), "insufficient_scope");
        EXPECT_EQ(answer.text("/required_scopes/0"), name_of(*route.scope));
        EXPECT_NE(answer.header("WWW-Authenticate").find("insufficient_scope"), std::string::npos);
      }
    }
  }
}

TEST_F(ScopeTableTest, TheOperatorReachesItsOperationsAndNoPayloads) {
  make_party();
  for (const Route& route : route_table()) {
    if (route.callers == Callers::Anonymous) continue;
    SCOPED_TRACE(route.operation_id);
    Call call = call_of(route);
    call.socket_uid = kTestOperatorUid;
    const ApiAnswer answer = ask(call);
    if (route.callers == Callers::Machine) {
      EXPECT_EQ(answer.code(), "operator_not_allowed");
    } else {
      EXPECT_NE(answer.http.status, 401);
      EXPECT_NE(answer.http.status, 403);
    }
  }
}

TEST_F(ScopeTableTest, NobodyReachesNothing) {
  const Party party = make_party();
  std::string forged = token_of(party, all_scopes());
  forged[forged.size() / 2] = forged[forged.size() / 2] == 'a' ? 'b' : 'a';
  for (const Route& route : route_table()) {
    if (route.callers == Callers::Anonymous) continue;
    SCOPED_TRACE(route.operation_id);
    Call call = call_of(route);
    EXPECT_EQ(ask(call).code(), "missing_token");
    call.token = forged;
    const ApiAnswer answer = ask(call);
    EXPECT_EQ(answer.code(), "invalid_token");
    EXPECT_FALSE(answer.header("WWW-Authenticate").empty());
    call.token.clear();
    call.socket_uid = 1001;
    EXPECT_EQ(ask(call).code(), "missing_token");
    call.socket_uid = 65534;  // never, although the list names it
    EXPECT_EQ(ask(call).code(), "missing_token");
  }
}

TEST_F(ScopeTableTest, ATokenNarrowedToAChannelIsRefusedElsewhere) {
  const Party party = make_party();
  const ChannelId own = make_channel(party.workspace);
  const ChannelId other = make_channel(party.workspace);
  const std::string token = token_of(party, {Scope::ChannelsRead}, {{Scope::ChannelsRead, {own.position}}});
  EXPECT_EQ(as_machine(token, "GET", "/v1/channels/" + ids_->encode(own)).http.status, 200);
  const ApiAnswer refused = as_machine(token, "GET", "/v1/channels/" + ids_->encode(other));
  EXPECT_EQ(refused.code(), "resource_not_in_scope");
  EXPECT_EQ(refused.text("/required_scopes/0"), "channels:read");
  EXPECT_EQ(as_machine(token, "GET", "/v1/channels/" + ids_->encode(other) + "/messages").code(),
            "resource_not_in_scope");
}

TEST_F(ScopeTableTest, OtherOrganizationsAreNotThereAndOtherEnvironmentsAreNamed) {
  const Party party = make_party(Environment::Test);
  const IntegrationId live = make_integration(party.workspace, Environment::Live);
  const Party stranger = make_party(Environment::Test);
  const std::string token = token_of(party, all_scopes());
  EXPECT_EQ(as_machine(token, "GET", "/v1/integrations/" + ids_->encode(live)).code(), "wrong_environment");
  EXPECT_EQ(as_machine(token, "GET", "/v1/integrations/" + ids_->encode(stranger.integration)).code(),
            "not_found");
  EXPECT_EQ(
      as_machine(token, "GET", "/v1/audit/key?organization_id=" + ids_->encode(stranger.organization)).code(),
      "not_found");
  EXPECT_EQ(as_machine(token, "GET", "/v1/integrations/" + ids_->encode(party.integration)).http.status, 200);
}

// Whatever else is wrong with a request, who may not know of a thing learns that it is not there and no more.
TEST_F(ScopeTableTest, WhatBelongsToOthersIsNotThereBeforeAnythingElseIsSaid) {
  const Party party = make_party();
  const Party stranger = make_party();
  const SourceId source = make_source(stranger.integration);
  const EndpointId endpoint = make_endpoint(stranger.integration);
  const ChannelId channel = make_channel(stranger.workspace);
  const GrantId grant = make_grant(stranger.integration);
  const SigningKeyId key{add_key(source, "a secret that nobody else has")->resource.position};
  const std::string token = token_of(party, all_scopes());
  const std::map<std::string_view, std::string> others{
      {"{organization_id}", ids_->encode(stranger.organization)},
      {"{workspace_id}", ids_->encode(stranger.workspace)},
      {"{integration_id}", ids_->encode(stranger.integration)},
      {"{source_id}", ids_->encode(source)},
      {"{endpoint_id}", ids_->encode(endpoint)},
      {"{channel_id}", ids_->encode(channel)},
      {"{grant_id}", ids_->encode(grant)},
      {"{credential_id}", ids_->encode(stranger.credential)},
      {"{key_id}", ids_->encode(key)}};
  std::size_t asked = 0;
  for (const Route& route : route_table()) {
    if (!for_machines(route)) continue;
    std::string target(route.path);
    for (const auto& [name, id] : others)
      if (const auto at = target.find(name); at != std::string::npos) target.replace(at, name.size(), id);
    if (target == route.path || target.contains('{')) continue;
    SCOPED_TRACE(route.operation_id);
    ++asked;
    const bool takes_body = route.body == BodyForm::Json || route.body == BodyForm::OptionalJson;
    // No If-Match, a body of nothing that is known, a page of no size.
    Call call{.method = method_of(route.method),
              .target = target + (route.query.contains("limit") ? "?limit=0" : ""),
              .body = takes_body ? R"({"surely_unknown":1})" : "",
              .headers = {{"Content-Type", "application/json"}, {"Idempotency-Key", "with space"}},
              .token = token};
    EXPECT_EQ(ask(call).code(), "not_found");
  }
  EXPECT_GE(asked, 20U);
  // The same where the body or the query names what a thing is made for.
  const std::string integration = ids_->encode(stranger.integration);
  for (const std::string_view path :
       {"/v1/sources", "/v1/endpoints", "/v1/subscriptions", "/v1/grants", "/v1/credentials"}) {
    SCOPED_TRACE(path);
    EXPECT_EQ(as_machine(token, "POST", std::string(path),
                         boost::json::object{{"integration_id", integration}, {"surely_unknown", 1}})
                  .code(),
              "not_found");
    EXPECT_EQ(as_machine(token, "GET", std::string(path) + "?limit=0&integration_id=" + integration).code(),
              "not_found");
  }
}

}  // namespace
}  // namespace sealpost
