// The life of an integration: draft → active → suspended → revoked → decommissioned. Pure: it is given facts
// and says whether a step is allowed, and what is still missing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "domain/model/records.h"

namespace sealpost {

// What `draft → active` is judged by.
struct ReadinessFacts {
  bool has_owner = false;
  bool has_environment = false;  // test or live, exactly one
  bool has_active_grant = false;
  bool has_signing_key = false;
  bool every_secret_ends = false;  // an expiry or a rotation policy for each secret
  bool rehearsal_passed = false;   // and not lapsed since
};

// The names of what is missing, in a fixed order: owner, environment, grant, signing_key, secret_policy,
// rehearsal.
[[nodiscard]] std::vector<std::string> missing_for_activation(const ReadinessFacts& facts);

// Whether the step exists at all; readiness is judged beside it.
[[nodiscard]] bool step_exists(IntegrationState from, IntegrationState to);
// Whether the step takes access away, and so must raise the epoch.
[[nodiscard]] bool narrows_access(IntegrationState from, IntegrationState to);

}  // namespace sealpost
