#include "domain/tlog/tile_path.h"

#include <algorithm>

#include "domain/tlog/internal/text.h"
#include "domain/tlog/merkle.h"

namespace sealpost {
namespace {

using namespace tlog_internal;

std::string three_digits(std::uint64_t value) {
  const std::string digits = std::to_string(value);
  return std::string(3 - digits.size(), '0') + digits;
}

std::string spell_index(std::uint64_t index) {
  std::string path = three_digits(index % 1000);
  while (index >= 1000) {
    index /= 1000;
    path.insert(0, "x" + three_digits(index % 1000) + "/");
  }
  return path;
}

// Reads the digits alone: parse_tile_path() compares the whole spelling at the end.
bool read_index(std::string_view text, std::uint64_t& index) {
  std::string digits;
  for (const char c : text)
    if (c >= '0' && c <= '9') digits.push_back(c);
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  const auto value = parse_decimal(digits.empty() ? "0" : digits, kMaxTreeSize);
  if (value) index = *value;
  return value.has_value();
}

}  // namespace

std::uint64_t tile_level_size(std::uint64_t size, unsigned level) {
  return level * kTileHeight >= 64 ? 0 : size >> (level * kTileHeight);
}

unsigned tile_width(std::uint64_t size, unsigned level, std::uint64_t index) {
  const std::uint64_t nodes = tile_level_size(size, level);
  const std::uint64_t full = nodes / kTileWidth;
  if (index < full) return kTileWidth;
  return index == full ? static_cast<unsigned>(nodes % kTileWidth) : 0;
}

std::string tile_path(const TileCoordinate& tile) {
  SEALPOST_CHECK(tile.level <= kMaxTileLevel && tile.width >= 1 && tile.width <= kTileWidth);
  std::string path = "tile/";
  path += tile.kind == TileKind::Entries ? "entries" : std::to_string(tile.level);
  path += "/" + spell_index(tile.index);
  if (tile.width < kTileWidth) path += ".p/" + std::to_string(tile.width);
  return path;
}

Result<TileCoordinate, TlogRefusal> parse_tile_path(std::string_view path) {
  constexpr auto kMalformed = TlogRefusal::TilePathMalformed;
  constexpr std::size_t kLongestPath = 64;
  TileCoordinate tile;
  std::string_view rest = path;
  if (path.size() > kLongestPath || !take(rest, "tile/")) return fail(kMalformed);
  const auto level = take_until(rest, '/');
  if (!level) return fail(kMalformed);
  if (*level == "entries") {
    tile.kind = TileKind::Entries;
  } else {
    const auto number = parse_decimal(*level, kMaxTileLevel);
    if (!number) return fail(kMalformed);
    tile.level = static_cast<unsigned>(*number);
  }
  if (const auto dot = rest.find(".p/"); dot != std::string_view::npos) {
    const auto width = parse_decimal(rest.substr(dot + 3), kTileWidth - 1);
    if (!width || *width == 0) return fail(kMalformed);
    tile.width = static_cast<unsigned>(*width);
    rest = rest.substr(0, dot);
  }
  if (!read_index(rest, tile.index) || tile_path(tile) != path) return fail(kMalformed);
  return tile;
}

Bytes tile_content(std::span<const Hash256> hashes) {
  Bytes out;
  out.reserve(hashes.size() * 32);
  for (const Hash256& hash : hashes) append(out, ByteView(hash));
  return out;
}

Result<void, TlogRefusal> append_bundle_entry(Bytes& bundle, ByteView entry) {
  if (entry.size() > kMaxEntryBytes) return fail(TlogRefusal::EntryTooLarge);
  append_u16(bundle, static_cast<std::uint16_t>(entry.size()));
  append(bundle, entry);
  return {};
}

Result<std::vector<ByteView>, TlogRefusal> parse_bundle(ByteView bundle) {
  std::vector<ByteView> entries;
  while (!bundle.empty()) {
    if (bundle.size() < 2 || entries.size() == kTileWidth) return fail(TlogRefusal::BundleMalformed);
    const std::size_t length = static_cast<std::size_t>(bundle[0]) << 8 | bundle[1];
    bundle = bundle.subspan(2);
    if (bundle.size() < length) return fail(TlogRefusal::BundleMalformed);
    entries.push_back(bundle.first(length));
    bundle = bundle.subspan(length);
  }
  return entries;
}

}  // namespace sealpost
