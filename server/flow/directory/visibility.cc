#include "flow/directory/visibility.h"

namespace sealpost {
namespace {

template <class Record>
std::optional<Place> find_place(const RecordMap<Record>& map, Position position) {
  const auto it = map.find(position);
  if (it == map.end()) return std::nullopt;
  return place_of(*it->second);
}

std::optional<Place> place_at(const DirectorySnapshot& picture, EntityKind kind, Position position) {
  switch (kind) {
    case EntityKind::Organization:
      return find_place(picture.organizations, position);
    case EntityKind::Workspace:
      return find_place(picture.workspaces, position);
    case EntityKind::Integration:
      return find_place(picture.integrations, position);
    case EntityKind::Source:
      return find_place(picture.sources, position);
    case EntityKind::Endpoint:
      return find_place(picture.endpoints, position);
    case EntityKind::Channel:
      return find_place(picture.channels, position);
    case EntityKind::Subscription:
      return find_place(picture.all_subscriptions, position);
    case EntityKind::Grant:
      return find_place(picture.grants, position);
    case EntityKind::Credential:
      return find_place(picture.credentials, position);
    case EntityKind::SigningKey:
      return find_place(picture.keys, position);
    default:
      return std::nullopt;
  }
}

// What belongs to no integration is shared by those of one workspace; an organization and its workspaces are
// known to all of the organization.
Operation<void> judge_machine(const DirectorySnapshot& picture, const AuthorizedCall& call,
                              const Place& place) {
  if (place.integration.set() && place.integration != call.integration()) return refuse(PublicCode::NotFound);
  if (!place.integration.set() && place.tenancy.environment != Environment::Shared) {
    const Integration* own = picture.find(call.integration());
    if (own == nullptr || own->workspace != place.workspace) return refuse(PublicCode::NotFound);
  }
  if (place.narrowable != 0 && !call.reaches(call.scope(), place.narrowable))
    return refuse(PublicCode::ResourceNotInScope, std::string(name_of(call.scope())));
  return {};
}

}  // namespace

std::optional<Placement> placement_of(const DirectorySnapshot& picture, EntityKind kind, Position position) {
  const auto place = place_at(picture, kind, position);
  if (!place) return std::nullopt;
  return Placement{place->tenancy, place->integration};
}

Operation<void> judge_reach(const DirectorySnapshot& picture, const AuthorizedCall& call, EntityKind kind,
                            Position position) {
  const auto place = place_at(picture, kind, position);
  if (!place) return refuse(PublicCode::NotFound);
  return judge_visibility(picture, call, *place);
}

Operation<void> judge_visibility(const DirectorySnapshot& picture, const AuthorizedCall& call,
                                 const Place& place) {
  const Tenancy& own = call.tenancy();
  const bool is_operator = call.caller_kind() == CallerKind::Operator;
  if (is_operator && !own.organization.set()) return {};
  if (place.tenancy.organization != own.organization) return refuse(PublicCode::NotFound);
  const bool both_named =
      own.environment != Environment::Shared && place.tenancy.environment != Environment::Shared;
  if (both_named && own.environment != place.tenancy.environment) return refuse(PublicCode::WrongEnvironment);
  if (is_operator) return {};
  return judge_machine(picture, call, place);
}

Place place_of(const Organization& record) {
  return {.tenancy = {record.id(), Environment::Shared}, .integration = {}, .workspace = {}};
}
Place place_of(const Workspace& record) {
  return {.tenancy = record.head.tenancy, .integration = {}, .workspace = record.id()};
}
Place place_of(const Integration& record) {
  return {.tenancy = record.head.tenancy, .integration = record.id(), .workspace = record.workspace};
}
Place place_of(const Source& record) {
  return {.tenancy = record.head.tenancy, .integration = record.integration, .workspace = {}};
}
Place place_of(const Endpoint& record) {
  return {.tenancy = record.head.tenancy,
          .integration = record.integration,
          .workspace = {},
          .narrowable = record.head.position};
}
Place place_of(const Channel& record) {
  return {.tenancy = record.head.tenancy,
          .integration = {},
          .workspace = record.workspace,
          .narrowable = record.head.position};
}
Place place_of(const Subscription& record) {
  return {.tenancy = record.head.tenancy, .integration = record.integration, .workspace = {}};
}
Place place_of(const Grant& record) {
  return {.tenancy = record.head.tenancy, .integration = record.integration, .workspace = {}};
}
Place place_of(const Credential& record) {
  return {.tenancy = record.head.tenancy, .integration = record.integration, .workspace = {}};
}
Place place_of(const SigningKey& record) {
  return {.tenancy = record.head.tenancy, .integration = record.integration, .workspace = {}};
}

}  // namespace sealpost
