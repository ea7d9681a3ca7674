// Any text as a key: what is accepted has one spelling, and no text is a key of two kinds.
#include <cstddef>
#include <cstdint>

#include "domain/schemes/key_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sealpost;
  const ByteView octets(data, size);
  const std::string_view text = as_text(octets);
  int kinds = 0;
  if (const auto secret = parse_hmac_secret(text)) {
    SEALPOST_CHECK(format_hmac_secret(*secret).equals(octets) && secret->size() >= 24);
    ++kinds;
  }
  if (const auto bare = parse_hmac_secret(text, SecretPrefix::Optional)) {
    SEALPOST_CHECK(bare->size() >= 24 && bare->size() <= 64);
    const auto whole =
        parse_hmac_secret(text.starts_with("whsec_") ? std::string(text) : "whsec_" + std::string(text));
    SEALPOST_CHECK(whole.ok() && whole->equals(*bare));
  }
  if (const auto key = parse_private_key(text)) {
    SEALPOST_CHECK(format_private_key(*key).equals(octets));
    ++kinds;
  }
  if (const auto key = parse_public_key(text)) {
    SEALPOST_CHECK(text.starts_with("whpk_") && text.size() == 49);
    ++kinds;
  }
  SEALPOST_CHECK(kinds <= 1);
  if (const auto secret = parse_text_secret(text)) SEALPOST_CHECK(secret->equals(octets) && size >= 16);
  return 0;
}
