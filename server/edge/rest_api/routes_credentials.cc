#include <array>

#include "edge/rest_api/api_call.h"
#include "edge/rest_api/internal/routes.h"
#include "edge/rest_api/request_fields.h"
#include "flow/directory/credentials.h"

namespace sealpost {
namespace {

Answer credential_create(ApiCall& api) {
  ObjectReader reader(api.body());
  NewCredential request{.integration = read_id<IntegrationId>(reader, api.ids(), "integration_id"),
                        .name = read_text(reader, "name", kNameLength),
                        .expires_at = optional_time(reader, "expires_at"),
                        .rate_limit = optional_rate(reader),
                        .once = {}};
  SEALPOST_TRY(const AuthorizedCall call, api.authorize_for(request.integration));
  SEALPOST_TRY_VOID(reader.finish());
  SEALPOST_TRY(request.once, api.once());
  return api.made(create_credential(api.operations(), call, request), 201, "/v1/credentials");
}

}  // namespace

std::span<const Route> credential_routes() {
  static constexpr std::array<Route, 4> kRoutes{{
      {.method = HttpMethod::Get,
       .path = "/v1/credentials",
       .operation_id = "credential_list",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::KeysRead,
       .query = "limit cursor integration_id",
       .handle = list_of_integration<EntityKind::Credential, list_credentials>},
      {.method = HttpMethod::Post,
       .path = "/v1/credentials",
       .operation_id = "credential_create",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::KeysRotate,
       .body = BodyForm::Json,
       .body_limit = kControlBodyBytes,
       .handle = credential_create},
      {.method = HttpMethod::Get,
       .path = "/v1/credentials/{credential_id}",
       .operation_id = "credential_get",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::KeysRead,
       .handle = read_one<CredentialId, read_credential>},
      {.method = HttpMethod::Post,
       .path = "/v1/credentials/{credential_id}:revoke",
       .operation_id = "credential_revoke",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::KeysRotate,
       .body = BodyForm::Json,
       .body_limit = kControlBodyBytes,
       .handle = end_one<CredentialId, revoke_credential>},
  }};
  return kRoutes;
}

}  // namespace sealpost
