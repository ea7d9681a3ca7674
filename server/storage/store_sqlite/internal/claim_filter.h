// "Surely not there" for once-only claims. A sealed slice has a blocked Bloom filter: 16 bits a claim in
// blocks of one cache line, 8 probes, so that asking costs one miss of the cache and about one answer in 500
// is wrong towards "perhaps". The open slice, which still grows, has the fingerprints themselves. Entries
// that a rolled back claim leaves behind only cost a look-up. Values without locks.
#pragma once

#include <optional>
#include <vector>

#include "storage/store/commands.h"

namespace sealpost::store_sqlite {

// Tenancy and owner are bound in.
[[nodiscard]] std::uint64_t claim_fingerprint(const Tenancy& tenancy, Position owner, const Hash128& key);

class SealedFilter final {
 public:
  explicit SealedFilter(std::size_t claims) : words_(blocks_for(claims) * kWordsPerBlock) {}
  void add(std::uint64_t fingerprint);
  // The stored form; nothing when it is no filter.
  static std::optional<SealedFilter> from_bytes(ByteView bytes);
  [[nodiscard]] Bytes to_bytes() const;
  [[nodiscard]] bool perhaps(std::uint64_t fingerprint) const;
  [[nodiscard]] std::size_t size_bytes() const { return words_.size() * sizeof(std::uint64_t); }

 private:
  static constexpr std::size_t kWordsPerBlock = 8;
  static std::size_t blocks_for(std::size_t claims) { return claims * 16 / 512 + 1; }
  [[nodiscard]] std::size_t block_of(std::uint64_t fingerprint) const;
  std::vector<std::uint64_t> words_;
};

// Where in a slice a fingerprint's claim lies. Open addressing; equal fingerprints may stand in it several
// times, so that a collision hides nobody.
class FingerprintMap final {
 public:
  struct Entry {
    std::uint64_t fingerprint = 0;  // 0 marks a free place
    std::uint32_t place = 0;
  };
  FingerprintMap() : entries_(256) {}
  void add(std::uint64_t fingerprint, std::uint32_t place);
  template <class See>
  void each(std::uint64_t fingerprint, See see) const {
    std::size_t at = static_cast<std::size_t>(fingerprint) & (entries_.size() - 1);
    for (; entries_[at].fingerprint != 0; at = (at + 1) & (entries_.size() - 1))
      if (entries_[at].fingerprint == fingerprint) see(entries_[at].place);
  }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::vector<Entry> entries() const;

 private:
  std::vector<Entry> entries_;
  std::size_t size_ = 0;
};

}  // namespace sealpost::store_sqlite
