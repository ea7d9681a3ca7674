#include <array>

#include "edge/rest_api/api_call.h"
#include "edge/rest_api/internal/routes.h"
#include "edge/rest_api/request_fields.h"
#include "flow/directory/organizations.h"

namespace sealpost {
namespace {

// A list of an organization: operators name it, a machine's token implies its own.
Result<AuthorizedCall, Problem> authorize_list(ApiCall& api) {
  SEALPOST_TRY(const auto organization, api.query_id<OrganizationId>("organization_id"));
  SEALPOST_TRY(AuthorizedCall call,
               api.authorize({.tenancy = {organization, Environment::Shared}, .resource = {}}));
  if (organization.set() && call.tenancy().organization != organization)
    return fail(Problem(PublicCode::NotFound));
  return call;
}

Answer organization_list(ApiCall& api) {
  SEALPOST_TRY(const AuthorizedCall call, api.authorize());
  SEALPOST_TRY(const PageQuery page, api.page(call, EntityKind::Organization));
  return api.page_answer(call, EntityKind::Organization, list_organizations(api.operations(), call, page));
}

Answer organization_create(ApiCall& api) {
  SEALPOST_TRY(const AuthorizedCall call, api.authorize());
  ObjectReader reader(api.body());
  NewOrganization request{
      .name = read_text(reader, "name", kNameLength), .rate_limit = optional_rate(reader), .once = {}};
  SEALPOST_TRY_VOID(reader.finish());
  SEALPOST_TRY(request.once, api.once());
  return api.made(create_organization(api.operations(), call, request), 201, "/v1/organizations");
}

Answer organization_update(ApiCall& api) {
  SEALPOST_TRY(const auto id, api.path_id<OrganizationId>());
  SEALPOST_TRY(const AuthorizedCall call, api.authorize_for(id));
  SEALPOST_TRY(const std::uint64_t version, api.if_match());
  SEALPOST_TRY_VOID(check_patch(api.body()));
  ObjectReader reader(api.body());
  const OrganizationChange change{.name = optional_text(reader, "name", kNameLength),
                                  .rate_limit = optional_rate(reader)};
  SEALPOST_TRY_VOID(reader.finish());
  return api.resource(update_organization(api.operations(), call, id, change, version));
}

Answer workspace_list(ApiCall& api) {
  SEALPOST_TRY(const AuthorizedCall call, authorize_list(api));
  SEALPOST_TRY(const PageQuery page, api.page(call, EntityKind::Workspace, api.query("organization_id")));
  return api.page_answer(call, EntityKind::Workspace, list_workspaces(api.operations(), call, page),
                         api.query("organization_id"));
}

Answer workspace_create(ApiCall& api) {
  ObjectReader reader(api.body());
  NewWorkspace request{.organization = read_id<OrganizationId>(reader, api.ids(), "organization_id"),
                       .name = read_text(reader, "name", kNameLength),
                       .once = {}};
  SEALPOST_TRY(const AuthorizedCall call, api.authorize_for(request.organization));
  SEALPOST_TRY_VOID(reader.finish());
  SEALPOST_TRY(request.once, api.once());
  return api.made(create_workspace(api.operations(), call, request), 201, "/v1/workspaces");
}

Answer workspace_update(ApiCall& api) {
  SEALPOST_TRY(const auto id, api.path_id<WorkspaceId>());
  SEALPOST_TRY(const AuthorizedCall call, api.authorize_for(id));
  SEALPOST_TRY(const std::uint64_t version, api.if_match());
  SEALPOST_TRY_VOID(check_patch(api.body()));
  ObjectReader reader(api.body());
  const NameChange change{.name = optional_text(reader, "name", kNameLength)};
  SEALPOST_TRY_VOID(reader.finish());
  return api.resource(update_workspace(api.operations(), call, id, change, version));
}

}  // namespace

std::span<const Route> organization_routes() {
  static constexpr std::array<Route, 8> kRoutes{{
      {.method = HttpMethod::Get,
       .path = "/v1/organizations",
       .operation_id = "organization_list",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::IntegrationsRead,
       .query = "limit cursor",
       .handle = organization_list},
      {.method = HttpMethod::Post,
       .path = "/v1/organizations",
       .operation_id = "organization_create",
       .callers = Callers::Operator,
       .body = BodyForm::Json,
       .body_limit = kControlBodyBytes,
       .handle = organization_create},
      {.method = HttpMethod::Get,
       .path = "/v1/organizations/{organization_id}",
       .operation_id = "organization_get",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::IntegrationsRead,
       .handle = read_one<OrganizationId, read_organization>},
      {.method = HttpMethod::Patch,
       .path = "/v1/organizations/{organization_id}",
       .operation_id = "organization_update",
       .callers = Callers::Operator,
       .body = BodyForm::Json,
       .body_limit = kControlBodyBytes,
       .handle = organization_update},
      {.method = HttpMethod::Get,
       .path = "/v1/workspaces",
       .operation_id = "workspace_list",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::IntegrationsRead,
       .query = "limit cursor organization_id",
       .handle = workspace_list},
      {.method = HttpMethod::Post,
       .path = "/v1/workspaces",
       .operation_id = "workspace_create",
       .callers = Callers::Operator,
       .body = BodyForm::Json,
       .body_limit = kControlBodyBytes,
       .handle = workspace_create},
      {.method = HttpMethod::Get,
       .path = "/v1/workspaces/{workspace_id}",
       .operation_id = "workspace_get",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::IntegrationsRead,
       .handle = read_one<WorkspaceId, read_workspace>},
      {.method = HttpMethod::Patch,
       .path = "/v1/workspaces/{workspace_id}",
       .operation_id = "workspace_update",
       .callers = Callers::Operator,
       .body = BodyForm::Json,
       .body_limit = kControlBodyBytes,
       .handle = workspace_update},
  }};
  return kRoutes;
}

}  // namespace sealpost
