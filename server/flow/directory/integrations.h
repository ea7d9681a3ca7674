// Integrations and their life: draft → active → suspended → revoked → decommissioned. A draft becomes active
// when nothing that activation demands is missing (readiness.h); each step that takes access away goes
// through end_access().
#pragma once

#include "flow/directory/operations.h"
#include "flow/directory/revocation.h"

namespace sealpost {

struct IntegrationOwner {
  std::string team;
  std::string contact;
};
struct NewIntegration {
  WorkspaceId workspace;
  Environment environment = Environment::Test;
  std::string name;
  std::string source_system;
  std::optional<IntegrationOwner> owner;
  std::optional<RateSetting> rate_limit;
  std::vector<EventRule> event_rules;  // for what it sends through the API
  Once once;
};
struct IntegrationChange {
  std::optional<std::string> name;
  std::optional<std::string> source_system;
  std::optional<IntegrationOwner> owner;
  std::optional<RateSetting> rate_limit;
  std::optional<std::vector<EventRule>> event_rules;
};
struct IntegrationFilter {
  WorkspaceId workspace;  // unset: any
  std::optional<Environment> environment;
};
Operation<Made> create_integration(Operations& operations, const AuthorizedCall& call,
                                   const NewIntegration& request);
Operation<Resource> read_integration(Operations& operations, const AuthorizedCall& call, IntegrationId id);
Operation<PageView> list_integrations(Operations& operations, const AuthorizedCall& call,
                                      const IntegrationFilter& filter, const PageQuery& page);
Operation<Resource> update_integration(Operations& operations, const AuthorizedCall& call, IntegrationId id,
                                       const IntegrationChange& change, std::uint64_t if_version);

Operation<Made> activate_integration(Operations& operations, const AuthorizedCall& call, IntegrationId id,
                                     const Once& once);
Operation<Made> resume_integration(Operations& operations, const AuthorizedCall& call, IntegrationId id,
                                   std::string_view reason, const Once& once);
Operation<RevocationReceipt> suspend_integration(Operations& operations, const AuthorizedCall& call,
                                                 IntegrationId id, std::string_view reason, const Once& once);
Operation<RevocationReceipt> revoke_integration(Operations& operations, const AuthorizedCall& call,
                                                IntegrationId id, std::string_view reason, const Once& once);
// After `revoked`: its keys are destroyed, its sources, endpoints and subscriptions deleted.
Operation<Made> decommission_integration(Operations& operations, const AuthorizedCall& call, IntegrationId id,
                                         std::string_view reason, const Once& once);

}  // namespace sealpost
