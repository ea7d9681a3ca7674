// Tiles: how a log's hashes and entries are cut into files that never change (C2SP tlog-tiles). Tile n of
// level L holds at position i the root of the 256^L leaves from (n * 256 + i) * 256^L on; only complete
// subtrees appear. Entry bundles hold the leaves themselves, 256 to a bundle. A tile that is still
// growing is served under its width. Free functions, thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/tlog/refusal.h"
#include "foundation/bytes/bytes.h"
#include "foundation/result/result.h"

namespace sealpost {

inline constexpr unsigned kTileHeight = 8;
inline constexpr unsigned kTileWidth = 256;
inline constexpr unsigned kMaxTileLevel = 63;
inline constexpr std::size_t kMaxEntryBytes = 65'535;

enum class TileKind : std::uint8_t { Hashes, Entries };

struct TileCoordinate {
  TileKind kind = TileKind::Hashes;
  unsigned level = 0;  // 0 for entries
  std::uint64_t index = 0;
  unsigned width = kTileWidth;  // 1 to 256; 256 is a full tile
  bool operator==(const TileCoordinate&) const = default;
};

// How many complete nodes a tree of `size` leaves has at tile level `level`.
[[nodiscard]] std::uint64_t tile_level_size(std::uint64_t size, unsigned level);
// How many of them lie in tile `index`: 0 (there is no such tile) to 256.
[[nodiscard]] unsigned tile_width(std::uint64_t size, unsigned level, std::uint64_t index);

// "tile/0/x001/x234/067", "tile/1/000.p/17", "tile/entries/000": below the log's prefix.
[[nodiscard]] std::string tile_path(const TileCoordinate& tile);
// Accepts the one spelling that tile_path() makes.
Result<TileCoordinate, TlogRefusal> parse_tile_path(std::string_view path);

// A tile's content is its hashes, one after the other.
[[nodiscard]] Bytes tile_content(std::span<const Hash256> hashes);
// A bundle's content: per entry its length (2 octets, big-endian) and its octets.
Result<void, TlogRefusal> append_bundle_entry(Bytes& bundle, ByteView entry);
// The entries, as views into `bundle`; more than 256 are refused.
Result<std::vector<ByteView>, TlogRefusal> parse_bundle(ByteView bundle);

}  // namespace sealpost
