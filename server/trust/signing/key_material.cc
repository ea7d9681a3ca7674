#include "trust/signing/key_material.h"

#include <utility>

#include "foundation/bytes/secret_access.h"

namespace sealpost {
namespace {

constexpr std::size_t kGeneratedBytes = 32;
constexpr std::uint64_t kMaterialVersion = 1;

KeyMaterialError from_text_error(KeyTextError error) {
  switch (error) {
    case KeyTextError::WrongPrefix:
    case KeyTextError::BadEncoding:
    case KeyTextError::WrongLength:
      return KeyMaterialError::WrongForm;
    case KeyTextError::TooWeak:
      return KeyMaterialError::TooWeak;
    case KeyTextError::PublicMismatch:
    case KeyTextError::BadPublicKey:
      return KeyMaterialError::BadPublicKey;
  }
  die(__FILE__, __LINE__, "a key text error that nobody mapped");
}

// Whether the key is what base64 decodes to (Standard Webhooks), or the octets of the text itself.
bool decodes_base64(InboundScheme scheme) {
  return scheme == InboundScheme::StandardV1 || scheme == InboundScheme::StandardV1a ||
         scheme == InboundScheme::GitLabSigned;
}

SecretBytes random_octets(Entropy& entropy) {
  Bytes bytes(kGeneratedBytes);
  entropy.fill(bytes);
  return SecretBytes::take(std::move(bytes));
}

// 43 letters of base64url: 256 bits in a form that every provider's settings page takes.
SecretBytes random_text(Entropy& entropy) {
  const SecretBytes octets = random_octets(entropy);
  std::string text =
      to_base64(octets.reveal(SecretAccess("write a new secret as text")), Base64Alphabet::Url);
  SecretBytes secret = SecretBytes::copy_of(as_bytes(text));
  wipe_memory(text.data(), text.size());
  return secret;
}

KeyMaterial private_material(const Ed25519PrivateKey& key) {
  return {.algorithm = KeyAlgorithm::Ed25519,
          .secret = key.seed().clone(),
          .public_key = format_public_key(key.public_bytes())};
}

KeyMaterial secret_material(KeyAlgorithm algorithm, SecretBytes secret) {
  return {.algorithm = algorithm, .secret = std::move(secret), .public_key = {}};
}

SealContext material_context(const Tenancy& tenancy, SigningKeyId id) {
  return {.tenancy = tenancy,
          .kind = EntityKind::SigningKey,
          .id = id.position,
          .version = kMaterialVersion,
          .field = "material"};
}

}  // namespace

bool scheme_takes(InboundScheme scheme, KeyAlgorithm algorithm) {
  switch (scheme) {
    case InboundScheme::StandardV1:
      return algorithm != KeyAlgorithm::StaticToken;
    case InboundScheme::StandardV1a:
      return algorithm == KeyAlgorithm::Ed25519;
    case InboundScheme::GitLabToken:
      return algorithm == KeyAlgorithm::StaticToken;
    case InboundScheme::GitHub:
    case InboundScheme::Stripe:
    case InboundScheme::Slack:
    case InboundScheme::GitLabSigned:
    case InboundScheme::GenericHmac:
      return algorithm == KeyAlgorithm::HmacSha256;
  }
  die(__FILE__, __LINE__, "a scheme whose keys nobody named");
}

Result<KeyMaterial, KeyMaterialError> generate_inbound_key(InboundScheme scheme, KeyAlgorithm algorithm,
                                                           Entropy& entropy) {
  if (!scheme_takes(scheme, algorithm) || algorithm == KeyAlgorithm::Ed25519)
    return fail(KeyMaterialError::WrongAlgorithm);
  return secret_material(algorithm, decodes_base64(scheme) ? random_octets(entropy) : random_text(entropy));
}

KeyMaterial generate_outbound_key(KeyAlgorithm algorithm, Entropy& entropy) {
  SEALPOST_CHECK(algorithm != KeyAlgorithm::StaticToken);
  if (algorithm == KeyAlgorithm::Ed25519) return private_material(Ed25519PrivateKey::generate(entropy));
  return secret_material(algorithm, random_octets(entropy));
}

Result<KeyMaterial, KeyMaterialError> import_inbound_key(InboundScheme scheme, std::string_view text) {
  if (text.starts_with("whpk_") && scheme_takes(scheme, KeyAlgorithm::Ed25519)) {
    const auto key = parse_public_key(text);
    if (!key) return fail(from_text_error(key.error()));
    return KeyMaterial{
        .algorithm = KeyAlgorithm::Ed25519, .secret = {}, .public_key = format_public_key(key->bytes())};
  }
  if (scheme == InboundScheme::StandardV1a) return fail(KeyMaterialError::WrongForm);
  auto secret = decodes_base64(scheme) ? parse_hmac_secret(text) : parse_text_secret(text);
  if (!secret) return fail(from_text_error(secret.error()));
  const bool token = scheme_takes(scheme, KeyAlgorithm::StaticToken);
  return secret_material(token ? KeyAlgorithm::StaticToken : KeyAlgorithm::HmacSha256, std::move(*secret));
}

Result<KeyMaterial, KeyMaterialError> import_outbound_key(std::string_view text) {
  if (text.starts_with("whsk_")) {
    const auto key = parse_private_key(text);
    if (!key) return fail(from_text_error(key.error()));
    return private_material(*key);
  }
  auto secret = parse_hmac_secret(text);
  if (!secret) return fail(from_text_error(secret.error()));
  return secret_material(KeyAlgorithm::HmacSha256, std::move(*secret));
}

SecretBytes printed_form(const KeyMaterial& material, std::optional<InboundScheme> inbound_scheme) {
  // The receiver of an Ed25519 signature needs the public half only; the private one is never shown.
  if (material.algorithm == KeyAlgorithm::Ed25519) return SecretBytes::copy_of(as_bytes(material.public_key));
  if (inbound_scheme && !decodes_base64(*inbound_scheme)) return material.secret.clone();
  return format_hmac_secret(material.secret);
}

std::string fingerprint(const OrganizationKeys& keys, const KeyMaterial& material) {
  // An Ed25519 pair is known by its public half, whichever half is at hand.
  const bool pair = material.algorithm == KeyAlgorithm::Ed25519;
  const ByteView identity = pair ? as_bytes(material.public_key)
                                 : material.secret.reveal(SecretAccess("tag a secret for the reuse check"));
  return to_hex(keys.tag(OrganizationTag::Fingerprint, {as_bytes(pair ? "ed25519" : "secret"), identity}));
}

const SigningKey* find_reuse(const DirectorySnapshot& picture, OrganizationId organization,
                             std::string_view fingerprint, Position owner) {
  for (const auto& [position, key] : picture.keys) {
    if (key->head.tenancy.organization != organization) continue;
    if (key->owner != owner && constant_time_equal(as_bytes(key->fingerprint), as_bytes(fingerprint)))
      return key.get();
  }
  return nullptr;
}

Bytes seal_material(const OrganizationKeys& keys, const Tenancy& tenancy, SigningKeyId id,
                    const KeyMaterial& material, Entropy& entropy) {
  if (material.secret.empty()) return {};  // a public key stands in the record
  return keys.seal_secret(material.secret, material_context(tenancy, id), entropy);
}

Result<SecretBytes, VaultError> open_material(const OrganizationKeys& keys, const Tenancy& tenancy,
                                              SigningKeyId id, ByteView sealed) {
  return keys.open_secret(sealed, material_context(tenancy, id));
}

}  // namespace sealpost
