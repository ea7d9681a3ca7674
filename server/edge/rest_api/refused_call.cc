#include "edge/rest_api/refused_call.h"

namespace sealpost {

CallIdentity identity_of(const TokenClaims& claims, const Route& route, RequestId request,
                         const IpAddress& client) {
  return {.route = &route,
          .request = request,
          .client = client,
          .tenancy = claims.tenancy,
          .integration = claims.integration,
          .workspace = {},
          .caller = {.kind = CallerKind::Machine,
                     .position = claims.credential.position,
                     .shown = "bearer_token",
                     .token = claims.token,
                     .grant = claims.grant,
                     .grant_version = claims.grant_version}};
}

bool is_filed(const Route& route, PublicCode code) {
  const PublicCodeInfo& info = public_code_info(code);
  if (info.category == CodeCategory::Server || info.category == CodeCategory::Delivery) return false;
  if (route.run == RunKind::Message) return true;
  switch (info.status) {
    case 400:
    case 404:
    case 412:
    case 422:
      return false;
    default:
      break;
  }
  // "Not yet" refuses nobody anything: a proof of what is not in the tree, a delivery on its way.
  if (info.category == CodeCategory::State) return info.retry != CodeRetry::Later;
  return info.category != CodeCategory::Request;
}

void RefusedCalls::file(const CallIdentity& who, Problem& problem) const {
  if (!problem.refusal_id.empty() || !is_filed(*who.route, problem.code)) return;
  if (!who.tenancy.organization.set()) return ledger_->note_without_log(problem.code);
  RefusalKind kind{.tenancy = who.tenancy,
                   .integration = who.integration,
                   .source = {},
                   .code = problem.code,
                   .workspace = who.workspace,
                   .source_system = {},
                   .scheme = {},
                   .request = who.request,
                   .operation = who.knows_caller ? who.route->operation_id : "authenticate",
                   .caller = who.caller};
  const auto picture = operations_->picture();
  if (const Integration* integration = picture->directory->find(who.integration)) {
    kind.workspace = integration->workspace;
    kind.source_system = integration->source_system;
  }
  problem.refusal_id = operations_->parts().ids.encode(ledger_->note_call(kind, who.client));
}

}  // namespace sealpost
