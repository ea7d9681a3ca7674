#include "storage/store_sqlite/internal/row_tags.h"

#include <array>
#include <bit>

#include "storage/store_sqlite/internal/database.h"

namespace sealpost::store_sqlite {
namespace {

constexpr int kTagBytes = 16;

void append_value(Bytes& to, sqlite3_value* value) {
  const int type = sqlite3_value_type(value);
  to.push_back(static_cast<std::uint8_t>(type));
  switch (type) {
    case SQLITE_NULL:
      return;
    case SQLITE_INTEGER:
      append_u64(to, static_cast<std::uint64_t>(sqlite3_value_int64(value)));
      return;
    case SQLITE_FLOAT:  // never ours, but one that somebody put there has to be told from all that is
      append_u64(to, std::bit_cast<std::uint64_t>(sqlite3_value_double(value)));
      return;
    default: {
      const auto* octets = static_cast<const std::uint8_t*>(sqlite3_value_blob(value));
      const auto size = static_cast<std::size_t>(sqlite3_value_bytes(value));
      append_u64(to, size);
      if (octets != nullptr) append(to, ByteView(octets, size));
    }
  }
}

}  // namespace

// What one connection needs, so that a tag takes nothing from the heap.
struct RowTags::Call {
  const RowTags& tags;
  Bytes encoded;
};

int RowTags::install(sqlite3* connection) const {
  return sqlite3_create_function_v2(
      connection, "row_tag", -1, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, new Call{*this, {}},
      row_tag, nullptr, nullptr, [](void* call) { delete static_cast<Call*>(call); });
}

void RowTags::row_tag(sqlite3_context* context, int count, sqlite3_value** values) {
  Call& call = *static_cast<Call*>(sqlite3_user_data(context));
  if (!call.tags.key_) return sqlite3_result_error(context, "row_tag: no key yet", -1);
  call.encoded.clear();
  for (int i = 0; i < count; ++i) append_value(call.encoded, values[i]);
  const Hash256 tag = call.tags.key_->tag(call.encoded);
  sqlite3_result_blob(context, tag.data(), kTagBytes, SQLITE_TRANSIENT);
}

StoreResult<void> check_tags(Database& database, const std::function<void(const Store::WorkRow&)>& damaged) {
  struct Table {
    const char* name;
    const char* not_ours;  // the key of each row that is not
  };
  constexpr std::array<Table, 7> kTables = {{
      {"engine", "SELECT id FROM engine WHERE tag IS NOT row_tag('engine', id, boot, high_water)"},
      {"setting", "SELECT name FROM setting WHERE tag IS NOT row_tag('setting', name, value)"},
      {"delivery",
       "SELECT position FROM delivery WHERE tag IS NOT row_tag('delivery', position, state, attempts, "
       "next_ms,"
       " ended_ms, boot, token)"},
      {"payload_release",
       "SELECT reason || '/' || at_ms || '/' || position FROM payload_release WHERE tag IS NOT"
       " row_tag('payload_release', reason, at_ms, position)"},
      {"payload_erased",
       "SELECT message FROM payload_erased WHERE tag IS NOT row_tag('payload_erased', message, organization,"
       " environment, at_ms)"},
      {"claim",
       "SELECT id FROM claim WHERE tag IS NOT row_tag('claim', id, owner, key, organization, environment, "
       "body,"
       " signed_ms, keep_until_ms, receipt)"},
      {"claim_slice",
       "SELECT slice FROM claim_slice WHERE tag IS NOT row_tag('claim_slice', slice, class, opened_ms, "
       "sealed,"
       " keep_until_ms, filter)"},
  }};
  for (const Table& table : kTables) {
    auto query = database.query(table.not_ours);
    for (;;) {
      SEALPOST_TRY(const bool row, query.step());
      if (!row) break;
      damaged({table.name, query.text(0)});
    }
  }
  // The tables are right; an index that shows other rows is found here, as is a page that went bad.
  auto integrity = database.query("PRAGMA integrity_check(10)");
  for (;;) {
    SEALPOST_TRY(const bool row, integrity.step());
    if (!row) return {};
    if (const std::string said = integrity.text(0); said != "ok") damaged({"", said});
  }
}

}  // namespace sealpost::store_sqlite
