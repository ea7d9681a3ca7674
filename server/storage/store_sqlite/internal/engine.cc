#include "storage/store_sqlite/internal/engine.h"

#include <fmt/format.h>

#include "storage/store_sqlite/internal/schema.h"
#include "storage/store_sqlite/internal/wal_gathering.h"

namespace sealpost::store_sqlite {
namespace {

// Runs `act` in a transaction of its own.
template <class Act>
StoreResult<void> in_transaction(Database& database, Act act) {
  SEALPOST_TRY_VOID(database.execute("BEGIN IMMEDIATE"));
  const StoreResult<void> result = act();
  if (result.ok()) return database.execute("COMMIT");
  if (database.in_transaction()) static_cast<void>(database.execute("ROLLBACK"));
  return result;
}

// Until the key is there no setting can be vouched for, so what is set before waits.
class WaitingSettings final : public OpeningSettings {
 public:
  explicit WaitingSettings(Database& database) : database_(database) {}

  StoreResult<std::optional<std::string>> get(std::string_view name) override {
    auto query = database_.query("SELECT value FROM setting WHERE name = ?", name);
    SEALPOST_TRY(const bool found, query.step());
    return found ? std::optional(query.text(0)) : std::nullopt;
  }
  StoreResult<void> set(std::string_view name, std::string_view value) override {
    waiting_.emplace_back(name, value);
    return {};
  }
  StoreResult<void> write() {
    for (const auto& [name, value] : waiting_) SEALPOST_TRY_VOID(write_setting(database_, name, value));
    return {};
  }

 private:
  Database& database_;
  std::vector<std::pair<std::string, std::string>> waiting_;
};

StoreResult<void> set_key(Database& database, const SqliteOptions& options, RowTags& tags) {
  WaitingSettings settings(database);
  if (!options.work_row_key) return fail(StoreError::Unavailable);
  SEALPOST_TRY(HmacSha256 key, options.work_row_key(settings));
  tags.set_key(std::move(key));
  return settings.write();
}

// Before the row is written anew: else that would vouch for what was found.
StoreResult<void> judge_engine_row(Database& database) {
  auto query =
      database.query("SELECT tag IS row_tag('engine', id, boot, high_water) FROM engine WHERE id = 1");
  SEALPOST_TRY(const bool found, query.step());
  if (!found || query.integer(0) == 0) return fail(StoreError::Tampered);
  return {};
}

StoreResult<void> count_boot(Database& database, bool fresh) {
  if (fresh)
    SEALPOST_TRY_VOID(database
                          .query("INSERT INTO engine (id, boot, high_water, tag)"
                                 " VALUES (1, 0, 0, row_tag('engine', 1, 0, 0))")
                          .run());
  SEALPOST_TRY_VOID(judge_engine_row(database));
  return database
      .query(
          "UPDATE engine SET boot = boot + 1, tag = row_tag('engine', id, boot + 1, high_water)"
          " WHERE id = 1")
      .run();
}

}  // namespace

Engine::Engine(Loaded loaded, const Clock& clock, std::uint64_t first_token)
    : database(std::move(loaded.database)),
      organizations(std::move(loaded.organizations)),
      claims(std::move(loaded.claims)),
      due(std::move(loaded.due)),
      audit(*database, organizations),
      release(*database),
      messages({*database, organizations, audit, claims, due, release}, loaded.boot, first_token),
      clock_(clock),
      boot_(loaded.boot),
      high_water_(loaded.high_water) {
  sqlite3_wal_hook(database->handle(), on_wal, this);
}

int Engine::on_wal(void* self, sqlite3*, const char*, int pages) {
  static_cast<Engine*>(self)->wal_pages_ = static_cast<std::uint32_t>(pages);
  return SQLITE_OK;
}

StoreResult<std::unique_ptr<Database>> Engine::open_database(const SqliteOptions& options,
                                                             const RowTags& tags) {
  const std::string vfs = gathering_vfs(options.vfs);
  if (vfs.empty()) return fail(StoreError::Unavailable);
  SEALPOST_TRY(auto database, Database::open({options.path.string(), vfs, true, options.writer_cache_kib,
                                              options.page_size, &tags}));
  const auto limit = fmt::format("PRAGMA journal_size_limit={}",
                                 std::uint64_t{2} * options.checkpoint_pages * options.page_size);
  SEALPOST_TRY_VOID(database->execute(limit.c_str()));
  return database;
}

StoreResult<std::unique_ptr<Engine>> Engine::load(std::unique_ptr<Database> database,
                                                  const SqliteOptions& options, const Clock& clock,
                                                  ClaimIndex& index, std::uint64_t first_token) {
  SEALPOST_TRY(auto organizations, OrganizationTable::load(*database));
  SEALPOST_TRY(auto due, DueTargets::load(*database));
  std::optional<ClaimSlices> claims;
  SEALPOST_TRY_VOID(in_transaction(*database, [&]() -> StoreResult<void> {
    SEALPOST_TRY(claims, ClaimSlices::load(*database, index, options.claims_per_slice, clock.wall_now()));
    return {};
  }));
  Loaded loaded{std::move(database), std::move(organizations), std::move(*claims), std::move(due), 0, 0};
  {
    auto query = loaded.database->query("SELECT boot, high_water FROM engine WHERE id = 1");
    SEALPOST_TRY(const bool found, query.step());
    if (!found) return fail(StoreError::Corrupt);
    loaded.boot = query.integer(0);
    loaded.high_water = query.integer(1);
  }
  return std::unique_ptr<Engine>(new Engine(std::move(loaded), clock, first_token));
}

StoreResult<std::unique_ptr<Engine>> Engine::start(const SqliteOptions& options, const Clock& clock,
                                                   ClaimIndex& index, RowTags& tags) {
  SEALPOST_TRY(auto database, open_database(options, tags));
  SEALPOST_TRY_VOID(in_transaction(*database, [&]() -> StoreResult<void> {
    SEALPOST_TRY(const bool fresh, migrate(*database));
    SEALPOST_TRY_VOID(set_key(*database, options, tags));
    return count_boot(*database, fresh);
  }));
  return load(std::move(database), options, clock, index, 1);
}

StoreResult<std::unique_ptr<Engine>> Engine::resume(const SqliteOptions& options, const Clock& clock,
                                                    ClaimIndex& index, const RowTags& tags,
                                                    std::uint64_t boot, std::uint64_t next_token,
                                                    const std::optional<Unsure>& unsure) {
  SEALPOST_TRY(auto database, open_database(options, tags));
  if (unsure) {
    // What the failed commit left in the log counts or not by who reads the log first: as long as a reader
    // has it open, not; after a crash it would. A commit of our own settles it, over those frames or behind
    // them.
    SEALPOST_TRY_VOID(in_transaction(*database, [&]() -> StoreResult<void> {
      SEALPOST_TRY_VOID(judge_engine_row(*database));
      SEALPOST_TRY_VOID(
          MessagePath::take_back(*database, boot, unsure->first_token, unsure->orphans, clock.wall_now()));
      return database
          ->query(
              "UPDATE engine SET high_water = high_water + 1, tag = row_tag('engine', id, boot, high_water + "
              "1)"
              " WHERE id = 1")
          .run();
    }));
  }
  return load(std::move(database), options, clock, index, next_token);
}

StoreResult<void> Engine::begin(const Store::HandOver& hand_over, WallTime now, Elements elements) {
  elements_ = elements;
  SEALPOST_TRY_VOID(run("BEGIN IMMEDIATE"));
  changes_before_ = database->changes();
  messages.begin_batch(hand_over);
  return claims.seal_where_due(now);
}

StoreResult<bool> Engine::finish_batch(Position high_water) {
  if (database->changes() == changes_before_) return false;
  SEALPOST_TRY_VOID(organizations.store_batch(*database));
  SEALPOST_TRY_VOID(messages.store_batch());
  SEALPOST_TRY_VOID(
      database
          ->query("UPDATE engine SET high_water = MAX(high_water, ?1), tag = row_tag('engine', id, boot,"
                  " MAX(high_water, ?1)) WHERE id = 1",
                  high_water)
          .run());
  return true;
}

void Engine::roll_back() {
  if (database->in_transaction()) static_cast<void>(run("ROLLBACK"));
}

std::optional<StoreError> Engine::failure() const {
  if (database->broken()) return database->broken();
  if (!database->in_transaction()) return StoreError::Unavailable;
  return std::nullopt;
}

StoreResult<bool> Engine::checkpoint() {
  int in_log = 0;
  int folded = 0;
  const int code =
      sqlite3_wal_checkpoint_v2(database->handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &in_log, &folded);
  if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY) return fail(database->note(code));
  return in_log == folded;
}

}  // namespace sealpost::store_sqlite
