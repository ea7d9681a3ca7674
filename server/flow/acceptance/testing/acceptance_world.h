// Acceptance on a whole control plane, with one active integration: a signed source, an endpoint and a
// channel that its events go to. The store in front of the real one does as a test says. Requests are signed
// here as a sender would. Tests only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "domain/wire/outbound_body.h"
#include "flow/acceptance/acceptance.h"
#include "flow/directory/testing/control_plane.h"
#include "foundation/log/testing/captured_log.h"
#include "storage/store/testing/scripted_store.h"

namespace sealpost {

class AcceptanceWorld : public ControlPlane {
 protected:
  using Command = ScriptedStore::Command;

  AcceptanceWorld();
  ~AcceptanceWorld() override;
  void SetUp() override;
  void TearDown() override;
  void open_acceptance(const RateDefaults& rates = {});

  // ---- A sender
  static constexpr std::string_view kSecret =
      "0123456789abcdef0123456789abcdef";  // not-a-secret: of these tests
  static constexpr std::string_view kOtherSecret = "another secret of 32 octets ....";
  // For schemes whose secret is a text; one secret serves one place.
  static constexpr std::string_view kTextSecret = "a secret that is used as a text";
  // As a person would paste it.
  static std::string text_of(std::string_view secret);

  struct Event {
    std::string id = "evt_1";
    std::string body = R"({"type":"build.done","n":1})";
    Seconds later{0};  // the signed time, from the clock's
    std::string_view secret = kSecret;
    std::string content_type = "application/json";
    std::string client = "192.0.2.10";
    std::vector<HeaderView> more{};
  };
  // Standard Webhooks, v1.
  HttpRequest request(const Event& event);
  static HttpRequest bare_request(std::string_view body, std::string_view client = "192.0.2.10");
  AcceptanceAnswer send(SourceId source, HttpRequest http);
  AcceptanceAnswer send(const Event& event);

  // ---- An API caller
  struct Caller {
    CredentialId credential{81};
    std::vector<NarrowedScope> narrowed{};
    std::optional<std::uint64_t> epoch{};
  };
  AuthorizedCall caller(const Caller& who);
  static NewMessage new_message(std::string_view data = R"({"n":1})", std::string key = {});
  std::vector<AcceptanceAnswer> post(const AuthorizedCall& call, std::vector<NewMessage> messages,
                                     std::string_view route = "POST /v1/messages");
  AcceptanceAnswer post(NewMessage message);

  // ---- What became of it
  static const Receipt* receipt(const AcceptanceAnswer& answer) { return std::get_if<Receipt>(&answer); }
  // Nothing: it was no refusal.
  static std::optional<PublicCode> code(const AcceptanceAnswer& answer);
  void read(const std::function<void(Reader&)>& look);
  std::uint64_t messages_stored();
  MessageRow row(const AcceptanceAnswer& answer);
  std::vector<Position> targets(const AcceptanceAnswer& answer);
  // As it lies in the store, opened.
  StoredPayload payload(const AcceptanceAnswer& answer);
  // Refusals on disk, once the writer has come to them.
  std::vector<RefusalRow> refusals(SourceId source);
  void change_source(SourceId id, const std::function<void(SourceChange&)>& edit);
  void subscribe(std::optional<EndpointId> endpoint, std::optional<ChannelId> channel,
                 std::vector<std::string> types = {});

  CapturedLog captured_{clock_};
  Logger captured_logger_{clock_, captured_, LogLevel::Debug, LogFormat::Json};
  std::unique_ptr<ScriptedStore> scripted_;
  std::unique_ptr<ThreadPool> pool_;
  std::unique_ptr<RefusalLedger> ledger_;
  std::unique_ptr<Acceptance> acceptance_;
  WorkspaceId workspace_;
  IntegrationId integration_;
  SourceId source_;
  SigningKeyId key_;
  GrantId grant_;
  EndpointId endpoint_;
  ChannelId channel_;
  Tenancy tenancy_;
};

}  // namespace sealpost
