// Where webhooks come in. A source is checked as a whole before it is written: its scheme's settings,
// template, rules and networks must mean something exact (source_plan.h), and a rule for a type that the
// source never accepts is refused.
#pragma once

#include "flow/directory/integrations.h"

namespace sealpost {

struct NewSource {
  IntegrationId integration;
  std::string name;
  InboundScheme scheme = InboundScheme::StandardV1;
  std::optional<GenericHmacTemplate> hmac_template;
  std::optional<std::uint32_t> window_seconds;
  std::optional<std::uint32_t> max_body_bytes;  // the scheme's own bound when left out
  std::vector<std::string> event_types;
  std::vector<std::string> networks;
  std::vector<EventRule> event_rules;
  std::uint32_t claim_horizon_hours = 0;
  bool claims_until_key_retired = false;
  RateSetting rate_limit;
  Once once;
};
struct SourceChange {
  std::optional<std::string> name;
  std::optional<SourceState> state;  // Active or Suspended
  std::optional<std::uint32_t> window_seconds;
  std::optional<std::uint32_t> max_body_bytes;
  std::optional<std::vector<std::string>> event_types;
  std::optional<std::vector<std::string>> networks;
  std::optional<std::vector<EventRule>> event_rules;
  std::optional<std::uint32_t> claim_horizon_hours;
  std::optional<bool> claims_until_key_retired;
  std::optional<RateSetting> rate_limit;
};
Operation<Made> create_source(Operations& operations, const AuthorizedCall& call, const NewSource& request);
Operation<Resource> read_source(Operations& operations, const AuthorizedCall& call, SourceId id);
// `integration` unset: all that the caller sees.
Operation<PageView> list_sources(Operations& operations, const AuthorizedCall& call,
                                 IntegrationId integration, const PageQuery& page);
Operation<Resource> update_source(Operations& operations, const AuthorizedCall& call, SourceId id,
                                  const SourceChange& change, std::uint64_t if_version);
Operation<RevocationReceipt> delete_source(Operations& operations, const AuthorizedCall& call, SourceId id,
                                           std::optional<std::uint64_t> if_version = {});

// Does are_claims_needed() say yes to anything?
[[nodiscard]] bool may_need_claims(const DirectorySnapshot& picture);
// Are this source's replay claims of up to `made_by` still needed, beyond their horizon? While it keeps them
// until the key is retired, and a key from before then is not.
[[nodiscard]] bool are_claims_needed(const DirectorySnapshot& picture, Position owner, WallTime made_by);

}  // namespace sealpost
