#include <array>

#include "edge/rest_api/api_call.h"
#include "edge/rest_api/internal/routes.h"
#include "edge/rest_api/request_fields.h"
#include "flow/directory/endpoints.h"

namespace sealpost {
namespace {

std::optional<EndpointBody> optional_body(ObjectReader& reader) {
  return optional_choice<EndpointBody>(
      reader, "body", {{"wrapped", EndpointBody::Wrapped}, {"unwrapped", EndpointBody::Unwrapped}});
}

std::optional<EndpointSignatures> optional_signatures(ObjectReader& reader) {
  const auto names = reader.optional_strings("signatures", {.min = 1, .max = 2}, {.min = 1, .max = 8});
  if (!names) return std::nullopt;
  EndpointSignatures chosen{.v1 = false, .v1a = false};
  for (const std::string_view name : *names) {
    bool* version = name == "v1" ? &chosen.v1 : name == "v1a" ? &chosen.v1a : nullptr;
    if (version == nullptr || *version)
      reader.problem("signatures", "Must hold v1, v1a or both, each once.");
    else
      *version = true;
  }
  return chosen;
}

std::optional<std::vector<CustomHeader>> optional_headers(ObjectReader& reader) {
  constexpr LengthBounds kHeaders{.min = 0, .max = 20};
  if (reader.optional_array("headers", kHeaders) == nullptr) return std::nullopt;
  std::vector<CustomHeader> headers;
  reader.each_object("headers", kHeaders, [&](ObjectReader& fields) {
    headers.push_back({.name = read_text(fields, "name", {.min = 1, .max = 64}),
                       .value = read_text(fields, "value", {.min = 0, .max = 1024})});
  });
  return headers;
}

std::optional<std::vector<std::uint32_t>> optional_schedule(ObjectReader& reader) {
  constexpr std::string_view kName = "retry_schedule_seconds";
  const auto* steps = reader.optional_array(kName, {.min = 0, .max = 30});
  if (steps == nullptr) return std::nullopt;
  std::vector<std::uint32_t> schedule;
  for (const auto& step : *steps) {
    const std::int64_t* seconds = step.if_int64();
    if (seconds == nullptr || *seconds < 0 || *seconds > 604'800) {
      reader.problem(kName, "Each step must be a whole number of seconds from 0 to 604800.");
      break;
    }
    schedule.push_back(static_cast<std::uint32_t>(*seconds));
  }
  return schedule;
}

Answer endpoint_create(ApiCall& api) {
  ObjectReader reader(api.body());
  NewEndpoint request{
      .integration = read_id<IntegrationId>(reader, api.ids(), "integration_id"),
      .name = read_text(reader, "name", kNameLength),
      .url = read_text(reader, "url", {.min = 1, .max = 2048}),
      .body = optional_body(reader).value_or(EndpointBody::Wrapped),
      .signatures = optional_signatures(reader).value_or(EndpointSignatures{}),
      .headers = optional_headers(reader).value_or(std::vector<CustomHeader>()),
      .retry_schedule_seconds = optional_schedule(reader).value_or(std::vector<std::uint32_t>()),
      .timeout_ms = optional_number(reader, "timeout_ms", 100, 60'000),
      .max_concurrency = optional_number(reader, "max_concurrency", 1, 1000),
      .breaker_threshold = optional_number(reader, "breaker_threshold", 0, 1000),
      .once = {}};
  SEALPOST_TRY(const AuthorizedCall call, api.authorize_for(request.integration));
  SEALPOST_TRY_VOID(reader.finish());
  SEALPOST_TRY(request.once, api.once());
  return api.made(create_endpoint(api.operations(), call, request), 201, "/v1/endpoints");
}

Answer endpoint_update(ApiCall& api) {
  SEALPOST_TRY(const auto id, api.path_id<EndpointId>());
  SEALPOST_TRY(const AuthorizedCall call, api.authorize_for(id));
  SEALPOST_TRY(const std::uint64_t version, api.if_match());
  SEALPOST_TRY_VOID(check_patch(api.body()));
  ObjectReader reader(api.body());
  const EndpointChange change{
      .name = optional_text(reader, "name", kNameLength),
      .state = optional_choice<EndpointState>(
          reader, "state", {{"active", EndpointState::Active}, {"disabled", EndpointState::Disabled}}),
      .url = optional_text(reader, "url", {.min = 1, .max = 2048}),
      .body = optional_body(reader),
      .signatures = optional_signatures(reader),
      .headers = optional_headers(reader),
      .retry_schedule_seconds = optional_schedule(reader),
      .timeout_ms = optional_number(reader, "timeout_ms", 100, 60'000),
      .max_concurrency = optional_number(reader, "max_concurrency", 1, 1000),
      .breaker_threshold = optional_number(reader, "breaker_threshold", 0, 1000)};
  SEALPOST_TRY_VOID(reader.finish());
  return api.resource(update_endpoint(api.operations(), call, id, change, version));
}

}  // namespace

std::span<const Route> endpoint_routes() {
  static constexpr std::array<Route, 5> kRoutes{{
      {.method = HttpMethod::Get,
       .path = "/v1/endpoints",
       .operation_id = "endpoint_list",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::IntegrationsRead,
       .query = "limit cursor integration_id",
       .handle = list_of_integration<EntityKind::Endpoint, list_endpoints>},
      // URLs and custom headers may hold secrets of the receiver.
      {.method = HttpMethod::Post,
       .path = "/v1/endpoints",
       .operation_id = "endpoint_create",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::IntegrationsManage,
       .body = BodyForm::Json,
       .body_limit = kControlBodyBytes,
       .holds_secret = true,
       .handle = endpoint_create},
      {.method = HttpMethod::Get,
       .path = "/v1/endpoints/{endpoint_id}",
       .operation_id = "endpoint_get",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::IntegrationsRead,
       .handle = read_one<EndpointId, read_endpoint>},
      {.method = HttpMethod::Patch,
       .path = "/v1/endpoints/{endpoint_id}",
       .operation_id = "endpoint_update",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::IntegrationsManage,
       .body = BodyForm::Json,
       .body_limit = kControlBodyBytes,
       .holds_secret = true,
       .handle = endpoint_update},
      {.method = HttpMethod::Delete,
       .path = "/v1/endpoints/{endpoint_id}",
       .operation_id = "endpoint_delete",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::IntegrationsManage,
       .handle = delete_one<EndpointId, delete_endpoint>},
  }};
  return kRoutes;
}

}  // namespace sealpost
