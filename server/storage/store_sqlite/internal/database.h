// One SQLite connection with its prepared statements, and a statement in use. Statements are found by the
// address of their SQL literal, so each is prepared once per connection. Everything is bound as a parameter.
// Errors map onto StoreError; one that is not a broken constraint or a cancelled read marks the connection as
// broken, because SQLite may have rolled the transaction back by itself. One thread at a time.
#pragma once

#include <sqlite3.h>

#include <concepts>
#include <memory>
#include <string>
#include <type_traits>
#include <unordered_map>

#include "domain/model/ids.h"
#include "domain/model/tenancy.h"
#include "foundation/bytes/bytes.h"
#include "storage/store/reader.h"

namespace sealpost::store_sqlite {

class Database;
class RowTags;

// Before the library's first use, in whatever form; later calls do nothing. Thread-safe.
void configure_library();

// A prepared statement in use; gives it back, reset, at the end of its scope. What is bound must outlive it.
class Query final {
 public:
  template <class... Values>
  Query(Database& database, sqlite3_stmt* statement, const Values&... values)
      : database_(&database), statement_(statement) {
    [[maybe_unused]] int index = 0;
    (bind(++index, values), ...);
  }
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  ~Query() {
    if (statement_ != nullptr) sqlite3_reset(statement_);
  }

  template <class T>
  void bind(int index, const T& value) {
    if constexpr (std::is_enum_v<T> || std::integral<T>) {
      check(sqlite3_bind_int64(statement_, index, static_cast<sqlite3_int64>(value)));
    } else if constexpr (std::same_as<T, WallTime>) {
      check(sqlite3_bind_int64(statement_, index, to_unix_ms(value)));
    } else if constexpr (std::same_as<T, std::nullptr_t>) {
      check(sqlite3_bind_null(statement_, index));
    } else if constexpr (requires { value.position; }) {
      check(sqlite3_bind_int64(statement_, index, static_cast<sqlite3_int64>(value.position)));
    } else if constexpr (requires { value.has_value(); }) {
      value.has_value() ? bind(index, *value) : check(sqlite3_bind_null(statement_, index));
    } else if constexpr (std::convertible_to<T, std::string_view>) {
      bind_text(index, value);
    } else {
      bind_blob(index, ByteView(value));
    }
  }

  // True when there is a row.
  StoreResult<bool> step();
  // For statements that return none.
  StoreResult<void> run();

  template <class T = std::uint64_t>
  [[nodiscard]] T integer(int column) const {
    return static_cast<T>(sqlite3_column_int64(statement_, column));
  }
  template <class IdType>
  [[nodiscard]] IdType id(int column) const {
    return IdType{integer(column)};
  }
  [[nodiscard]] WallTime time(int column) const {
    return from_unix_ms(sqlite3_column_int64(statement_, column));
  }
  [[nodiscard]] std::optional<WallTime> maybe_time(int column) const;
  [[nodiscard]] Tenancy tenancy(int organization_column) const {
    return {{integer(organization_column)}, integer<Environment>(organization_column + 1)};
  }
  // SQLITE_INTEGER and so on, as it lies in the file: ask before reading, which converts.
  [[nodiscard]] int stored_type(int column) const { return sqlite3_column_type(statement_, column); }
  [[nodiscard]] bool is_null(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
  }
  [[nodiscard]] std::string text(int column) const;
  // Valid until the next step.
  [[nodiscard]] ByteView view(int column) const;
  [[nodiscard]] Bytes bytes(int column) const;
  template <std::size_t N>
  [[nodiscard]] StoreResult<std::array<std::uint8_t, N>> fixed(int column) const {
    const ByteView blob = view(column);
    std::array<std::uint8_t, N> out;
    if (blob.size() != N) return fail(StoreError::Corrupt);
    std::copy(blob.begin(), blob.end(), out.begin());
    return out;
  }

 private:
  void bind_text(int index, std::string_view text);
  void bind_blob(int index, ByteView blob);
  void check(int code);

  Database* database_;
  sqlite3_stmt* statement_;
  int bind_error_ = SQLITE_OK;
};

class Database final {
 public:
  struct Options {
    std::string path;
    std::string vfs;
    bool writer = false;
    std::uint32_t cache_kib = 2'048;
    std::uint32_t page_size = 4'096;
    const RowTags* tags = nullptr;  // outlives the connection
  };
  static StoreResult<std::unique_ptr<Database>> open(const Options& options);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  // Statements without parameters, one after the other. Also for the literal pieces of a transaction.
  StoreResult<void> execute(const char* sql);

  // `sql` is a literal. Strings and byte vectors are bound by reference: no temporaries.
  template <class... Values>
  [[nodiscard]] Query query(const char* sql, Values&&... values) {
    static_assert(
        ((std::is_lvalue_reference_v<Values> || std::is_trivially_copyable_v<std::decay_t<Values>>) && ...),
        "a bound string or vector must outlive the statement");
    return Query(*this, prepared(sql), std::forward<Values>(values)...);
  }

  [[nodiscard]] sqlite3* handle() const { return handle_; }
  [[nodiscard]] bool in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }
  [[nodiscard]] std::int64_t changes() const { return sqlite3_total_changes64(handle_); }
  [[nodiscard]] std::optional<StoreError> broken() const { return broken_; }

  StoreError note(int code);

 private:
  explicit Database(sqlite3* handle) : handle_(handle) {}
  sqlite3_stmt* prepared(const char* sql);

  sqlite3* handle_;
  std::unordered_map<const char*, sqlite3_stmt*> statements_;
  std::optional<StoreError> broken_;
};

}  // namespace sealpost::store_sqlite
