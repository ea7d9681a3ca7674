#include "edge/rest_api/testing/api_fixture.h"

#include "foundation/bytes/secret_access.h"

namespace sealpost {

std::string ApiAnswer::code() const {
  const auto* object = body.if_object();
  const auto* code = object == nullptr ? nullptr : object->if_contains("code");
  return code == nullptr ? std::string() : std::string(code->get_string());
}

std::string ApiAnswer::header(std::string_view name) const { return std::string(http.headers.sole(name)); }

const boost::json::value& ApiAnswer::at(std::string_view pointer) const { return body.at_pointer(pointer); }

std::string ApiAnswer::text(std::string_view pointer) const { return std::string(at(pointer).as_string()); }

ApiFixture::ApiFixture() = default;
ApiFixture::~ApiFixture() = default;

void ApiFixture::SetUp() {
  ControlPlane::SetUp();
  ledger_ = std::make_unique<RefusalLedger>(RefusalLedger::Parts{*store_, *audit_, *ids_, clock_, logger_});
  acceptance_ = std::make_unique<Acceptance>(Acceptance::Parts{*store_, *vault_, *audit_, *directory_, *gate_,
                                                               *ids_, *ledger_, pool_, clock_, entropy_},
                                             RateDefaults{});
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

void ApiFixture::TearDown() {
  pool_.stop();
  api_.reset();
  inlet_.reset();
  history_.reset();
  minting_.reset();
  acceptance_.reset();
  ledger_.reset();
  ControlPlane::TearDown();
}

HttpRequest ApiFixture::request_of(const Call& call) {
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

ApiAnswer ApiFixture::ask(const Call& call) {
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

ApiAnswer ApiFixture::as_operator(std::string method, std::string target, const boost::json::value& body,
                                  std::vector<std::pair<std::string, std::string>> headers) {
  return ask({.method = std::move(method),
              .target = std::move(target),
              .body = body.is_null() ? std::string() : boost::json::serialize(body),
              .headers = std::move(headers),
              .token = {},
              .socket_uid = kTestOperatorUid});
}

ApiAnswer ApiFixture::as_machine(const std::string& token, std::string method, std::string target,
                                 const boost::json::value& body,
                                 std::vector<std::pair<std::string, std::string>> headers) {
  return ask({.method = std::move(method),
              .target = std::move(target),
              .body = body.is_null() ? std::string() : boost::json::serialize(body),
              .headers = std::move(headers),
              .token = token,
              .socket_uid = {}});
}

ApiFixture::Party ApiFixture::make_party(Environment environment) {
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

std::string ApiFixture::token_of(const Party& party, ScopeSet scopes, std::vector<NarrowedScope> narrowed) {
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

std::string ApiFixture::reveal_for_test(const SecretBytes& secret) {
  return std::string(as_text(secret.reveal(SecretAccess("carry a token to the API, as a client does"))));
}

}  // namespace sealpost
