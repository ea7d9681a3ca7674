// Where once-only claims may lie, in memory: for each open slice its fingerprints and their places, for each
// sealed one a filter. One object lives as long as the store; the writer fills it, readers ask it. An answer
// is a hint: rows are compared in the database, so an entry too many does no harm. Internally synchronised.
#pragma once

#include <array>
#include <shared_mutex>

#include "storage/store_sqlite/internal/claim_filter.h"

namespace sealpost::store_sqlite {

inline constexpr std::size_t kClaimClasses = 4;
inline constexpr unsigned kClaimPlaceBits = 24;

[[nodiscard]] constexpr std::int64_t claim_row_id(std::int64_t slice, std::uint32_t place) {
  return slice << kClaimPlaceBits | place;
}

struct OpenClaimSlice {
  std::int64_t slice = 0;
  WallTime opened_at{};
  WallTime keep_until{};
  std::uint32_t next_place = 0;
  FingerprintMap fingerprints;
};

// Rows to compare, and sealed slices to look into. Nearly always both are empty.
struct ClaimPlaces {
  std::vector<std::int64_t> rows;
  std::vector<std::int64_t> slices;
};

class ClaimIndex final {
 public:
  void clear();
  void open(std::size_t index, OpenClaimSlice slice);
  void add_sealed(std::int64_t slice, WallTime keep_until, SealedFilter filter);
  // The row the next claim of a class gets; the fingerprint is known from now on.
  [[nodiscard]] std::int64_t add(std::size_t index, std::uint64_t fingerprint, WallTime keep_until);
  // Of an open slice that is empty.
  void begin_anew(std::size_t index, WallTime now);
  [[nodiscard]] std::vector<std::int64_t> ended(WallTime now) const;
  void prolong(std::int64_t slice, WallTime keep_until);
  // Takes a sealed slice out of the sight of look-ups.
  void remove(std::int64_t slice);

  [[nodiscard]] ClaimPlaces places(std::uint64_t fingerprint) const;
  // The writer alone changes them, so the writer reads them without a copy.
  [[nodiscard]] const OpenClaimSlice& open_slice(std::size_t index) const { return open_[index]; }
  [[nodiscard]] std::size_t live_slices() const;

 private:
  struct SealedSlice {
    std::int64_t slice = 0;
    WallTime keep_until{};
    SealedFilter filter;
  };
  mutable std::shared_mutex mutex_;
  std::array<OpenClaimSlice, kClaimClasses> open_;
  std::vector<SealedSlice> sealed_;  // oldest first
};

}  // namespace sealpost::store_sqlite
