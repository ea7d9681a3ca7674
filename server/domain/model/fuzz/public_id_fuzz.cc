// Any text as an id of any kind: what names something has one spelling and names it for one kind only. The
// first eight octets as a position: its id is read back, and with any character changed it is no id.
#include <cstddef>
#include <cstdint>

#include "domain/model/public_id.h"

namespace sealpost {
namespace {

constexpr auto kFirstKind = static_cast<std::uint8_t>(EntityKind::Organization);
constexpr auto kLastKind = static_cast<std::uint8_t>(EntityKind::DataKey);

void check_text(const PublicIdCodec& ids, std::string_view text) {
  int kinds = 0;
  for (std::uint8_t i = kFirstKind; i <= kLastKind; ++i) {
    const auto kind = static_cast<EntityKind>(i);
    const auto position = ids.decode(kind, text);
    if (!position) continue;
    SEALPOST_CHECK(ids.encode(kind, *position) == text);
    ++kinds;
  }
  SEALPOST_CHECK(kinds <= 1);
}

void check_position(const PublicIdCodec& ids, ByteView input) {
  const Position position = read_u64(input.first(8)) >> 1U;  // 41 and 22 bits
  if (position == 0) return;
  const auto kind = static_cast<EntityKind>(kFirstKind + input[8] % kLastKind);
  std::string text = ids.encode(kind, position);
  SEALPOST_CHECK(ids.decode(kind, text) == position);
  char& changed = text[input[9] % text.size()];
  changed = changed == '0' ? '1' : '0';
  SEALPOST_CHECK(!ids.decode(kind, text));
}

}  // namespace
}  // namespace sealpost

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sealpost;
  static const PublicIdCodec ids(*Aes256Block::create(SecretBytes::take(Bytes(32, 7))),
                                 {{1, 0}, {2, 0x4000'0000'0000}});
  const ByteView input(data, size);
  check_text(ids, as_text(input));
  if (size >= 10) check_position(ids, input);
  return 0;
}
