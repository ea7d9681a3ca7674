// The whole HTTP face without sockets: real control plane, store, acceptance and minting; requests go in as
// values, answers come out of a captured Responder. Tests only.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <boost/json.hpp>

#include "edge/http_server/testing/captured_response.h"
#include "edge/rest_api/rest_api.h"
#include "flow/directory/testing/control_plane.h"

namespace sealpost {

inline constexpr std::uint32_t kTestOperatorUid = 1000;

struct ApiAnswer {
  HttpResponse http;
  boost::json::value body;
  [[nodiscard]] std::string code() const {
    const auto* object = body.if_object();
    const auto* code = object == nullptr ? nullptr : object->if_contains("code");
    return code == nullptr ? std::string() : std::string(code->get_string());
  }
  [[nodiscard]] std::string header(std::string_view name) const {
    return std::string(http.headers.sole(name));
  }
  [[nodiscard]] const boost::json::value& at(std::string_view pointer) const {
    return body.at_pointer(pointer);
  }
  [[nodiscard]] std::string text(std::string_view pointer) const {
    return std::string(at(pointer).as_string());
  }
};

class ApiFixture : public ControlPlane {
 protected:
  void SetUp() override {
    ControlPlane::SetUp();
    ledger_ = std::make_unique<RefusalLedger>(RefusalLedger::Parts{*store_, *audit_, *ids_, clock_, logger_});
    acceptance_ =
        std::make_unique<Acceptance>(Acceptance::Parts{*store_, *vault_, *audit_, *directory_, *gate_, *ids_,
                                                       *ledger_, pool_, clock_, entropy_},
                                     Acceptance::Limits{});
    minting_ = std::make_unique<TokenMinting>(
        TokenMinting::Parts{*directory_, *store_, *vault_, *audit_, *ids_, *gate_, *tokens_, clock_, entropy_,
                            logger_, *ledger_},
        RateLimit{.per_second = 1, .burst = 5});
    history_ = std::make_unique<MessageHistory>(ops());
    inlet_ = std::make_unique<WebhookInlet>(
        WebhookInlet::Parts{*acceptance_, *directory_, *audit_, *ids_, pool_, clock_});
    ApiOptions options;
    options.operator_uids = {kTestOperatorUid, 65534};
    options.status = [] { return GatewayStatus{}; };
    options.readiness = [this] { return std::vector<ReadinessCheck>{{"store", ready_}}; };
    api_ = std::make_unique<RestApi>(RestApi::Parts{ops(), *history_, *acceptance_, *minting_, *inlet_, pool_,
                                                    store_->positions(), logger_, *ledger_},
                                     std::move(options));
  }
  void TearDown() override {
    pool_.stop();
    api_.reset();
    inlet_.reset();
    history_.reset();
    minting_.reset();
    acceptance_.reset();
    ledger_.reset();
    ControlPlane::TearDown();
  }

  struct Call {
    std::string method = "GET";
    std::string target;
    std::string body{};
    std::vector<std::pair<std::string, std::string>> headers{};
    std::string token{};                        // as Bearer
    std::optional<std::uint32_t> socket_uid{};  // over the Unix socket
  };
  static HttpRequest request_of(const Call& call) {
    HttpRequest request;
    request.method = to_http_method(call.method);
    request.method_text = call.method;
    request.target = parse_target(call.target).value();
    request.body.assign(call.body.begin(), call.body.end());
    request.client = *IpAddress::parse("192.0.2.7");
    bool typed = false;
    for (const auto& [name, value] : call.headers) {
      request.headers.add(name, value);
      typed = typed || equal_ignoring_case(name, "Content-Type");
    }
    if (!typed && !call.body.empty()) request.headers.add("Content-Type", "application/json");
    if (!call.token.empty()) request.headers.add("Authorization", "Bearer " + call.token);
    if (call.socket_uid)
      request.peer.credentials = PeerCredentials{.uid = *call.socket_uid, .gid = 1000, .pid = 1};
    return request;
  }
  ApiAnswer ask(const Call& call) {
    const auto captured = CapturedResponse::create();
    api_->handle(request_of(call), captured->responder());
    ApiAnswer answer{.http = captured->wait(), .body = nullptr};
    EXPECT_FALSE(captured->was_dropped());
    boost::json::error_code error;
    auto parsed = boost::json::parse(answer.http.body, error);
    if (!error) answer.body = std::move(parsed);
    EXPECT_EQ(answer.header("Cache-Control"), "no-store") << call.target;
    EXPECT_EQ(answer.header("X-Content-Type-Options"), "nosniff") << call.target;
    EXPECT_EQ(answer.header("Request-Id").size(), 40U) << call.target;
    return answer;
  }
  // As the operator on the socket.
  ApiAnswer as_operator(std::string method, std::string target, const boost::json::value& body = nullptr,
                        std::vector<std::pair<std::string, std::string>> headers = {}) {
    return ask({.method = std::move(method),
                .target = std::move(target),
                .body = body.is_null() ? std::string() : boost::json::serialize(body),
                .headers = std::move(headers),
                .token = {},
                .socket_uid = kTestOperatorUid});
  }
  ApiAnswer as_machine(const std::string& token, std::string method, std::string target,
                       const boost::json::value& body = nullptr,
                       std::vector<std::pair<std::string, std::string>> headers = {}) {
    return ask({.method = std::move(method),
                .target = std::move(target),
                .body = body.is_null() ? std::string() : boost::json::serialize(body),
                .headers = std::move(headers),
                .token = token,
                .socket_uid = {}});
  }

  // An active integration whose grant holds all scopes, and a token with the ones given.
  struct Party {
    OrganizationId organization;
    WorkspaceId workspace;
    IntegrationId integration;
    CredentialId credential;
  };
  Party make_party(Environment environment = Environment::Test) {
    Party party;
    party.organization = make_organization();
    party.workspace = make_workspace(party.organization);
    party.integration = make_integration(party.workspace, environment);
    EXPECT_TRUE(
        add_key(make_source(party.integration), "a secret of " + std::to_string(party.integration.position))
            .ok());
    std::vector<GrantedScope> scopes;
    for (std::size_t i = 0; i < kScopeCount; ++i)
      scopes.push_back({std::string(name_of(static_cast<Scope>(i))), {}});
    make_grant(party.integration, std::move(scopes));
    party.credential = make_credential(party.integration);
    EXPECT_TRUE(rehearse_integration(ops(), by_operator(), party.integration, {}).ok());
    EXPECT_TRUE(activate_integration(ops(), by_operator(), party.integration, {}).ok());
    return party;
  }
  std::string token_of(const Party& party, ScopeSet scopes, std::vector<NarrowedScope> narrowed = {}) {
    const Grant* grant = picture()->active_grant(party.integration);
    TokenClaims claims{.token = {store_->positions().draw()},
                       .tenancy = picture()->find(party.integration)->head.tenancy,
                       .integration = party.integration,
                       .credential = party.credential,
                       .grant = grant->id(),
                       .grant_version = grant->grant_version,
                       .epoch = epoch_of(party.organization),
                       .scopes = scopes,
                       .narrowed = std::move(narrowed),
                       .issued_at = clock_.wall_now(),
                       .expires_at = clock_.wall_now() + kAccessTokenLifetime};
    return reveal_for_test(tokens_->mint(claims, entropy_));
  }
  static std::string reveal_for_test(const SecretBytes& secret);
  static ScopeSet all_scopes() { return ScopeSet::from_bits((1U << kScopeCount) - 1U); }

  ThreadPool pool_{2, 64};
  bool ready_ = true;
  std::unique_ptr<RefusalLedger> ledger_;
  std::unique_ptr<Acceptance> acceptance_;
  std::unique_ptr<TokenMinting> minting_;
  std::unique_ptr<MessageHistory> history_;
  std::unique_ptr<WebhookInlet> inlet_;
  std::unique_ptr<RestApi> api_;
};

}  // namespace sealpost
