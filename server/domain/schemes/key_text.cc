#include "domain/schemes/key_text.h"

#include <algorithm>
#include <utility>

#include "foundation/bytes/secret_access.h"

namespace sealpost {
namespace {

constexpr std::string_view kSecretPrefix = "whsec_";
constexpr std::string_view kPrivatePrefix = "whsk_";
constexpr std::string_view kPublicPrefix = "whpk_";
constexpr std::size_t kMinSecret = 24;
constexpr std::size_t kMaxSecret = 64;
constexpr std::size_t kMinTextSecret = 16;  // 128 bits, if every octet were random
constexpr std::size_t kMaxTextSecret = 256;

Result<SecretBytes, KeyTextError> decode(std::string_view text) {
  if (text.size() > 128) return fail(KeyTextError::WrongLength);
  auto bytes = from_base64(text, Base64Alphabet::Standard, Base64Padding::Required);
  if (!bytes) return fail(KeyTextError::BadEncoding);
  return SecretBytes::take(std::move(*bytes));
}

SecretBytes prefixed(std::string_view prefix, ByteView secret) {
  std::string encoded = to_base64(secret);
  Bytes out;
  out.reserve(prefix.size() + encoded.size());  // no growth: a moved buffer would leave its octets behind
  append(out, prefix);
  append(out, encoded);
  wipe_memory(encoded.data(), encoded.size());
  return SecretBytes::take(std::move(out));
}

}  // namespace

Result<SecretBytes, KeyTextError> parse_hmac_secret(std::string_view text, SecretPrefix prefix) {
  if (text.starts_with(kSecretPrefix)) {
    text.remove_prefix(kSecretPrefix.size());
  } else if (prefix == SecretPrefix::Required || text.find_first_of("_,") != std::string_view::npos) {
    return fail(KeyTextError::WrongPrefix);
  }
  SEALPOST_TRY(SecretBytes secret, decode(text));
  if (secret.size() * 8 < 128) return fail(KeyTextError::TooWeak);
  if (secret.size() < kMinSecret || secret.size() > kMaxSecret) return fail(KeyTextError::WrongLength);
  return secret;
}

Result<Ed25519PrivateKey, KeyTextError> parse_private_key(std::string_view text) {
  if (!text.starts_with(kPrivatePrefix)) return fail(KeyTextError::WrongPrefix);
  SEALPOST_TRY(const SecretBytes both, decode(text.substr(kPrivatePrefix.size())));
  if (both.size() != 64) return fail(KeyTextError::WrongLength);
  const ByteView octets = both.reveal(SecretAccess("split seed and public key of whsk_"));
  auto key = Ed25519PrivateKey::create(SecretBytes::copy_of(octets.first(32)));
  if (!key) return fail(KeyTextError::BadEncoding);
  if (!constant_time_equal(key->public_bytes(), octets.subspan(32)))
    return fail(KeyTextError::PublicMismatch);
  return std::move(*key);
}

Result<Ed25519PublicKey, KeyTextError> parse_public_key(std::string_view text) {
  if (!text.starts_with(kPublicPrefix)) return fail(KeyTextError::WrongPrefix);
  const auto octets = from_base64(text.substr(kPublicPrefix.size()));
  if (!octets) return fail(KeyTextError::BadEncoding);
  if (octets->size() != 32) return fail(KeyTextError::WrongLength);
  auto key = Ed25519PublicKey::create(*octets);
  if (!key) return fail(KeyTextError::BadPublicKey);
  return std::move(*key);
}

Result<SecretBytes, KeyTextError> parse_text_secret(std::string_view text) {
  if (text.size() < kMinTextSecret) return fail(KeyTextError::TooWeak);
  if (text.size() > kMaxTextSecret) return fail(KeyTextError::WrongLength);
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7f'; };
  if (std::ranges::any_of(text, is_control)) return fail(KeyTextError::BadEncoding);
  return SecretBytes::copy_of(as_bytes(text));
}

SecretBytes format_hmac_secret(const SecretBytes& secret) {
  return prefixed(kSecretPrefix, secret.reveal(SecretAccess("print whsec_ for its one showing")));
}

SecretBytes format_private_key(const Ed25519PrivateKey& key) {
  const ByteView seed = key.seed().reveal(SecretAccess("print whsk_ for its one showing"));
  Bytes both;
  both.reserve(64);
  append(both, seed);
  append(both, ByteView(key.public_bytes()));
  const SecretBytes held = SecretBytes::take(std::move(both));
  return prefixed(kPrivatePrefix, held.reveal(SecretAccess("print whsk_ for its one showing")));
}

std::string format_public_key(const Ed25519PublicBytes& key) {
  return std::string(kPublicPrefix) + to_base64(key);
}

}  // namespace sealpost
