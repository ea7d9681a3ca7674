#include "storage/store_sqlite/internal/database.h"

#include <fmt/format.h>

#include "storage/store_sqlite/internal/row_tags.h"

namespace sealpost::store_sqlite {

std::optional<WallTime> Query::maybe_time(int column) const {
  if (is_null(column)) return std::nullopt;
  return time(column);
}

std::string Query::text(int column) const {
  const auto* data = sqlite3_column_text(statement_, column);
  if (data == nullptr) return {};
  return {reinterpret_cast<const char*>(data),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

ByteView Query::view(int column) const {
  const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
  if (data == nullptr) return {};
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

Bytes Query::bytes(int column) const {
  const ByteView blob = view(column);
  return {blob.begin(), blob.end()};
}

// A null pointer would bind NULL, and empty is not the same as absent.
void Query::bind_text(int index, std::string_view text) {
  check(sqlite3_bind_text64(statement_, index, text.data() == nullptr ? "" : text.data(), text.size(),
                            SQLITE_STATIC, SQLITE_UTF8));
}

void Query::bind_blob(int index, ByteView blob) {
  check(blob.empty() ? sqlite3_bind_zeroblob(statement_, index, 0)
                     : sqlite3_bind_blob64(statement_, index, blob.data(), blob.size(), SQLITE_STATIC));
}

void Query::check(int code) {
  if (code != SQLITE_OK && bind_error_ == SQLITE_OK) bind_error_ = code;
}

StoreResult<bool> Query::step() {
  if (statement_ == nullptr) return fail(database_->broken().value_or(StoreError::Unavailable));
  if (bind_error_ != SQLITE_OK) return fail(database_->note(bind_error_));
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return fail(database_->note(sqlite3_extended_errcode(database_->handle())));
}

StoreResult<void> Query::run() {
  const auto row = step();
  if (!row.ok()) return fail(row.error());
  return {};
}

// No shared counting of memory, which would put one lock around every
// allocation of every connection. Each connection belongs to one thread at a time, so they need no locks of
// their own.
void configure_library() {
  static const bool done = [] {
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
    return true;
  }();
  static_cast<void>(done);
}

namespace {

int open_flags(bool writer) {
  return (writer ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY) | SQLITE_OPEN_NOMUTEX |
         SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
}

// page_size only matters before the first table; WAL is remembered by the file.
std::string settings(const Database::Options& options) {
  std::string sql = fmt::format(
      "PRAGMA cache_size=-{}; PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF;"
      "PRAGMA cell_size_check=ON; PRAGMA foreign_keys=ON;",
      options.cache_kib);
  if (!options.writer) return sql + "PRAGMA query_only=ON;";
  return fmt::format("PRAGMA page_size={}; ", options.page_size) + sql +
         "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA "
         "wal_autocheckpoint=0;"
         "PRAGMA locking_mode=NORMAL;";
}

}  // namespace

StoreResult<std::unique_ptr<Database>> Database::open(const Options& options) {
  configure_library();
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(options.path.c_str(), &handle, open_flags(options.writer),
                                   options.vfs.empty() ? nullptr : options.vfs.c_str());
  std::unique_ptr<Database> database(new Database(handle));
  if (code != SQLITE_OK) return fail(database->note(code));
  sqlite3_busy_timeout(handle, 0);
  // Memory of the connection's own for what statements need while they run, records of a few KiB included.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_LOOKASIDE, nullptr, 4'096, options.writer ? 64 : 16);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  // Ours has neither, and a file that somebody edited must not make us run what it holds.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  sqlite3_wal_autocheckpoint(handle, 0);
  if (options.tags != nullptr)
    if (const int installed = options.tags->install(handle); installed != SQLITE_OK)
      return fail(database->note(installed));
  SEALPOST_TRY_VOID(database->execute(settings(options).c_str()));
  return database;
}

Database::~Database() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close_v2(handle_);
}

StoreResult<void> Database::execute(const char* sql) {
  const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return fail(note(code));
  return {};
}

sqlite3_stmt* Database::prepared(const char* sql) {
  sqlite3_stmt*& statement = statements_[sql];
  if (statement == nullptr) {
    const int code = sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) note(code);
  }
  return statement;
}

StoreError Database::note(int code) {
  StoreError error = StoreError::Unavailable;
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
      return StoreError::Conflict;
    case SQLITE_INTERRUPT:
      return StoreError::Busy;
    case SQLITE_FULL:
      error = StoreError::Full;
      break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      error = StoreError::Corrupt;
      break;
    default:
      break;
  }
  if (!broken_) broken_ = error;
  return error;
}

}  // namespace sealpost::store_sqlite
