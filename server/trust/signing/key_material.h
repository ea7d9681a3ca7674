// A signing key's material on its way in: made here or pasted by a person, checked, printed once,
// fingerprinted. At rest it is sealed beside its record (open and seal below fix the context). Which form a
// source's key has depends on how its provider uses it: Standard Webhooks decode base64, most others take the
// text's octets. Free functions, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "domain/model/directory_snapshot.h"
#include "domain/schemes/key_text.h"
#include "trust/vault/vault.h"

namespace sealpost {

enum class KeyMaterialError : std::uint8_t {
  WrongForm,       // not the form this scheme's keys have (prefix, encoding, length, control characters)
  TooWeak,         // under 128 bits
  BadPublicKey,    // not a point, of small order, or not the private key's
  WrongAlgorithm,  // the scheme has no keys of that algorithm
  Unusable,        // sealed material that opens, yet is no key
  Vault,           // the vault could not open it
};

struct KeyMaterial {
  KeyAlgorithm algorithm = KeyAlgorithm::HmacSha256;
  SecretBytes secret;      // HMAC key, token, or Ed25519 seed; empty when only the public half is known
  std::string public_key;  // whpk_…, Ed25519 only
};

// What an inbound key of this scheme may be; outbound keys are Standard Webhooks' two.
[[nodiscard]] bool scheme_takes(InboundScheme scheme, KeyAlgorithm algorithm);

// 32 random octets (as text where the scheme takes text). An inbound Ed25519 key can't be generated: its
// private half belongs to the sender.
Result<KeyMaterial, KeyMaterialError> generate_inbound_key(InboundScheme scheme, KeyAlgorithm algorithm,
                                                           Entropy& entropy);
[[nodiscard]] KeyMaterial generate_outbound_key(KeyAlgorithm algorithm, Entropy& entropy);

// What a person pasted. Ed25519 inbound: whpk_; outbound: whsk_.
Result<KeyMaterial, KeyMaterialError> import_inbound_key(InboundScheme scheme, std::string_view text);
Result<KeyMaterial, KeyMaterialError> import_outbound_key(std::string_view text);

// What its owner is shown, once: whsec_…, the text itself, or a public key.
[[nodiscard]] SecretBytes printed_form(const KeyMaterial& material,
                                       std::optional<InboundScheme> inbound_scheme);

// Keyed per organization: equal secrets of one organization show as equal to us and to nobody else.
[[nodiscard]] std::string fingerprint(const OrganizationKeys& keys, const KeyMaterial& material);
// An inbound key of the same organization with that fingerprint at another owner, whatever its environment
// and state (destroyed ones included: a secret that leaked there is no better here).
[[nodiscard]] const SigningKey* find_reuse(const DirectorySnapshot& picture, OrganizationId organization,
                                           std::string_view fingerprint, Position owner);

// The sealed column of a SigningKey row. The context names tenancy and key, with version 1 for good.
[[nodiscard]] Bytes seal_material(const OrganizationKeys& keys, const Tenancy& tenancy, SigningKeyId id,
                                  const KeyMaterial& material, Entropy& entropy);
Result<SecretBytes, VaultError> open_material(const OrganizationKeys& keys, const Tenancy& tenancy,
                                              SigningKeyId id, ByteView sealed);

}  // namespace sealpost
