// What a caller may know of. Another organization's record is as if it were not there, and so is another
// integration's for a machine; the other environment's is refused by name. Pure, thread-safe.
#pragma once

#include "access/authorization/authorized_call.h"
#include "domain/model/directory_snapshot.h"
#include "flow/directory/operation.h"

namespace sealpost {

// Whose a record is: for those who have to authorize a call by an id alone. Control-plane kinds only.
struct Placement {
  Tenancy tenancy;
  IntegrationId integration;  // unset for what stands above integrations
};
[[nodiscard]] std::optional<Placement> placement_of(const DirectorySnapshot& picture, EntityKind kind,
                                                    Position position);

// May `call` see what lies there? `workspace`: of a channel or workspace, which integrations of it share.
struct Place {
  Tenancy tenancy;
  IntegrationId integration;
  WorkspaceId workspace;
  Position narrowable = 0;  // the channel or endpoint itself: a narrowed scope must name it
};
[[nodiscard]] Operation<void> judge_visibility(const DirectorySnapshot& picture, const AuthorizedCall& call,
                                               const Place& place);

[[nodiscard]] Place place_of(const Organization& record);
[[nodiscard]] Place place_of(const Workspace& record);
[[nodiscard]] Place place_of(const Integration& record);
[[nodiscard]] Place place_of(const Source& record);
[[nodiscard]] Place place_of(const Endpoint& record);
[[nodiscard]] Place place_of(const Channel& record);
[[nodiscard]] Place place_of(const Subscription& record);
[[nodiscard]] Place place_of(const Grant& record);
[[nodiscard]] Place place_of(const Credential& record);
[[nodiscard]] Place place_of(const SigningKey& record);

// The same for what an id names: NotFound when nothing is there. What is asked of a call before anything else
// that its request says about the thing.
[[nodiscard]] Operation<void> judge_reach(const DirectorySnapshot& picture, const AuthorizedCall& call,
                                          EntityKind kind, Position position);

template <class Record>
[[nodiscard]] Operation<const Record*> find_visible(const DirectorySnapshot& picture,
                                                    const RecordMap<Record>& map, const AuthorizedCall& call,
                                                    Position position) {
  const auto it = map.find(position);
  if (it == map.end()) return refuse(PublicCode::NotFound);
  SEALPOST_TRY_VOID(judge_visibility(picture, call, place_of(*it->second)));
  return it->second.get();
}

}  // namespace sealpost
