// The one gate. It gathers facts about a caller from the present picture (a token is only a claim of the
// past), asks the built-in policy, and returns the AuthorizedCall or the refusal. A token of an older epoch
// is not refused for its age: it is judged by what is true now, so a change elsewhere in the organization
// costs nobody a token. Stateless: pictures, claims and time come in. Thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/authorization/authorized_call.h"
#include "access/consent/grant_view.h"
#include "domain/model/directory_snapshot.h"
#include "domain/model/public_id.h"
#include "domain/schemes/verify.h"
#include "foundation/result/result.h"

namespace sealpost {

struct RequiredAccess {
  Scope scope = Scope::MessagesWrite;
  // Of what the call reaches, when the request names it.
  std::optional<Environment> environment;
  // A channel or an endpoint that the call reaches.
  std::optional<Position> resource;
  Reveals reveals = Reveals::Metadata;
  bool operator_only = false;
};

struct AuthorizationRefusal {
  PublicCode code = PublicCode::InvalidToken;
  // For insufficient_scope and resource_not_in_scope.
  std::optional<Scope> missing_scope;
  std::string
      detail;  // for the log and for who may read refusals: "credential_revoked"; never for anonymous callers
  [[nodiscard]] std::string_view missing_scope_name() const {
    return missing_scope ? name_of(*missing_scope) : std::string_view{};
  }
};
template <class T>
using Authorized = Result<T, AuthorizationRefusal>;

// What a machine asks its token to hold. Empty: all that its grant holds.
struct TokenRequest {
  std::vector<NarrowedScope> scopes;  // here `resources` may be empty: not narrowed further
};
struct MintApproval {
  TokenClaims claims;   // for AccessTokens::mint()
  AuthorizedCall call;  // for the record of the minting
};

class AuthorizationGate final {
 public:
  explicit AuthorizationGate(const PublicIdCodec& ids) : ids_(ids) {}

  // A machine with a verified token.
  Authorized<AuthorizedCall> authorize(const DirectorySnapshot& picture, const TokenClaims& claims,
                                       const RequiredAccess& required, const CallContext& context) const;
  // The operator, by peer credentials or a verified operator token. `tenancy` is what the request names.
  Authorized<AuthorizedCall> authorize_operator(const DirectorySnapshot& picture,
                                                const OperatorClaims& claims, const Tenancy& tenancy,
                                                const RequiredAccess& required,
                                                const CallContext& context) const;
  // A source whose signature matched: `facts` prove it. Event types, networks and quota are decide()'s, after
  // this.
  Authorized<AuthorizedCall> authorize_webhook(const DirectorySnapshot& picture, SourceId source,
                                               const SignatureFacts& facts, const CallContext& context) const;
  // A client whose secret was right (authenticate_client) asks for a token. `token` was drawn by the caller.
  Authorized<MintApproval> authorize_mint(const DirectorySnapshot& picture, const Credential& credential,
                                          const TokenRequest& request, AccessTokenId token,
                                          const CallContext& context) const;

 private:
  const PublicIdCodec& ids_;
};

// How a refusal of the gate stands in decide()'s context; only a webhook's are asked for.
[[nodiscard]] GrantFinding grant_finding(const AuthorizationRefusal& refusal);

}  // namespace sealpost
