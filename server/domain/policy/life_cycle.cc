#include "domain/policy/life_cycle.h"

namespace sealpost {

std::vector<std::string> missing_for_activation(const ReadinessFacts& facts) {
  std::vector<std::string> missing;
  if (!facts.has_owner) missing.emplace_back("owner");
  if (!facts.has_environment) missing.emplace_back("environment");
  if (!facts.has_active_grant) missing.emplace_back("grant");
  if (!facts.has_signing_key) missing.emplace_back("signing_key");
  if (!facts.every_secret_ends) missing.emplace_back("secret_policy");
  if (!facts.rehearsal_passed) missing.emplace_back("rehearsal");
  return missing;
}

bool step_exists(IntegrationState from, IntegrationState to) {
  using S = IntegrationState;
  switch (from) {
    case S::Draft:
      return to == S::Active || to == S::Revoked;
    case S::Active:
      return to == S::Suspended || to == S::Revoked;
    case S::Suspended:
      return to == S::Active || to == S::Revoked;
    case S::Revoked:
      return to == S::Decommissioned;
    case S::Decommissioned:
      return false;
  }
  return false;
}

bool narrows_access(IntegrationState from, IntegrationState to) {
  return from == IntegrationState::Active && to != IntegrationState::Active;
}

}  // namespace sealpost
