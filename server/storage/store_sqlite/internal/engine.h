// The writer's connection and everything it keeps in memory about the database. Thrown away and loaded anew
// after any failure of a whole batch, so that memory never knows what the disk does not. Writer thread only.
#pragma once

#include <memory>

#include "storage/store_sqlite/internal/row_tags.h"
#include "storage/store_sqlite/internal/sqlite_transaction.h"
#include "storage/store_sqlite/sqlite_store.h"

namespace sealpost::store_sqlite {

class Engine final {
 public:
  // Opens the file, brings it to this release's schema, sets the key of `tags` and counts a new boot.
  static StoreResult<std::unique_ptr<Engine>> start(const SqliteOptions& options, const Clock& clock,
                                                    ClaimIndex& index, RowTags& tags);
  // Opens it again within the same boot. Leases from `first_unsure_token` on were written by a batch whose
  // commit is unknown and never handed out: they go back to waiting, `orphans` among them to what they were.
  // After such a batch this commits something of its own, so that what is not there then never will be.
  struct Unsure {
    std::uint64_t first_token = 0;
    std::vector<Position> orphans;
  };
  static StoreResult<std::unique_ptr<Engine>> resume(const SqliteOptions& options, const Clock& clock,
                                                     ClaimIndex& index, const RowTags& tags,
                                                     std::uint64_t boot, std::uint64_t next_token,
                                                     const std::optional<Unsure>& unsure);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Guarded, an element that fails is undone alone, at the price of a savepoint, which makes SQLite copy each
  // page that the element touches. Unguarded it costs nothing, and one that fails spoils the batch: see
  // spoilt().
  enum class Elements : std::uint8_t { Guarded, Unguarded };

  // One element of a batch: what it did is undone when it returns an error.
  template <class Act>
  auto element(Act act) -> decltype(act()) {
    if (elements_ == Elements::Unguarded) {
      auto result = act();
      spoilt_ = spoilt_ || !result.ok();
      if (result.ok()) keep_element();
      return result;
    }
    if (const auto begun = run("SAVEPOINT element"); !begun.ok()) return fail(begun.error());
    auto result = act();
    if (!result.ok()) {
      // An error that broke the transaction ends the whole batch; the caller asks failure().
      if (!failure()) static_cast<void>(run("ROLLBACK TO element"));
      organizations.drop_element();
      messages.drop_element();
    }
    if (!failure()) static_cast<void>(run("RELEASE element"));
    if (result.ok()) keep_element();
    return result;
  }

  StoreResult<void> begin(const Store::HandOver& hand_over, WallTime now, Elements elements);
  // An unguarded element failed: the batch has to be rolled back and this engine thrown away.
  [[nodiscard]] bool spoilt() const { return spoilt_; }
  // Writes what belongs to the batch as a whole. True when the batch changed anything.
  StoreResult<bool> finish_batch(Position high_water);
  StoreResult<void> commit() { return run("COMMIT"); }
  void roll_back();

  // Why the whole batch cannot be committed, if it cannot.
  [[nodiscard]] std::optional<StoreError> failure() const;
  [[nodiscard]] SqliteTransaction transaction() {
    return SqliteTransaction({*database, organizations, audit, claims, due, messages, clock_});
  }
  [[nodiscard]] std::uint64_t boot() const { return boot_; }
  [[nodiscard]] Position high_water() const { return high_water_; }
  [[nodiscard]] std::uint32_t wal_pages() const { return wal_pages_; }
  // Folds the log back as far as no reader needs it. Returns whether all of it went.
  StoreResult<bool> checkpoint();

 private:
  struct Loaded {
    std::unique_ptr<Database> database;
    OrganizationTable organizations;
    ClaimSlices claims;
    DueTargets due;
    std::uint64_t boot = 0;
    Position high_water = 0;
  };
  Engine(Loaded loaded, const Clock& clock, std::uint64_t first_token);
  static StoreResult<std::unique_ptr<Database>> open_database(const SqliteOptions& options,
                                                              const RowTags& tags);
  static StoreResult<std::unique_ptr<Engine>> load(std::unique_ptr<Database> database,
                                                   const SqliteOptions& options, const Clock& clock,
                                                   ClaimIndex& index, std::uint64_t first_token);
  void keep_element() {
    organizations.keep_element();
    messages.keep_element();
  }
  StoreResult<void> run(const char* sql) { return database->query(sql).run(); }
  static int on_wal(void* self, sqlite3*, const char*, int pages);

 public:
  std::unique_ptr<Database> database;
  OrganizationTable organizations;
  ClaimSlices claims;
  DueTargets due;
  AuditLog audit;
  PayloadRelease release;
  MessagePath messages;

 private:
  const Clock& clock_;
  std::uint64_t boot_;
  Position high_water_;
  std::int64_t changes_before_ = 0;
  std::uint32_t wal_pages_ = 0;
  Elements elements_ = Elements::Guarded;
  bool spoilt_ = false;
};

}  // namespace sealpost::store_sqlite
