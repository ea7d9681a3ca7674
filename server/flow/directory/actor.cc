#include "flow/directory/actor.h"

namespace sealpost {

void Actor::bind(AuditEvent& event, const PublicIdCodec& ids) const {
  CanonicalFields& who = event.who();
  who.add("actor", name_);
  if (call_ == nullptr) {
    who.add("actor_kind", "gateway");
    who.add("policy", kAccessPolicyId);
    who.add("policy_version", std::int64_t{kAccessPolicyVersion});
    return;
  }
  who.add("actor_kind", sealpost::name_of(call_->caller_kind()));
  who.add("request", ids.encode(call_->request()));
  event.where().add("source_address", call_->source_address().to_string());
  who.add("policy", call_->policy_id());
  who.add("policy_version", std::int64_t{call_->policy_version()});
  if (call_->token().set()) who.add("token", ids.encode(call_->token()));
  if (call_->grant().set()) {
    who.add("grant", ids.encode(call_->grant()));
    who.add("grant_version", std::int64_t{call_->grant_version()});
  }
}

}  // namespace sealpost
