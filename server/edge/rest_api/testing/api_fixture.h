// The whole HTTP face without sockets: real control plane, store, acceptance and minting; requests go in as
// values, answers come out of a captured Responder. Tests only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
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
  [[nodiscard]] std::string code() const;
  [[nodiscard]] std::string header(std::string_view name) const;
  [[nodiscard]] const boost::json::value& at(std::string_view pointer) const;
  [[nodiscard]] std::string text(std::string_view pointer) const;
};

class ApiFixture : public ControlPlane {
 protected:
  ApiFixture();
  ~ApiFixture() override;
  void SetUp() override;
  void TearDown() override;

  struct Call {
    std::string method = "GET";
    std::string target;
    std::string body{};
    std::vector<std::pair<std::string, std::string>> headers{};
    std::string token{};                        // as Bearer
    std::optional<std::uint32_t> socket_uid{};  // over the Unix socket
  };
  static HttpRequest request_of(const Call& call);
  ApiAnswer ask(const Call& call);
  // As the operator on the socket.
  ApiAnswer as_operator(std::string method, std::string target, const boost::json::value& body = nullptr,
                        std::vector<std::pair<std::string, std::string>> headers = {});
  ApiAnswer as_machine(const std::string& token, std::string method, std::string target,
                       const boost::json::value& body = nullptr,
                       std::vector<std::pair<std::string, std::string>> headers = {});

  // An active integration whose grant holds all scopes, and a token with the ones given.
  struct Party {
    OrganizationId organization;
    WorkspaceId workspace;
    IntegrationId integration;
    CredentialId credential;
  };
  Party make_party(Environment environment = Environment::Test);
  std::string token_of(const Party& party, ScopeSet scopes, std::vector<NarrowedScope> narrowed = {});
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
