#include "flow/delivery/internal/attempt_evidence.h"

#include <boost/json.hpp>

#include "domain/policy/access_policy.h"
#include "foundation/crypto/crypto.h"

namespace sealpost::delivery {
namespace {

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) {
    if (!out.empty()) out += ',';
    out += text;
  }
  return out;
}

std::string_view name_of(DeliveryState state) {
  switch (state) {
    case DeliveryState::Waiting:
      return "waiting";
    case DeliveryState::Leased:
      return "leased";
    case DeliveryState::Delivered:
      return "delivered";
    case DeliveryState::Dead:
      return "dead";
    case DeliveryState::Cancelled:
      return "cancelled";
    case DeliveryState::Held:
      return "held";
  }
  return "unknown";
}

}  // namespace

void AttemptEvidence::bind(const DirectorySnapshot& picture) {
  if (const Integration* integration = picture.find(leased.integration)) {
    workspace = integration->workspace;
    source_system = integration->source_system;
  }
  if (const Grant* active = picture.active_grant(leased.integration)) {
    grant = active->id();
    grant_version = active->grant_version;
  }
}

void AttemptEvidence::bind(const OutboundResult& result) {
  if (result.refusal) egress_refusal = sealpost::name_of(*result.refusal);
  if (result.remote_address) remote_address = result.remote_address->to_string();
  http_status = result.outcome == OutboundOutcome::Responded && result.http_status > 0
                    ? static_cast<std::uint32_t>(result.http_status)
                    : 0;
  duration = result.timings.total;
  request_sent = result.request_sent;
  reused_connection = result.reused_connection;
  excerpt = result.body;
}

std::string AttemptEvidence::facts() const {
  boost::json::object out;
  out["duration_ms"] = std::chrono::floor<Milliseconds>(duration).count();
  out["key_ids"] = boost::json::array(key_ids.begin(), key_ids.end());
  out["request_sent"] = request_sent;
  if (!remote_address.empty()) out["remote_address"] = remote_address;
  if (reused_connection) out["reused_connection"] = true;
  if (!egress_refusal.empty()) out["egress_refusal"] = egress_refusal;
  if (step.exhausted) out["ended_by"] = to_string(PublicCode::AttemptsExhausted);
  if (!excerpt.empty()) out["excerpt"] = excerpt;
  return boost::json::serialize(out);
}

// Keys ascend within each group, which spares sorting them.
AuditEvent AttemptEvidence::event(const PublicIdCodec& ids, OutsideText outside,
                                  std::string_view facts_text) const {
  const bool kept = outside == OutsideText::Kept;
  AuditEvent event("delivery.attempted", leased.tenancy, ended_at);
  auto& who = event.who();
  who.add("actor", "system:delivery");
  if (grant.set()) who.add("grant", ids.encode(grant)).add("grant_version", std::int64_t{grant_version});
  who.add("integration", ids.encode(leased.integration))
      .add("keys", joined(key_ids))
      .add("policy", kAccessPolicyId)
      .add("policy_version", std::int64_t{kAccessPolicyVersion});

  auto& what = event.what();
  what.add("attempt", std::int64_t{number()});
  if (step.code) what.add("code", to_string(*step.code));
  what.add("delivery", ids.encode(leased.delivery));
  if (step.exhausted) what.add("ended_by", to_string(PublicCode::AttemptsExhausted));
  what.add("ended_ms", to_unix_ms(ended_at))
      .add("endpoint", ids.encode(EntityKind::Endpoint, leased.target))
      .add("environment", name_of(leased.tenancy.environment));
  if (kept) what.add("event_type", leased.event_type);
  what.add("facts_sha256", to_hex(sha256(as_bytes(facts_text))));
  if (step.code) what.add("failure_class", to_string(step.failure_class));
  if (http_status != 0) what.add("http_status", std::int64_t{http_status});
  what.add("message", ids.encode(leased.message));
  if (step.next_attempt_at) what.add("next_attempt_ms", to_unix_ms(*step.next_attempt_at));
  what.add("organization", ids.encode(leased.tenancy.organization))
      .add("result", sealpost::name_of(step.result));
  if (kept) what.add("source_system", source_system);
  what.add("started_ms", to_unix_ms(started_at)).add("state", name_of(step.next));
  if (workspace.set()) what.add("workspace", ids.encode(workspace));

  auto& where = event.where();
  where.add("egress_policy_version", static_cast<std::int64_t>(egress_version));
  if (!egress_refusal.empty()) where.add("egress_refusal", egress_refusal);
  where.add("location", "network");
  if (!remote_address.empty()) where.add("remote_address", remote_address);
  // The digest stands in the record of the acceptance, which the message's id leads to.
  event.payload().add("message", ids.encode(leased.message));
  return event;
}

FinishAttempt AttemptEvidence::attempt(AuditDraft audit, std::string facts_text) const {
  FinishAttempt out;
  out.delivery = leased.delivery;
  out.message = leased.message;
  out.tenancy = leased.tenancy;
  out.target = leased.target;
  out.lease = leased.lease;
  out.number = number();
  out.started_at = started_at;
  out.ended_at = ended_at;
  out.result = sealpost::name_of(step.result);
  out.failure_class = to_string(step.failure_class);
  if (step.code) out.code = to_string(*step.code);
  out.http_status = http_status;
  out.facts = std::move(facts_text);
  out.next = step.next;
  if (step.next_attempt_at) out.next_attempt_at = *step.next_attempt_at;
  out.audit = std::move(audit);
  return out;
}

}  // namespace sealpost::delivery
