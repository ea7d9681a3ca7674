#include "storage/store_sqlite/internal/claim_filter.h"

namespace sealpost::store_sqlite {
namespace {

std::uint64_t mix(std::uint64_t value) {
  value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ value >> 27) * 0x94d049bb133111ebULL;
  return value ^ value >> 31;
}

std::uint64_t half(const Hash128& key, std::size_t at) {
  return read_u64(ByteView(key).subspan(at, 8));
}

}  // namespace

std::uint64_t claim_fingerprint(const Tenancy& tenancy, Position owner, const Hash128& key) {
  std::uint64_t value = mix(half(key, 0) ^ owner);
  value = mix(value ^ half(key, 8) ^ tenancy.organization.position << 2 ^
              static_cast<std::uint64_t>(tenancy.environment));
  return value == 0 ? 1 : value;
}

std::size_t SealedFilter::block_of(std::uint64_t fingerprint) const {
  const std::uint64_t blocks = words_.size() / kWordsPerBlock;
  return static_cast<std::size_t>((fingerprint >> 32) * blocks >> 32);
}

// Eight probes, one in each word of the block, six bits each from the mixed fingerprint.
void SealedFilter::add(std::uint64_t fingerprint) {
  std::uint64_t* block = &words_[block_of(fingerprint) * kWordsPerBlock];
  std::uint64_t bits = mix(fingerprint);
  for (std::size_t i = 0; i < kWordsPerBlock; ++i, bits >>= 6) block[i] |= std::uint64_t{1} << (bits & 63);
}

bool SealedFilter::perhaps(std::uint64_t fingerprint) const {
  const std::uint64_t* block = &words_[block_of(fingerprint) * kWordsPerBlock];
  std::uint64_t bits = mix(fingerprint);
  std::uint64_t missing = 0;
  for (std::size_t i = 0; i < kWordsPerBlock; ++i, bits >>= 6) missing |= ~block[i] >> (bits & 63) & 1;
  return missing == 0;
}

std::optional<SealedFilter> SealedFilter::from_bytes(ByteView bytes) {
  if (bytes.empty() || bytes.size() % (kWordsPerBlock * 8) != 0) return std::nullopt;
  SealedFilter filter;
  filter.words_.reserve(bytes.size() / 8);
  for (std::size_t i = 0; i < bytes.size(); i += 8) filter.words_.push_back(read_u64(bytes.subspan(i, 8)));
  return filter;
}

Bytes SealedFilter::to_bytes() const {
  Bytes out;
  out.reserve(size_bytes());
  for (const std::uint64_t word : words_) append_u64(out, word);
  return out;
}

void FingerprintSet::add(std::uint64_t fingerprint) {
  if ((size_ + 1) * 2 > places_.size()) {
    std::vector<std::uint64_t> old(places_.size() * 2);
    old.swap(places_);
    size_ = 0;
    for (const std::uint64_t value : old)
      if (value != 0) add(value);
  }
  std::size_t at = static_cast<std::size_t>(fingerprint) & (places_.size() - 1);
  while (places_[at] != 0 && places_[at] != fingerprint) at = (at + 1) & (places_.size() - 1);
  if (places_[at] == 0) ++size_;
  places_[at] = fingerprint;
}

bool FingerprintSet::contains(std::uint64_t fingerprint) const {
  std::size_t at = static_cast<std::size_t>(fingerprint) & (places_.size() - 1);
  while (places_[at] != 0) {
    if (places_[at] == fingerprint) return true;
    at = (at + 1) & (places_.size() - 1);
  }
  return false;
}

std::vector<std::uint64_t> FingerprintSet::values() const {
  std::vector<std::uint64_t> out;
  out.reserve(size_);
  for (const std::uint64_t value : places_)
    if (value != 0) out.push_back(value);
  return out;
}

}  // namespace sealpost::store_sqlite
