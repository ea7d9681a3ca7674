#include <algorithm>
#include <array>

#include <boost/json.hpp>

#include "domain/wire/time_text.h"
#include "edge/rest_api/api_call.h"
#include "edge/rest_api/internal/routes.h"
#include "edge/rest_api/request_fields.h"
#include "edge/rest_api/secret_answer.h"
#include "trust/vault/object_tag.h"

namespace sealpost {
namespace {

Answer operator_token_create(ApiCall& api) {
  SEALPOST_TRY(const AuthorizedCall call, api.authorize());
  const OperatorCaller* caller = api.operator_caller();
  // Only the kernel's word makes a token: a token that makes tokens would never end.
  if (caller == nullptr || !caller->over_socket)
    return fail(Problem(PublicCode::OperatorOnly, "Tokens are made on the operator socket only."));
  ObjectReader reader(api.body());
  const auto seconds = optional_number(reader, "lifetime_seconds", 60, 900);
  SEALPOST_TRY_VOID(reader.finish());
  const Milliseconds lifetime = seconds ? Milliseconds(Seconds(*seconds)) : kOperatorTokenLifetime;
  auto minted = api.parts().minting.mint_operator(call, caller->claims.uid, lifetime);
  if (!minted) {
    Problem problem(minted.error().code);
    problem.retry_after = minted.error().retry_after;
    return fail(std::move(problem));
  }
  return ApiCall::json(201, boost::json::object{{"access_token", shown_once(std::move(minted->token))},
                                                {"expires_at", to_rfc3339(minted->expires_at)},
                                                {"actor", call.caller()}});
}

constexpr std::size_t kMostDamagedRows = 100;

boost::json::array damaged_rows(const Operations& operations, const DirectorySnapshot& picture) {
  const PublicIdCodec& ids = operations.parts().ids;
  boost::json::array rows;
  for (const DamagedRow& row : picture.damaged) {
    if (rows.size() == kMostDamagedRows) break;
    rows.push_back(boost::json::object{{"table", "object"},
                                       {"resource", public_name(ids, row)},
                                       {"organization_id", ids.encode(row.tenancy.organization)}});
  }
  return rows;
}

Answer operator_status_get(ApiCall& api) {
  SEALPOST_TRY(const AuthorizedCall call, api.authorize());
  const GatewayStatus status = api.options().status ? api.options().status() : GatewayStatus{};
  const GatewayPicturePtr picture = api.operations().picture();
  return ApiCall::json(
      200, boost::json::object{{"version", status.version},
                               {"installation_id", status.installation_id},
                               {"generation", status.generation},
                               {"node", status.node},
                               {"started_at", to_rfc3339(status.started_at)},
                               {"state", status.state},
                               {"sqlite_version", status.sqlite_version},
                               {"queued_deliveries", status.queued_deliveries},
                               {"wal_bytes", status.wal_bytes},
                               {"damaged_row_count", picture->directory->damaged.size()},
                               {"damaged_rows", damaged_rows(api.operations(), *picture->directory)}});
}

Answer health_get(ApiCall&) { return ApiCall::json(200, boost::json::object{{"status", "ok"}}); }

Answer readiness_get(ApiCall& api) {
  const auto checks = api.options().readiness ? api.options().readiness() : std::vector<ReadinessCheck>();
  const bool ready = std::ranges::all_of(checks, &ReadinessCheck::ok);
  boost::json::array told;
  for (const ReadinessCheck& check : checks)
    told.push_back(boost::json::object{{"name", check.name}, {"ok", check.ok}});
  HttpResponse response = ApiCall::json(
      ready ? 200 : 503,
      boost::json::object{{"status", ready ? "ready" : "not_ready"}, {"checks", std::move(told)}});
  if (!ready) response.headers.set("Retry-After", "1");
  return response;
}

}  // namespace

std::span<const Route> operator_routes() {
  static constexpr std::array<Route, 4> kRoutes{{
      {.method = HttpMethod::Post,
       .path = "/v1/operator/tokens",
       .operation_id = "operator_token_create",
       .callers = Callers::Operator,
       .body = BodyForm::OptionalJson,
       .handle = operator_token_create},
      {.method = HttpMethod::Get,
       .path = "/v1/operator/status",
       .operation_id = "operator_status_get",
       .callers = Callers::Operator,
       .handle = operator_status_get},
      {.method = HttpMethod::Get,
       .path = "/healthz",
       .operation_id = "health_get",
       .callers = Callers::Anonymous,
       .run = RunKind::Inline,
       .handle = health_get},
      {.method = HttpMethod::Get,
       .path = "/readyz",
       .operation_id = "readiness_get",
       .callers = Callers::Anonymous,
       .run = RunKind::Inline,
       .handle = readiness_get},
  }};
  return kRoutes;
}

}  // namespace sealpost
