#include "world.h"

#include <future>

namespace sealpost::simulation {
namespace {

constexpr std::uint32_t kNever = 1U << 30;

StoreResult<void> nothing(Transaction&) { return {}; }

StoreResult<void> put(Transaction& transaction, EntityKind kind, Position position, const Tenancy& tenancy,
                      WallTime now) {
  ObjectRow row;
  row.kind = kind;
  row.head.position = position;
  row.head.tenancy = tenancy;
  row.head.created_at = row.head.updated_at = now;
  row.body = "{}";
  return transaction.insert_object(row);
}

}  // namespace

World::World(std::uint64_t seed, Plant plant, Dice& dice, Trace& trace, Model& model)
    : entropy(seed),
      dice_(dice),
      trace_(trace),
      plant_(plant),
      overwrites_(dice.one_in(2) ? PowerCutVfs::Overwrites::Safe : PowerCutVfs::Overwrites::Unsafe) {
  disk_.emplace(overwrites_);
  options_.path = directory_.path() / "store.db";
  options_.work_row_key = key_that_everybody_knows;
  options_.vfs = PowerCutVfs::kName;
  options_.readers = 1;
  options_.gather = std::chrono::microseconds(0);
  options_.claims_per_slice = dice.number(4, 40);
  options_.checkpoint_pages = dice.number(10, 120);
  options_.page_size = dice.one_in(2) ? 1'024 : 4'096;
  // A small cache makes SQLite write pages of a transaction before its commit.
  options_.writer_cache_kib = dice.one_in(3) ? 32 : 4'096;
  trace_.add("world: {} disk, pages of {}, {} claims a slice, log folded at {}, cache {} KiB",
             overwrites_ == PowerCutVfs::Overwrites::Safe ? "safe" : "unsafe", options_.page_size,
             options_.claims_per_slice, options_.checkpoint_pages, options_.writer_cache_kib);
  const auto key = directory_.path() / "root.key";
  SEALPOST_CHECK(FileRootKey::create(key, entropy).ok());
  root_ = *FileRootKey::load(key);
  open();
  make_parties(model);
}

World::~World() {
  disarm();
  end_process();
}

void World::make_parties(Model& model) {
  for (const bool two_environments : {true, false}) {
    const OrganizationId organization{store_->positions().draw()};
    std::vector<Environment> environments{Environment::Live};
    if (two_environments) environments.push_back(Environment::Test);
    const WallTime now = clock.wall_now();
    const auto made = store_->transact_and_wait([&](Transaction& transaction) -> StoreResult<void> {
      SEALPOST_TRY_VOID(put(transaction, EntityKind::Organization, organization.position,
                            {organization, Environment::Shared}, now));
      SEALPOST_TRY_VOID(vault_->create_organization_key(transaction, organization));
      SEALPOST_TRY_VOID(trail_->create_log(transaction, organization));
      for (const Environment environment : environments) {
        Party party{{organization, environment}, {}, 0};
        const auto draw = [&](EntityKind kind) -> StoreResult<Position> {
          const Position position = store_->positions().draw();
          SEALPOST_TRY_VOID(put(transaction, kind, position, party.tenancy, now));
          model.parties[position] = party.tenancy;
          return position;
        };
        for (int i = 0; i < 2; ++i) {
          SEALPOST_TRY(const Position integration, draw(EntityKind::Integration));
          SEALPOST_TRY(const Position one, draw(EntityKind::Endpoint));
          SEALPOST_TRY(const Position other, draw(EntityKind::Endpoint));
          party.connectors.push_back({{integration}, {one, other}});
        }
        SEALPOST_TRY(party.channel, draw(EntityKind::Channel));
        parties_.push_back(party);
      }
      return {};
    });
    if (!made.ok() || !vault_->load_organization(organization).ok()) violated("the parties cannot be made");
    model.logs[organization];
    model.epochs[organization] = 0;
  }
  if (!settle()) violated("the power was cut before it was switched on");
}

// ---- Its end and its beginning ----

bool World::try_open() {
  auto opened = SqliteStore::open(options_, clock, entropy);
  if (!opened.ok()) {
    trace_.add("opening failed with error {}", static_cast<int>(opened.error()));
    return false;
  }
  store_ = *std::move(opened);
  planted_ = std::make_unique<PlantedStore>(*store_, plant_);
  auto vault = Vault::open(*planted_, *root_, clock, entropy);
  if (!vault) return false;
  vault_ = *std::move(vault);
  trail_ =
      std::make_unique<AuditTrail>(*planted_, *vault_, clock, entropy, InstallationName{"simulation", 1});
  planted_->set_log_listener([this](std::span<const OrganizationId> logs) { trail_->logs_grew(logs); });
  planted_->set_hand_over({.room = [this] { return room.room; },
                           .share =
                               [this](OrganizationId organization) {
                                 const auto share = room.shares.find(organization.position);
                                 return share == room.shares.end() ? UINT32_MAX : share->second;
                               },
                           .take =
                               [this](std::vector<LeasedDelivery> leased) {
                                 for (LeasedDelivery& one : leased) handed_over.push_back(std::move(one));
                               },
                           .wake = [] {}});
  return settle();
}

void World::open() {
  while (!try_open()) {
    if (!struck()) violated("the store does not open");
    trace_.add("a fault while opening");
    end_process();
    recover_disk();
  }
  ++openings_;
}

void World::end_process() {
  if (store_) store_->close();
  trail_.reset();
  vault_.reset();
  planted_.reset();
  store_.reset();
  handed_over.clear();
}

void World::recover_disk() {
  if (!struck()) return;
  if (armed_ == Fault::Cut) disk_->lose_unsynced(dice_.draw());
  armed_.reset();
}

void World::restart() {
  end_process();
  recover_disk();
  open();
}

void World::kill() {
  disk_->fail_at(1, Fault::Cut);
  end_process();
  // A new disk object takes the files as they are.
  disk_.reset();
  disk_.emplace(overwrites_);
  armed_.reset();
  open();
}

void World::cut() {
  if (!struck()) disk_->fail_at(1, Fault::Cut);
  end_process();
  disk_->lose_unsynced(dice_.draw());
  armed_.reset();
  if (dice_.one_in(8)) arm(Fault::Cut, dice_.number(1, 30));
  open();
}

// ---- Faults ----

void World::arm(Fault fault, std::uint32_t operation) {
  armed_ = fault;
  disk_->fail_at(operation, fault);
}

void World::disarm() {
  if (disk_ && !struck()) disk_->fail_at(kNever, Fault::WriteError);
  armed_.reset();
}

bool World::struck() const { return armed_ && disk_->fault_came(); }

std::optional<World::Fault> World::take_struck() {
  if (!struck()) return std::nullopt;
  // A cut stays until the power is back.
  return *armed_ == Fault::Cut ? armed_ : std::exchange(armed_, std::nullopt);
}

// ---- Running ----

// Two empty batches: the first begins when the work of the batch before has ended, its folding of the log
// included; it may itself write (a slice of claims that has grown old), and then the second finds nothing to
// do.
bool World::settle() {
  constexpr int kTries = 4;
  for (int i = 0; i < kTries; ++i) {
    const bool first = store_->transact_and_wait(nothing).ok();
    const bool second = store_->transact_and_wait(nothing).ok();
    if (struck() && armed_ == Fault::Cut) return false;
    if (first && second) return true;
  }
  violated("the store takes no work any more");
}

void World::in_one_batch(const std::function<void()>& queue) {
  struct Hold {
    std::promise<void> held, go, done;
    bool ran = false;
  };
  for (;;) {
    // Shared: the writer may still be inside set_value() when this thread goes on.
    const auto hold = std::make_shared<Hold>();
    const bool taken = store_->transact(
        [hold](Transaction&) -> StoreResult<void> {
          hold->ran = true;
          hold->held.set_value();
          hold->go.get_future().wait();
          return {};
        },
        [hold](StoreResult<void>) {
          if (!hold->ran) hold->held.set_value();  // its batch could not begin
          hold->done.set_value();
        });
    SEALPOST_CHECK(taken);
    hold->held.get_future().wait();
    const bool ran = hold->ran;
    // Without power all of them fail, in whatever batch.
    const bool dark = struck() && armed_ == Fault::Cut;
    if (ran || dark) queue();
    hold->go.set_value();
    hold->done.get_future().wait();
    if (ran || dark || !settle()) return;
  }
}

bool World::ensure_keys() { return vault_->ensure_data_keys(clock.wall_now()).ok(); }

std::optional<AuditDraft> World::draft(const Tenancy& tenancy, std::string_view event_class) {
  AuditEvent event(event_class, tenancy, clock.wall_now());
  event.who().add("actor", "simulation");
  event.what().add("number", ++drafts_);
  auto made = trail_->draft(event);
  if (!made && made.error() == AuditError::KeyUnavailable && ensure_keys()) made = trail_->draft(event);
  if (!made) return std::nullopt;
  return *std::move(made);
}

Bytes World::seal(const Tenancy& tenancy, MessageId message, std::string_view payload) {
  const auto key = vault_->current_data_key(tenancy.organization, RetentionClass::Payload);
  SEALPOST_CHECK(key != nullptr);  // there was one for the audit record
  const SealContext context{.tenancy = tenancy,
                            .kind = EntityKind::Message,
                            .id = message.position,
                            .version = 1,
                            .field = "payload"};
  return key->seal(as_bytes(payload), context, entropy);
}

Position World::draw_positions(std::uint32_t count, const Model& model) {
  const Position first = store_->positions().draw(count);
  if (!model.deliveries.empty() && first <= model.deliveries.rbegin()->first)
    violated("position {} is given out again", first);
  if (!model.messages.empty() && first <= model.messages.rbegin()->first)
    violated("position {} is given out again", first);
  return first;
}

}  // namespace sealpost::simulation
