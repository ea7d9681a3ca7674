#include "flow/acceptance/testing/acceptance_world.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <utility>

#include <boost/json.hpp>

#include "domain/schemes/sign.h"
#include "foundation/crypto/crypto.h"

namespace sealpost {

AcceptanceWorld::AcceptanceWorld() = default;
AcceptanceWorld::~AcceptanceWorld() = default;

void AcceptanceWorld::SetUp() {
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

void AcceptanceWorld::TearDown() {
  // Whatever is in flight speaks to the parts below.
  if (pool_) pool_->stop();
  if (store_) store_->close();
  acceptance_.reset();
  ledger_.reset();
  scripted_.reset();
  ControlPlane::TearDown();
}

void AcceptanceWorld::open_acceptance(const RateDefaults& rates) {
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
                                             rates);
}

std::string AcceptanceWorld::text_of(std::string_view secret) {
  return "whsec_" + to_base64(as_bytes(secret));
}

HttpRequest AcceptanceWorld::request(const Event& event) {
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

HttpRequest AcceptanceWorld::bare_request(std::string_view body, std::string_view client) {
  HttpRequest http;
  http.method = HttpMethod::Post;
  http.body = Bytes(as_bytes(body).begin(), as_bytes(body).end());
  http.client = *IpAddress::parse(client);
  return http;
}

AcceptanceAnswer AcceptanceWorld::send(SourceId source, HttpRequest http) {
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

AcceptanceAnswer AcceptanceWorld::send(const Event& event) { return send(source_, request(event)); }

AuthorizedCall AcceptanceWorld::caller(const Caller& who) {
  return TestCalls::machine({.tenancy = tenancy_,
                             .integration = integration_,
                             .credential = who.credential,
                             .grant = grant_,
                             .epoch = who.epoch.value_or(epoch_of(tenancy_.organization)),
                             .narrowed = who.narrowed,
                             .context = context()});
}

NewMessage AcceptanceWorld::new_message(std::string_view data, std::string key) {
  return {.event_type = "build.done",
          .event_id = "evt_api",
          .data = std::string(data),
          .parsed = boost::json::parse(data),
          .channel = {},
          .idempotency_key = std::move(key)};
}

std::vector<AcceptanceAnswer> AcceptanceWorld::post(const AuthorizedCall& call,
                                                    std::vector<NewMessage> messages,
                                                    std::string_view route) {
  const auto answer = std::make_shared<std::promise<std::vector<AcceptanceAnswer>>>();
  auto future = answer->get_future();
  acceptance_->messages(call, route, std::move(messages),
                        [answer](std::vector<AcceptanceAnswer> told) { answer->set_value(std::move(told)); });
  if (future.wait_for(std::chrono::seconds(10)) != std::future_status::ready) {
    ADD_FAILURE() << "no answer";
    return {};
  }
  return future.get();
}

AcceptanceAnswer AcceptanceWorld::post(NewMessage message) {
  std::vector<NewMessage> messages;
  messages.push_back(std::move(message));
  return post(caller({}), std::move(messages)).at(0);
}

std::optional<PublicCode> AcceptanceWorld::code(const AcceptanceAnswer& answer) {
  const auto* refused = std::get_if<Refused>(&answer);
  return refused == nullptr ? std::nullopt : std::optional(refused->code);
}

void AcceptanceWorld::read(const std::function<void(Reader&)>& look) {
  EXPECT_TRUE(store_
                  ->read([&](Reader& reader) -> StoreResult<void> {
                    look(reader);
                    return {};
                  })
                  .ok());
}

std::uint64_t AcceptanceWorld::messages_stored() {
  std::uint64_t count = 0;
  read([&](Reader& reader) { count = reader.counts()->messages; });
  return count;
}

MessageRow AcceptanceWorld::row(const AcceptanceAnswer& answer) {
  MessageRow out;
  read([&](Reader& reader) { out = reader.find_message(tenancy_, receipt(answer)->message).value(); });
  return out;
}

std::vector<Position> AcceptanceWorld::targets(const AcceptanceAnswer& answer) {
  std::vector<Position> out;
  read([&](Reader& reader) {
    const auto deliveries =
        reader.deliveries_of(reader.find_message(tenancy_, receipt(answer)->message).value());
    for (const DeliveryRow& one : *deliveries) out.push_back(one.target);
  });
  std::ranges::sort(out);  // nobody promises an order
  return out;
}

StoredPayload AcceptanceWorld::payload(const AcceptanceAnswer& answer) {
  const MessageId id = receipt(answer)->message;
  std::optional<Bytes> sealed;
  read([&](Reader& reader) { sealed = reader.payload_of(tenancy_, id).value(); });
  const SealContext context{
      .tenancy = tenancy_, .kind = EntityKind::Message, .id = id.position, .version = 1, .field = "payload"};
  return decode_stored_payload(vault_->open_sealed(*sealed, context).value()).value();
}

std::vector<RefusalRow> AcceptanceWorld::refusals(SourceId source) {
  EXPECT_TRUE(store_->transact_and_wait([](Transaction&) -> StoreResult<void> { return {}; }).ok());
  std::vector<RefusalRow> out;
  read([&](Reader& reader) {
    out =
        reader
            .list_refusals(picture()->find(source)->head.tenancy, source.position, {.after = 0, .limit = 500})
            .value();
  });
  return out;
}

void AcceptanceWorld::change_source(SourceId id, const std::function<void(SourceChange&)>& edit) {
  SourceChange change;
  edit(change);
  ASSERT_TRUE(update_source(ops(), by_operator(), id, change, 0).ok());
}

void AcceptanceWorld::subscribe(std::optional<EndpointId> endpoint, std::optional<ChannelId> channel,
                                std::vector<std::string> types) {
  NewSubscription request;
  request.integration = integration_;
  request.endpoint = endpoint;
  request.channel = channel;
  request.event_types = std::move(types);
  ASSERT_TRUE(create_subscription(ops(), by_operator(), request).ok());
}

}  // namespace sealpost
