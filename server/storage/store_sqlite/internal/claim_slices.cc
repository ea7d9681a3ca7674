#include "storage/store_sqlite/internal/claim_slices.h"

#include <algorithm>

namespace sealpost::store_sqlite {
namespace {

using std::chrono::hours;

// Longest lifetime of each class; the last takes everything above.
constexpr std::array kClassTerms{Milliseconds(hours(48)), Milliseconds(hours(8 * 24)), Milliseconds(hours(35 * 24)),
                                 Milliseconds(hours(400 * 24))};

std::size_t class_of(const Claim& claim, WallTime now) {
  const Milliseconds term = claim.keep_until - now;
  std::size_t index = 0;
  while (index + 1 < kClassTerms.size() && term > kClassTerms[index]) ++index;
  return index;
}

// An old slice is sealed though not full: it must not keep ended claims for long.
Milliseconds span_of(std::size_t index) { return kClassTerms[index] / 8; }

int strictness(ClaimVerdict verdict) {
  switch (verdict) {
    case ClaimVerdict::New: return 0;
    case ClaimVerdict::Repeated: return 1;
    case ClaimVerdict::Mismatch: return 2;
    case ClaimVerdict::Replayed: return 3;
  }
  return 3;
}

}  // namespace

ClaimVerdict judge_against(const Claim& claim, const Hash128& first_body, std::int64_t first_signed_ms) {
  const bool same_body = constant_time_equal(claim.body, first_body);
  switch (claim.meaning) {
    case ClaimMeaning::SignedBytes: return ClaimVerdict::Repeated;
    case ClaimMeaning::IdempotencyKey: return same_body ? ClaimVerdict::Repeated : ClaimVerdict::Mismatch;
    case ClaimMeaning::SignedId: break;
  }
  return same_body && claim.signed_ms > first_signed_ms ? ClaimVerdict::Repeated : ClaimVerdict::Replayed;
}

AcceptStatus status_of(ClaimVerdict verdict) {
  switch (verdict) {
    case ClaimVerdict::New: return AcceptStatus::Accepted;
    case ClaimVerdict::Repeated: return AcceptStatus::Repeated;
    case ClaimVerdict::Mismatch: return AcceptStatus::Mismatch;
    case ClaimVerdict::Replayed: break;
  }
  return AcceptStatus::Replayed;
}

StoreResult<ClaimSlices> ClaimSlices::load(Database& database, std::uint32_t claims_per_slice, WallTime now) {
  ClaimSlices slices(database, claims_per_slice);
  SEALPOST_TRY_VOID(slices.load_slices());
  for (std::size_t index = 0; index < kClasses; ++index)
    if (slices.open_[index].slice == 0) SEALPOST_TRY_VOID(slices.open_slice(index, now));
  return slices;
}

StoreResult<void> ClaimSlices::load_slices() {
  auto query = database_->query(
      "SELECT slice, class, opened_ms, sealed, keep_until_ms, filter FROM claim_slice ORDER BY slice");
  for (;;) {
    SEALPOST_TRY(const bool row, query.step());
    if (!row) return {};
    const auto slice = query.integer<std::int64_t>(0);
    const auto index = query.integer<std::size_t>(1);
    next_slice_ = slice + 1;
    if (index >= kClasses) return fail(StoreError::Corrupt);
    if (query.integer(3) == 2) {
      ended_.push_back(slice);
    } else if (query.integer(3) == 1) {
      auto filter = SealedFilter::from_bytes(query.view(5));
      if (!filter) return fail(StoreError::Corrupt);
      sealed_.push_back({slice, query.time(4), std::move(*filter)});
    } else {
      OpenSlice open;
      open.slice = slice;
      open.opened_at = query.time(2);
      SEALPOST_TRY_VOID(load_open(index, std::move(open)));
    }
  }
}

StoreResult<void> ClaimSlices::load_open(std::size_t index, OpenSlice slice) {
  auto query = database_->query(
      "SELECT organization, environment, owner, key, keep_until_ms FROM claim WHERE slice = ?", slice.slice);
  for (;;) {
    SEALPOST_TRY(const bool row, query.step());
    if (!row) break;
    SEALPOST_TRY(const Hash128 key, query.fixed<16>(3));
    slice.fingerprints.add(claim_fingerprint(query.tenancy(0), query.integer(2), key));
    slice.keep_until = std::max(slice.keep_until, query.time(4));
  }
  open_[index] = std::move(slice);
  return {};
}

StoreResult<void> ClaimSlices::open_slice(std::size_t index, WallTime now) {
  OpenSlice fresh;
  fresh.slice = next_slice_++;
  fresh.opened_at = now;
  SEALPOST_TRY_VOID(database_
                        ->query("INSERT INTO claim_slice (slice, class, opened_ms, sealed, keep_until_ms, filter)"
                                " VALUES (?, ?, ?, 0, 0, x'')",
                                fresh.slice, index, now)
                        .run());
  open_[index] = std::move(fresh);
  return {};
}

StoreResult<void> ClaimSlices::seal(std::size_t index) {
  const OpenSlice& open = open_[index];
  SealedFilter filter = SealedFilter::of(open.fingerprints.values());
  const Bytes stored = filter.to_bytes();
  SEALPOST_TRY_VOID(
      database_
          ->query("UPDATE claim_slice SET sealed = 1, keep_until_ms = ?, filter = ? WHERE slice = ?", open.keep_until,
                  stored, open.slice)
          .run());
  sealed_.push_back({open.slice, open.keep_until, std::move(filter)});
  return {};
}

StoreResult<void> ClaimSlices::seal_where_due(WallTime now) {
  for (std::size_t index = 0; index < kClasses; ++index) {
    const OpenSlice& open = open_[index];
    const bool full = open.fingerprints.size() >= claims_per_slice_;
    const bool old = open.fingerprints.size() > 0 && now - open.opened_at > span_of(index);
    if (!full && !old) continue;
    SEALPOST_TRY_VOID(seal(index));
    SEALPOST_TRY_VOID(open_slice(index, now));
  }
  return {};
}

StoreResult<bool> ClaimSlices::look_up(std::int64_t slice, const Tenancy& tenancy, const Claim& claim,
                                       std::optional<Row>& into) {
  auto query = database_->query(
      "SELECT body, signed_ms, keep_until_ms, receipt FROM claim WHERE slice = ? AND owner = ? AND key = ?"
      " AND organization = ? AND environment = ?",
      slice, claim.owner, claim.key, tenancy.organization, tenancy.environment);
  SEALPOST_TRY(const bool row, query.step());
  if (!row) return false;
  SEALPOST_TRY(const Hash128 body, query.fixed<16>(0));
  into = Row{slice, body, query.integer<std::int64_t>(1), query.time(2), query.integer(3)};
  return true;
}

// A key lies in one slice at most: it is inserted only when absent, and moved by renew().
StoreResult<std::optional<ClaimSlices::Row>> ClaimSlices::find(const Tenancy& tenancy, const Claim& claim) {
  const std::uint64_t fingerprint = claim_fingerprint(tenancy, claim.owner, claim.key);
  std::optional<Row> row;
  for (const OpenSlice& open : open_) {
    if (!open.fingerprints.contains(fingerprint)) continue;
    SEALPOST_TRY(const bool found, look_up(open.slice, tenancy, claim, row));
    if (found) return row;
  }
  for (auto slice = sealed_.rbegin(); slice != sealed_.rend(); ++slice) {
    if (!slice->filter.perhaps(fingerprint)) continue;
    SEALPOST_TRY(const bool found, look_up(slice->slice, tenancy, claim, row));
    if (found) return row;
  }
  return row;
}

StoreResult<ClaimFinding> ClaimSlices::judge(const Tenancy& tenancy, std::span<const Claim> claims) {
  ClaimFinding finding;
  for (const Claim& claim : claims) {
    SEALPOST_TRY(const auto row, find(tenancy, claim));
    if (!row) continue;
    const ClaimVerdict verdict = judge_against(claim, row->body, row->signed_ms);
    if (strictness(verdict) > strictness(finding.verdict)) finding = {verdict, row->receipt};
  }
  return finding;
}

StoreResult<void> ClaimSlices::put(const Tenancy& tenancy, const Claim& claim, Position receipt, WallTime now) {
  OpenSlice& open = open_[class_of(claim, now)];
  SEALPOST_TRY_VOID(database_
                        ->query("INSERT INTO claim (slice, owner, key, organization, environment, body, signed_ms,"
                                " keep_until_ms, receipt) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                                open.slice, claim.owner, claim.key, tenancy.organization, tenancy.environment,
                                claim.body, claim.signed_ms, claim.keep_until, receipt)
                        .run());
  open.fingerprints.add(claim_fingerprint(tenancy, claim.owner, claim.key));
  open.keep_until = std::max(open.keep_until, claim.keep_until);
  return {};
}

StoreResult<void> ClaimSlices::insert(const Tenancy& tenancy, std::span<const Claim> claims, Position receipt,
                                      WallTime now) {
  for (const Claim& claim : claims) SEALPOST_TRY_VOID(put(tenancy, claim, receipt, now));
  return {};
}

StoreResult<void> ClaimSlices::renew(const Tenancy& tenancy, std::span<const Claim> claims, WallTime now) {
  for (const Claim& claim : claims) {
    if (claim.meaning != ClaimMeaning::SignedId) continue;
    SEALPOST_TRY(const auto row, find(tenancy, claim));
    if (!row) continue;
    SEALPOST_TRY_VOID(database_
                          ->query("DELETE FROM claim WHERE slice = ? AND owner = ? AND key = ? AND organization = ?"
                                  " AND environment = ?",
                                  row->slice, claim.owner, claim.key, tenancy.organization, tenancy.environment)
                          .run());
    Claim newer = claim;
    newer.keep_until = std::max(claim.keep_until, row->keep_until);
    SEALPOST_TRY_VOID(put(tenancy, newer, row->receipt, now));
  }
  return {};
}

StoreResult<bool> ClaimSlices::purge(WallTime now, std::uint32_t rows) {
  for (std::size_t i = 0; i < sealed_.size();) {
    if (sealed_[i].keep_until > now) {
      ++i;
      continue;
    }
    SEALPOST_TRY_VOID(
        database_->query("UPDATE claim_slice SET sealed = 2, filter = x'' WHERE slice = ?", sealed_[i].slice).run());
    ended_.push_back(sealed_[i].slice);
    sealed_.erase(sealed_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  if (ended_.empty()) return false;
  const std::int64_t slice = ended_.front();
  const std::int64_t before = database_->changes();
  SEALPOST_TRY_VOID(database_
                        ->query("DELETE FROM claim WHERE (slice, owner, key, organization, environment) IN (SELECT"
                                " slice, owner, key, organization, environment FROM claim WHERE slice = ? LIMIT ?)",
                                slice, rows)
                        .run());
  if (database_->changes() - before < static_cast<std::int64_t>(rows)) {
    SEALPOST_TRY_VOID(database_->query("DELETE FROM claim_slice WHERE slice = ?", slice).run());
    ended_.erase(ended_.begin());
  }
  return true;
}

}  // namespace sealpost::store_sqlite
