// parse_tile_path(), parse_bundle(), Frontier::restore(): what is accepted has one spelling.
#include <algorithm>

#include "domain/tlog/merkle.h"
#include "domain/tlog/tile_path.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sealpost;
  const ByteView bytes{data, size};
  if (const auto tile = parse_tile_path(as_text(bytes)); tile)
    SEALPOST_CHECK(tile_path(*tile) == as_text(bytes));
  if (const auto entries = parse_bundle(bytes); entries) {
    Bytes again;
    for (const ByteView entry : *entries) SEALPOST_CHECK(append_bundle_entry(again, entry).ok());
    SEALPOST_CHECK(std::ranges::equal(again, bytes));
  }
  if (const auto frontier = Frontier::restore(bytes); frontier)
    SEALPOST_CHECK(std::ranges::equal(frontier->serialise(), bytes));
  return 0;
}
