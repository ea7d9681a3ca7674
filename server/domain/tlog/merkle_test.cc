#include "domain/tlog/merkle.h"

#include <gtest/gtest.h>

#include <bit>
#include <map>

#include "domain/tlog/tile_path.h"

namespace sealpost {
namespace {

constexpr std::size_t kSizes = 300;

HashList some_leaves(std::size_t count) {
  HashList leaves;
  for (std::size_t i = 0; i < count; ++i) leaves.push_back(leaf_hash(as_bytes("entry " + std::to_string(i))));
  return leaves;
}

// The recursions of RFC 6962 section 2.1, word for word and slow: what the module is compared with.
using Range = std::span<const Hash256>;

std::size_t split(std::size_t size) {
  std::size_t k = 1;
  while (k * 2 < size) k *= 2;
  return k;
}
Hash256 naive_root(Range leaves) {
  if (leaves.empty()) return empty_root();
  if (leaves.size() == 1) return leaves[0];
  const auto k = split(leaves.size());
  return node_hash(naive_root(leaves.first(k)), naive_root(leaves.subspan(k)));
}
HashList naive_path(std::size_t index, Range leaves) {
  if (leaves.size() == 1) return {};
  const auto k = split(leaves.size());
  HashList path = index < k ? naive_path(index, leaves.first(k)) : naive_path(index - k, leaves.subspan(k));
  path.push_back(index < k ? naive_root(leaves.subspan(k)) : naive_root(leaves.first(k)));
  return path;
}
HashList naive_subproof(std::size_t old_size, Range leaves, bool whole) {
  if (old_size == leaves.size()) return whole ? HashList{} : HashList{naive_root(leaves)};
  const auto k = split(leaves.size());
  const bool left = old_size <= k;
  HashList proof = left ? naive_subproof(old_size, leaves.first(k), whole)
                        : naive_subproof(old_size - k, leaves.subspan(k), false);
  proof.push_back(left ? naive_root(leaves.subspan(k)) : naive_root(leaves.first(k)));
  return proof;
}

// Every complete subtree, as the frontier reports them.
struct Stored {
  std::map<std::pair<unsigned, std::uint64_t>, Hash256> nodes;
  Frontier frontier;
  explicit Stored(Range leaves) {
    for (const Hash256& leaf : leaves)
      frontier.append(leaf, [&](unsigned level, std::uint64_t index, const Hash256& hash) {
        EXPECT_TRUE(nodes.emplace(std::pair(level, index), hash).second);
      });
  }
  HashReader reader() const {
    return [this](unsigned level, std::uint64_t index) -> Result<Hash256, TlogRefusal> {
      const auto found = nodes.find({level, index});
      if (found == nodes.end()) return fail(TlogRefusal::TileUnavailable);
      return found->second;
    };
  }
};

TEST(Frontier, HasTheRootOfTheRecursionAtEverySize) {
  const HashList leaves = some_leaves(kSizes);
  Frontier frontier;
  EXPECT_EQ(frontier.root(), empty_root());
  for (std::size_t size = 1; size <= kSizes; ++size) {
    frontier.append(leaves[size - 1]);
    ASSERT_EQ(frontier.size(), size);
    ASSERT_EQ(frontier.root(), naive_root(Range(leaves).first(size))) << size;
  }
}

TEST(Frontier, ReportsEachCompleteSubtreeOnce) {
  const HashList leaves = some_leaves(kSizes);
  const Stored stored(leaves);
  std::size_t expected = 0;
  for (unsigned level = 0; (kSizes >> level) != 0; ++level) {
    expected += kSizes >> level;
    for (std::size_t i = 0; i < kSizes >> level; ++i)
      ASSERT_EQ(stored.nodes.at({level, i}),
                naive_root(Range(leaves).subspan(i << level, std::size_t{1} << level)));
  }
  EXPECT_EQ(stored.nodes.size(), expected);
}

TEST(Frontier, SurvivesStoringAndGoesOn) {
  const HashList leaves = some_leaves(70);
  Frontier frontier;
  for (const Hash256& leaf : leaves) {
    auto restored = Frontier::restore(frontier.serialise());
    ASSERT_TRUE(restored.ok());
    ASSERT_EQ(restored->root(), frontier.root());
    restored->append(leaf);
    frontier.append(leaf);
    ASSERT_EQ(restored->root(), frontier.root());
  }
}

TEST(Frontier, IsAValue) {
  Frontier before;
  before.append(leaf_hash(as_bytes("a")));
  Frontier after = before;
  after.append(leaf_hash(as_bytes("b")));
  EXPECT_EQ(before.size(), 1U);
  EXPECT_EQ(before.root(), leaf_hash(as_bytes("a")));
  EXPECT_EQ(after.root(), node_hash(leaf_hash(as_bytes("a")), leaf_hash(as_bytes("b"))));
}

TEST(Frontier, RefusesBytesThatAreNone) {
  Frontier frontier;
  for (int i = 0; i < 5; ++i) frontier.append(leaf_hash({}));
  const Bytes good = frontier.serialise();
  EXPECT_EQ(good.size(), 8U + 2 * 32);
  Bytes longer = good;
  longer.push_back(0);
  Bytes beyond = good;
  beyond[0] = 0x80;
  for (const Bytes& bad : {Bytes{}, Bytes(7), Bytes(good.begin(), good.end() - 1), longer, beyond}) {
    const auto restored = Frontier::restore(bad);
    ASSERT_FALSE(restored.ok());
    EXPECT_EQ(restored.error(), TlogRefusal::FrontierMalformed);
  }
  // The largest tree, and one leaf too many: that is a bug of the caller, not a refusal.
  Bytes full(8 + 63 * 32);
  std::fill_n(full.begin(), 8, std::uint8_t{0xff});
  full[0] = 0x7f;
  auto largest = Frontier::restore(full);
  ASSERT_TRUE(largest.ok());
  EXPECT_EQ(largest->size(), kMaxTreeSize);
  EXPECT_DEATH(largest->append(leaf_hash({})), "invariant");
}

TEST(Inclusion, EveryLeafOfEverySizeIsProvedAsInTheRecursion) {
  const HashList leaves = some_leaves(kSizes);
  const Stored stored(leaves);
  const HashReader reader = stored.reader();
  for (std::size_t size = 1; size <= kSizes; ++size) {
    const Hash256 root = naive_root(Range(leaves).first(size));
    ASSERT_EQ(*tree_root(size, reader), root);
    // The slow recursion is compared at a third of the sizes; each proof of all of them is verified.
    const bool compare = size < 70 || size % 3 == 0;
    for (std::size_t index = 0; index < size; ++index) {
      const auto proof = inclusion_proof(index, size, reader);
      ASSERT_TRUE(proof.ok());
      if (compare && (size < 70 || index % 7 == 0)) {
        ASSERT_EQ(*proof, naive_path(index, Range(leaves).first(size)));
      }
      ASSERT_TRUE(verify_inclusion(leaves[index], index, size, *proof, root).ok()) << index << " of " << size;
    }
  }
}

TEST(Inclusion, RefusesAnyOtherLeafIndexSizeRootOrPath) {
  const HashList leaves = some_leaves(40);
  const Stored stored(leaves);
  for (std::size_t size = 1; size <= 40; ++size) {
    const Hash256 root = *tree_root(size, stored.reader());
    for (std::size_t index = 0; index < size; ++index) {
      const HashList good = *inclusion_proof(index, size, stored.reader());
      const auto refused = [&](const Hash256& leaf, std::size_t i, const HashList& proof, const Hash256& r) {
        const auto verdict = verify_inclusion(leaf, i, size, proof, r);
        return !verdict.ok() && verdict.error() == TlogRefusal::ProofInclusionInvalid;
      };
      ASSERT_TRUE(refused(leaf_hash({}), index, good, root));
      ASSERT_TRUE(refused(leaves[index], index, good, leaf_hash({})));
      for (std::size_t other = 0; other < size; ++other) {
        if (other != index) {
          ASSERT_TRUE(refused(leaves[index], other, good, root)) << index << other << size;
        }
      }
      HashList longer = good;
      longer.push_back(root);
      ASSERT_TRUE(refused(leaves[index], index, longer, root));
      for (std::size_t i = 0; i < good.size(); ++i) {
        HashList bent = good;
        bent[i][31] ^= 1;
        ASSERT_TRUE(refused(leaves[index], index, bent, root));
        bent = good;
        bent.erase(bent.begin() + static_cast<std::ptrdiff_t>(i));
        ASSERT_TRUE(refused(leaves[index], index, bent, root));
      }
    }
  }
}

TEST(Inclusion, RefusesAnIndexThatIsNotBelowTheSize) {
  const Stored stored(some_leaves(4));
  for (const auto& [index, size] :
       {std::pair<std::uint64_t, std::uint64_t>{0, 0}, {4, 4}, {9, 4}, {1, kMaxTreeSize + 1}}) {
    EXPECT_EQ(inclusion_proof(index, size, stored.reader()).error(), TlogRefusal::ProofIndexOutOfRange);
    EXPECT_EQ(verify_inclusion({}, index, size, {}, {}).error(), TlogRefusal::ProofIndexOutOfRange);
  }
  EXPECT_EQ(tree_root(kMaxTreeSize + 1, stored.reader()).error(), TlogRefusal::ProofIndexOutOfRange);
  // A reader that lacks a hash stops the proof under its own name.
  EXPECT_EQ(inclusion_proof(0, 5, stored.reader()).error(), TlogRefusal::TileUnavailable);
  EXPECT_EQ(consistency_proof(3, 5, stored.reader()).error(), TlogRefusal::TileUnavailable);
  EXPECT_EQ(tree_root(5, stored.reader()).error(), TlogRefusal::TileUnavailable);
}

TEST(Consistency, EveryPairOfSizesIsProvedAsInTheRecursion) {
  const HashList leaves = some_leaves(kSizes);
  const Stored stored(leaves);
  const HashReader reader = stored.reader();
  HashList roots{empty_root()};
  for (std::size_t size = 1; size <= kSizes; ++size) roots.push_back(naive_root(Range(leaves).first(size)));
  for (std::size_t size = 0; size <= kSizes; ++size) {
    for (std::size_t old = 0; old <= size; ++old) {
      const auto proof = consistency_proof(old, size, reader);
      ASSERT_TRUE(proof.ok());
      if (old > 0 && (size < 70 || (size % 5 == 0 && old % 5 == 0))) {
        ASSERT_EQ(*proof, naive_subproof(old, Range(leaves).first(size), true)) << old << " to " << size;
      }
      ASSERT_TRUE(verify_consistency(old, roots[old], size, roots[size], *proof).ok())
          << old << " to " << size;
    }
  }
}

TEST(Consistency, RefusesAnyOtherSizeRootOrPath) {
  const HashList leaves = some_leaves(24);
  const Stored stored(leaves);
  const auto refused = [](std::size_t old, const Hash256& a, std::size_t size, const Hash256& b,
                          const HashList& p) {
    const auto verdict = verify_consistency(old, a, size, b, p);
    return !verdict.ok() && verdict.error() == TlogRefusal::ProofConsistencyInvalid;
  };
  const Hash256 other = leaf_hash({});
  for (std::size_t size = 0; size <= 24; ++size) {
    const Hash256 root = *tree_root(size, stored.reader());
    for (std::size_t old = 0; old <= size; ++old) {
      const Hash256 old_root = *tree_root(old, stored.reader());
      const HashList good = *consistency_proof(old, size, stored.reader());
      ASSERT_TRUE(refused(old, other, size, root, good)) << old << " to " << size;
      if (old != 0 || size == 0) {
        ASSERT_TRUE(refused(old, old_root, size, other, good)) << old << " to " << size;
      }
      HashList longer = good;
      longer.push_back(root);
      ASSERT_TRUE(refused(old, old_root, size, root, longer));
      for (std::size_t i = 0; i < good.size(); ++i) {
        HashList bent = good;
        bent[i][0] ^= 0x80;
        ASSERT_TRUE(refused(old, old_root, size, root, bent));
        bent = good;
        bent.erase(bent.begin() + static_cast<std::ptrdiff_t>(i));
        ASSERT_TRUE(refused(old, old_root, size, root, bent));
      }
      if (old < size) {
        ASSERT_TRUE(refused(size, root, old, old_root, good));  // backwards
      }
    }
  }
  EXPECT_TRUE(refused(1, other, kMaxTreeSize + 1, other, {}));
  EXPECT_EQ(consistency_proof(3, 2, stored.reader()).error(), TlogRefusal::ProofConsistencyInvalid);
  EXPECT_EQ(consistency_proof(3, kMaxTreeSize + 1, stored.reader()).error(),
            TlogRefusal::ProofConsistencyInvalid);
}

TEST(Consistency, OfAForkIsRefused) {
  HashList honest = some_leaves(13);
  HashList forked = honest;
  forked[5] = leaf_hash(as_bytes("rewritten"));
  const Stored a(Range(honest).first(9));
  const Stored b(forked);
  const HashList proof = *consistency_proof(9, 13, b.reader());
  EXPECT_FALSE(verify_consistency(9, a.frontier.root(), 13, b.frontier.root(), proof).ok());
  EXPECT_TRUE(verify_consistency(9, *tree_root(9, b.reader()), 13, b.frontier.root(), proof).ok());
}

// Tiles as a server would keep them: full ones, and the growing one of each level.
class TiledTree {
 public:
  explicit TiledTree(std::size_t size) {
    for (std::size_t i = 0; i < size; ++i)
      frontier.append(leaf_hash(as_bytes(std::to_string(i))),
                      [&](unsigned level, std::uint64_t, const Hash256& hash) {
                        if (level % kTileHeight == 0) rows[level / kTileHeight].push_back(hash);
                      });
  }
  TileHashReader reader(std::uint64_t size) {
    return TileHashReader(size,
                          [this, size](unsigned level, std::uint64_t index,
                                       unsigned width) -> Result<std::span<const Hash256>, TlogRefusal> {
                            EXPECT_EQ(width, tile_width(size, level, index));
                            EXPECT_GT(width, 0U);
                            if (lost == std::pair(level, index)) return fail(TlogRefusal::TileUnavailable);
                            ++reads;
                            return Range(rows.at(level)).subspan(index * kTileWidth, width);
                          });
  }
  Frontier frontier;
  std::map<unsigned, HashList> rows;
  std::pair<unsigned, std::uint64_t> lost{99, 0};
  std::size_t reads = 0;
};

TEST(TileHashReader, ProvesFromFullAndGrowingTiles) {
  constexpr std::size_t kSize = 66'000;  // three tile levels: 257 full tiles and one of 208
  TiledTree tree(kSize);
  const Hash256 root = tree.frontier.root();
  ASSERT_EQ(*tree_root(kSize, tree.reader(kSize)), root);
  const HashReader reader = tree.reader(kSize);
  for (const std::uint64_t index :
       {0U, 1U, 255U, 256U, 257U, 32'768U, 65'535U, 65'536U, 65'791U, 65'792U, 65'999U}) {
    tree.reads = 0;
    const auto proof = inclusion_proof(index, kSize, reader);
    ASSERT_TRUE(proof.ok());
    EXPECT_TRUE(
        verify_inclusion(leaf_hash(as_bytes(std::to_string(index))), index, kSize, *proof, root).ok());
    EXPECT_LT(tree.reads, 40U);
  }
  for (const std::uint64_t old : {1U, 200U, 256U, 300U, 65'535U, 65'536U, 65'792U, 65'999U, 66'000U}) {
    const auto old_root = tree_root(old, reader);
    const auto proof = consistency_proof(old, kSize, reader);
    ASSERT_TRUE(old_root.ok() && proof.ok());
    EXPECT_TRUE(verify_consistency(old, *old_root, kSize, root, *proof).ok()) << old;
    // The same root as from the tiles of that size alone.
    EXPECT_EQ(*tree_root(old, tree.reader(old)), *old_root);
  }
}

TEST(TileHashReader, RefusesWhatIsNotThere) {
  TiledTree tree(600);
  const auto reader = tree.reader(600);
  EXPECT_EQ(reader(0, 600).error(), TlogRefusal::TileUnavailable);
  EXPECT_EQ(reader(8, 2).error(), TlogRefusal::TileUnavailable);
  EXPECT_EQ(reader(63, 0).error(), TlogRefusal::TileUnavailable);
  EXPECT_TRUE(reader(9, 0).ok());
  EXPECT_EQ(reader(10, 0).error(), TlogRefusal::TileUnavailable);
  tree.lost = {0, 1};
  EXPECT_EQ(reader(0, 300).error(), TlogRefusal::TileUnavailable);
  EXPECT_EQ(reader(3, 40).error(), TlogRefusal::TileUnavailable);
  EXPECT_TRUE(reader(0, 20).ok());
  EXPECT_TRUE(reader(8, 1).ok());
  // A source that hands out less than it was asked for.
  const TileHashReader stingy(
      600, [](unsigned, std::uint64_t, unsigned) -> Result<std::span<const Hash256>, TlogRefusal> {
        return std::span<const Hash256>{};
      });
  EXPECT_EQ(stingy(0, 0).error(), TlogRefusal::TileUnavailable);
  // One that hands out more: what lies beyond the tree is not read all the same.
  const HashList plenty(kTileWidth);
  const TileHashReader generous(
      600, [&](unsigned, std::uint64_t, unsigned) -> Result<std::span<const Hash256>, TlogRefusal> {
        return std::span<const Hash256>(plenty);
      });
  EXPECT_TRUE(generous(0, 599).ok());
  EXPECT_EQ(generous(0, 600).error(), TlogRefusal::TileUnavailable);
}

}  // namespace
}  // namespace sealpost
