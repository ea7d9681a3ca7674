// Acceptance on a whole control plane, with one active integration: a signed source, an endpoint and a
// channel that its events go to. The store in front of the real one does as a test says. Requests are signed
// here as a sender would. Tests only.
#pragma once

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "domain/schemes/sign.h"
#include "domain/wire/outbound_body.h"
#include "flow/acceptance/acceptance.h"
#include "flow/directory/testing/control_plane.h"
#include "foundation/crypto/crypto.h"
#include "foundation/log/testing/captured_log.h"
#include "storage/store/testing/scripted_store.h"

namespace sealpost {

class AcceptanceWorld : public ControlPlane {
 protected:
  using Command = ScriptedStore::Command;

  void SetUp() override {
    ControlPlane::SetUp();
    scripted_ = std::make_unique<ScriptedStore>(*store_);
    pool_ = std::make_unique<ThreadPool>(1, 16);
    ledger_ = std::make_unique<RefusalLedger>(RefusalLedger::Parts{
        .store = *scripted_, .audit = *audit_, .ids = *ids_, .clock = clock_, .log = captured_logger_});
    workspace_ = make_workspace(make_organization());
    integration_ = make_integration(workspace_);
    source_ = make_source(integration_, InboundScheme::StandardV1);
    key_ = {add_key(source_, text_of(kSecret))->resource.position};
    grant_ = make_grant(integration_);
    ASSERT_TRUE(rehearse_integration(ops(), by_operator(), integration_, {}).ok());
    ASSERT_TRUE(activate_integration(ops(), by_operator(), integration_, {}).ok());
    endpoint_ = make_endpoint(integration_);
    channel_ = make_channel(workspace_);
    tenancy_ = picture()->find(integration_)->head.tenancy;
    open_acceptance();
  }
  void TearDown() override {
    // Whatever is in flight speaks to the parts below.
    if (pool_) pool_->stop();
    if (store_) store_->close();
    acceptance_.reset();
    ledger_.reset();
    scripted_.reset();
    ControlPlane::TearDown();
  }
  void open_acceptance(Acceptance::Limits limits = {}) {
    acceptance_ = std::make_unique<Acceptance>(Acceptance::Parts{.store = *scripted_,
                                                                 .vault = *vault_,
                                                                 .audit = *audit_,
                                                                 .directory = *directory_,
                                                                 .gate = *gate_,
                                                                 .ids = *ids_,
                                                                 .ledger = *ledger_,
                                                                 .pool = *pool_,
                                                                 .clock = clock_,
                                                                 .entropy = entropy_},
                                               limits);
  }

  // ---- A sender
  static constexpr std::string_view kSecret =
      "0123456789abcdef0123456789abcdef";  // not-a-secret: of these tests
  static constexpr std::string_view kOtherSecret = "another secret of 32 octets ....";
  // For schemes whose secret is a text; one secret serves one place.
  static constexpr std::string_view kTextSecret = "a secret that is used as a text";
  // As a person would paste it.
  static std::string text_of(std::string_view secret) { return "whsec_" + to_base64(as_bytes(secret)); }

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
  HttpRequest request(const Event& event) {
    const std::int64_t at = to_unix_seconds(clock_.wall_now()) + event.later.count();
    const std::string time = std::to_string(at);
    const std::string signature =
        sign_standard_v1(event.id, at, as_bytes(event.body), HmacSha256(as_bytes(event.secret))).value();
    HttpRequest http = bare_request(event.body, event.client);
    http.headers.add("webhook-id", event.id);
    http.headers.add("webhook-timestamp", time);
    http.headers.add("webhook-signature", signature);
    http.headers.add("content-type", event.content_type);
    for (const HeaderView& header : event.more) http.headers.add(header.name, header.value);
    return http;
  }
  static HttpRequest bare_request(std::string_view body, std::string_view client = "192.0.2.10") {
    HttpRequest http;
    http.method = HttpMethod::Post;
    http.body = Bytes(as_bytes(body).begin(), as_bytes(body).end());
    http.client = *IpAddress::parse(client);
    return http;
  }
  AcceptanceAnswer send(SourceId source, HttpRequest http) {
    const auto answer = std::make_shared<std::promise<AcceptanceAnswer>>();
    auto future = answer->get_future();
    acceptance_->webhook(
        std::make_shared<const WebhookArrival>(WebhookArrival{
            .source = source, .request = {4711}, .http = std::move(http), .at = clock_.wall_now()}),
        [answer](AcceptanceAnswer told) { answer->set_value(std::move(told)); });
    if (future.wait_for(std::chrono::seconds(10)) != std::future_status::ready) {
      ADD_FAILURE() << "no answer";
      return Refused{};
    }
    return future.get();
  }
  AcceptanceAnswer send(const Event& event) { return send(source_, request(event)); }

  // ---- An API caller
  struct Caller {
    CredentialId credential{81};
    std::vector<NarrowedScope> narrowed{};
    std::optional<std::uint64_t> epoch{};
  };
  AuthorizedCall caller(const Caller& who) {
    return TestCalls::machine({.tenancy = tenancy_,
                               .integration = integration_,
                               .credential = who.credential,
                               .grant = grant_,
                               .epoch = who.epoch.value_or(epoch_of(tenancy_.organization)),
                               .narrowed = who.narrowed,
                               .context = context()});
  }
  static NewMessage new_message(std::string_view data = R"({"n":1})", std::string key = {}) {
    return {.event_type = "build.done",
            .event_id = "evt_api",
            .data = std::string(data),
            .parsed = boost::json::parse(data),
            .channel = {},
            .idempotency_key = std::move(key)};
  }
  std::vector<AcceptanceAnswer> post(const AuthorizedCall& call, std::vector<NewMessage> messages,
                                     std::string_view route = "POST /v1/messages") {
    const auto answer = std::make_shared<std::promise<std::vector<AcceptanceAnswer>>>();
    auto future = answer->get_future();
    acceptance_->messages(call, route, std::move(messages), [answer](std::vector<AcceptanceAnswer> told) {
      answer->set_value(std::move(told));
    });
    if (future.wait_for(std::chrono::seconds(10)) != std::future_status::ready) {
      ADD_FAILURE() << "no answer";
      return {};
    }
    return future.get();
  }
  AcceptanceAnswer post(NewMessage message) {
    std::vector<NewMessage> messages;
    messages.push_back(std::move(message));
    return post(caller({}), std::move(messages)).at(0);
  }

  // ---- What became of it
  static const Receipt* receipt(const AcceptanceAnswer& answer) { return std::get_if<Receipt>(&answer); }
  // Nothing: it was no refusal.
  static std::optional<PublicCode> code(const AcceptanceAnswer& answer) {
    const auto* refused = std::get_if<Refused>(&answer);
    return refused == nullptr ? std::nullopt : std::optional(refused->code);
  }
  template <class Look>
  void read(Look&& look) {
    EXPECT_TRUE(store_
                    ->read([&](Reader& reader) -> StoreResult<void> {
                      look(reader);
                      return {};
                    })
                    .ok());
  }
  std::uint64_t messages_stored() {
    std::uint64_t count = 0;
    read([&](Reader& reader) { count = reader.counts()->messages; });
    return count;
  }
  MessageRow row(const AcceptanceAnswer& answer) {
    MessageRow out;
    read([&](Reader& reader) { out = reader.find_message(tenancy_, receipt(answer)->message).value(); });
    return out;
  }
  std::vector<Position> targets(const AcceptanceAnswer& answer) {
    std::vector<Position> out;
    read([&](Reader& reader) {
      const auto deliveries =
          reader.deliveries_of(reader.find_message(tenancy_, receipt(answer)->message).value());
      for (const DeliveryRow& one : *deliveries) out.push_back(one.target);
    });
    std::ranges::sort(out);  // nobody promises an order
    return out;
  }
  // As it lies in the store, opened.
  StoredPayload payload(const AcceptanceAnswer& answer) {
    const MessageId id = receipt(answer)->message;
    std::optional<Bytes> sealed;
    read([&](Reader& reader) { sealed = reader.payload_of(tenancy_, id).value(); });
    const SealContext context{.tenancy = tenancy_,
                              .kind = EntityKind::Message,
                              .id = id.position,
                              .version = 1,
                              .field = "payload"};
    return decode_stored_payload(vault_->open_sealed(*sealed, context).value()).value();
  }
  // Refusals on disk, once the writer has come to them.
  std::vector<RefusalRow> refusals(SourceId source) {
    EXPECT_TRUE(store_->transact_and_wait([](Transaction&) -> StoreResult<void> { return {}; }).ok());
    std::vector<RefusalRow> out;
    read([&](Reader& reader) {
      out = reader
                .list_refusals(picture()->find(source)->head.tenancy, source.position,
                               {.after = 0, .limit = 500})
                .value();
    });
    return out;
  }
  template <class Edit>
  void change_source(SourceId id, Edit edit) {
    SourceChange change;
    edit(change);
    ASSERT_TRUE(update_source(ops(), by_operator(), id, change, 0).ok());
  }
  void subscribe(std::optional<EndpointId> endpoint, std::optional<ChannelId> channel,
                 std::vector<std::string> types = {}) {
    NewSubscription request;
    request.integration = integration_;
    request.endpoint = endpoint;
    request.channel = channel;
    request.event_types = std::move(types);
    ASSERT_TRUE(create_subscription(ops(), by_operator(), request).ok());
  }

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
