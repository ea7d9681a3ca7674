#include "flow/acceptance/internal/evidence.h"

#include <boost/json.hpp>

#include "domain/wire/time_text.h"

namespace sealpost {

std::string_view AcceptanceEvidence::signature_status() const {
  if (call.caller_kind() != CallerKind::WebhookSource) return "bearer_token";
  return scheme == "gitlab_token" ? "not_signed" : "verified";
}

std::string AcceptanceEvidence::facts() const {
  boost::json::object out;
  out["actor"] = call.caller();
  out["scheme"] = scheme;
  out["signature"] = signature_status();
  if (!key_id.empty()) out["key"] = key_id;
  out["event_type_authenticated"] = event_type_authenticated;
  if (call.grant().set()) {
    out["grant"] = ids.encode(call.grant());
    out["grant_version"] = call.grant_version();
  }
  out["policy"] = call.policy_id();
  out["policy_version"] = call.policy_version();
  out["request"] = ids.encode(call.request());
  out["digest_key"] = ids.encode(digest_key);
  return boost::json::serialize(out);
}

AuditEvent AcceptanceEvidence::event() const {
  AuditEvent event("message.accepted", message.tenancy, message.accepted_at);
  const Integration* integration = directory.find(message.integration);
  std::string targets;
  for (const NewDelivery& delivery : message.deliveries) {
    if (!targets.empty()) targets += ',';
    targets += ids.encode(delivery.kind == TargetKind::Endpoint ? EntityKind::Endpoint : EntityKind::Channel,
                          delivery.target);
  }
  auto& who = event.who();
  who.add("actor", call.caller())
      .add("integration", ids.encode(message.integration))
      .add("policy", call.policy_id())
      .add("policy_version", static_cast<std::int64_t>(call.policy_version()))
      .add("request", ids.encode(call.request()))
      .add("signature", signature_status());
  if (call.grant().set())
    who.add("grant", ids.encode(call.grant()))
        .add("grant_version", static_cast<std::int64_t>(call.grant_version()));
  if (!key_id.empty()) who.add("key", key_id);

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
      .add("scheme", scheme)
      .add("targets", targets);
  if (message.source != 0) what.add("source", ids.encode(EntityKind::Source, message.source));
  if (integration != nullptr)
    what.add("source_system", integration->source_system)
        .add("workspace", ids.encode(integration->workspace));

  event.where().add("location", "store").add("source_address", call.source_address().to_string());

  auto& payload = event.payload();
  payload
      .add("content_type", message.content_type)
      .add("deletion", message.keep_payload_until == WallTime{} ? "after_delivery"
                                                                : to_rfc3339(message.keep_payload_until))
      .add("digest", to_hex(message.payload_digest))
      .add("digest_key", ids.encode(digest_key))
      .add("encryption", "xaes-256-gcm")
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
