#include "storage/store_sqlite/internal/claim_slices.h"

#include <algorithm>

namespace sealpost::store_sqlite {
namespace {

using std::chrono::hours;

// Longest lifetime of each class; the last takes everything above.
constexpr std::array kClassTerms{Milliseconds(hours(48)), Milliseconds(hours(8 * 24)),
                                 Milliseconds(hours(35 * 24)), Milliseconds(hours(400 * 24))};
static_assert(kClassTerms.size() == kClaimClasses);

std::size_t class_of(const Claim& claim, WallTime now) {
  const Milliseconds term = claim.keep_until - now;
  std::size_t index = 0;
  while (index + 1 < kClassTerms.size() && term > kClassTerms[index]) ++index;
  return index;
}

// An old slice is sealed though not full: it must not keep ended claims for long.
Milliseconds span_of(std::size_t index) { return kClassTerms[index] / 8; }

// Claims that live shorter have a signed time, whose window is over by then, or are idempotency keys:
// claim_horizon().
constexpr Milliseconds kShortestNeed = hours(30 * 24);
constexpr Milliseconds kProlongation = hours(7 * 24);
constexpr Milliseconds kBatchSlack = hours(1);

int strictness(ClaimVerdict verdict) {
  switch (verdict) {
    case ClaimVerdict::New:
      return 0;
    case ClaimVerdict::Repeated:
      return 1;
    case ClaimVerdict::Mismatch:
      return 2;
    case ClaimVerdict::Replayed:
      break;
  }
  return 3;
}

// A stored entry: fingerprint (8 octets), place (4 octets).
constexpr std::size_t kEntryBytes = 12;
constexpr std::size_t kBuckets = 256;

std::size_t bucket_of(std::uint64_t fingerprint) { return static_cast<std::size_t>(fingerprint >> 56); }
std::int64_t bucket_row_id(std::int64_t slice, std::size_t bucket) {
  return slice << 8 | static_cast<std::int64_t>(bucket);
}

StoreResult<bool> read_row(Database& database, std::int64_t id, const Tenancy& tenancy, const Claim& claim,
                           ClaimRow& into) {
  auto query = database.query(
      "SELECT body, signed_ms, keep_until_ms, receipt FROM claim WHERE id = ? AND owner = ? AND key = ?"
      " AND organization = ? AND environment = ?",
      id, claim.owner, claim.key, tenancy.organization, tenancy.environment);
  SEALPOST_TRY(const bool row, query.step());
  if (!row) return false;
  SEALPOST_TRY(const Hash128 body, query.fixed<16>(0));
  into = ClaimRow{id, body, query.integer<std::int64_t>(1), query.time(2), query.integer(3)};
  return true;
}

// The rows of a sealed slice that have this fingerprint.
StoreResult<std::vector<std::int64_t>> rows_in(Database& database, std::int64_t slice,
                                               std::uint64_t fingerprint) {
  std::vector<std::int64_t> rows;
  auto query = database.query("SELECT entries FROM claim_index WHERE id = ?",
                              bucket_row_id(slice, bucket_of(fingerprint)));
  SEALPOST_TRY(const bool found, query.step());
  if (!found) return rows;
  const ByteView entries = query.view(0);
  if (entries.size() % kEntryBytes != 0) return fail(StoreError::Corrupt);
  for (std::size_t at = 0; at < entries.size(); at += kEntryBytes)
    if (read_u64(entries.subspan(at, 8)) == fingerprint)
      rows.push_back(claim_row_id(slice, read_u32(entries.subspan(at + 8, 4))));
  return rows;
}

}  // namespace

ClaimVerdict judge_against(const Claim& claim, const ClaimRow& first) {
  const bool same_body = constant_time_equal(claim.body, first.body);
  switch (claim.meaning) {
    case ClaimMeaning::SignedBytes:
      return ClaimVerdict::Repeated;
    case ClaimMeaning::IdempotencyKey:
      return same_body ? ClaimVerdict::Repeated : ClaimVerdict::Mismatch;
    case ClaimMeaning::SignedId:
      break;
  }
  return same_body && claim.signed_ms > first.signed_ms ? ClaimVerdict::Repeated : ClaimVerdict::Replayed;
}

AcceptStatus status_of(ClaimVerdict verdict) {
  switch (verdict) {
    case ClaimVerdict::New:
      return AcceptStatus::Accepted;
    case ClaimVerdict::Repeated:
      return AcceptStatus::Repeated;
    case ClaimVerdict::Mismatch:
      return AcceptStatus::Mismatch;
    case ClaimVerdict::Replayed:
      break;
  }
  return AcceptStatus::Replayed;
}

// A key has one row at most: it is inserted only when absent, and moved by renew().
StoreResult<std::optional<ClaimRow>> find_claim(Database& database, const ClaimIndex& index,
                                                const Tenancy& tenancy, const Claim& claim) {
  const std::uint64_t fingerprint = claim_fingerprint(tenancy, claim.owner, claim.key);
  const ClaimPlaces places = index.places(fingerprint);
  ClaimRow row;
  for (const std::int64_t id : places.rows) {
    SEALPOST_TRY(const bool found, read_row(database, id, tenancy, claim, row));
    if (found) return std::optional<ClaimRow>(row);
  }
  for (const std::int64_t slice : places.slices) {
    SEALPOST_TRY(const auto ids, rows_in(database, slice, fingerprint));
    for (const std::int64_t id : ids) {
      SEALPOST_TRY(const bool found, read_row(database, id, tenancy, claim, row));
      if (found) return std::optional<ClaimRow>(row);
    }
  }
  return std::optional<ClaimRow>{};
}

StoreResult<ClaimSlices> ClaimSlices::load(Database& database, ClaimIndex& index,
                                           std::uint32_t claims_per_slice, WallTime now) {
  index.clear();
  ClaimSlices slices(database, index, claims_per_slice);
  SEALPOST_TRY_VOID(slices.load_slices());
  for (std::size_t i = 0; i < kClaimClasses; ++i)
    if (index.open_slice(i).slice == 0) SEALPOST_TRY_VOID(slices.open_slice(i, now));
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
    if (index >= kClaimClasses) return fail(StoreError::Corrupt);
    if (query.integer(3) == 2) {
      ended_.push_back(slice);
    } else if (query.integer(3) == 1) {
      auto filter = SealedFilter::from_bytes(query.view(5));
      if (!filter) return fail(StoreError::Corrupt);
      index_->add_sealed(slice, query.time(4), std::move(*filter));
    } else {
      OpenClaimSlice open;
      open.slice = slice;
      open.opened_at = query.time(2);
      SEALPOST_TRY_VOID(load_open(index, std::move(open)));
    }
  }
}

StoreResult<void> ClaimSlices::load_open(std::size_t index, OpenClaimSlice slice) {
  auto query = database_->query(
      "SELECT id, organization, environment, owner, key, keep_until_ms FROM claim WHERE id >= ? AND id < ?",
      claim_row_id(slice.slice, 0), claim_row_id(slice.slice + 1, 0));
  for (;;) {
    SEALPOST_TRY(const bool row, query.step());
    if (!row) break;
    SEALPOST_TRY(const Hash128 key, query.fixed<16>(4));
    const auto place = static_cast<std::uint32_t>(query.integer(0) & ((1U << kClaimPlaceBits) - 1));
    slice.fingerprints.add(claim_fingerprint(query.tenancy(1), query.integer(3), key), place);
    slice.next_place = place + 1;
    slice.keep_until = std::max(slice.keep_until, query.time(5));
  }
  index_->open(index, std::move(slice));
  return {};
}

StoreResult<void> ClaimSlices::open_slice(std::size_t index, WallTime now) {
  OpenClaimSlice fresh;
  fresh.slice = next_slice_++;
  fresh.opened_at = now;
  SEALPOST_TRY_VOID(
      database_
          ->query("INSERT INTO claim_slice (slice, class, opened_ms, sealed, keep_until_ms, filter, tag)"
                  " VALUES (?1, ?2, ?3, 0, 0, x'', row_tag('claim_slice', ?1, ?2, ?3, 0, 0, x''))",
                  fresh.slice, index, now)
          .run());
  index_->open(index, std::move(fresh));
  return {};
}

StoreResult<void> ClaimSlices::write_places(std::int64_t slice,
                                            std::span<const FingerprintMap::Entry> entries) {
  std::array<Bytes, kBuckets> buckets;
  for (const auto& entry : entries) {
    Bytes& bucket = buckets[bucket_of(entry.fingerprint)];
    append_u64(bucket, entry.fingerprint);
    append_u32(bucket, entry.place);
  }
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    if (buckets[i].empty()) continue;
    SEALPOST_TRY_VOID(database_
                          ->query("INSERT INTO claim_index (id, entries) VALUES (?, ?)",
                                  bucket_row_id(slice, i), buckets[i])
                          .run());
  }
  return {};
}

StoreResult<void> ClaimSlices::seal(std::size_t index) {
  const OpenClaimSlice& open = index_->open_slice(index);
  const auto entries = open.fingerprints.entries();
  SEALPOST_TRY_VOID(write_places(open.slice, entries));
  SealedFilter filter(entries.size());
  for (const auto& entry : entries) filter.add(entry.fingerprint);
  const Bytes stored = filter.to_bytes();
  SEALPOST_TRY_VOID(database_
                        ->query("UPDATE claim_slice SET sealed = 1, keep_until_ms = ?1, filter = ?2, tag = "
                                "row_tag('claim_slice',"
                                " slice, class, opened_ms, 1, ?1, ?2) WHERE slice = ?3",
                                open.keep_until, stored, open.slice)
                        .run());
  index_->add_sealed(open.slice, open.keep_until, std::move(filter));
  return {};
}

StoreResult<void> ClaimSlices::seal_where_due(WallTime now) {
  for (std::size_t index = 0; index < kClaimClasses; ++index) {
    const OpenClaimSlice& open = index_->open_slice(index);
    const bool full = open.next_place >= claims_per_slice_;
    const bool old = now - open.opened_at > span_of(index);
    if (!full && !old) continue;
    if (open.next_place == 0) {
      // It begins anew, so that its age always says when its claims were made.
      SEALPOST_TRY_VOID(database_
                            ->query("UPDATE claim_slice SET opened_ms = ?1, tag = row_tag('claim_slice', "
                                    "slice, class, ?1, sealed,"
                                    " keep_until_ms, filter) WHERE slice = ?2",
                                    now, open.slice)
                            .run());
      index_->begin_anew(index, now);
      continue;
    }
    SEALPOST_TRY_VOID(seal(index));
    SEALPOST_TRY_VOID(open_slice(index, now));
  }
  return {};
}

StoreResult<ClaimFinding> ClaimSlices::judge(const Tenancy& tenancy, std::span<const Claim> claims) {
  ClaimFinding finding;
  for (const Claim& claim : claims) {
    SEALPOST_TRY(const auto row, find_claim(*database_, *index_, tenancy, claim));
    if (!row) continue;
    const ClaimVerdict verdict = judge_against(claim, *row);
    if (strictness(verdict) > strictness(finding.verdict)) finding = {verdict, row->receipt};
  }
  return finding;
}

StoreResult<void> ClaimSlices::put(const Tenancy& tenancy, const Claim& claim, Position receipt,
                                   WallTime now) {
  const std::uint64_t fingerprint = claim_fingerprint(tenancy, claim.owner, claim.key);
  const std::int64_t id = index_->add(class_of(claim, now), fingerprint, claim.keep_until);
  return database_
      ->query(
          "INSERT INTO claim (id, owner, key, organization, environment, body, signed_ms, keep_until_ms, "
          "receipt, tag)"
          " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, row_tag('claim', ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, "
          "?9))",
          id, claim.owner, claim.key, tenancy.organization, tenancy.environment, claim.body, claim.signed_ms,
          claim.keep_until, receipt)
      .run();
}

// One message may carry the same key twice; the second adds nothing.
StoreResult<void> ClaimSlices::insert(const Tenancy& tenancy, std::span<const Claim> claims, Position receipt,
                                      WallTime now) {
  for (std::size_t i = 0; i < claims.size(); ++i) {
    const auto same = [&](const Claim& other) {
      return other.owner == claims[i].owner && other.key == claims[i].key;
    };
    if (std::any_of(claims.begin(), claims.begin() + static_cast<std::ptrdiff_t>(i), same)) continue;
    SEALPOST_TRY_VOID(put(tenancy, claims[i], receipt, now));
  }
  return {};
}

StoreResult<void> ClaimSlices::renew(const Tenancy& tenancy, std::span<const Claim> claims, WallTime now) {
  for (const Claim& claim : claims) {
    if (claim.meaning != ClaimMeaning::SignedId) continue;
    SEALPOST_TRY(const auto row, find_claim(*database_, *index_, tenancy, claim));
    if (!row) continue;
    SEALPOST_TRY_VOID(database_->query("DELETE FROM claim WHERE id = ?", row->id).run());
    Claim newer = claim;
    newer.keep_until = std::max(claim.keep_until, row->keep_until);
    SEALPOST_TRY_VOID(put(tenancy, newer, row->receipt, now));
  }
  return {};
}

// One look at all claims of a slice, once a week at most.
StoreResult<bool> ClaimSlices::is_needed(std::int64_t slice, const Store::PurgeTerms& terms) {
  if (!terms.claims_needed) return false;
  auto made = database_->query(
      "SELECT class, opened_ms, tag IS row_tag('claim_slice', slice, class, opened_ms, sealed, keep_until_ms,"
      " filter) FROM claim_slice WHERE slice = ?",
      slice);
  SEALPOST_TRY(const bool known, made.step());
  if (!known) return false;
  // When its claims were made nobody can say then.
  if (made.integer(2) == 0) return true;
  const auto index = made.integer<std::size_t>(0);
  if (index >= kClaimClasses) return fail(StoreError::Corrupt);
  if (kClassTerms[index] < kShortestNeed) return false;
  // A slice takes claims until the first batch after its span.
  const WallTime made_by = made.time(1) + span_of(index) + kBatchSlack;
  auto owners = database_->query("SELECT DISTINCT owner FROM claim WHERE id >= ? AND id < ?",
                                 claim_row_id(slice, 0), claim_row_id(slice + 1, 0));
  for (;;) {
    SEALPOST_TRY(const bool row, owners.step());
    if (!row) return false;
    if (terms.claims_needed(owners.integer(0), made_by)) return true;
  }
}

StoreResult<void> ClaimSlices::end_or_prolong(std::int64_t slice, const Store::PurgeTerms& terms) {
  SEALPOST_TRY(const bool needed, is_needed(slice, terms));
  if (needed) {
    const WallTime until = terms.now + kProlongation;
    SEALPOST_TRY_VOID(database_
                          ->query("UPDATE claim_slice SET keep_until_ms = ?1, tag = row_tag('claim_slice', "
                                  "slice, class, opened_ms,"
                                  " sealed, ?1, filter) WHERE slice = ?2",
                                  until, slice)
                          .run());
    index_->prolong(slice, until);
    return {};
  }
  index_->remove(slice);
  SEALPOST_TRY_VOID(
      database_
          ->query(
              "UPDATE claim_slice SET sealed = 2, filter = x'', tag = row_tag('claim_slice', slice, class,"
              " opened_ms, 2, keep_until_ms, x'') WHERE slice = ?",
              slice)
          .run());
  ended_.push_back(slice);
  return {};
}

// Where claims may be needed one slice a step is judged, since that looks at all of its claims.
StoreResult<bool> ClaimSlices::purge(const Store::PurgeTerms& terms) {
  const std::uint32_t rows = terms.rows_per_step;
  const auto over = index_->ended(terms.now);
  for (const std::int64_t slice : over) {
    SEALPOST_TRY_VOID(end_or_prolong(slice, terms));
    if (terms.claims_needed) break;
  }
  if (ended_.empty()) return terms.claims_needed && over.size() > 1;
  const std::int64_t slice = ended_.front();
  const std::int64_t before = database_->changes();
  SEALPOST_TRY_VOID(database_
                        ->query("DELETE FROM claim WHERE id IN (SELECT id FROM claim WHERE id >= ? AND id < ?"
                                " ORDER BY id LIMIT ?)",
                                claim_row_id(slice, 0), claim_row_id(slice + 1, 0), rows)
                        .run());
  if (database_->changes() - before < static_cast<std::int64_t>(rows)) {
    SEALPOST_TRY_VOID(database_
                          ->query("DELETE FROM claim_index WHERE id >= ? AND id < ?", bucket_row_id(slice, 0),
                                  bucket_row_id(slice + 1, 0))
                          .run());
    SEALPOST_TRY_VOID(database_->query("DELETE FROM claim_slice WHERE slice = ?", slice).run());
    ended_.erase(ended_.begin());
  }
  return true;
}

}  // namespace sealpost::store_sqlite
