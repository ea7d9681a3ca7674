// Appending to the organizations' logs. A record's row id is (log number << 40) | index, so each log is one
// range of the table. Leaf hashes stand in the rows; when 256 are complete they are also written as a tile of
// 8 KiB, and its root is appended to the tile of the level above. Nothing but the size has to be remembered,
// and a crash leaves nothing to rebuild. Writer thread only.
#pragma once

#include "storage/store/commands.h"
#include "storage/store_sqlite/internal/organization_table.h"

namespace sealpost::store_sqlite {

inline constexpr unsigned kLogIndexBits = 40;
inline constexpr std::uint64_t kMostLogs = std::uint64_t{1} << 22;
inline constexpr std::uint64_t kTileHashes = 256;

[[nodiscard]] constexpr std::uint64_t audit_row_id(std::uint64_t log, std::uint64_t index) {
  return log << kLogIndexBits | index;
}
// Levels 0 to 4 of at most 2^32 tiles each cover 2^40 leaves.
[[nodiscard]] constexpr std::uint64_t audit_tile_id(std::uint64_t log, std::uint32_t level,
                                                    std::uint64_t number) {
  return log << kLogIndexBits | std::uint64_t{level} << 36 | number;
}

class AuditLog final {
 public:
  AuditLog(Database& database, OrganizationTable& organizations)
      : database_(database), organizations_(organizations) {}
  // Gives the record its index inside the running element.
  StoreResult<std::uint64_t> append(const AuditDraft& draft);

 private:
  StoreResult<void> complete_tiles(std::uint64_t log, std::uint64_t size);
  Database& database_;
  OrganizationTable& organizations_;
  Bytes leaf_;
};

}  // namespace sealpost::store_sqlite
