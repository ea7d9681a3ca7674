#include "flow/acceptance/internal/evidence.h"

#include <boost/json.hpp>

#include "domain/wire/time_text.h"

namespace sealpost {

std::string_view AcceptanceEvidence::signature_status() const {
  if (call.caller_kind() != CallerKind::WebhookSource) return "bearer_token";
  return scheme == "gitlab_token" ? "not_signed" : "verified";
}

Result<std::string, TlogRefusal> AcceptanceEvidence::facts() const {
  CanonicalFields out;
  out.add("actor", call.caller());
  out.add("digest_key", digest_key_name);
  out.add_flag("event_type_authenticated", event_type_authenticated);
  if (call.grant().set())
    out.add("grant", grant_name).add("grant_version", static_cast<std::int64_t>(call.grant_version()));
  if (!key_id.empty()) out.add("key", key_id);
  out.add("policy", call.policy_id());
  out.add("policy_version", static_cast<std::int64_t>(call.policy_version()));
  out.add("request", request_name);
  out.add("scheme", scheme);
  out.add("signature", signature_status());
  return out.finish();
}

std::string AcceptanceEvidence::targets() const {
  std::string text;
  for (const NewDelivery& delivery : message.deliveries) {
    if (!text.empty()) text += ',';
    const bool endpoint = delivery.kind == TargetKind::Endpoint;
    text += ids.encode(endpoint ? EntityKind::Endpoint : EntityKind::Channel, delivery.target);
  }
  return text;
}

// What keeps the same request from being accepted twice, so that a claim which was taken away is missed
// (flow/history/record_check.h): key, body and end of each. They are keyed tags, and name nothing.
std::string AcceptanceEvidence::claims() const {
  std::string text;
  for (const Claim& claim : message.claims) {
    if (!text.empty()) text += ',';
    text += to_hex(claim.key) + '.' + to_hex(claim.body) + '.' + std::to_string(to_unix_ms(claim.keep_until));
  }
  return text;
}

// Keys ascend within each group, which spares sorting them.
AuditEvent AcceptanceEvidence::event() const {
  AuditEvent event("message.accepted", message.tenancy, message.accepted_at);
  const Integration* integration = directory.find(message.integration);
  auto& who = event.who();
  who.add("actor", call.caller());
  if (call.grant().set())
    who.add("grant", grant_name).add("grant_version", static_cast<std::int64_t>(call.grant_version()));
  who.add("integration", ids.encode(message.integration));
  if (!key_id.empty()) who.add("key", key_id);
  who.add("policy", call.policy_id())
      .add("policy_version", static_cast<std::int64_t>(call.policy_version()))
      .add("request", request_name)
      .add("signature", signature_status());
  if (call.token().set()) who.add("token", ids.encode(call.token()));

  auto& what = event.what();
  what.add("accepted_ms", to_unix_ms(message.accepted_at))
      .add("environment", name_of(message.tenancy.environment))
      .add("event_id", message.event_id)
      .add("event_type", message.event_type)
      .add_flag("event_type_authenticated", event_type_authenticated)
      .add("message", ids.encode(message.message))
      .add("organization", ids.encode(message.tenancy.organization))
      .add("prepared_ms", to_unix_ms(prepared_at))
      .add("received_ms", to_unix_ms(received_at))
      .add("result", "accepted")
      .add("scheme", scheme);
  if (message.source != 0) what.add("source", ids.encode(EntityKind::Source, message.source));
  if (integration != nullptr) what.add("source_system", integration->source_system);
  what.add("targets", targets());
  if (integration != nullptr) what.add("workspace", ids.encode(integration->workspace));

  event.where().add("location", "database").add("source_address", call.source_address().to_string());

  const bool after_delivery = message.keep_payload_until == WallTime{};
  // Tags of the body's bytes are among the claims: they go where its digest goes.
  if (!message.claims.empty()) event.payload().add("claims", claims());
  event.payload()
      .add("content_type", message.content_type)
      .add("deletion", after_delivery ? "after_delivery" : to_rfc3339(message.keep_payload_until))
      .add("digest", to_hex(message.payload_digest))
      .add("digest_key", digest_key_name)
      .add("encryption", "xaes_256_gcm")
      .add("payload_key", ids.encode(payload_key))
      .add("retention", "payload")
      .add("size", static_cast<std::int64_t>(message.payload_size))
      .add("summary", message.summary);
  return event;
}

std::string steps_text(const VerificationTrace& trace) {
  boost::json::object out;
  out["headers_seen"] = boost::json::array(trace.headers_seen.begin(), trace.headers_seen.end());
  out["body_length"] = trace.body_length;
  out["body_sha256"] = to_hex(trace.body_sha256);
  if (trace.signed_length) out["signed_length"] = *trace.signed_length;
  if (trace.signed_sha256) out["signed_sha256"] = to_hex(*trace.signed_sha256);
  out["key_ids_tried"] = boost::json::array(trace.key_ids_tried.begin(), trace.key_ids_tried.end());
  if (trace.clock_difference_s) out["clock_difference_s"] = *trace.clock_difference_s;
  return boost::json::serialize(out);
}

}  // namespace sealpost
