#include "storage/store_sqlite/internal/claim_filter.h"

namespace sealpost::store_sqlite {
namespace {

std::uint64_t mix(std::uint64_t value) {
  value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ value >> 27) * 0x94d049bb133111ebULL;
  return value ^ value >> 31;
}

std::uint64_t half(const Hash128& key, std::size_t at) { return read_u64(ByteView(key).subspan(at, 8)); }

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
  SealedFilter filter(0);
  filter.words_.clear();
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

void FingerprintMap::add(std::uint64_t fingerprint, std::uint32_t place) {
  if ((size_ + 1) * 2 > entries_.size()) {
    std::vector<Entry> old(entries_.size() * 2);
    old.swap(entries_);
    size_ = 0;
    for (const Entry& entry : old)
      if (entry.fingerprint != 0) add(entry.fingerprint, entry.place);
  }
  std::size_t at = static_cast<std::size_t>(fingerprint) & (entries_.size() - 1);
  while (entries_[at].fingerprint != 0) at = (at + 1) & (entries_.size() - 1);
  entries_[at] = {fingerprint, place};
  ++size_;
}

std::vector<FingerprintMap::Entry> FingerprintMap::entries() const {
  std::vector<Entry> out;
  out.reserve(size_);
  for (const Entry& entry : entries_)
    if (entry.fingerprint != 0) out.push_back(entry);
  return out;
}

}  // namespace sealpost::store_sqlite
