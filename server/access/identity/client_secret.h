// What a machine authenticates with: its client id (the credential's public id, crd_…) and a secret made
// here, shown once, stored as an HMAC:
//
//   sps_live_<base 32 of: secret (32) || keyed tag (8) || CRC-32C (4)>
//
// The checksum finds copying mistakes; the keyed tag, bound to the credential and its environment, refuses
// invented secrets before anything is looked up. Every refusal is one answer outside (invalid_client).
// Free functions, thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "domain/model/directory_snapshot.h"
#include "domain/model/public_id.h"
#include "trust/vault/vault.h"

namespace sealpost {

inline constexpr std::string_view kLiveSecretPrefix = "sps_live_";
inline constexpr std::string_view kTestSecretPrefix = "sps_test_";

struct ClientSecret {
  SecretBytes text;  // for the one answer that shows it
  std::string hash;  // Credential::secret_hash
  std::string hint;  // Credential::hint: the last four characters
};
// `tenancy` is of `test` or `live`.
[[nodiscard]] ClientSecret make_client_secret(const Vault& vault, const Tenancy& tenancy,
                                              CredentialId credential, Entropy& entropy);

enum class ClientRefusal : std::uint8_t {
  MalformedId,      // not a credential's id of this installation
  MalformedSecret,  // prefix, length, alphabet or checksum: the reader's typing mistake
  ForgedSecret,     // the keyed tag is not ours, or for another credential or environment
  UnknownCredential,
  WrongSecret,
  Revoked,
  Expired,
};
[[nodiscard]] std::string_view name_of(ClientRefusal refusal);

// `now` against the credential's own end. Whether its integration and grant allow anything is the gate's to
// say.
Result<const Credential*, ClientRefusal> authenticate_client(const Vault& vault, const PublicIdCodec& ids,
                                                             const DirectorySnapshot& picture,
                                                             std::string_view client_id,
                                                             std::string_view secret, WallTime now);

}  // namespace sealpost
