#include "storage/store_sqlite/internal/audit_log.h"

#include "domain/tlog/leaf.h"
#include "domain/tlog/merkle.h"

namespace sealpost::store_sqlite {
namespace {

Hash256 root_of_tile(ByteView hashes) {
  std::vector<Hash256> level(kTileHashes);
  for (std::size_t i = 0; i < level.size(); ++i)
    std::copy_n(hashes.begin() + static_cast<std::ptrdiff_t>(i * 32), 32, level[i].begin());
  for (std::size_t width = level.size() / 2; width > 0; width /= 2)
    for (std::size_t i = 0; i < width; ++i) level[i] = node_hash(level[2 * i], level[2 * i + 1]);
  return level[0];
}

StoreResult<Bytes> leaf_hashes(Database& database, std::uint64_t log, std::uint64_t from) {
  Bytes hashes;
  hashes.reserve(kTileHashes * 32);
  auto query = database.query("SELECT leaf_hash FROM audit_record WHERE id >= ? AND id < ? ORDER BY id",
                              audit_row_id(log, from), audit_row_id(log, from + kTileHashes));
  for (;;) {
    SEALPOST_TRY(const bool row, query.step());
    if (!row) break;
    sealpost::append(hashes, query.view(0));
  }
  if (hashes.size() != kTileHashes * 32) return fail(StoreError::Corrupt);
  return hashes;
}

// The hashes of a tile that is still growing; empty when it has not begun.
StoreResult<Bytes> growing_tile(Database& database, std::uint64_t id) {
  auto query = database.query("SELECT hashes FROM audit_tile WHERE id = ?", id);
  SEALPOST_TRY(const bool row, query.step());
  return row ? query.bytes(0) : Bytes{};
}

StoreResult<void> put_tile(Database& database, std::uint64_t id, const Bytes& hashes) {
  return database
      .query(
          "INSERT INTO audit_tile (id, hashes) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET hashes = "
          "excluded.hashes",
          id, hashes)
      .run();
}

}  // namespace

StoreResult<std::uint64_t> AuditLog::append(const AuditDraft& draft) {
  OrganizationState& state = organizations_.change(draft.log);
  if (state.log_number >= kMostLogs || state.log_size >> kLogIndexBits != 0) return fail(StoreError::Full);
  const std::uint64_t index = state.log_size;
  finish_leaf(as_bytes(draft.leaf_template), index, leaf_);
  const Hash256 hash = leaf_hash(leaf_);
  SEALPOST_TRY_VOID(database_
                        .query("INSERT INTO audit_record (id, leaf, leaf_hash, body) VALUES (?, ?, ?, ?)",
                               audit_row_id(state.log_number, index), leaf_, hash, draft.body)
                        .run());
  state.log_size = index + 1;
  if (state.log_size % kTileHashes == 0) SEALPOST_TRY_VOID(complete_tiles(state.log_number, state.log_size));
  return index;
}

StoreResult<void> AuditLog::complete_tiles(std::uint64_t log, std::uint64_t size) {
  std::uint64_t number = size / kTileHashes - 1;
  SEALPOST_TRY(Bytes hashes, leaf_hashes(database_, log, number * kTileHashes));
  SEALPOST_TRY_VOID(put_tile(database_, audit_tile_id(log, 0, number), hashes));
  for (std::uint32_t level = 1; hashes.size() == kTileHashes * 32; ++level) {
    const Hash256 root = root_of_tile(hashes);
    number /= kTileHashes;
    const std::uint64_t id = audit_tile_id(log, level, number);
    SEALPOST_TRY(hashes, growing_tile(database_, id));
    sealpost::append(hashes, root);
    SEALPOST_TRY_VOID(put_tile(database_, id, hashes));
  }
  return {};
}

}  // namespace sealpost::store_sqlite
