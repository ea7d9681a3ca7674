// Client ids and secrets. A secret is made here, shown once and stored as an HMAC. Without an end of its own
// a credential ends after 90 days: a secret without an end can't be activated with.
#pragma once

#include "flow/directory/operations.h"
#include "flow/directory/revocation.h"

namespace sealpost {

inline constexpr Milliseconds kDefaultCredentialLifetime = std::chrono::hours(90 * 24);
inline constexpr std::size_t kMaxCredentials = 20;  // in force, of one integration

struct NewCredential {
  IntegrationId integration;
  std::string name;
  std::optional<WallTime> expires_at;
  std::optional<RateSetting> rate_limit{};
  Once once;
};
// The contract's CredentialCreated.
Operation<Made> create_credential(Operations& operations, const AuthorizedCall& call,
                                  const NewCredential& request);
Operation<Resource> read_credential(Operations& operations, const AuthorizedCall& call, CredentialId id);
Operation<PageView> list_credentials(Operations& operations, const AuthorizedCall& call,
                                     IntegrationId integration, const PageQuery& page);
Operation<RevocationReceipt> revoke_credential(Operations& operations, const AuthorizedCall& call,
                                               CredentialId id, std::string_view reason, const Once& once);

}  // namespace sealpost
