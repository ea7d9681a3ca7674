// The request that carries a delivery: body, signature, headers. The message's id is the same on every
// attempt, the timestamp is this attempt's. Pure.
#pragma once

#include <string>
#include <vector>

#include "domain/model/carried_message.h"
#include "domain/model/public_code.h"
#include "domain/model/public_id.h"
#include "domain/policy/outbound_http.h"
#include "storage/store/commands.h"
#include "trust/signing/key_ring.h"

namespace sealpost::delivery {

struct OutboundInputs {
  const LeasedDelivery& leased;
  const CarriedMessage& message;
  const Endpoint& endpoint;
  const SignerSet* signers = nullptr;  // null: the endpoint has no key
  EgressPolicyPtr policy;
  const PublicIdCodec& ids;
  const std::string& user_agent;
  WallTime now{};
};
struct OutboundDelivery {
  OutboundRequest request;  // without still_allowed
  std::vector<std::string> key_ids;
};

Result<OutboundDelivery, PublicCode> make_outbound(OutboundInputs inputs);

}  // namespace sealpost::delivery
