#include "flow/delivery/testing/delivery_world.h"

#include <chrono>
#include <future>
#include <thread>
#include <utility>

#include "domain/model/carried_message.h"
#include "domain/wire/outbound_body.h"
#include "trust/signing/key_material.h"

namespace sealpost {
namespace {

// What foreign keys ask for; the engine decides from the picture alone.
ObjectRow row_of(EntityKind kind, Position position, const Tenancy& tenancy) {
  ObjectRow row;
  row.kind = kind;
  row.head.position = position;
  row.head.tenancy = tenancy;
  row.body = "{}";
  return row;
}

}  // namespace

DeliveryWorld::DeliveryWorld() {
  const auto key_file = directory.path() / "root.key";
  SEALPOST_CHECK(FileRootKey::create(key_file, entropy).ok());
  root = std::move(FileRootKey::load(key_file)).value();
  tenancy = {OrganizationId{900}, Environment::Test};
  open();
  const auto made = store->transact_and_wait([&](Transaction& transaction) -> StoreResult<void> {
    SEALPOST_TRY_VOID(
        transaction.insert_object(row_of(EntityKind::Organization, tenancy.organization.position,
                                         {tenancy.organization, Environment::Shared})));
    SEALPOST_TRY_VOID(transaction.insert_object(row_of(EntityKind::Integration, 930, tenancy)));
    SEALPOST_TRY([[maybe_unused]] const auto key,
                 vault->create_organization_key(transaction, tenancy.organization));
    return audit->create_log(transaction, tenancy.organization);
  });
  SEALPOST_CHECK(made.ok());
  SEALPOST_CHECK(vault->load_organization(tenancy.organization).ok());

  integration = {930};
  auto record = std::make_shared<Integration>();
  record->head = {.position = integration.position, .tenancy = tenancy};
  record->workspace = workspace;
  record->source_system = "billing";
  record->state = IntegrationState::Active;
  draft.integrations[integration.position] = record;
  auto grant = std::make_shared<Grant>();
  grant->head = {.position = 940, .tenancy = tenancy};
  grant->integration = integration;
  grant->grant_version = 3;
  grant->state = GrantState::Active;
  grant->scopes = {{std::string(name_of(Scope::MessagesWrite)), {}}};
  draft.grants[940] = grant;
  draft.active_grants[integration.position] = grant;
}

DeliveryWorld::~DeliveryWorld() { engine.reset(); }

void DeliveryWorld::open() {
  SqliteOptions where;
  where.work_row_key = key_that_everybody_knows;
  where.path = directory.path() / "store.db";
  sqlite = std::move(SqliteStore::open(where, clock, entropy)).value();
  store = std::make_unique<ScriptedStore>(*sqlite);
  vault = std::move(Vault::open(*store, *root, clock, entropy)).value();
  ids.emplace(vault->make_public_id_codec({{1, 0}}));
  audit = std::make_unique<AuditTrail>(*store, *vault, clock, entropy, InstallationName{"test", 1});
}

template <class Record>
Record& DeliveryWorld::edit(RecordMap<Record>& records, Position position) {
  auto copy = std::make_shared<Record>(*records.at(position));
  Record& out = *copy;
  records[position] = std::move(copy);
  return out;
}

Endpoint& DeliveryWorld::edit(EndpointId id) { return edit(draft.endpoints, id.position); }

Integration& DeliveryWorld::edit_integration() { return edit(draft.integrations, integration.position); }

Grant& DeliveryWorld::edit_grant() {
  Grant& grant = edit(draft.grants, 940);
  draft.active_grants[integration.position] = draft.grants.at(940);
  return grant;
}

EndpointId DeliveryWorld::add_endpoint(std::string url, std::uint32_t concurrency,
                                       std::vector<std::uint32_t> schedule) {
  auto endpoint = std::make_shared<Endpoint>();
  endpoint->head = {.position = ++next_, .tenancy = tenancy};
  endpoint->integration = integration;
  endpoint->url = std::move(url);
  endpoint->max_concurrency = concurrency;
  endpoint->retry_schedule_seconds = std::move(schedule);
  draft.endpoints[endpoint->head.position] = endpoint;
  const ObjectRow stored = row_of(EntityKind::Endpoint, endpoint->head.position, tenancy);
  SEALPOST_CHECK(
      store->transact_and_wait([&](Transaction& transaction) { return transaction.insert_object(stored); })
          .ok());
  add_key(endpoint->id());
  publish();
  return endpoint->id();
}

SigningKeyId DeliveryWorld::add_key(EndpointId endpoint, KeyAlgorithm algorithm) {
  const KeyMaterial material = generate_outbound_key(algorithm, entropy);
  auto key = std::make_shared<SigningKey>();
  key->head = {.position = ++next_, .tenancy = tenancy};
  key->integration = integration;
  key->owner = endpoint.position;
  key->use = KeyUse::Outbound;
  key->algorithm = algorithm;
  key->state = KeyState::Active;
  sealed[key->head.position] = std::make_shared<const Bytes>(
      seal_material(*vault->organization(tenancy.organization), tenancy, key->id(), material, entropy));
  draft.keys[key->head.position] = key;
  draft.keys_of[endpoint.position].push_back(key);
  return key->id();
}

void DeliveryWorld::publish() {
  auto next = std::make_shared<GatewayPicture>();
  next->directory = std::make_shared<const DirectorySnapshot>(draft);
  next->version = ++version_;
  const auto rebuilt = KeyRing::rebuild({draft, sealed, *vault, *ids, clock.wall_now()}, nullptr);
  SEALPOST_CHECK(rebuilt.unusable.empty());
  next->keys = rebuilt.ring;
  if (picture == nullptr) {
    picture = std::make_unique<Snapshot<GatewayPicture>>(std::move(next));
  } else {
    picture->store(std::move(next));
  }
}

DeliveryWorld::Accepted DeliveryWorld::accept(const std::vector<EndpointId>& to, bool carried,
                                              std::string payload) {
  Accepted out;
  AcceptMessage message;
  message.tenancy = tenancy;
  message.integration = integration;
  message.source = source.position;
  message.accepted_at = clock.wall_now();
  message.event_type = "invoice.paid";
  message.content_type = "application/json";
  message.summary = "{}";
  message.facts = "{}";
  message.payload_size = static_cast<std::uint32_t>(payload.size());
  const Position first = store->positions().draw(static_cast<std::uint32_t>(to.size()) + 1);
  message.message = {first};
  for (std::size_t i = 0; i < to.size(); ++i) {
    message.deliveries.push_back({first + 1 + i, TargetKind::Endpoint, to[i].position});
    out.deliveries.push_back({first + 1 + i});
  }
  out.message = message.message;
  const auto key = vault->current_data_key(tenancy.organization, RetentionClass::Payload);
  SEALPOST_CHECK(key != nullptr);
  message.sealed_payload = key->seal(
      encode_stored_payload(0, true, as_bytes(payload)),
      {.tenancy = tenancy, .kind = EntityKind::Message, .id = first, .version = 1, .field = "payload"},
      entropy);
  if (carried)
    message.carry = std::make_shared<const CarriedMessage>(
        CarriedMessage{source, 0, true, Bytes(as_bytes(payload).begin(), as_bytes(payload).end())});
  AuditEvent event("message.accepted", tenancy, clock.wall_now());
  event.what().add("message", ids->encode(message.message));
  message.audit = std::move(audit->draft(event)).value();
  std::vector<AcceptMessage> command;
  command.push_back(std::move(message));
  std::promise<AcceptStatus> answer;
  SEALPOST_CHECK(store->accept_messages(std::move(command), [&](std::vector<AcceptOutcome> outcomes) {
    answer.set_value(outcomes.at(0).status);
  }));
  SEALPOST_CHECK(answer.get_future().get() == AcceptStatus::Accepted);
  return out;
}

DeliveryRow DeliveryWorld::row(DeliveryId delivery) {
  DeliveryRow out;
  const auto read = store->read([&](Reader& reader) -> StoreResult<void> {
    SEALPOST_TRY(out, reader.find_delivery(tenancy, delivery));
    return {};
  });
  SEALPOST_CHECK(read.ok());
  return out;
}

std::vector<AttemptRow> DeliveryWorld::attempts(DeliveryId delivery) {
  std::vector<AttemptRow> out;
  const auto read = store->read([&](Reader& reader) -> StoreResult<void> {
    SEALPOST_TRY(out, reader.attempts_of(tenancy, delivery));
    return {};
  });
  SEALPOST_CHECK(read.ok());
  return out;
}

std::vector<std::string> DeliveryWorld::audit_classes() {
  std::vector<std::string> out;
  const auto read = store->read([&](Reader& reader) -> StoreResult<void> {
    SEALPOST_TRY(const auto rows, reader.audit_rows(tenancy.organization, 0, 500));
    for (const AuditRow& row : rows) out.push_back(parse_leaf(as_bytes(row.leaf)).value().fields.event_class);
    return {};
  });
  SEALPOST_CHECK(read.ok());
  return out;
}

std::string DeliveryWorld::audit_fields(std::uint64_t index, std::string_view group) {
  const auto record = audit->open_record(tenancy, index);
  SEALPOST_CHECK(record.ok());
  for (const OpenedGroup& opened : record->groups)
    if (opened.label == group) return opened.canonical;
  return {};
}

void DeliveryWorld::start_engine() {
  if (picture == nullptr) publish();
  engine = std::make_unique<DeliveryEngine>(
      DeliveryEngine::Parts{.store = *store,
                            .vault = *vault,
                            .audit = *audit,
                            .ids = *ids,
                            .sender = sender,
                            .clock = clock,
                            .entropy = entropy,
                            .log = logger,
                            .picture = [this] { return picture->load(); },
                            .egress_policy =
                                [](const Tenancy& whose) {
                                  EgressPolicy::Settings settings;
                                  settings.tenancy = whose;
                                  settings.version = 5;
                                  return std::make_shared<const EgressPolicy>(settings);
                                },
                            .disable_endpoint =
                                [this](const Tenancy&, EndpointId endpoint, std::string_view) {
                                  const std::scoped_lock lock(disabled_mutex);
                                  disabled.push_back(endpoint);
                                }},
      options);
  engine->start();
}

void DeliveryWorld::stop_engine() { engine.reset(); }

bool DeliveryWorld::eventually(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    if (engine && !engine->settle_for_test()) return false;
    std::this_thread::yield();
  }
  return true;
}

bool DeliveryWorld::reaches(DeliveryId delivery, DeliveryState state) {
  return eventually([&] { return row(delivery).state == state; });
}

bool DeliveryWorld::reaches_attempts(DeliveryId delivery, std::size_t count) {
  return eventually([&] { return attempts(delivery).size() == count; });
}

bool DeliveryWorld::sends(std::size_t count) {
  return eventually([&] { return sender.waiting().size() == count; });
}

void DeliveryWorld::advance(Milliseconds by) {
  if (engine) {
    EXPECT_TRUE(engine->settle_for_test());
  }
  clock.advance(by);
  if (engine) engine->wake();
}

void DeliveryWorld::crash() {
  engine.reset();
  audit.reset();
  vault.reset();
  store.reset();
  sqlite->close();
  sqlite.reset();
  open();
}

}  // namespace sealpost
