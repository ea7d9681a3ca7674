// Vouches for the rows that the store alone reads and writes: work state, of which no record of the log
// speaks column by column (docs/decisions/0014-what-verification-covers.md). Who can write to the file, and
// lacks the key, can change such a row but not the tag that fits it. SQL gets a function for it,
//
//   row_tag('table', column, ...)  ->  16 octets: HMAC-SHA256, cut, over each value's type, length and octets
//
// so that a statement says in one place what it writes and what is vouched for. The key is set once, before
// the first row is written; from then on thread-safe, one thread per connection.
#pragma once

#include <sqlite3.h>

#include <functional>
#include <optional>
#include <string>

#include "foundation/crypto/crypto.h"
#include "storage/store/store.h"

namespace sealpost::store_sqlite {

class Database;

class RowTags final {
 public:
  RowTags() = default;
  RowTags(const RowTags&) = delete;
  RowTags& operator=(const RowTags&) = delete;

  void set_key(HmacSha256 key) { key_.emplace(std::move(key)); }
  // Gives the connection its row_tag(). A SQLite code.
  [[nodiscard]] int install(sqlite3* connection) const;

 private:
  struct Call;
  static void row_tag(sqlite3_context* context, int count, sqlite3_value** values);

  std::optional<HmacSha256> key_;
};

// Tells of each tagged row that is not what the store wrote, and of indexes that contradict their tables.
StoreResult<void> check_tags(Database& database, const std::function<void(const Store::WorkRow&)>& damaged);

}  // namespace sealpost::store_sqlite
