#include <array>

#include "edge/rest_api/api_call.h"
#include "edge/rest_api/internal/routes.h"
#include "edge/rest_api/request_fields.h"
#include "flow/directory/subscriptions.h"

namespace sealpost {
namespace {

Answer subscription_create(ApiCall& api) {
  ObjectReader reader(api.body());
  NewSubscription request{.integration = read_id<IntegrationId>(reader, api.ids(), "integration_id"),
                          .event_types = {},
                          .endpoint = optional_id<EndpointId>(reader, api.ids(), "endpoint_id"),
                          .channel = optional_id<ChannelId>(reader, api.ids(), "channel_id"),
                          .once = {}};
  if (!reader.has("event_types"))
    reader.problem("event_types", "This field is required; [] means all types.");
  request.event_types = optional_event_types(reader).value_or(std::vector<std::string>());
  if (reader.has("endpoint_id") == reader.has("channel_id"))
    reader.problem("endpoint_id", "Name exactly one of endpoint_id and channel_id.");
  SEALPOST_TRY(const AuthorizedCall call, api.authorize_for(request.integration));
  SEALPOST_TRY_VOID(reader.finish());
  SEALPOST_TRY(request.once, api.once());
  return api.made(create_subscription(api.operations(), call, request), 201, "/v1/subscriptions");
}

Answer subscription_update(ApiCall& api) {
  SEALPOST_TRY(const auto id, api.path_id<SubscriptionId>());
  SEALPOST_TRY(const AuthorizedCall call, api.authorize_for(id));
  SEALPOST_TRY(const std::uint64_t version, api.if_match());
  SEALPOST_TRY_VOID(check_patch(api.body()));
  ObjectReader reader(api.body());
  const SubscriptionChange change{.event_types = optional_event_types(reader)};
  SEALPOST_TRY_VOID(reader.finish());
  return api.resource(update_subscription(api.operations(), call, id, change, version));
}

Answer subscription_delete(ApiCall& api) {
  SEALPOST_TRY(const auto id, api.path_id<SubscriptionId>());
  SEALPOST_TRY(const AuthorizedCall call, api.authorize_for(id));
  SEALPOST_TRY(const std::uint64_t version, api.if_match());
  SEALPOST_TRY_VOID(delete_subscription(api.operations(), call, id, version));
  return HttpResponse::empty(204);
}

}  // namespace

std::span<const Route> subscription_routes() {
  static constexpr std::array<Route, 5> kRoutes{{
      {.method = HttpMethod::Get,
       .path = "/v1/subscriptions",
       .operation_id = "subscription_list",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::IntegrationsRead,
       .query = "limit cursor integration_id",
       .handle = list_of_integration<EntityKind::Subscription, list_subscriptions>},
      {.method = HttpMethod::Post,
       .path = "/v1/subscriptions",
       .operation_id = "subscription_create",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::IntegrationsManage,
       .body = BodyForm::Json,
       .body_limit = kControlBodyBytes,
       .handle = subscription_create},
      {.method = HttpMethod::Get,
       .path = "/v1/subscriptions/{subscription_id}",
       .operation_id = "subscription_get",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::IntegrationsRead,
       .handle = read_one<SubscriptionId, read_subscription>},
      {.method = HttpMethod::Patch,
       .path = "/v1/subscriptions/{subscription_id}",
       .operation_id = "subscription_update",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::IntegrationsManage,
       .body = BodyForm::Json,
       .body_limit = kControlBodyBytes,
       .handle = subscription_update},
      {.method = HttpMethod::Delete,
       .path = "/v1/subscriptions/{subscription_id}",
       .operation_id = "subscription_delete",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::IntegrationsManage,
       .handle = subscription_delete},
  }};
  return kRoutes;
}

}  // namespace sealpost
