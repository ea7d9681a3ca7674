// Once-only claims (security.md, "Replay table"). Claims are appended in the order of arrival: a key is
// random, and a table in the order of keys would touch a page of its own for every message. They lie in
// slices by the time they were made, with a class for each order of lifetime, so that what expires together
// lies together. A slice is sealed when it is full or old: the places of its fingerprints are written to
// `claim_index` in 256 rows, and memory keeps a filter. A new claim normally reads nothing; a known one is
// found by its place and compared in the database. Claims made earlier in the same transaction are seen, so
// equal keys inside one batch are settled first come, first served.
//
// A claim counts until its slice is deleted, never less than until its own `keep_until`; a slice with claims
// that are still needed then is kept whole for another week. A genuine retry moves its claim to the newest
// slice with the newer signed time, so the retry's own replay is known as long.
//
// load() rebuilds the index; seal_where_due() runs at the beginning of a batch, not inside an element. Writer
// thread only, but for find_claim().
#pragma once

#include "storage/store/store.h"
#include "storage/store_sqlite/internal/claim_index.h"
#include "storage/store_sqlite/internal/database.h"

namespace sealpost::store_sqlite {

enum class ClaimVerdict : std::uint8_t { New, Repeated, Replayed, Mismatch };

struct ClaimFinding {
  ClaimVerdict verdict = ClaimVerdict::New;
  Position receipt = 0;  // the message or resource that claimed first
};

struct ClaimRow {
  std::int64_t id = 0;
  Hash128 body{};
  std::int64_t signed_ms = 0;
  WallTime keep_until{};
  Position receipt = 0;
};

// What a claim is against the one that came first with its key.
[[nodiscard]] ClaimVerdict judge_against(const Claim& claim, const ClaimRow& first);
[[nodiscard]] AcceptStatus status_of(ClaimVerdict verdict);
// The row that holds the same key, on any connection.
StoreResult<std::optional<ClaimRow>> find_claim(Database& database, const ClaimIndex& index,
                                                const Tenancy& tenancy, const Claim& claim);

class ClaimSlices final {
 public:
  static StoreResult<ClaimSlices> load(Database& database, ClaimIndex& index, std::uint32_t claims_per_slice,
                                       WallTime now);

  // What the claims say together: the strictest answer counts (Replayed, Mismatch, Repeated, New).
  StoreResult<ClaimFinding> judge(const Tenancy& tenancy, std::span<const Claim> claims);
  // After New.
  StoreResult<void> insert(const Tenancy& tenancy, std::span<const Claim> claims, Position receipt,
                           WallTime now);
  // After Repeated: the newer signed time counts from now on.
  StoreResult<void> renew(const Tenancy& tenancy, std::span<const Claim> claims, WallTime now);

  StoreResult<void> seal_where_due(WallTime now);
  // Deletes at most `rows_per_step` ended claims that nothing leans on; true while there is more.
  StoreResult<bool> purge(const Store::PurgeTerms& terms);
  [[nodiscard]] const ClaimIndex& index() const { return *index_; }

 private:
  ClaimSlices(Database& database, ClaimIndex& index, std::uint32_t claims_per_slice)
      : database_(&database), index_(&index), claims_per_slice_(std::min(claims_per_slice, kMostClaims)) {}
  // Leaves room for the batch that overshoots.
  static constexpr std::uint32_t kMostClaims = 1U << (kClaimPlaceBits - 1);

  StoreResult<void> load_slices();
  StoreResult<void> load_open(std::size_t index, OpenClaimSlice slice);
  StoreResult<void> open_slice(std::size_t index, WallTime now);
  StoreResult<void> seal(std::size_t index);
  StoreResult<void> write_places(std::int64_t slice, std::span<const FingerprintMap::Entry> entries);
  StoreResult<void> end_or_prolong(std::int64_t slice, const Store::PurgeTerms& terms);
  StoreResult<bool> is_needed(std::int64_t slice, const Store::PurgeTerms& terms);
  StoreResult<void> put(const Tenancy& tenancy, const Claim& claim, Position receipt, WallTime now);

  Database* database_;
  ClaimIndex* index_;
  std::uint32_t claims_per_slice_;
  std::vector<std::int64_t> ended_;  // being deleted
  std::int64_t next_slice_ = 1;
};

}  // namespace sealpost::store_sqlite
