#include <array>

#include "edge/rest_api/api_call.h"
#include "edge/rest_api/internal/routes.h"
#include "edge/rest_api/request_fields.h"
#include "flow/directory/channels.h"

namespace sealpost {
namespace {

Answer channel_list(ApiCall& api) {
  SEALPOST_TRY(const auto organization, api.query_id<OrganizationId>("organization_id"));
  SEALPOST_TRY(const auto workspace, api.query_id<WorkspaceId>("workspace_id"));
  const std::string_view named = api.query("environment");
  const auto environment = environment_from(named);
  if (!named.empty() && !environment) return fail(api.query_problem("environment", "Must be test or live."));
  // A narrower place that the query names is the one that is authorized.
  Target target{.tenancy = {organization, environment.value_or(Environment::Shared)}, .resource = {}};
  if (workspace.set()) {
    const Tenancy placed = api.target_of(EntityKind::Workspace, workspace.position).tenancy;
    if (organization.set() && placed.organization != organization) return fail(Problem(PublicCode::NotFound));
    target.tenancy.organization = placed.organization;
  }
  SEALPOST_TRY(const AuthorizedCall call, api.authorize(target));
  if (target.tenancy.organization != call.tenancy().organization && target.tenancy.organization.set())
    return fail(Problem(PublicCode::NotFound));
  if (environment && call.caller_kind() == CallerKind::Machine && *environment != call.tenancy().environment)
    return fail(Problem(PublicCode::WrongEnvironment));
  std::string filters(api.query("organization_id"));
  filters.append("|").append(api.query("workspace_id")).append("|").append(named);
  SEALPOST_TRY(const PageQuery page, api.page(call, EntityKind::Channel, filters));
  return api.page_answer(call, EntityKind::Channel,
                         list_channels(api.operations(), call, {workspace, environment}, page), filters);
}

Answer channel_create(ApiCall& api) {
  ObjectReader reader(api.body());
  NewChannel request{.workspace = read_id<WorkspaceId>(reader, api.ids(), "workspace_id"),
                     .environment = read_environment(reader),
                     .name = read_text(reader, "name", kNameLength),
                     .kind = read_choice<ChannelKind>(reader, "kind", {{"inbox", ChannelKind::Inbox}}),
                     .once = {}};
  SEALPOST_TRY(const AuthorizedCall call, api.authorize_for(request.workspace));
  SEALPOST_TRY_VOID(reader.finish());
  SEALPOST_TRY(request.once, api.once());
  return api.made(create_channel(api.operations(), call, request), 201, "/v1/channels");
}

Answer channel_update(ApiCall& api) {
  SEALPOST_TRY(const auto id, api.path_id<ChannelId>());
  SEALPOST_TRY(const AuthorizedCall call, api.authorize_for(id));
  SEALPOST_TRY(const std::uint64_t version, api.if_match());
  SEALPOST_TRY_VOID(check_patch(api.body()));
  ObjectReader reader(api.body());
  const NameChange change{.name = optional_text(reader, "name", kNameLength)};
  SEALPOST_TRY_VOID(reader.finish());
  return api.resource(update_channel(api.operations(), call, id, change, version));
}

Answer channel_message_list(ApiCall& api) {
  SEALPOST_TRY(const auto id, api.path_id<ChannelId>());
  SEALPOST_TRY(const AuthorizedCall call, api.authorize_for(id));
  SEALPOST_TRY(const PageQuery page, api.page(call, EntityKind::Message, api.parameter(0)));
  return api.page_answer(call, EntityKind::Message, api.parts().history.inbox(call, id, page),
                         api.parameter(0));
}

}  // namespace

std::span<const Route> channel_routes() {
  static constexpr std::array<Route, 6> kRoutes{{
      {.method = HttpMethod::Get,
       .path = "/v1/channels",
       .operation_id = "channel_list",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::ChannelsRead,
       .query = "limit cursor organization_id workspace_id environment",
       .handle = channel_list},
      {.method = HttpMethod::Post,
       .path = "/v1/channels",
       .operation_id = "channel_create",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::ChannelsWrite,
       .body = BodyForm::Json,
       .body_limit = kControlBodyBytes,
       .handle = channel_create},
      {.method = HttpMethod::Get,
       .path = "/v1/channels/{channel_id}",
       .operation_id = "channel_get",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::ChannelsRead,
       .handle = read_one<ChannelId, read_channel>},
      {.method = HttpMethod::Patch,
       .path = "/v1/channels/{channel_id}",
       .operation_id = "channel_update",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::ChannelsWrite,
       .body = BodyForm::Json,
       .body_limit = kControlBodyBytes,
       .handle = channel_update},
      {.method = HttpMethod::Delete,
       .path = "/v1/channels/{channel_id}",
       .operation_id = "channel_delete",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::ChannelsWrite,
       .handle = delete_one<ChannelId, delete_channel>},
      {.method = HttpMethod::Get,
       .path = "/v1/channels/{channel_id}/messages",
       .operation_id = "channel_message_list",
       .callers = Callers::Machine,
       .scope = Scope::ChannelsRead,
       .query = "limit cursor",
       .reveals = Reveals::Payload,
       .handle = channel_message_list},
  }};
  return kRoutes;
}

}  // namespace sealpost
