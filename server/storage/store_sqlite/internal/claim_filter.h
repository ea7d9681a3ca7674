// "Surely not there" for once-only claims. A sealed slice has a blocked Bloom filter: 16 bits a claim in blocks
// of one cache line, 8 probes, so that asking costs one miss of the cache and about one answer in 500 is wrong
// towards "perhaps". The open slice, which still grows, has the fingerprints themselves. Bits that a rolled
// back claim leaves behind only cost a look-up. Writer thread only.
#pragma once

#include <optional>
#include <vector>

#include "storage/store/commands.h"

namespace sealpost::store_sqlite {

// Tenancy and owner are bound in.
[[nodiscard]] std::uint64_t claim_fingerprint(const Tenancy& tenancy, Position owner, const Hash128& key);

class SealedFilter final {
 public:
  template <class Fingerprints>
  static SealedFilter of(const Fingerprints& fingerprints) {
    SealedFilter filter;
    filter.words_.resize(blocks_for(fingerprints.size()) * kWordsPerBlock);
    for (const std::uint64_t fingerprint : fingerprints) filter.add(fingerprint);
    return filter;
  }
  // The stored form; nothing when it is no filter.
  static std::optional<SealedFilter> from_bytes(ByteView bytes);
  [[nodiscard]] Bytes to_bytes() const;
  [[nodiscard]] bool perhaps(std::uint64_t fingerprint) const;
  [[nodiscard]] std::size_t size_bytes() const { return words_.size() * sizeof(std::uint64_t); }

 private:
  static constexpr std::size_t kWordsPerBlock = 8;
  static std::size_t blocks_for(std::size_t claims) { return claims * 16 / 512 + 1; }
  void add(std::uint64_t fingerprint);
  [[nodiscard]] std::size_t block_of(std::uint64_t fingerprint) const;
  std::vector<std::uint64_t> words_;
};

// Open addressing over fingerprints; 0 marks a free place.
class FingerprintSet final {
 public:
  FingerprintSet() : places_(1024) {}
  void add(std::uint64_t fingerprint);
  [[nodiscard]] bool contains(std::uint64_t fingerprint) const;
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::vector<std::uint64_t> values() const;

 private:
  std::vector<std::uint64_t> places_;
  std::size_t size_ = 0;
};

}  // namespace sealpost::store_sqlite
