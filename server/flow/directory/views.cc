#include "flow/directory/views.h"

#include <algorithm>

#include "domain/model/record_json.h"
#include "domain/wire/time_text.h"
#include "flow/directory/readiness.h"
#include "flow/directory/source_plan.h"
#include "trust/replay_guard/claims.h"
#include "trust/signing/key_life.h"

namespace sealpost {
namespace {

namespace js = boost::json;

js::value text_or_null(std::string_view text) { return text.empty() ? js::value(nullptr) : js::value(text); }

js::array texts(const std::vector<std::string>& from) {
  js::array out;
  for (const auto& text : from) out.emplace_back(text);
  return out;
}

// The members every record begins and ends with; an organization has no owner to name.
js::object opened(const ViewContext& context, EntityKind kind, const RecordHead& head) {
  js::object out;
  out["id"] = context.ids.encode(kind, head.position);
  if (kind != EntityKind::Organization)
    out["organization_id"] = context.ids.encode(head.tenancy.organization);
  if (kind != EntityKind::Organization && kind != EntityKind::Workspace)
    out["environment"] = name_of(head.tenancy.environment);
  out["version"] = head.version;
  out["created_at"] = to_rfc3339(head.created_at);
  out["updated_at"] = to_rfc3339(head.updated_at);
  return out;
}

js::object rate_view(std::uint32_t per_second, std::uint32_t burst) {
  return {{"per_second", per_second}, {"burst", burst}};
}

js::array rules_view(const std::vector<EventRule>& rules) {
  js::array out;
  for (const EventRule& rule : rules) {
    js::array fields;
    for (const FieldRule& field : rule.fields)
      fields.push_back(js::object{{"pointer", field.pointer}, {"treatment", enum_name(field.treatment)}});
    out.push_back(js::object{{"event_type", text_or_null(rule.event_type)},
                             {"fields", std::move(fields)},
                             {"keep_payload_days", rule.keep_payload_days}});
  }
  return out;
}

js::value template_view(const std::optional<GenericHmacTemplate>& from) {
  if (!from) return nullptr;
  js::object out{{"signature_header", from->signature_header},
                 {"encoding", from->encoding},
                 {"signed_template", from->signed_template}};
  const auto add = [&](std::string_view name, const std::string& text) {
    if (!text.empty()) out[name] = text;
  };
  add("signature_prefix", from->signature_prefix);
  add("timestamp_header", from->timestamp_header);
  add("id_header", from->id_header);
  add("event_type_header", from->event_type_header);
  return out;
}

js::string_view word_of(RehearsalState state) {
  switch (state) {
    case RehearsalState::None:
      return "none";
    case RehearsalState::Passed:
      return "passed";
    case RehearsalState::Lapsed:
      return "lapsed";
  }
  return "none";
}

// A resource named in a grant: the kind is what the picture says it is.
std::string resource_id(const ViewContext& context, Position position) {
  if (context.picture.find(EndpointId{position}) != nullptr) return context.ids.encode(EndpointId{position});
  if (context.picture.find(SourceId{position}) != nullptr) return context.ids.encode(SourceId{position});
  return context.ids.encode(ChannelId{position});
}

std::string_view credential_state(const Credential& record, WallTime now) {
  if (record.state == CredentialState::Revoked) return "revoked";
  return record.expires_at && *record.expires_at <= now ? "expired" : "active";
}

}  // namespace

js::value time_view(const std::optional<WallTime>& time) {
  return time ? js::value(to_rfc3339(*time)) : js::value(nullptr);
}

js::object audit_position_view(const ViewContext& context, OrganizationId organization, std::uint64_t index) {
  return {{"log_origin", context.audit.origin(organization).text()}, {"index", index}};
}

std::string masked_url(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return "***";
  const std::size_t begin = scheme + 3;
  const std::size_t end = std::min(url.find_first_of("/?#", begin), url.size());
  const std::string_view authority = url.substr(begin, end - begin);
  const std::size_t at = authority.rfind('@');
  std::string out(url.substr(0, begin));
  if (at != std::string_view::npos) out += "***@";
  out += at == std::string_view::npos ? authority : authority.substr(at + 1);
  const std::string_view rest = url.substr(end);
  const std::size_t query = rest.find_first_of("?#");
  out += rest.substr(0, query);
  if (query != std::string_view::npos) out += "?***";
  return out;
}

js::object view_of(const ViewContext& context, const Organization& record) {
  js::object out = opened(context, EntityKind::Organization, record.head);
  out["name"] = record.name;
  out["rate_limit"] = rate_view(record.rate_per_second, record.rate_burst);
  out["log_origin"] = context.audit.origin(record.id()).text();
  return out;
}

js::object view_of(const ViewContext& context, const Workspace& record) {
  js::object out = opened(context, EntityKind::Workspace, record.head);
  out["name"] = record.name;
  return out;
}

js::object view_of(const ViewContext& context, const Integration& record) {
  js::object out = opened(context, EntityKind::Integration, record.head);
  out["workspace_id"] = context.ids.encode(record.workspace);
  out["name"] = record.name;
  out["source_system"] = record.source_system;
  if (record.owner_team.empty())
    out["owner"] = nullptr;
  else
    out["owner"] = js::object{{"team", record.owner_team}, {"contact", record.owner_contact}};
  out["state"] = enum_name(record.state);
  out["state_reason"] = text_or_null(record.state_reason);
  out["rehearsal"] = js::object{{"state", word_of(rehearsal_state(context.picture, record))},
                                {"passed_at", time_view(record.rehearsal.passed_at)}};
  out["rate_limit"] = rate_view(record.rate_per_second, record.rate_burst);
  out["event_rules"] = rules_view(record.event_rules);
  return out;
}

js::object view_of(const ViewContext& context, const Source& record) {
  js::object out = opened(context, EntityKind::Source, record.head);
  out["integration_id"] = context.ids.encode(record.integration);
  out["name"] = record.name;
  out["state"] = enum_name(record.state);
  out["inlet_path"] = "/v1/in/" + context.ids.encode(record.id());
  out["scheme"] = enum_name(record.scheme);
  out["signed"] = record.scheme != InboundScheme::GitLabToken;
  out["hmac_template"] = template_view(record.generic);
  out["window_seconds"] = record.window_seconds;
  out["max_body_bytes"] = record.max_body_bytes;
  out["event_types"] = texts(record.event_types);
  out["networks"] = texts(record.networks);
  out["event_rules"] = rules_view(record.event_rules);
  out["claim_horizon_hours"] = record.claim_horizon_hours;
  const auto plan = SourcePlan::create(std::make_shared<const Source>(record), context.ids);
  const Milliseconds kept = claim_horizon(record, plan.ok() && plan->settings.has_signed_time());
  out["claims_until_key_retired"] = record.claims_until_key_retired;
  out["claims_kept_hours"] = std::chrono::ceil<std::chrono::hours>(kept).count();
  out["rate_limit"] = rate_view(record.rate_per_second, record.rate_burst);
  return out;
}

js::object view_of(const ViewContext& context, const Endpoint& record) {
  js::object out = opened(context, EntityKind::Endpoint, record.head);
  out["integration_id"] = context.ids.encode(record.integration);
  out["name"] = record.name;
  out["state"] = enum_name(record.state);
  out["state_reason"] = text_or_null(record.state_reason);
  out["url"] = masked_url(record.url);
  out["body"] = enum_name(record.body);
  out["audience_signed"] = record.body == EndpointBody::Wrapped;
  js::array signatures;
  if (record.sign_v1) signatures.emplace_back("v1");
  if (record.sign_v1a) signatures.emplace_back("v1a");
  out["signatures"] = std::move(signatures);
  js::array headers;
  for (const CustomHeader& header : record.headers)
    headers.push_back(js::object{{"name", header.name}, {"value", "***"}});
  out["headers"] = std::move(headers);
  js::array schedule;
  for (const std::uint32_t seconds : record.retry_schedule_seconds) schedule.emplace_back(seconds);
  out["retry_schedule_seconds"] = std::move(schedule);
  out["timeout_ms"] = record.timeout_ms;
  out["max_concurrency"] = record.max_concurrency;
  out["breaker_threshold"] = record.breaker_threshold;
  return out;
}

js::object view_of(const ViewContext& context, const Channel& record) {
  js::object out = opened(context, EntityKind::Channel, record.head);
  out["workspace_id"] = context.ids.encode(record.workspace);
  out["name"] = record.name;
  out["kind"] = enum_name(record.kind);
  out["state"] = enum_name(record.state);
  return out;
}

js::object view_of(const ViewContext& context, const Subscription& record) {
  js::object out = opened(context, EntityKind::Subscription, record.head);
  out["integration_id"] = context.ids.encode(record.integration);
  out["event_types"] = texts(record.event_types);
  out["endpoint_id"] = record.endpoint ? js::value(context.ids.encode(*record.endpoint)) : js::value(nullptr);
  out["channel_id"] = record.channel ? js::value(context.ids.encode(*record.channel)) : js::value(nullptr);
  out["state"] = enum_name(record.state);
  return out;
}

js::object view_of(const ViewContext& context, const Grant& record) {
  js::object out = opened(context, EntityKind::Grant, record.head);
  out["integration_id"] = context.ids.encode(record.integration);
  out["grant_version"] = record.grant_version;
  out["state"] = enum_name(record.state);
  js::array scopes;
  for (const GrantedScope& granted : record.scopes) {
    js::array resources;
    for (const Position position : granted.resources) resources.emplace_back(resource_id(context, position));
    scopes.push_back(js::object{{"scope", granted.scope}, {"resources", std::move(resources)}});
  }
  out["scopes"] = std::move(scopes);
  js::array exceptions;
  for (const GrantException& exception : record.exceptions)
    exceptions.push_back(js::object{{"kind", enum_name(exception.kind)},
                                    {"resource_id", context.ids.encode(SourceId{exception.resource})},
                                    {"owner", exception.owner},
                                    {"reason", exception.reason},
                                    {"ends_at", to_rfc3339(exception.ends_at)}});
  out["exceptions"] = std::move(exceptions);
  out["reason"] = record.reason;
  out["requested_by"] = record.requested_by;
  out["approved_by"] = text_or_null(record.approved_by);
  out["approved_at"] = time_view(record.approved_at);
  out["expires_at"] = time_view(record.expires_at);
  out["ended_by"] = text_or_null(record.ended_by);
  out["ended_at"] = time_view(record.ended_at);
  out["policy_id"] = text_or_null(record.policy_id);
  out["policy_version"] = record.policy_version == 0 ? js::value(nullptr) : js::value(record.policy_version);
  return out;
}

js::object view_of(const ViewContext& context, const Credential& record) {
  js::object out = opened(context, EntityKind::Credential, record.head);
  out["integration_id"] = context.ids.encode(record.integration);
  out["name"] = record.name;
  out["client_id"] = context.ids.encode(record.id());
  out["hint"] = record.hint;
  out["state"] = credential_state(record, context.now);
  out["expires_at"] = time_view(record.expires_at);
  out["rate_limit"] = rate_view(record.rate_per_second, record.rate_burst);
  return out;
}

js::object view_of(const ViewContext& context, const SigningKey& record) {
  js::object out = opened(context, EntityKind::SigningKey, record.head);
  out["integration_id"] = context.ids.encode(record.integration);
  out["owner_id"] = record.use == KeyUse::Inbound ? context.ids.encode(SourceId{record.owner})
                                                  : context.ids.encode(EndpointId{record.owner});
  out["use"] = enum_name(record.use);
  out["algorithm"] = enum_name(record.algorithm);
  out["state"] = enum_name(effective_state(record, context.now));
  out["public_key"] = text_or_null(record.public_key);
  out["activated_at"] = time_view(record.activated_at);
  out["retires_at"] = time_view(record.retires_at);
  out["retired_at"] = time_view(retired_since(record, context.now));
  out["compromised_since"] = time_view(record.compromised_since);
  out["expires_at"] = time_view(record.expires_at);
  out["rotate_every_days"] = record.rotate_every_days;
  return out;
}

void add_health(js::object& integration, const Reader::IntegrationHealth& health) {
  integration["last_success"] = nullptr;
  integration["last_failure"] = nullptr;
  if (health.last_success_at)
    integration["last_success"] =
        js::object{{"at", to_rfc3339(*health.last_success_at)}, {"code", nullptr}, {"class", nullptr}};
  if (!health.last_failure_at) return;
  const auto code = find_public_code(health.last_failure_code);
  const std::string_view failure_class =
      code ? to_string(public_code_info(*code).failure_class) : std::string_view{};
  integration["last_failure"] = js::object{{"at", to_rfc3339(*health.last_failure_at)},
                                           {"code", text_or_null(health.last_failure_code)},
                                           {"class", text_or_null(failure_class)}};
}

}  // namespace sealpost
