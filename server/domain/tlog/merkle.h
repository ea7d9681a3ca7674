// The Merkle tree of a log (RFC 6962 section 2.1, RFC 9162 section 2.1, SHA-256): an append-only list of
// leaves whose root commits to all of them in their order. Three things live here. A Frontier is what the
// writer keeps: the roots of the complete subtrees on the right edge, enough to append and to tell the root.
// Proofs are made from stored hashes through a HashReader. Verifying needs no store at all.
// Values and free functions: thread-safe on const objects. Nothing here does I/O.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "domain/tlog/refusal.h"
#include "foundation/bytes/bytes.h"
#include "foundation/result/result.h"

namespace sealpost {

// Sizes and indexes stay below 2^63, as in the stock verifiers, whose integers are signed.
inline constexpr std::uint64_t kMaxTreeSize = (std::uint64_t{1} << 63) - 1;
inline constexpr unsigned kTreeLevels = 63;

using HashList = std::vector<Hash256>;

[[nodiscard]] Hash256 empty_root();
[[nodiscard]] Hash256 leaf_hash(ByteView entry);
[[nodiscard]] Hash256 node_hash(const Hash256& left, const Hash256& right);

// The right edge of a tree: one root per set bit of its size. About 2 KiB, no heap: a writer takes a copy,
// appends, and swaps it in after the commit.
class Frontier final {
 public:
  Frontier() = default;

  void append(const Hash256& leaf) {
    append(leaf, [](unsigned, std::uint64_t, const Hash256&) {});
  }
  // Calls on_complete(level, index, hash) for each subtree that this leaf completes, the leaf itself
  // (level 0) first. The hashes at levels 0, 8, 16, ... are what tiles hold.
  template <class OnComplete>
  void append(const Hash256& leaf, OnComplete&& on_complete) {
    SEALPOST_CHECK(size_ < kMaxTreeSize);
    Hash256 hash = leaf;
    unsigned level = 0;
    on_complete(level, size_, hash);
    for (; (size_ >> level & 1) != 0; ++level) {
      hash = node_hash(edge_[level], hash);
      on_complete(level + 1, size_ >> (level + 1), hash);
    }
    edge_[level] = hash;
    ++size_;
  }

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] Hash256 root() const;

  // size (8 octets) || the roots, largest subtree first.
  [[nodiscard]] Bytes serialise() const;
  static Result<Frontier, TlogRefusal> restore(ByteView bytes);

 private:
  std::uint64_t size_ = 0;
  std::array<Hash256, kTreeLevels> edge_{};  // edge_[k] counts while bit k of size_ is set
};

// Gives the root of the complete subtree over leaves [index << level, (index + 1) << level).
using HashReader = std::function<Result<Hash256, TlogRefusal>(unsigned level, std::uint64_t index)>;

// Reads subtrees from hashes kept in tiles of 256: tile level L holds every eighth level of the tree, and
// what lies between is hashed on the way. `tile(L, n, width)` returns at least the first `width` hashes of
// tile n, or a refusal; a stored full tile and the still growing one are equally good. The span has to live
// until the next call. `tree_size` decides the widths: nothing beyond it is ever asked for.
class TileHashReader final {
 public:
  using TileSource = std::function<Result<std::span<const Hash256>, TlogRefusal>(
      unsigned tile_level, std::uint64_t tile_index, unsigned width)>;
  TileHashReader(std::uint64_t tree_size, TileSource tile) : tree_size_(tree_size), tile_(std::move(tile)) {}
  Result<Hash256, TlogRefusal> operator()(unsigned level, std::uint64_t index) const;

 private:
  std::uint64_t tree_size_;
  TileSource tile_;
};

// The root of the first `size` leaves of a tree that may have grown since.
Result<Hash256, TlogRefusal> tree_root(std::uint64_t size, const HashReader& reader);

// RFC 6962 section 2.1.1: sibling hashes from the leaf up. An index not below the size is refused.
Result<HashList, TlogRefusal> inclusion_proof(std::uint64_t index, std::uint64_t size,
                                              const HashReader& reader);
// RFC 6962 section 2.1.2. Empty when the old size is 0 or equal to the new one.
Result<HashList, TlogRefusal> consistency_proof(std::uint64_t old_size, std::uint64_t new_size,
                                                const HashReader& reader);

// RFC 9162 sections 2.1.3.2 and 2.1.4.2.
Result<void, TlogRefusal> verify_inclusion(const Hash256& leaf, std::uint64_t index, std::uint64_t size,
                                           std::span<const Hash256> proof, const Hash256& root);
Result<void, TlogRefusal> verify_consistency(std::uint64_t old_size, const Hash256& old_root,
                                             std::uint64_t new_size, const Hash256& new_root,
                                             std::span<const Hash256> proof);

}  // namespace sealpost
