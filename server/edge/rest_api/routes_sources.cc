#include <array>

#include "edge/rest_api/api_call.h"
#include "edge/rest_api/internal/routes.h"
#include "edge/rest_api/request_fields.h"
#include "flow/directory/sources.h"

namespace sealpost {
namespace {

constexpr std::int64_t kMaxBodyBytes = 26'214'400;

InboundScheme read_scheme(ObjectReader& reader) {
  return read_choice<InboundScheme>(reader, "scheme",
                                    {{"standard_v1", InboundScheme::StandardV1},
                                     {"standard_v1a", InboundScheme::StandardV1a},
                                     {"github", InboundScheme::GitHub},
                                     {"stripe", InboundScheme::Stripe},
                                     {"slack", InboundScheme::Slack},
                                     {"gitlab_token", InboundScheme::GitLabToken},
                                     {"gitlab_signed", InboundScheme::GitLabSigned},
                                     {"generic_hmac", InboundScheme::GenericHmac}});
}

std::optional<GenericHmacTemplate> optional_template(ObjectReader& reader) {
  GenericHmacTemplate made;
  const bool there = reader.optional_object("hmac_template", [&](ObjectReader& fields) {
    made.signature_header = fields.string("signature_header", {.min = 1, .max = 64});
    made.signature_prefix = fields.optional_string("signature_prefix", {.min = 0, .max = 32}).value_or("");
    made.encoding = read_choice<std::string_view>(
        fields, "encoding", {{"hex", "hex"}, {"base64", "base64"}, {"base64url", "base64url"}});
    made.timestamp_header = fields.optional_string("timestamp_header", {.min = 0, .max = 64}).value_or("");
    made.id_header = fields.optional_string("id_header", {.min = 0, .max = 64}).value_or("");
    made.event_type_header = fields.optional_string("event_type_header", {.min = 0, .max = 64}).value_or("");
    made.signed_template = fields.string("signed_template", {.min = 6, .max = 256});
  });
  return there ? std::optional(std::move(made)) : std::nullopt;
}

Answer source_create(ApiCall& api) {
  ObjectReader reader(api.body());
  NewSource request{
      .integration = read_id<IntegrationId>(reader, api.ids(), "integration_id"),
      .name = read_text(reader, "name", kNameLength),
      .scheme = read_scheme(reader),
      .hmac_template = optional_template(reader),
      .window_seconds = optional_number(reader, "window_seconds", 10, 3600),
      .max_body_bytes = optional_number(reader, "max_body_bytes", 1, kMaxBodyBytes),
      .event_types = optional_event_types(reader).value_or(std::vector<std::string>()),
      .networks = optional_networks(reader).value_or(std::vector<std::string>()),
      .event_rules = optional_event_rules(reader).value_or(std::vector<EventRule>()),
      .claim_horizon_hours = optional_number(reader, "claim_horizon_hours", 0, 8760).value_or(0),
      .claims_until_key_retired = reader.optional_boolean("claims_until_key_retired").value_or(false),
      .rate_limit = optional_rate(reader).value_or(RateSetting{}),
      .once = {}};
  SEALPOST_TRY(const AuthorizedCall call, api.authorize_for(request.integration));
  SEALPOST_TRY_VOID(reader.finish());
  SEALPOST_TRY(request.once, api.once());
  return api.made(create_source(api.operations(), call, request), 201, "/v1/sources");
}

Answer source_update(ApiCall& api) {
  SEALPOST_TRY(const auto id, api.path_id<SourceId>());
  SEALPOST_TRY(const AuthorizedCall call, api.authorize_for(id));
  SEALPOST_TRY(const std::uint64_t version, api.if_match());
  SEALPOST_TRY_VOID(check_patch(api.body()));
  ObjectReader reader(api.body());
  const SourceChange change{
      .name = optional_text(reader, "name", kNameLength),
      .state = optional_choice<SourceState>(
          reader, "state", {{"active", SourceState::Active}, {"suspended", SourceState::Suspended}}),
      .window_seconds = optional_number(reader, "window_seconds", 10, 3600),
      .max_body_bytes = optional_number(reader, "max_body_bytes", 1, kMaxBodyBytes),
      .event_types = optional_event_types(reader),
      .networks = optional_networks(reader),
      .event_rules = optional_event_rules(reader),
      .claim_horizon_hours = optional_number(reader, "claim_horizon_hours", 0, 8760),
      .claims_until_key_retired = reader.optional_boolean("claims_until_key_retired"),
      .rate_limit = optional_rate(reader)};
  SEALPOST_TRY_VOID(reader.finish());
  return api.resource(update_source(api.operations(), call, id, change, version));
}

}  // namespace

std::span<const Route> source_routes() {
  static constexpr std::array<Route, 5> kRoutes{{
      {.method = HttpMethod::Get,
       .path = "/v1/sources",
       .operation_id = "source_list",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::IntegrationsRead,
       .query = "limit cursor integration_id",
       .handle = list_of_integration<EntityKind::Source, list_sources>},
      {.method = HttpMethod::Post,
       .path = "/v1/sources",
       .operation_id = "source_create",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::IntegrationsManage,
       .body = BodyForm::Json,
       .body_limit = kLargeControlBodyBytes,
       .handle = source_create},
      {.method = HttpMethod::Get,
       .path = "/v1/sources/{source_id}",
       .operation_id = "source_get",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::IntegrationsRead,
       .handle = read_one<SourceId, read_source>},
      {.method = HttpMethod::Patch,
       .path = "/v1/sources/{source_id}",
       .operation_id = "source_update",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::IntegrationsManage,
       .body = BodyForm::Json,
       .body_limit = kLargeControlBodyBytes,
       .handle = source_update},
      {.method = HttpMethod::Delete,
       .path = "/v1/sources/{source_id}",
       .operation_id = "source_delete",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::IntegrationsManage,
       .handle = delete_one<SourceId, delete_source>},
  }};
  return kRoutes;
}

}  // namespace sealpost
