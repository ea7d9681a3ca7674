// parse_leaf() and LeafTemplate::from_bytes(): what is accepted is what finish() makes.
#include <algorithm>

#include "domain/tlog/leaf.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sealpost;
  const ByteView bytes{data, size};
  if (const auto leaf = parse_leaf(bytes); leaf) {
    const auto made = LeafTemplate::create(leaf->fields);
    SEALPOST_CHECK(made.ok() && std::ranges::equal(made->finish(leaf->sequence), bytes));
  }
  if (const auto part = LeafTemplate::from_bytes(bytes); part)
    SEALPOST_CHECK(parse_leaf(part->finish(7)).ok());
  return 0;
}
