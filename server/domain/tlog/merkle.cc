#include "domain/tlog/merkle.h"

#include <algorithm>
#include <bit>

#include "domain/tlog/tile_path.h"
#include "foundation/crypto/crypto.h"

namespace sealpost {
namespace {

constexpr std::array<std::uint8_t, 1> kLeafTag{0x00};
constexpr std::array<std::uint8_t, 1> kNodeTag{0x01};

// Where RFC 6962 splits a tree of `size` > 1 leaves: the largest power of two strictly below it.
std::uint64_t split_point(std::uint64_t size) { return std::bit_floor(size - 1); }

// The root of leaves [begin, end). `begin` is a multiple of a power of two that is at least end - begin,
// which every range met while splitting a tree fulfils.
Result<Hash256, TlogRefusal> range_root(std::uint64_t begin, std::uint64_t end, const HashReader& reader) {
  const std::uint64_t size = end - begin;
  if (std::has_single_bit(size)) {
    const auto level = static_cast<unsigned>(std::countr_zero(size));
    return reader(level, begin >> level);
  }
  const std::uint64_t middle = begin + split_point(size);
  SEALPOST_TRY(const auto left, range_root(begin, middle, reader));
  SEALPOST_TRY(const auto right, range_root(middle, end, reader));
  return node_hash(left, right);
}

bool same(const Hash256& a, const Hash256& b) { return constant_time_equal(a, b); }

}  // namespace

Hash256 empty_root() { return sha256(ByteView{}); }
Hash256 leaf_hash(ByteView entry) { return sha256({kLeafTag, entry}); }
Hash256 node_hash(const Hash256& left, const Hash256& right) { return sha256({kNodeTag, left, right}); }

Hash256 Frontier::root() const {
  if (size_ == 0) return empty_root();
  auto level = static_cast<unsigned>(std::countr_zero(size_));
  Hash256 hash = edge_[level];
  for (++level; level < kTreeLevels; ++level)
    if ((size_ >> level & 1) != 0) hash = node_hash(edge_[level], hash);
  return hash;
}

Bytes Frontier::serialise() const {
  Bytes out;
  out.reserve(8 + 32 * static_cast<std::size_t>(std::popcount(size_)));
  append_u64(out, size_);
  for (unsigned level = kTreeLevels; level-- > 0;)
    if ((size_ >> level & 1) != 0) sealpost::append(out, ByteView(edge_[level]));
  return out;
}

Result<Frontier, TlogRefusal> Frontier::restore(ByteView bytes) {
  if (bytes.size() < 8) return fail(TlogRefusal::FrontierMalformed);
  Frontier frontier;
  frontier.size_ = read_u64(bytes.first(8));
  bytes = bytes.subspan(8);
  if (frontier.size_ > kMaxTreeSize) return fail(TlogRefusal::FrontierMalformed);
  if (bytes.size() != 32 * static_cast<std::size_t>(std::popcount(frontier.size_)))
    return fail(TlogRefusal::FrontierMalformed);
  for (unsigned level = kTreeLevels; level-- > 0;) {
    if ((frontier.size_ >> level & 1) == 0) continue;
    std::copy_n(bytes.begin(), 32, frontier.edge_[level].begin());
    bytes = bytes.subspan(32);
  }
  return frontier;
}

Result<Hash256, TlogRefusal> TileHashReader::operator()(unsigned level, std::uint64_t index) const {
  if (level >= kTreeLevels || index >= (tree_size_ >> level)) return fail(TlogRefusal::TileUnavailable);
  const unsigned inside = level % kTileHeight;
  const unsigned tile_level = level / kTileHeight;
  const std::uint64_t first = index << inside;
  const std::uint64_t tile_index = first / kTileWidth;
  const auto position = static_cast<std::size_t>(first % kTileWidth);
  const std::size_t count = std::size_t{1} << inside;
  SEALPOST_TRY(const auto tile,
               tile_(tile_level, tile_index, tile_width(tree_size_, tile_level, tile_index)));
  if (tile.size() < position + count) return fail(TlogRefusal::TileUnavailable);

  std::array<Hash256, kTileWidth / 2> row;
  std::copy_n(tile.begin() + static_cast<std::ptrdiff_t>(position), count, row.begin());
  for (std::size_t width = count; width > 1; width /= 2)
    for (std::size_t i = 0; i < width / 2; ++i) row[i] = node_hash(row[2 * i], row[2 * i + 1]);
  return row[0];
}

Result<Hash256, TlogRefusal> tree_root(std::uint64_t size, const HashReader& reader) {
  if (size > kMaxTreeSize) return fail(TlogRefusal::ProofIndexOutOfRange);
  if (size == 0) return empty_root();
  return range_root(0, size, reader);
}

Result<HashList, TlogRefusal> inclusion_proof(std::uint64_t index, std::uint64_t size,
                                              const HashReader& reader) {
  if (size > kMaxTreeSize || index >= size) return fail(TlogRefusal::ProofIndexOutOfRange);
  HashList proof;
  std::uint64_t begin = 0;
  std::uint64_t end = size;
  while (end - begin > 1) {
    const std::uint64_t middle = begin + split_point(end - begin);
    const bool left = index < middle;
    SEALPOST_TRY(const auto sibling,
                 left ? range_root(middle, end, reader) : range_root(begin, middle, reader));
    proof.push_back(sibling);
    (left ? end : begin) = middle;
  }
  std::reverse(proof.begin(), proof.end());
  return proof;
}

Result<HashList, TlogRefusal> consistency_proof(std::uint64_t old_size, std::uint64_t new_size,
                                                const HashReader& reader) {
  if (new_size > kMaxTreeSize || old_size > new_size) return fail(TlogRefusal::ProofConsistencyInvalid);
  HashList proof;
  if (old_size == 0 || old_size == new_size) return proof;
  std::uint64_t begin = 0;
  std::uint64_t end = new_size;
  while (old_size != end) {
    const std::uint64_t middle = begin + split_point(end - begin);
    const bool left = old_size <= middle;
    SEALPOST_TRY(const auto sibling,
                 left ? range_root(middle, end, reader) : range_root(begin, middle, reader));
    proof.push_back(sibling);
    (left ? end : begin) = middle;
  }
  // The verifier knows the old root: it is left out where it is a subtree of its own.
  if (begin != 0) {
    SEALPOST_TRY(const auto last, range_root(begin, end, reader));
    proof.push_back(last);
  }
  std::reverse(proof.begin(), proof.end());
  return proof;
}

Result<void, TlogRefusal> verify_inclusion(const Hash256& leaf, std::uint64_t index, std::uint64_t size,
                                           std::span<const Hash256> proof, const Hash256& root) {
  if (size > kMaxTreeSize || index >= size) return fail(TlogRefusal::ProofIndexOutOfRange);
  std::uint64_t node = index;
  std::uint64_t last = size - 1;
  Hash256 hash = leaf;
  for (const Hash256& sibling : proof) {
    if (last == 0) return fail(TlogRefusal::ProofInclusionInvalid);
    if ((node & 1) != 0 || node == last) {
      hash = node_hash(sibling, hash);
      while ((node & 1) == 0 && node != 0) {
        node >>= 1;
        last >>= 1;
      }
    } else {
      hash = node_hash(hash, sibling);
    }
    node >>= 1;
    last >>= 1;
  }
  if (last != 0 || !same(hash, root)) return fail(TlogRefusal::ProofInclusionInvalid);
  return {};
}

Result<void, TlogRefusal> verify_consistency(std::uint64_t old_size, const Hash256& old_root,
                                             std::uint64_t new_size, const Hash256& new_root,
                                             std::span<const Hash256> proof) {
  constexpr auto kInvalid = TlogRefusal::ProofConsistencyInvalid;
  if (new_size > kMaxTreeSize || old_size > new_size) return fail(kInvalid);
  if (old_size == 0 || old_size == new_size) {
    const Hash256 expected = old_size == 0 ? empty_root() : new_root;
    if (!proof.empty() || !same(old_root, expected)) return fail(kInvalid);
    if (new_size == 0 && !same(new_root, empty_root())) return fail(kInvalid);
    return {};
  }
  std::uint64_t node = old_size - 1;
  std::uint64_t last = new_size - 1;
  while ((node & 1) != 0) {
    node >>= 1;
    last >>= 1;
  }
  // A power of two: the old root is a subtree of the new tree, and opens the path.
  Hash256 start = old_root;
  if (!std::has_single_bit(old_size)) {
    if (proof.empty()) return fail(kInvalid);
    start = proof.front();
    proof = proof.subspan(1);
  }
  Hash256 rebuilt_old = start;
  Hash256 rebuilt_new = start;
  for (const Hash256& sibling : proof) {
    if (last == 0) return fail(kInvalid);
    if ((node & 1) != 0 || node == last) {
      rebuilt_old = node_hash(sibling, rebuilt_old);
      rebuilt_new = node_hash(sibling, rebuilt_new);
      while ((node & 1) == 0 && node != 0) {
        node >>= 1;
        last >>= 1;
      }
    } else {
      rebuilt_new = node_hash(rebuilt_new, sibling);
    }
    node >>= 1;
    last >>= 1;
  }
  if (last != 0 || !same(rebuilt_old, old_root) || !same(rebuilt_new, new_root)) return fail(kInvalid);
  return {};
}

}  // namespace sealpost
