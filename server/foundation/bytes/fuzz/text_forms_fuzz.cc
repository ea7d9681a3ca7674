// Any text as hexadecimal, base64 and base 32: what is accepted has one spelling, and the two decoders agree.
#include <algorithm>
#include <cstdint>
#include <string>

#include "foundation/bytes/bytes.h"
#include "foundation/result/result.h"

namespace sealpost {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  return out;
}

void check_hex(std::string_view text) {
  const auto bytes = from_hex(text);
  Bytes same(text.size() / 2);
  SEALPOST_CHECK(decode_hex(text, same) == bytes.has_value());
  if (bytes) SEALPOST_CHECK(to_hex(*bytes) == lower(text) && same == *bytes);
}

void check_base64(std::string_view text, Base64Alphabet alphabet, Base64Padding padding) {
  const auto bytes = from_base64(text, alphabet, padding);
  if (!bytes) return;
  // Padding is the only freedom, and only where it is optional.
  const auto bare = [](std::string_view padded) { return padded.substr(0, padded.find('=')); };
  const std::string again = to_base64(*bytes, alphabet);
  SEALPOST_CHECK(bare(again) == bare(text));
  if (padding == Base64Padding::Required) SEALPOST_CHECK(text.size() % 4 == 0);
  if (padding == Base64Padding::Forbidden) SEALPOST_CHECK(bare(text) == text);
  Bytes same(bytes->size());
  SEALPOST_CHECK(decode_base64(text, same, alphabet, padding) && same == *bytes);
  Bytes longer(bytes->size() + 1);
  SEALPOST_CHECK(!decode_base64(text, longer, alphabet, padding));
}

}  // namespace
}  // namespace sealpost

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sealpost;
  const std::string_view text = as_text({data, size});
  check_hex(text);
  for (const auto alphabet : {Base64Alphabet::Standard, Base64Alphabet::Url})
    for (const auto padding : {Base64Padding::Required, Base64Padding::Forbidden, Base64Padding::Optional})
      check_base64(text, alphabet, padding);
  if (const auto bytes = from_base32(text)) SEALPOST_CHECK(to_base32(*bytes) == text);
  const Bytes raw(data, data + size);
  SEALPOST_CHECK(from_hex(to_hex(raw)) == raw && from_base32(to_base32(raw)) == raw);
  return 0;
}
