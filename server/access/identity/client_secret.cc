#include "access/identity/client_secret.h"

#include <algorithm>
#include <array>

#include "foundation/bytes/secret_access.h"

namespace sealpost {
namespace {

constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kTagBytes = 8;
constexpr std::size_t kCheckBytes = 4;
constexpr std::size_t kBodyBytes = kSecretBytes + kTagBytes;
constexpr std::size_t kHintLetters = 4;

using Identity = std::array<std::uint8_t, 9>;

// What the tags are bound to: the credential and its environment.
Identity identity_of(Environment environment, CredentialId credential) {
  Identity out;
  out[0] = static_cast<std::uint8_t>(environment);
  for (std::size_t i = 0; i < 8; ++i)
    out[1 + i] = static_cast<std::uint8_t>(credential.position >> (56 - 8 * i));
  return out;
}

std::array<std::uint8_t, kTagBytes> check_tag(const Vault& vault, Environment environment,
                                              CredentialId credential, ByteView secret) {
  const Identity identity = identity_of(environment, credential);
  const Hash256 whole = vault.tag(InstallationTag::CredentialCheck, {identity, secret});
  std::array<std::uint8_t, kTagBytes> out;
  std::copy_n(whole.begin(), out.size(), out.begin());
  return out;
}

std::string stored_hash(const Vault& vault, Environment environment, CredentialId credential,
                        ByteView secret) {
  return to_hex(vault.tag(InstallationTag::CredentialHash, {identity_of(environment, credential), secret}));
}

std::array<std::uint8_t, kCheckBytes> checksum(std::string_view prefix, ByteView body) {
  Bytes all;
  all.reserve(prefix.size() + body.size());  // no growth, so that one wipe reaches every copy
  append(all, prefix);
  append(all, body);
  const std::uint32_t crc = crc32c(all);
  wipe_memory(all.data(), all.size());
  return {static_cast<std::uint8_t>(crc >> 24), static_cast<std::uint8_t>(crc >> 16),
          static_cast<std::uint8_t>(crc >> 8), static_cast<std::uint8_t>(crc)};
}

struct Presented {
  Environment environment = Environment::Test;
  SecretBytes body;  // secret and tag
};

Result<Presented, ClientRefusal> parse_secret(std::string_view text) {
  Presented out;
  std::string_view prefix = kTestSecretPrefix;
  if (text.starts_with(kLiveSecretPrefix)) {
    prefix = kLiveSecretPrefix;
    out.environment = Environment::Live;
  } else if (!text.starts_with(kTestSecretPrefix)) {
    return fail(ClientRefusal::MalformedSecret);
  }
  constexpr std::size_t kLetters = ((kBodyBytes + kCheckBytes) * 8 + 4) / 5;
  if (text.size() != prefix.size() + kLetters) return fail(ClientRefusal::MalformedSecret);
  auto raw = from_base32(text.substr(prefix.size()));
  if (!raw || raw->size() != kBodyBytes + kCheckBytes) return fail(ClientRefusal::MalformedSecret);
  const ByteView body = ByteView(*raw).first(kBodyBytes);
  const bool intact = constant_time_equal(checksum(prefix, body), ByteView(*raw).subspan(kBodyBytes));
  out.body = SecretBytes::copy_of(body);
  wipe_memory(raw->data(), raw->size());
  if (!intact) return fail(ClientRefusal::MalformedSecret);
  return out;
}

}  // namespace

ClientSecret make_client_secret(const Vault& vault, const Tenancy& tenancy, CredentialId credential,
                                Entropy& entropy) {
  SEALPOST_CHECK(tenancy.environment != Environment::Shared);
  const std::string_view prefix =
      tenancy.environment == Environment::Live ? kLiveSecretPrefix : kTestSecretPrefix;
  Bytes raw(kSecretBytes);
  raw.reserve(kBodyBytes + kCheckBytes);
  entropy.fill(raw);
  ClientSecret out;
  out.hash = stored_hash(vault, tenancy.environment, credential, raw);
  append(raw, check_tag(vault, tenancy.environment, credential, raw));
  append(raw, checksum(prefix, raw));
  std::string letters = to_base32(raw);
  out.hint = letters.substr(letters.size() - kHintLetters);
  Bytes text;
  text.reserve(prefix.size() + letters.size());
  append(text, prefix);
  append(text, letters);
  out.text = SecretBytes::take(std::move(text));
  wipe_memory(letters.data(), letters.size());
  wipe_memory(raw.data(), raw.size());
  return out;
}

std::string_view name_of(ClientRefusal refusal) {
  switch (refusal) {
    case ClientRefusal::MalformedId:
      return "malformed_client_id";
    case ClientRefusal::MalformedSecret:
      return "malformed_client_secret";
    case ClientRefusal::ForgedSecret:
      return "forged_client_secret";
    case ClientRefusal::UnknownCredential:
      return "unknown_credential";
    case ClientRefusal::WrongSecret:
      return "wrong_client_secret";
    case ClientRefusal::Revoked:
      return "credential_revoked";
    case ClientRefusal::Expired:
      return "credential_expired";
  }
  die(__FILE__, __LINE__, "a refusal without a name");
}

Result<const Credential*, ClientRefusal> authenticate_client(const Vault& vault, const PublicIdCodec& ids,
                                                             const DirectorySnapshot& picture,
                                                             std::string_view client_id,
                                                             std::string_view secret, WallTime now) {
  const auto id = ids.decode<CredentialId>(client_id);
  if (!id) return fail(ClientRefusal::MalformedId);
  SEALPOST_TRY(const Presented presented, parse_secret(secret));
  const ByteView body = presented.body.reveal(SecretAccess("check a client's secret"));
  const ByteView random = body.first(kSecretBytes);
  if (!constant_time_equal(check_tag(vault, presented.environment, *id, random), body.subspan(kSecretBytes)))
    return fail(ClientRefusal::ForgedSecret);
  const Credential* credential = picture.find(*id);
  if (credential == nullptr || credential->head.tenancy.environment != presented.environment)
    return fail(ClientRefusal::UnknownCredential);
  const std::string hash = stored_hash(vault, presented.environment, *id, random);
  if (!constant_time_equal(as_bytes(hash), as_bytes(credential->secret_hash)))
    return fail(ClientRefusal::WrongSecret);
  if (credential->state != CredentialState::Active) return fail(ClientRefusal::Revoked);
  if (credential->expires_at && *credential->expires_at <= now) return fail(ClientRefusal::Expired);
  return credential;
}

}  // namespace sealpost
