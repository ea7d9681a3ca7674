#include <array>

#include "edge/rest_api/api_call.h"
#include "edge/rest_api/internal/routes.h"
#include "edge/rest_api/request_fields.h"
#include "flow/directory/rehearsal.h"

namespace sealpost {
namespace {

constexpr auto kManage = Scope::IntegrationsManage;

Answer integration_list(ApiCall& api) {
  SEALPOST_TRY(const auto organization, api.query_id<OrganizationId>("organization_id"));
  SEALPOST_TRY(const auto workspace, api.query_id<WorkspaceId>("workspace_id"));
  const std::string_view named = api.query("environment");
  const auto environment = environment_from(named);
  if (!named.empty() && !environment) return fail(api.query_problem("environment", "Must be test or live."));
  SEALPOST_TRY(const AuthorizedCall call,
               api.authorize({.tenancy = {organization, Environment::Shared}, .resource = {}}));
  if (organization.set() && call.tenancy().organization != organization)
    return fail(Problem(PublicCode::NotFound));
  std::string filters(api.query("organization_id"));
  filters.append("|").append(api.query("workspace_id")).append("|").append(named);
  SEALPOST_TRY(const PageQuery page, api.page(call, EntityKind::Integration, filters));
  return api.page_answer(call, EntityKind::Integration,
                         list_integrations(api.operations(), call, {workspace, environment}, page), filters);
}

Answer integration_create(ApiCall& api) {
  ObjectReader reader(api.body());
  NewIntegration request{.workspace = read_id<WorkspaceId>(reader, api.ids(), "workspace_id"),
                         .environment = read_environment(reader),
                         .name = read_text(reader, "name", kNameLength),
                         .source_system = read_text(reader, "source_system", kNameLength),
                         .owner = optional_owner(reader),
                         .rate_limit = optional_rate(reader),
                         .event_rules = optional_event_rules(reader).value_or(std::vector<EventRule>()),
                         .once = {}};
  SEALPOST_TRY(const AuthorizedCall call, api.authorize_for(request.workspace));
  SEALPOST_TRY_VOID(reader.finish());
  SEALPOST_TRY(request.once, api.once());
  return api.made(create_integration(api.operations(), call, request), 201, "/v1/integrations");
}

Answer integration_update(ApiCall& api) {
  SEALPOST_TRY(const auto id, api.path_id<IntegrationId>());
  SEALPOST_TRY(const AuthorizedCall call, api.authorize_for(id));
  SEALPOST_TRY(const std::uint64_t version, api.if_match());
  SEALPOST_TRY_VOID(check_patch(api.body()));
  ObjectReader reader(api.body());
  const IntegrationChange change{.name = optional_text(reader, "name", kNameLength),
                                 .source_system = optional_text(reader, "source_system", kNameLength),
                                 .owner = optional_owner(reader),
                                 .rate_limit = optional_rate(reader),
                                 .event_rules = optional_event_rules(reader)};
  SEALPOST_TRY_VOID(reader.finish());
  return api.resource(update_integration(api.operations(), call, id, change, version));
}

// The steps that need nothing but the integration.
template <auto Step>
Answer step(ApiCall& api) {
  SEALPOST_TRY(const auto id, api.path_id<IntegrationId>());
  SEALPOST_TRY(const AuthorizedCall call, api.authorize_for(id));
  SEALPOST_TRY(const Once once, api.once());
  return api.made(Step(api.operations(), call, id, once), 200);
}
// Those that need a reason too.
template <auto Step>
Answer reasoned_step(ApiCall& api) {
  SEALPOST_TRY(const auto id, api.path_id<IntegrationId>());
  SEALPOST_TRY(const AuthorizedCall call, api.authorize_for(id));
  ObjectReader reader(api.body());
  const std::string_view reason = reader.string("reason", kReasonLength);
  SEALPOST_TRY_VOID(reader.finish());
  SEALPOST_TRY(const Once once, api.once());
  return api.made(Step(api.operations(), call, id, reason, once), 200);
}

}  // namespace

std::span<const Route> integration_routes() {
  static constexpr std::array<Route, 10> kRoutes{{
      {.method = HttpMethod::Get,
       .path = "/v1/integrations",
       .operation_id = "integration_list",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::IntegrationsRead,
       .query = "limit cursor organization_id workspace_id environment",
       .handle = integration_list},
      {.method = HttpMethod::Post,
       .path = "/v1/integrations",
       .operation_id = "integration_create",
       .callers = Callers::Operator,
       .body = BodyForm::Json,
       .body_limit = kControlBodyBytes,
       .handle = integration_create},
      {.method = HttpMethod::Get,
       .path = "/v1/integrations/{integration_id}",
       .operation_id = "integration_get",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::IntegrationsRead,
       .handle = read_one<IntegrationId, read_integration>},
      {.method = HttpMethod::Patch,
       .path = "/v1/integrations/{integration_id}",
       .operation_id = "integration_update",
       .callers = Callers::MachineOrOperator,
       .scope = kManage,
       .body = BodyForm::Json,
       .body_limit = kControlBodyBytes,
       .handle = integration_update},
      {.method = HttpMethod::Post,
       .path = "/v1/integrations/{integration_id}:rehearse",
       .operation_id = "integration_rehearse",
       .callers = Callers::MachineOrOperator,
       .scope = kManage,
       .handle = step<rehearse_integration>},
      {.method = HttpMethod::Post,
       .path = "/v1/integrations/{integration_id}:activate",
       .operation_id = "integration_activate",
       .callers = Callers::Operator,
       .handle = step<activate_integration>},
      {.method = HttpMethod::Post,
       .path = "/v1/integrations/{integration_id}:suspend",
       .operation_id = "integration_suspend",
       .callers = Callers::MachineOrOperator,
       .scope = kManage,
       .body = BodyForm::Json,
       .body_limit = kControlBodyBytes,
       .handle = end_one<IntegrationId, suspend_integration>},
      {.method = HttpMethod::Post,
       .path = "/v1/integrations/{integration_id}:resume",
       .operation_id = "integration_resume",
       .callers = Callers::Operator,
       .body = BodyForm::Json,
       .body_limit = kControlBodyBytes,
       .handle = reasoned_step<resume_integration>},
      {.method = HttpMethod::Post,
       .path = "/v1/integrations/{integration_id}:revoke",
       .operation_id = "integration_revoke",
       .callers = Callers::MachineOrOperator,
       .scope = kManage,
       .body = BodyForm::Json,
       .body_limit = kControlBodyBytes,
       .handle = end_one<IntegrationId, revoke_integration>},
      {.method = HttpMethod::Post,
       .path = "/v1/integrations/{integration_id}:decommission",
       .operation_id = "integration_decommission",
       .callers = Callers::Operator,
       .body = BodyForm::Json,
       .body_limit = kControlBodyBytes,
       .handle = reasoned_step<decommission_integration>},
  }};
  return kRoutes;
}

}  // namespace sealpost
