#include <array>

#include "edge/rest_api/api_call.h"
#include "edge/rest_api/internal/routes.h"
#include "edge/rest_api/request_fields.h"

namespace sealpost {
namespace {

Answer source_key_create(ApiCall& api) {
  SEALPOST_TRY(const auto source, api.path_id<SourceId>());
  SEALPOST_TRY(const AuthorizedCall call, api.authorize_for(source));
  ObjectReader reader(api.body());
  NewSourceKey request{
      .source = source,
      .algorithm = read_choice<KeyAlgorithm>(reader, "algorithm",
                                             {{"hmac_sha256", KeyAlgorithm::HmacSha256},
                                              {"ed25519", KeyAlgorithm::Ed25519},
                                              {"static_token", KeyAlgorithm::StaticToken}}),
      .secret = reader.optional_string("secret", {.min = 1, .max = 512}).value_or(std::string_view()),
      .public_key = reader.optional_string("public_key", {.min = 1, .max = 128}).value_or(std::string_view()),
      .end = read_key_end(reader),
      .once = {}};
  SEALPOST_TRY_VOID(reader.finish());
  SEALPOST_TRY(request.once, api.once());
  Answer answer = api.made(create_source_key(api.operations(), call, request), 201, "/v1/keys");
  // The body holds the sender's secret; the call wipes its own copy.
  wipe_memory(request.once.body.data(), request.once.body.size());
  return answer;
}

Answer endpoint_key_rotate(ApiCall& api) {
  SEALPOST_TRY(const auto endpoint, api.path_id<EndpointId>());
  SEALPOST_TRY(const AuthorizedCall call, api.authorize_for(endpoint));
  ObjectReader reader(api.body());
  KeyRotation request{.endpoint = endpoint,
                      .algorithm = read_choice<KeyAlgorithm>(
                          reader, "algorithm",
                          {{"hmac_sha256", KeyAlgorithm::HmacSha256}, {"ed25519", KeyAlgorithm::Ed25519}}),
                      .overlap = kDefaultKeyOverlap,
                      .end = {},
                      .once = {}};
  if (const auto overlap = optional_number(reader, "overlap_seconds", 0, kMaxOverlapSeconds))
    request.overlap = Seconds(*overlap);
  request.end = read_key_end(reader);
  SEALPOST_TRY_VOID(reader.finish());
  SEALPOST_TRY(request.once, api.once());
  return api.made(rotate_endpoint_key(api.operations(), call, request), 201, "/v1/keys");
}

Answer key_retire(ApiCall& api) {
  SEALPOST_TRY(const auto id, api.path_id<SigningKeyId>());
  SEALPOST_TRY(const AuthorizedCall call, api.authorize_for(id));
  ObjectReader reader(api.body());
  const auto overlap = optional_number(reader, "overlap_seconds", 0, kMaxOverlapSeconds);
  SEALPOST_TRY_VOID(reader.finish());
  SEALPOST_TRY(const Once once, api.once());
  const Milliseconds wait = overlap ? Milliseconds(Seconds(*overlap)) : kDefaultKeyOverlap;
  return api.made(retire_key(api.operations(), call, id, wait, once), 200);
}

Answer key_mark_compromised(ApiCall& api) {
  SEALPOST_TRY(const auto id, api.path_id<SigningKeyId>());
  SEALPOST_TRY(const AuthorizedCall call, api.authorize_for(id));
  ObjectReader reader(api.body());
  const WallTime since = read_time(reader, "compromised_since");
  const std::string_view reason = reader.string("reason", kReasonLength);
  SEALPOST_TRY_VOID(reader.finish());
  SEALPOST_TRY(const Once once, api.once());
  return api.made(mark_key_compromised(api.operations(), call, id, since, reason, once), 200);
}

}  // namespace

std::span<const Route> key_routes() {
  static constexpr std::array<Route, 7> kRoutes{{
      {.method = HttpMethod::Get,
       .path = "/v1/sources/{source_id}/keys",
       .operation_id = "source_key_list",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::KeysRead,
       .query = "limit cursor",
       .handle = list_of_owner<SourceId, EntityKind::SigningKey, list_source_keys>},
      {.method = HttpMethod::Post,
       .path = "/v1/sources/{source_id}/keys",
       .operation_id = "source_key_create",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::KeysRotate,
       .body = BodyForm::Json,
       .body_limit = kControlBodyBytes,
       .holds_secret = true,
       .handle = source_key_create},
      {.method = HttpMethod::Get,
       .path = "/v1/endpoints/{endpoint_id}/keys",
       .operation_id = "endpoint_key_list",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::KeysRead,
       .query = "limit cursor",
       .handle = list_of_owner<EndpointId, EntityKind::SigningKey, list_endpoint_keys>},
      {.method = HttpMethod::Post,
       .path = "/v1/endpoints/{endpoint_id}/keys:rotate",
       .operation_id = "endpoint_key_rotate",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::KeysRotate,
       .body = BodyForm::Json,
       .body_limit = kControlBodyBytes,
       .handle = endpoint_key_rotate},
      {.method = HttpMethod::Get,
       .path = "/v1/keys/{key_id}",
       .operation_id = "key_get",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::KeysRead,
       .handle = read_one<SigningKeyId, read_key>},
      {.method = HttpMethod::Post,
       .path = "/v1/keys/{key_id}:retire",
       .operation_id = "key_retire",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::KeysRotate,
       .body = BodyForm::OptionalJson,
       .body_limit = kControlBodyBytes,
       .handle = key_retire},
      {.method = HttpMethod::Post,
       .path = "/v1/keys/{key_id}:mark-compromised",
       .operation_id = "key_mark_compromised",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::KeysRotate,
       .body = BodyForm::Json,
       .body_limit = kControlBodyBytes,
       .handle = key_mark_compromised},
  }};
  return kRoutes;
}

}  // namespace sealpost
