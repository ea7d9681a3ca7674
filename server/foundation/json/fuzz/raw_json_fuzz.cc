// Whatever the octets are: what is found lies inside them; and of a valid object each member is found, and
// reads as the value that the document holds.
#include <cstdlib>

#include "foundation/bytes/bytes.h"
#include "foundation/json/json.h"
#include "foundation/json/raw_json.h"

namespace sealpost {
namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void require_inside(std::string_view part, std::string_view text) {
  require(part.empty() ||
          (part.data() >= text.data() && part.data() + part.size() <= text.data() + text.size()));
}

}  // namespace
}  // namespace sealpost

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sealpost;
  const std::string_view text = as_text(ByteView(data, size));
  if (const auto found = raw_member(text, "data")) require_inside(*found, text);
  for (const std::string_view item : raw_items(text)) require_inside(item, text);
  const auto document = parse_json(text, {.max_depth = 8, .max_bytes = 4096});
  if (!document) return 0;
  if (const auto* object = document->if_object()) {
    for (const auto& member : *object) {
      const auto raw = raw_member(text, std::string_view(member.key().data(), member.key().size()));
      require(raw.has_value());
      const auto again = parse_json(*raw, {.max_depth = 8, .max_bytes = 4096});
      require(again.ok() && *again == member.value());
    }
  }
  if (const auto* array = document->if_array()) require(raw_items(text).size() == array->size());
  return 0;
}
