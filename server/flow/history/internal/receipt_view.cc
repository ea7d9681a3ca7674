#include "flow/history/internal/receipt_view.h"

#include <algorithm>
#include <array>

#include "domain/wire/time_text.h"
#include "foundation/json/json.h"
#include "storage/store/store.h"

namespace sealpost {
namespace {

namespace js = boost::json;

js::object object_of(const std::string& text) {
  auto value = parse_json(text);
  return value && value->is_object() ? std::move(value->as_object()) : js::object{};
}
std::string_view text_in(const js::object& from, std::string_view name) {
  const auto* found = from.if_contains(name);
  return found != nullptr && found->is_string() ? std::string_view(found->get_string()) : std::string_view{};
}
js::value member_or_null(const js::object& from, std::string_view name) {
  const auto* found = from.if_contains(name);
  return found == nullptr ? js::value(nullptr) : *found;
}
js::value text_or_null(std::string_view text) { return text.empty() ? js::value(nullptr) : js::value(text); }

std::string_view state_word(const DeliveryRow& row) {
  switch (row.state) {
    case DeliveryState::Waiting:
      return row.attempts == 0 ? "queued" : "retrying";
    case DeliveryState::Leased:
      return "sending";
    case DeliveryState::Delivered:
      return "delivered";
    case DeliveryState::Dead:
      return "dead_letter";
    case DeliveryState::Cancelled:
      return "cancelled";
    case DeliveryState::Held:
      return "held";
  }
  return "queued";
}

// What was refused or aborted before it was sent has failed, to who asks what became of it.
std::string_view result_word(const AttemptRow& row) {
  if (row.result == "delivered" || row.result == "outcome_unknown") return row.result;
  return "failed";
}

js::object attempt_view(const ViewContext& context, OrganizationId organization, const AttemptRow& row) {
  const js::object facts = object_of(row.facts);
  const auto* keys = facts.if_contains("key_ids");
  return {{"number", row.number},
          {"started_at", to_rfc3339(row.started_at)},
          {"ended_at", to_rfc3339(row.ended_at)},
          {"result", result_word(row)},
          {"code", text_or_null(row.code)},
          {"class", text_or_null(row.failure_class)},
          {"response_status", row.http_status == 0 ? js::value(nullptr) : js::value(row.http_status)},
          {"duration_ms", member_or_null(facts, "duration_ms")},
          {"key_ids", keys != nullptr && keys->is_array() ? *keys : js::value(js::array{})},
          {"remote_address", member_or_null(facts, "remote_address")},
          {"audit", audit_position_view(context, organization, row.audit_index)}};
}

struct Stage {
  std::string_view stage;
  WallTime at{};
  bool ok = true;
  std::string_view code{};
  std::string_view failure_class{};
  std::optional<DeliveryId> delivery{};
  std::uint32_t attempt = 0;
  std::optional<std::uint64_t> audit{};
};

js::object stage_view(const ViewContext& context, OrganizationId organization, const Stage& stage) {
  return {
      {"stage", stage.stage},
      {"at", to_rfc3339(stage.at)},
      {"result", stage.ok ? "ok" : "failed"},
      {"code", text_or_null(stage.code)},
      {"class", text_or_null(stage.failure_class)},
      {"delivery_id", stage.delivery ? js::value(context.ids.encode(*stage.delivery)) : js::value(nullptr)},
      {"attempt", stage.attempt == 0 ? js::value(nullptr) : js::value(stage.attempt)},
      {"audit", stage.audit ? js::value(audit_position_view(context, organization, *stage.audit))
                            : js::value(nullptr)}};
}

void add_delivery_stages(std::vector<Stage>& stages, const MessageRecord::Delivery& delivery) {
  const DeliveryId id = delivery.row.delivery;
  std::optional<std::uint64_t> last_audit;
  for (const AttemptRow& attempt : delivery.attempts) {
    stages.push_back({.stage = "attempted",
                      .at = attempt.ended_at,
                      .ok = attempt.result == "delivered",
                      .code = attempt.code,
                      .failure_class = attempt.failure_class,
                      .delivery = id,
                      .attempt = attempt.number,
                      .audit = attempt.audit_index});
    last_audit = attempt.audit_index;
  }
  if (!delivery.row.ended_at) return;
  if (delivery.row.state == DeliveryState::Delivered)
    stages.push_back(
        {.stage = "delivered", .at = *delivery.row.ended_at, .delivery = id, .audit = last_audit});
  if (delivery.row.state == DeliveryState::Dead)
    stages.push_back({.stage = "dead_lettered",
                      .at = *delivery.row.ended_at,
                      .ok = false,
                      .code = to_string(PublicCode::AttemptsExhausted),
                      .delivery = id,
                      .audit = last_audit});
}

js::array stages_view(const ViewContext& context, const MessageRecord& message,
                      const MessageEvidence& evidence, bool is_signed) {
  const MessageRow& row = message.row;
  const WallTime received = evidence.received_at.value_or(row.accepted_at);
  const WallTime prepared = std::max(evidence.prepared_at.value_or(row.accepted_at), received);
  std::vector<Stage> stages;
  stages.push_back({.stage = "received", .at = received});
  if (is_signed) stages.push_back({.stage = "verified", .at = prepared});
  stages.push_back({.stage = "authorized", .at = prepared});
  const WallTime accepted = std::max(prepared, row.accepted_at);
  stages.push_back({.stage = "accepted", .at = accepted, .audit = row.audit_index});
  const auto first_of_deliveries = static_cast<std::ptrdiff_t>(stages.size());
  for (const auto& delivery : message.deliveries) add_delivery_stages(stages, delivery);
  // An inbox has its item in the accepting transaction, whose time was taken when the message arrived.
  std::for_each(stages.begin() + first_of_deliveries, stages.end(),
                [&](Stage& stage) { stage.at = std::max(stage.at, accepted); });
  if (row.payload_erased_at) stages.push_back({.stage = "erased", .at = *row.payload_erased_at});
  std::ranges::stable_sort(stages, {}, &Stage::at);
  js::array out;
  for (const Stage& stage : stages) out.push_back(stage_view(context, row.tenancy.organization, stage));
  return out;
}

js::object actor_view(std::string_view actor) {
  std::string_view kind = "gateway";
  if (actor.starts_with("src_")) kind = "sender";
  if (actor.starts_with("crd_")) kind = "machine";
  if (actor.starts_with("operator:")) kind = "operator";
  return {{"kind", kind}, {"id", actor}};
}

js::object signature_view(const js::object& facts) {
  const std::string_view status = text_in(facts, "signature");
  // A token proves its caller and signs nothing, so that no scheme stands beside it.
  const std::string_view scheme = status == "bearer_token" ? std::string_view() : text_in(facts, "scheme");
  return {{"status", status == "bearer_token" ? std::string_view("token") : status},
          {"scheme", text_or_null(scheme)},
          {"key_id", text_or_null(text_in(facts, "key"))},
          {"event_type_authenticated", member_or_null(facts, "event_type_authenticated")}};
}

js::object payload_state(const MessageRecord& message, const Store::PurgeTerms& terms) {
  const MessageRow& row = message.row;
  return {{"state", row.payload_erased_at ? "erased" : "stored"},
          {"digest", to_hex(row.payload_digest)},
          {"bytes", row.payload_size},
          {"content_type", row.content_type},
          {"location", "database"},
          {"encryption", "xaes_256_gcm"},
          {"retention_class", "payload"},
          {"erase_at", time_view(erase_at(message, terms))},
          {"erased_at", time_view(row.payload_erased_at)}};
}

constexpr std::array<std::string_view, 10> kSteps{"size",      "format",     "time",    "signature", "replay",
                                                  "key_state", "event_type", "network", "grant",     "quota"};
// At which of the steps a request with this code failed; past the end: after all of them.
std::size_t step_of(PublicCode code) {
  switch (code) {
    case PublicCode::BodyTooLarge:
      return 0;
    case PublicCode::UnsupportedEncoding:
    case PublicCode::MissingSignature:
    case PublicCode::MalformedHeader:
      return 1;
    case PublicCode::TimestampExpired:
    case PublicCode::TimestampInFuture:
      return 2;
    case PublicCode::BadSignature:
    case PublicCode::UnknownKey:
      return 3;
    case PublicCode::Replayed:
      return 4;
    case PublicCode::RetiredKey:
    case PublicCode::KeyCompromised:
      return 5;
    case PublicCode::EventTypeMismatch:
    case PublicCode::EventTypeNotAllowed:
    case PublicCode::ChallengeRefused:  // the type of the body says that it is one
      return 6;
    case PublicCode::NetworkNotAllowed:
      return 7;
    case PublicCode::GrantNotActive:
    case PublicCode::Suspended:
    case PublicCode::IntegrationNotActive:
    case PublicCode::IntegrationRevoked:
    case PublicCode::SourceDisabled:
    case PublicCode::WrongEnvironment:
      return 8;
    case PublicCode::QuotaExceeded:
    case PublicCode::RateLimited:
      return 9;
    default:
      return kSteps.size();
  }
}

js::array steps_view(std::string_view category) {
  const auto code = find_public_code(category);
  const std::size_t failed = code ? step_of(*code) : kSteps.size();
  js::array out;
  for (std::size_t i = 0; i < kSteps.size(); ++i)
    out.push_back(js::object{{"step", kSteps[i]},
                             {"outcome", i < failed    ? "passed"
                                         : i == failed ? "failed"
                                                       : "not_reached"},
                             {"code", i == failed ? js::value(category) : js::value(nullptr)}});
  return out;
}

}  // namespace

js::value summary_view(const std::string& summary) {
  auto value = parse_json(summary);
  return value ? *std::move(value) : js::value(js::object{});
}

std::optional<WallTime> erase_at(const MessageRecord& message, const Store::PurgeTerms& terms) {
  const MessageRow& row = message.row;
  if (row.payload_erased_at) return std::nullopt;
  WallTime latest = row.keep_payload_until;
  for (const auto& delivery : message.deliveries) {
    if (delivery.row.kind == TargetKind::Channel) {
      latest = std::max(latest, row.accepted_at + terms.inbox_term);
    } else if (delivery.row.state == DeliveryState::Dead && delivery.row.ended_at) {
      latest = std::max(latest, *delivery.row.ended_at + terms.dead_letter_term);
    } else if (!delivery.row.ended_at) {
      return std::nullopt;  // it waits for this delivery to end
    }
  }
  if (latest == WallTime{}) return std::nullopt;
  return latest;
}

js::object delivery_view(const ViewContext& context, const MessageRecord::Delivery& delivery,
                         WallTime accepted_at) {
  const DeliveryRow& row = delivery.row;
  const bool endpoint = row.kind == TargetKind::Endpoint;
  js::array attempts;
  for (const AttemptRow& attempt : delivery.attempts)
    attempts.push_back(attempt_view(context, row.tenancy.organization, attempt));
  return {
      {"id", context.ids.encode(row.delivery)},
      {"organization_id", context.ids.encode(row.tenancy.organization)},
      {"environment", name_of(row.tenancy.environment)},
      {"message_id", context.ids.encode(row.message)},
      {"endpoint_id", endpoint ? js::value(context.ids.encode(EndpointId{row.target})) : js::value(nullptr)},
      {"channel_id", endpoint ? js::value(nullptr) : js::value(context.ids.encode(ChannelId{row.target}))},
      {"state", state_word(row)},
      {"attempts", std::move(attempts)},
      {"next_attempt_at",
       time_view(row.state == DeliveryState::Waiting ? row.next_attempt_at : std::nullopt)},
      {"created_at", to_rfc3339(accepted_at)},
      {"ended_at", time_view(row.ended_at)}};
}

js::object message_view(const ViewContext& context, const MessageRecord& message,
                        const MessageEvidence& evidence, const Store::PurgeTerms& terms) {
  const MessageRow& row = message.row;
  const js::object facts = object_of(row.facts);
  const Integration* integration = context.picture.find(row.integration);
  js::array deliveries;
  for (const auto& delivery : message.deliveries)
    deliveries.push_back(delivery_view(context, delivery, row.accepted_at));
  return {
      {"id", context.ids.encode(row.message)},
      {"organization_id", context.ids.encode(row.tenancy.organization)},
      {"workspace_id", context.ids.encode(integration == nullptr ? WorkspaceId{} : integration->workspace)},
      {"environment", name_of(row.tenancy.environment)},
      {"integration_id", context.ids.encode(row.integration)},
      {"source_id",
       row.source == 0 ? js::value(nullptr) : js::value(context.ids.encode(SourceId{row.source}))},
      {"source_system", integration == nullptr ? std::string() : integration->source_system},
      {"type", row.event_type},
      {"event_id", text_or_null(row.event_id)},
      {"request_id", text_in(facts, "request")},
      {"actor", actor_view(text_in(facts, "actor"))},
      {"grant_id", text_in(facts, "grant")},
      {"grant_version", member_or_null(facts, "grant_version")},
      {"policy_id", text_in(facts, "policy")},
      {"policy_version", member_or_null(facts, "policy_version")},
      {"signature", signature_view(facts)},
      {"source_address", evidence.source_address},
      {"payload", payload_state(message, terms)},
      {"summary", summary_view(row.summary)},
      {"accepted_at", to_rfc3339(row.accepted_at)},
      {"stages", stages_view(context, message, evidence, text_in(facts, "signature") == "verified")},
      {"deliveries", std::move(deliveries)},
      {"audit", audit_position_view(context, row.tenancy.organization, row.audit_index)}};
}

js::object refusal_view(const ViewContext& context, const RefusalRow& refusal) {
  const js::object steps = object_of(refusal.steps);
  const bool call = refusal.source == 0;  // of the API: its steps are its operation and its caller
  const std::string source = call ? std::string() : context.ids.encode(SourceId{refusal.source});
  const auto list = [&](std::string_view name) {
    const auto* found = steps.if_contains(name);
    return found != nullptr && found->is_array() ? *found : js::value(js::array{});
  };
  return {{"id", context.ids.encode(refusal.refusal)},
          {"organization_id", context.ids.encode(refusal.tenancy.organization)},
          {"environment", refusal.tenancy.environment == Environment::Shared
                              ? js::value(nullptr)
                              : js::value(name_of(refusal.tenancy.environment))},
          {"integration_id", refusal.integration.set() ? js::value(context.ids.encode(refusal.integration))
                                                       : js::value(nullptr)},
          {"source_id", text_or_null(source)},
          {"operation", call ? text_in(steps, "operation") : std::string_view("webhook_receive")},
          {"actor", actor_view(call ? text_in(steps, "actor") : std::string_view(source))},
          {"grant_id", member_or_null(steps, "grant")},
          {"reason", member_or_null(steps, "reason")},
          {"code", refusal.category},
          {"count", refusal.count},
          {"first_at", to_rfc3339(refusal.first_at)},
          {"last_at", to_rfc3339(refusal.last_at)},
          {"steps", call ? js::array{} : steps_view(refusal.category)},
          {"headers_seen", list("headers_seen")},
          {"signed_bytes", member_or_null(steps, "signed_length")},
          {"signed_sha256", member_or_null(steps, "signed_sha256")},
          {"key_ids_tried", list("key_ids_tried")},
          {"clock_difference_seconds", member_or_null(steps, "clock_difference_s")},
          {"source_prefix", refusal.network},
          {"audit", audit_position_view(context, refusal.tenancy.organization, refusal.audit_index)}};
}

}  // namespace sealpost
