// Once-only claims (security.md, "Replay table"). They lie in slices by the time they were made, with a class for
// each order of lifetime, so that what expires together lies together: a slice is sealed when it is full or old, and
// deleted in small steps when its longest claim has ended. A look-up asks every live slice's filter and reads the
// database only where the answer is "perhaps"; a new claim normally reads nothing. Claims made earlier in
// the same transaction are seen, so equal keys inside one batch are settled first come, first served.
//
// A claim counts until its slice is deleted, never less than until its own `keep_until`. A genuine retry moves
// its claim to the newest slice with the newer signed time, so the retry's own replay is known as long.
//
// Filters and the list of slices are rebuilt by load(); seal_where_due() runs at the beginning of a batch, not inside
// an element. Writer thread only.
#pragma once

#include <array>

#include "storage/store_sqlite/internal/claim_filter.h"
#include "storage/store_sqlite/internal/database.h"

namespace sealpost::store_sqlite {

enum class ClaimVerdict : std::uint8_t { New, Repeated, Replayed, Mismatch };

struct ClaimFinding {
  ClaimVerdict verdict = ClaimVerdict::New;
  Position receipt = 0;  // the message or resource that claimed first
};

// What a claim is against the one that came first with its key.
[[nodiscard]] ClaimVerdict judge_against(const Claim& claim, const Hash128& first_body, std::int64_t first_signed_ms);
[[nodiscard]] AcceptStatus status_of(ClaimVerdict verdict);

class ClaimSlices final {
 public:
  static StoreResult<ClaimSlices> load(Database& database, std::uint32_t claims_per_slice, WallTime now);
  ClaimSlices(ClaimSlices&&) = default;
  ClaimSlices& operator=(ClaimSlices&&) = default;

  // What the claims say together: the strictest answer counts (Replayed, Mismatch, Repeated, New).
  StoreResult<ClaimFinding> judge(const Tenancy& tenancy, std::span<const Claim> claims);
  // After New.
  StoreResult<void> insert(const Tenancy& tenancy, std::span<const Claim> claims, Position receipt, WallTime now);
  // After Repeated: the newer signed time counts from now on.
  StoreResult<void> renew(const Tenancy& tenancy, std::span<const Claim> claims, WallTime now);

  StoreResult<void> seal_where_due(WallTime now);
  // Deletes at most `rows` ended claims; true while there is more.
  StoreResult<bool> purge(WallTime now, std::uint32_t rows);

  [[nodiscard]] std::size_t live_slices() const { return sealed_.size() + open_.size(); }

 private:
  static constexpr std::size_t kClasses = 4;
  struct OpenSlice {
    std::int64_t slice = 0;
    WallTime opened_at{};
    WallTime keep_until{};
    FingerprintSet fingerprints;
  };
  struct SealedSlice {
    std::int64_t slice = 0;
    WallTime keep_until{};
    SealedFilter filter;
  };
  struct Row {
    std::int64_t slice = 0;
    Hash128 body{};
    std::int64_t signed_ms = 0;
    WallTime keep_until{};
    Position receipt = 0;
  };
  ClaimSlices(Database& database, std::uint32_t claims_per_slice)
      : database_(&database), claims_per_slice_(claims_per_slice) {}

  StoreResult<void> load_slices();
  StoreResult<void> load_open(std::size_t index, OpenSlice slice);
  StoreResult<void> open_slice(std::size_t index, WallTime now);
  StoreResult<void> seal(std::size_t index);
  StoreResult<std::optional<Row>> find(const Tenancy& tenancy, const Claim& claim);
  StoreResult<bool> look_up(std::int64_t slice, const Tenancy& tenancy, const Claim& claim, std::optional<Row>& into);
  StoreResult<void> put(const Tenancy& tenancy, const Claim& claim, Position receipt, WallTime now);

  Database* database_;
  std::uint32_t claims_per_slice_;
  std::array<OpenSlice, kClasses> open_;
  std::vector<SealedSlice> sealed_;   // oldest first
  std::vector<std::int64_t> ended_;   // being deleted
  std::int64_t next_slice_ = 1;
};

}  // namespace sealpost::store_sqlite
