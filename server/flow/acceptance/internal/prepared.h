// What an arrival of either kind is once it was decided to take it, and before it is digested, sealed and
// bound into evidence.
#pragma once

#include <boost/json/value.hpp>

#include "domain/policy/redaction.h"
#include "flow/acceptance/acceptance.h"

namespace sealpost {

struct Acceptance::Prepared {
  SourceId source;
  std::vector<Claim> claims;
  std::string event_type;
  bool event_type_authenticated = true;
  std::string event_id;
  std::string content_type;
  ByteView body;
  const boost::json::value* parsed = nullptr;  // null: not JSON
  const RedactionPlan* redaction = nullptr;
  std::optional<ChannelId> channel;
  std::string scheme;  // how it was proven
  std::string key_id;
  WallTime received_at{};
};

}  // namespace sealpost
