// The recorded consent. What may be asked for and approved is access/consent's; here it becomes rows and
// records. A grant that is approved supersedes the one in force.
#pragma once

#include "access/consent/grant_rules.h"
#include "flow/directory/operations.h"
#include "flow/directory/revocation.h"

namespace sealpost {

struct NewGrant {
  IntegrationId integration;
  std::vector<GrantedScope> scopes;
  std::vector<GrantException> exceptions;
  std::string reason;
  std::optional<WallTime> expires_at;
  Once once;
};
Operation<Made> request_grant(Operations& operations, const AuthorizedCall& call, const NewGrant& request);
// The operator approves until people sign in. `expires_at`: not after what was requested.
Operation<Made> approve_grant(Operations& operations, const AuthorizedCall& call, GrantId id,
                              std::optional<WallTime> expires_at, const Once& once);
Operation<RevocationReceipt> revoke_grant(Operations& operations, const AuthorizedCall& call, GrantId id,
                                          std::string_view reason, const Once& once);
Operation<Resource> read_grant(Operations& operations, const AuthorizedCall& call, GrantId id);
Operation<PageView> list_grants(Operations& operations, const AuthorizedCall& call, IntegrationId integration,
                                const PageQuery& page);

}  // namespace sealpost
