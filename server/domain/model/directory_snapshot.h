// All of the control plane as one immutable picture in memory: what the message path decides from.
// flow/directory builds a new one after each change and publishes it whole; whoever holds a picture sees one
// consistent moment, and the epoch in it is compared again inside the transaction that acts on it. Immutable
// once published; thread-safe.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "domain/model/records.h"

namespace sealpost {

template <class Record>
using RecordMap = std::unordered_map<Position, std::shared_ptr<const Record>>;

struct DamagedRow {
  EntityKind kind = EntityKind::Organization;  // possibly none there is
  Position position = 0;
  Tenancy tenancy;
  friend bool operator==(const DamagedRow&, const DamagedRow&) = default;
};

struct DirectorySnapshot {
  RecordMap<Organization> organizations;
  RecordMap<Workspace> workspaces;
  RecordMap<Integration> integrations;
  RecordMap<Source> sources;
  RecordMap<Endpoint> endpoints;
  RecordMap<Channel> channels;
  RecordMap<Grant> grants;
  RecordMap<Credential> credentials;
  RecordMap<SigningKey> keys;
  RecordMap<Subscription> all_subscriptions;

  // Active ones, by integration.
  std::unordered_map<Position, std::vector<std::shared_ptr<const Subscription>>> subscriptions;
  std::unordered_map<Position, std::shared_ptr<const Grant>> active_grants;
  // By owner: a source or an endpoint; destroyed ones left out.
  std::unordered_map<Position, std::vector<std::shared_ptr<const SigningKey>>> keys_of;
  // By organization.
  std::unordered_map<Position, std::uint64_t> epochs;
  // Rows that are not what the gateway wrote, as they name themselves; nothing above comes from them. While
  // there are any, what is missing may have been taken away by force: nothing is given up because of it.
  std::vector<DamagedRow> damaged;

  template <class Record>
  [[nodiscard]] static const Record* find_in(const RecordMap<Record>& map, Position position) {
    const auto it = map.find(position);
    return it == map.end() ? nullptr : it->second.get();
  }
  [[nodiscard]] const Integration* find(IntegrationId id) const { return find_in(integrations, id.position); }
  [[nodiscard]] const Source* find(SourceId id) const { return find_in(sources, id.position); }
  [[nodiscard]] const Endpoint* find(EndpointId id) const { return find_in(endpoints, id.position); }
  [[nodiscard]] const Channel* find(ChannelId id) const { return find_in(channels, id.position); }
  [[nodiscard]] const Credential* find(CredentialId id) const { return find_in(credentials, id.position); }
  [[nodiscard]] const Organization* find(OrganizationId id) const {
    return find_in(organizations, id.position);
  }
  [[nodiscard]] const Workspace* find(WorkspaceId id) const { return find_in(workspaces, id.position); }
  [[nodiscard]] const SigningKey* find(SigningKeyId id) const { return find_in(keys, id.position); }

  // The grant that is in force for an integration, if there is one.
  [[nodiscard]] const Grant* active_grant(IntegrationId id) const {
    const auto it = active_grants.find(id.position);
    return it == active_grants.end() ? nullptr : it->second.get();
  }
  [[nodiscard]] std::uint64_t epoch_of(OrganizationId id) const {
    const auto it = epochs.find(id.position);
    return it == epochs.end() ? 0 : it->second;
  }
};

using DirectoryPicture = std::shared_ptr<const DirectorySnapshot>;

}  // namespace sealpost
