#include <array>

#include "edge/rest_api/api_call.h"
#include "edge/rest_api/internal/routes.h"
#include "edge/rest_api/request_fields.h"
#include "flow/directory/grants.h"

namespace sealpost {
namespace {

// Channels, endpoints and sources are what a scope may be narrowed to.
std::optional<Position> resource_of(const PublicIdCodec& ids, std::string_view text) {
  for (const EntityKind kind : {EntityKind::Channel, EntityKind::Endpoint, EntityKind::Source})
    if (const auto position = ids.decode(kind, text)) return position;
  return std::nullopt;
}

GrantedScope read_scope(ObjectReader& fields, const PublicIdCodec& ids) {
  GrantedScope scope;
  scope.scope = fields.string("scope", {.min = 1, .max = 64});
  if (!scope.scope.empty() && !scope_from(scope.scope)) fields.problem("scope", "There is no such scope.");
  for (const std::string_view text :
       fields.strings("resources", {.min = 0, .max = 100}, {.min = 1, .max = 64})) {
    const auto resource = resource_of(ids, text);
    if (resource)
      scope.resources.push_back(*resource);
    else
      fields.problem("resources", "Names something that does not exist or that no scope is narrowed to.");
  }
  return scope;
}

GrantException read_exception(ObjectReader& fields, const PublicIdCodec& ids) {
  return {.kind = read_choice<GrantExceptionKind>(fields, "kind",
                                                  {{"unsigned_source", GrantExceptionKind::UnsignedSource}}),
          .resource = read_id<SourceId>(fields, ids, "resource_id").position,
          .owner = read_text(fields, "owner", kNameLength),
          .reason = read_text(fields, "reason", kReasonLength),
          .ends_at = read_time(fields, "ends_at")};
}

Answer grant_create(ApiCall& api) {
  ObjectReader reader(api.body());
  NewGrant request{.integration = read_id<IntegrationId>(reader, api.ids(), "integration_id"),
                   .scopes = {},
                   .exceptions = {},
                   .reason = read_text(reader, "reason", kReasonLength),
                   .expires_at = optional_time(reader, "expires_at"),
                   .once = {}};
  reader.each_object("scopes", {.min = 1, .max = kScopeCount},
                     [&](ObjectReader& fields) { request.scopes.push_back(read_scope(fields, api.ids())); });
  constexpr LengthBounds kExceptions{.min = 0, .max = 20};
  if (reader.optional_array("exceptions", kExceptions) != nullptr)
    reader.each_object("exceptions", kExceptions, [&](ObjectReader& fields) {
      request.exceptions.push_back(read_exception(fields, api.ids()));
    });
  SEALPOST_TRY(const AuthorizedCall call, api.authorize_for(request.integration));
  SEALPOST_TRY_VOID(reader.finish());
  SEALPOST_TRY(request.once, api.once());
  return api.made(request_grant(api.operations(), call, request), 201, "/v1/grants");
}

Answer grant_approve(ApiCall& api) {
  SEALPOST_TRY(const auto id, api.path_id<GrantId>());
  SEALPOST_TRY(const AuthorizedCall call, api.authorize_for(id));
  ObjectReader reader(api.body());
  const auto expires_at = optional_time(reader, "expires_at");
  SEALPOST_TRY_VOID(reader.finish());
  SEALPOST_TRY(const Once once, api.once());
  return api.made(approve_grant(api.operations(), call, id, expires_at, once), 200);
}

Operation<RevocationReceipt> end_grant(Operations& operations, const AuthorizedCall& call, GrantId id,
                                       std::string_view reason, const Once& once) {
  return revoke_grant(operations, call, id, reason, once);
}

}  // namespace

std::span<const Route> grant_routes() {
  static constexpr std::array<Route, 5> kRoutes{{
      {.method = HttpMethod::Get,
       .path = "/v1/grants",
       .operation_id = "grant_list",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::IntegrationsRead,
       .query = "limit cursor integration_id",
       .handle = list_of_integration<EntityKind::Grant, list_grants>},
      {.method = HttpMethod::Post,
       .path = "/v1/grants",
       .operation_id = "grant_create",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::IntegrationsManage,
       .body = BodyForm::Json,
       .body_limit = kControlBodyBytes,
       .handle = grant_create},
      {.method = HttpMethod::Get,
       .path = "/v1/grants/{grant_id}",
       .operation_id = "grant_get",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::IntegrationsRead,
       .handle = read_one<GrantId, read_grant>},
      {.method = HttpMethod::Post,
       .path = "/v1/grants/{grant_id}:approve",
       .operation_id = "grant_approve",
       .callers = Callers::Operator,
       .body = BodyForm::OptionalJson,
       .body_limit = kControlBodyBytes,
       .handle = grant_approve},
      {.method = HttpMethod::Post,
       .path = "/v1/grants/{grant_id}:revoke",
       .operation_id = "grant_revoke",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::IntegrationsManage,
       .body = BodyForm::Json,
       .body_limit = kControlBodyBytes,
       .handle = end_one<GrantId, end_grant>},
  }};
  return kRoutes;
}

}  // namespace sealpost
