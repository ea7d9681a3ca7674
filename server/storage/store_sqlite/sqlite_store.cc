#include "storage/store_sqlite/sqlite_store.h"

#include <sqlite3.h>

#include <future>

#include "storage/store_sqlite/internal/file_lock.h"
#include "storage/store_sqlite/internal/sqlite_reader.h"
#include "storage/store_sqlite/internal/writer.h"

namespace sealpost {

using store_sqlite::ClaimIndex;
using store_sqlite::Engine;
using store_sqlite::FileLock;
using store_sqlite::ReaderPool;
using store_sqlite::RowTags;
using store_sqlite::Writer;

// Destroyed from the end: the writer first, then the readers, and the lock goes last.
struct SqliteStore::Parts {
  Parts(SqliteOptions given, const Clock& clock, std::unique_ptr<FileLock> held,
        std::unique_ptr<ClaimIndex> index, std::unique_ptr<RowTags> row_tags, std::unique_ptr<Engine> engine)
      : options(std::move(given)),
        lock(std::move(held)),
        claims(std::move(index)),
        tags(std::move(row_tags)),
        boot(engine->boot()),
        positions(clock, engine->high_water()),
        readers(reader_options(), options.readers, options.read_limit, clock, *claims),
        writer(options, clock, std::move(engine), *claims, *tags, readers, positions) {}

  [[nodiscard]] store_sqlite::Database::Options reader_options() const {
    return {options.path.string(),    options.vfs,       false,
            options.reader_cache_kib, options.page_size, tags.get()};
  }

  const SqliteOptions options;
  const std::unique_ptr<FileLock> lock;
  const std::unique_ptr<ClaimIndex> claims;
  const std::unique_ptr<RowTags> tags;
  const std::uint64_t boot;
  PositionAllocator positions;
  ReaderPool readers;
  Writer writer;
};

StoreResult<std::unique_ptr<SqliteStore>> SqliteStore::open(SqliteOptions options, const Clock& clock,
                                                            Entropy&) {
  SEALPOST_TRY(auto lock, FileLock::take(options.path.string() + ".lock"));
  SEALPOST_TRY_VOID(store_sqlite::ensure_private_file(options.path));
  auto claims = std::make_unique<ClaimIndex>();
  auto tags = std::make_unique<RowTags>();
  SEALPOST_TRY(auto engine, Engine::start(options, clock, *claims, *tags));
  return std::unique_ptr<SqliteStore>(new SqliteStore(std::make_unique<Parts>(
      std::move(options), clock, std::move(lock), std::move(claims), std::move(tags), std::move(engine))));
}

SqliteStore::SqliteStore(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
SqliteStore::~SqliteStore() { SqliteStore::close(); }

bool SqliteStore::accept_messages(std::vector<AcceptMessage> messages,
                                  Completion<void(std::vector<AcceptOutcome>)> done) {
  const std::size_t elements = messages.size();
  return parts_->writer.submit(store_sqlite::AcceptCommand{std::move(messages), std::move(done)}, elements);
}

bool SqliteStore::finish_attempts(std::vector<FinishAttempt> attempts,
                                  Completion<void(std::vector<FinishOutcome>)> done) {
  const std::size_t elements = attempts.size();
  return parts_->writer.submit(store_sqlite::FinishCommand{std::move(attempts), std::move(done)}, elements);
}

bool SqliteStore::claim_work(ClaimWork request, Completion<void(ClaimedWork)> done) {
  const std::size_t elements = request.most;
  return parts_->writer.submit(store_sqlite::ClaimCommand{std::move(request), std::move(done)}, elements);
}

bool SqliteStore::record_refusals(std::vector<RecordRefusal> refusals,
                                  Completion<void(std::optional<StoreError>)> done) {
  const std::size_t elements = refusals.size();
  return parts_->writer.submit(store_sqlite::RefusalCommand{std::move(refusals), std::move(done)}, elements);
}

bool SqliteStore::transact(Work work, Completion<void(StoreResult<void>)> done) {
  return parts_->writer.submit(store_sqlite::WorkCommand{std::move(work), std::move(done)}, 1);
}

// The promise is shared: the writer may still be inside set_value() when the waiting thread goes on.
StoreResult<void> SqliteStore::transact_and_wait(Work work) {
  SEALPOST_CHECK(!parts_->writer.is_writer_thread());
  const auto promise = std::make_shared<std::promise<StoreResult<void>>>();
  auto future = promise->get_future();
  if (!transact(std::move(work),
                [promise](StoreResult<void> result) { promise->set_value(std::move(result)); }))
    return fail(StoreError::Busy);
  return future.get();
}

StoreResult<bool> SqliteStore::purge_step(const PurgeTerms& terms) {
  SEALPOST_CHECK(!parts_->writer.is_writer_thread());
  const auto promise = std::make_shared<std::promise<StoreResult<bool>>>();
  auto future = promise->get_future();
  const auto done = [promise](StoreResult<bool> result) { promise->set_value(std::move(result)); };
  if (!parts_->writer.submit(store_sqlite::PurgeCommand{terms, done}, 1)) return fail(StoreError::Busy);
  return future.get();
}

StoreResult<void> SqliteStore::read(const Look& look) { return parts_->readers.read(look); }

void SqliteStore::set_hand_over(HandOver hand_over) { parts_->writer.set_hand_over(std::move(hand_over)); }

void SqliteStore::set_log_listener(std::function<void(std::span<const OrganizationId>)> listener) {
  parts_->writer.set_log_listener(std::move(listener));
}

PositionAllocator& SqliteStore::positions() { return parts_->positions; }
std::uint64_t SqliteStore::boot() const { return parts_->boot; }
Store::Metrics SqliteStore::metrics() const { return parts_->writer.metrics(); }

// Both on a connection of their own: reading everything takes longer than a reader may hold a snapshot.
StoreResult<void> SqliteStore::read_everything(const Look& look) {
  SEALPOST_TRY(const auto database, store_sqlite::Database::open(parts_->reader_options()));
  SEALPOST_TRY_VOID(database->execute("BEGIN"));
  store_sqlite::SqliteReads<Reader> reader(*database, *parts_->claims);
  return look(reader);
}

StoreResult<void> SqliteStore::check_work_rows(const std::function<void(const WorkRow&)>& damaged) {
  SEALPOST_TRY(const auto database, store_sqlite::Database::open(parts_->reader_options()));
  return store_sqlite::check_tags(*database, damaged);
}

// Readers go first: the last connection to close folds the log back, and only the writer may do that.
void SqliteStore::close() {
  parts_->readers.close();
  parts_->writer.close();
}

std::string SqliteStore::library_version() { return sqlite3_libversion(); }

}  // namespace sealpost
