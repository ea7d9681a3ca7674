#include "storage/store_sqlite/internal/claim_index.h"

#include <algorithm>
#include <mutex>

namespace sealpost::store_sqlite {

void ClaimIndex::clear() {
  const std::unique_lock lock(mutex_);
  open_ = {};
  sealed_.clear();
}

void ClaimIndex::open(std::size_t index, OpenClaimSlice slice) {
  const std::unique_lock lock(mutex_);
  open_[index] = std::move(slice);
}

void ClaimIndex::add_sealed(std::int64_t slice, WallTime keep_until, SealedFilter filter) {
  const std::unique_lock lock(mutex_);
  sealed_.push_back({slice, keep_until, std::move(filter)});
}

std::int64_t ClaimIndex::add(std::size_t index, std::uint64_t fingerprint, WallTime keep_until) {
  const std::unique_lock lock(mutex_);
  OpenClaimSlice& slice = open_[index];
  const std::uint32_t place = slice.next_place++;
  slice.fingerprints.add(fingerprint, place);
  slice.keep_until = std::max(slice.keep_until, keep_until);
  return claim_row_id(slice.slice, place);
}

void ClaimIndex::begin_anew(std::size_t index, WallTime now) {
  const std::unique_lock lock(mutex_);
  open_[index].opened_at = now;
}

std::vector<std::int64_t> ClaimIndex::ended(WallTime now) const {
  const std::shared_lock lock(mutex_);
  std::vector<std::int64_t> ended;
  for (const SealedSlice& slice : sealed_)
    if (slice.keep_until <= now) ended.push_back(slice.slice);
  return ended;
}

void ClaimIndex::prolong(std::int64_t slice, WallTime keep_until) {
  const std::unique_lock lock(mutex_);
  const auto found = std::ranges::find(sealed_, slice, &SealedSlice::slice);
  if (found != sealed_.end()) found->keep_until = keep_until;
}

void ClaimIndex::remove(std::int64_t slice) {
  const std::unique_lock lock(mutex_);
  std::erase_if(sealed_, [&](const SealedSlice& sealed) { return sealed.slice == slice; });
}

ClaimPlaces ClaimIndex::places(std::uint64_t fingerprint) const {
  const std::shared_lock lock(mutex_);
  ClaimPlaces found;
  for (const OpenClaimSlice& open : open_)
    open.fingerprints.each(
        fingerprint, [&](std::uint32_t place) { found.rows.push_back(claim_row_id(open.slice, place)); });
  for (auto slice = sealed_.rbegin(); slice != sealed_.rend(); ++slice)
    if (slice->filter.perhaps(fingerprint)) found.slices.push_back(slice->slice);
  return found;
}

std::size_t ClaimIndex::live_slices() const {
  const std::shared_lock lock(mutex_);
  return sealed_.size() + open_.size();
}

}  // namespace sealpost::store_sqlite
