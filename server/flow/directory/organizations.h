// Organizations and their workspaces. An organization's key, its data keys and its log exist before the first
// audit record of it can be written, so creating one takes two transactions: one that makes the keys under a
// reserved row (version 0, invisible), one that names the organization and writes the record. A crash between
// leaves the reservation, which nobody sees.
#pragma once

#include "flow/directory/operations.h"

namespace sealpost {

struct NewOrganization {
  std::string name;
  std::optional<RateSetting> rate_limit{};
  Once once;
};
struct OrganizationChange {
  std::optional<std::string> name;
  std::optional<RateSetting> rate_limit{};
};
struct NameChange {
  std::optional<std::string> name;
};
Operation<Made> create_organization(Operations& operations, const AuthorizedCall& call,
                                    const NewOrganization& request);
Operation<Resource> read_organization(Operations& operations, const AuthorizedCall& call, OrganizationId id);
Operation<PageView> list_organizations(Operations& operations, const AuthorizedCall& call,
                                       const PageQuery& page);
Operation<Resource> update_organization(Operations& operations, const AuthorizedCall& call, OrganizationId id,
                                        const OrganizationChange& change, std::uint64_t if_version);

struct NewWorkspace {
  OrganizationId organization;
  std::string name;
  Once once;
};
Operation<Made> create_workspace(Operations& operations, const AuthorizedCall& call,
                                 const NewWorkspace& request);
Operation<Resource> read_workspace(Operations& operations, const AuthorizedCall& call, WorkspaceId id);
Operation<PageView> list_workspaces(Operations& operations, const AuthorizedCall& call,
                                    const PageQuery& page);
Operation<Resource> update_workspace(Operations& operations, const AuthorizedCall& call, WorkspaceId id,
                                     const NameChange& change, std::uint64_t if_version);

}  // namespace sealpost
