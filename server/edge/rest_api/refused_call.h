// The one place where the refusal of a call of the API becomes an audit record: between the Problem and its
// answer. What sends messages leaves a record of every refusal; other operations leave one of those that
// speak of access, state or limits, not of mistakes in a request or of what is not there. The server's own
// failures are nobody's refusal. The record's id stands in the answer. Nothing here is touched by a call that
// succeeds. Values, thread-safe.
#pragma once

#include "edge/rest_api/authenticator.h"
#include "edge/rest_api/route.h"
#include "flow/acceptance/refusal_ledger.h"
#include "flow/directory/operations.h"

namespace sealpost {

// Who called what, apart from the call, which may be gone when the refusal comes. Copied without allocating.
struct CallIdentity {
  const Route* route = nullptr;
  RequestId request;
  IpAddress client;
  Tenancy tenancy;  // of an operator: what the request names; without organization there is no log
  IntegrationId integration;
  WorkspaceId workspace;  // unset: the integration's
  RefusedCaller caller;
  bool knows_caller =
      true;  // false: a token that was good once; all its calls are one operation, `authenticate`
};
[[nodiscard]] CallIdentity identity_of(const TokenClaims& claims, const Route& route, RequestId request,
                                       const IpAddress& client);

class RefusedCalls final {
 public:
  RefusedCalls(Operations& operations, RefusalLedger& ledger) : operations_(&operations), ledger_(&ledger) {}
  // Sets the problem's refusal_id. Once per refusal: what has an id is filed already.
  void file(const CallIdentity& who, Problem& problem) const;

 private:
  Operations* operations_;
  RefusalLedger* ledger_;
};

// Whether a refusal leaves a record.
[[nodiscard]] bool is_filed(const Route& route, PublicCode code);

}  // namespace sealpost
