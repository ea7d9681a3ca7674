// Keys as people copy them: whsec_ (HMAC secret), whsk_ (Ed25519 private key, 64 octets: seed then public
// key), whpk_ (Ed25519 public key), each followed by padded standard base64. Parsing is strict, because a
// loose decoder turns a paste mistake into a weak key.
// Free functions, thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "foundation/bytes/secret_bytes.h"
#include "foundation/crypto/crypto.h"
#include "foundation/result/result.h"

namespace sealpost {

enum class KeyTextError : std::uint8_t {
  WrongPrefix,     // another kind of key, or a signature version ("v1,") pasted before it
  BadEncoding,     // not padded standard base64
  WrongLength,     // whsec_: 24..64 octets; whsk_: 64; whpk_: 32
  TooWeak,         // a provider's secret under 128 bits
  PublicMismatch,  // whsk_ whose second half is not the public key of its seed
  BadPublicKey,    // not a point, or of small order
};

// whsec_<base64>. `require_prefix` false also takes the bare base64, as the published libraries do.
enum class SecretPrefix : std::uint8_t { Required, Optional };
Result<SecretBytes, KeyTextError> parse_hmac_secret(std::string_view text,
                                                    SecretPrefix prefix = SecretPrefix::Required);
Result<Ed25519PrivateKey, KeyTextError> parse_private_key(std::string_view text);
Result<Ed25519PublicKey, KeyTextError> parse_public_key(std::string_view text);

// A secret that a provider uses as text (GitHub, Stripe's whole whsec_ text, Slack, GitLab's token, generic
// templates): 16..256 octets of it, no control characters. Its octets are the key.
Result<SecretBytes, KeyTextError> parse_text_secret(std::string_view text);

// The printed forms. The secret ones return SecretBytes: the caller shows them once and drops them.
[[nodiscard]] SecretBytes format_hmac_secret(const SecretBytes& secret);
[[nodiscard]] SecretBytes format_private_key(const Ed25519PrivateKey& key);
[[nodiscard]] std::string format_public_key(const Ed25519PublicBytes& key);

}  // namespace sealpost
