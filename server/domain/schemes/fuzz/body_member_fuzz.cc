// Any octets as a body: the extractor agrees with itself. Values lie inside the input, a string member
// decodes to valid text within the bound, and a body that is not one object yields nothing.
#include <array>
#include <cstddef>
#include <cstdint>

#include "domain/schemes/body_member.h"
#include "foundation/result/result.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sealpost;
  const ByteView body(data, size);
  const std::string_view text = as_text(body);
  constexpr std::array<std::string_view, 4> names{"type", "id", "event", ""};
  std::array<std::string_view, 4> values{};
  const bool object = find_members(body, names, values);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (values[i].empty()) continue;
    SEALPOST_CHECK(object);
    SEALPOST_CHECK(values[i].data() >= text.data());
    SEALPOST_CHECK(values[i].data() + values[i].size() <= text.data() + text.size());
    const auto decoded = string_member(body, names[i], 16);
    SEALPOST_CHECK(!decoded || decoded->size() <= 16);
    // What stands at a member is a value by itself: wrapped anew, it is found again.
    const std::string wrapped = "{\"v\":" + std::string(values[i]) + "}";
    const std::string_view name = "v";
    std::string_view again;
    SEALPOST_CHECK(find_members(as_bytes(wrapped), {&name, 1}, {&again, 1}));
    SEALPOST_CHECK(again == values[i]);
  }
  if (object) SEALPOST_CHECK(find_members(body, {}, {}));
  (void)decode_string(text);
  return 0;
}
