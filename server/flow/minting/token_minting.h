// Exchanges a client secret for an access token, and an operator's uid for an operator token. Nothing is
// stored but the audit record: the token itself holds its claims. Decided from the present picture; the epoch
// is compared again in the transaction that records the minting, and a newer one sends the request back to be
// decided once more. What is refused to a client that there is leaves a record, in aggregate. Waits for the
// store: pool threads only. Internally synchronised. Source: RFC 6749 section 4.4.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/authorization/authorization_gate.h"
#include "access/identity/access_token.h"
#include "flow/acceptance/rate_limiter.h"
#include "flow/acceptance/refusal_ledger.h"
#include "flow/directory/directory.h"
#include "flow/directory/operation.h"
#include "foundation/log/log.h"

namespace sealpost {

struct MintRequest {
  std::string_view client_id;
  std::string_view client_secret;  // borrowed; whoever holds the request wipes it
  // RFC 6749 section 3.3, separated by spaces; `channels:read=chn_…` narrows one. Empty: all of the grant.
  std::string_view scope;
};
struct MintedToken {
  SecretBytes token;
  Seconds lifetime{};
  std::string scope;  // as granted, in the form of the request
};
struct MintRefusal {
  PublicCode code = PublicCode::InvalidClient;
  std::string detail;  // for people; says nothing about why a client is invalid
  std::optional<Seconds> retry_after;
  std::string reason{};  // more than the caller may know: for the record of the refusal
  bool secret_verified = false;
  // Of the record that counts it. Only who has shown the client's secret is told: to others it would say that
  // there is such a client.
  std::optional<RefusalId> refusal{};
};

struct MintedOperatorToken {
  SecretBytes token;
  WallTime expires_at{};
};

class TokenMinting final {
 public:
  struct Parts {
    Directory& directory;
    Store& store;
    const Vault& vault;
    const AuditTrail& audit;
    const PublicIdCodec& ids;
    const AuthorizationGate& gate;
    const AccessTokens& tokens;
    const Clock& clock;
    Entropy& entropy;
    Logger& log;
    RefusalLedger& refusals;
  };
  // `attempts`: of one client from one network.
  explicit TokenMinting(Parts parts, RateLimit attempts = {.per_second = 5, .burst = 60})
      : parts_(parts), attempts_(attempts) {}

  Result<MintedToken, MintRefusal> mint(const MintRequest& request, const CallContext& context);

  // `call` is an operator's, made on the operator socket. An operator's token reaches every organization, so
  // the log of each says that it was made. Where a log can't be written for want of its organization's key,
  // that organization can't be acted on either; the program's own log tells.
  Result<MintedOperatorToken, MintRefusal> mint_operator(const AuthorizedCall& call, std::uint32_t uid,
                                                         Milliseconds lifetime);

 private:
  Result<MintedToken, MintRefusal> decide(const MintRequest& request, const CallContext& context);
  // Files the refusal of a client that there is; others are only counted.
  void note(const MintRequest& request, const CallContext& context, MintRefusal& refusal);
  Result<MintedToken, MintRefusal> mint_once(const MintRequest& request, const TokenRequest& asked,
                                             const CallContext& context, bool& epoch_changed);
  [[nodiscard]] std::vector<AuditDraft> draft_operator_minting(const AuthorizedCall& call,
                                                               const OperatorClaims& claims) const;
  Result<TokenRequest, MintRefusal> read_scope(std::string_view text) const;
  [[nodiscard]] std::string scope_text(const TokenClaims& claims) const;
  [[nodiscard]] std::optional<Seconds> take_attempt(std::string_view client_id, const IpAddress& client);

  Parts parts_;
  RateLimit attempts_;
  RateLimiter limiter_;
};

}  // namespace sealpost
