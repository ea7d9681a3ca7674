#include "flow/directory/directory.h"

#include <algorithm>

#include "flow/directory/endpoint_secrets.h"
#include "trust/vault/object_tag.h"

namespace sealpost {
namespace {

std::shared_ptr<const GatewayPicture> empty_picture() {
  auto picture = std::make_shared<GatewayPicture>();
  picture->directory = std::make_shared<const DirectorySnapshot>();
  picture->keys = std::make_shared<const KeyRing>();
  return picture;
}

StoreError store_error_of(VaultError error) {
  return error == VaultError::KeyUnavailable ? StoreError::Unavailable : StoreError::Corrupt;
}

template <class Record>
bool place(RecordMap<Record>& map, const ObjectRow& row) {
  auto record = record_from_text<Record>(row.head, row.body);
  if (!record) return false;
  map[row.head.position] = std::make_shared<const Record>(*std::move(record));
  return true;
}

template <class Record, class Keep>
std::size_t keep_only(RecordMap<Record>& map, const Keep& keep) {
  return std::erase_if(map, [&](const auto& entry) { return !keep(*entry.second); });
}

}  // namespace

StoreResult<void> ControlTransaction::write(ObjectRow row, bool fresh) {
  ObjectRow stored = row;
  if (row.kind == EntityKind::Endpoint) {
    auto hidden = hide_endpoint_secrets(vault_, row);
    if (!hidden) return fail(store_error_of(hidden.error()));
    stored = *std::move(hidden);
  }
  stored = stamped(vault_, std::move(stored));
  SEALPOST_TRY_VOID(fresh ? store_.insert_object(stored) : store_.update_object(stored));
  written_.push_back(std::move(row));
  return {};
}

StoreResult<ObjectRow> ControlTransaction::find_row(const Tenancy& tenancy, EntityKind kind,
                                                    Position position) {
  SEALPOST_TRY(ObjectRow row, store_.find_object(tenancy, kind, position));
  if (is_authentic(vault_, row)) return row;
  damaged_.push_back({kind, position, tenancy});
  return fail(StoreError::Corrupt);
}

StoreResult<ObjectRow> ControlTransaction::opened(ObjectRow row) const {
  if (row.kind != EntityKind::Endpoint) return row;
  auto shown = show_endpoint_secrets(vault_, std::move(row));
  if (!shown) return fail(store_error_of(shown.error()));
  return *std::move(shown);
}

StoreResult<std::uint64_t> ControlTransaction::record(const AuditEvent& event) {
  const auto draft = audit_.draft(event);
  if (!draft)
    return fail(draft.error() == AuditError::KeyUnavailable ? StoreError::Unavailable : StoreError::Conflict);
  return store_.append_audit(*draft);
}

StoreResult<void> ControlTransaction::narrow(OrganizationId organization) {
  SEALPOST_TRY(const std::uint64_t epoch, store_.raise_epoch(organization));
  epochs_.emplace_back(organization, epoch);
  return {};
}

Directory::Directory(Parts parts) : parts_(parts), picture_(empty_picture()) {}

void Directory::on_change(std::function<void(const GatewayPicturePtr&)> listener) {
  const std::scoped_lock lock(writing_);
  listeners_.push_back(std::move(listener));
}

void Directory::apply(DirectorySnapshot& next, const ObjectRow& row) {
  bool readable = true;
  switch (row.kind) {
    case EntityKind::Organization:
      readable = place(next.organizations, row);
      break;
    case EntityKind::Workspace:
      readable = place(next.workspaces, row);
      break;
    case EntityKind::Integration:
      readable = place(next.integrations, row);
      break;
    case EntityKind::Source:
      readable = place(next.sources, row);
      break;
    case EntityKind::Endpoint:
      readable = place(next.endpoints, row);
      break;
    case EntityKind::Channel:
      readable = place(next.channels, row);
      break;
    case EntityKind::Grant:
      readable = place(next.grants, row);
      break;
    case EntityKind::Credential:
      readable = place(next.credentials, row);
      break;
    case EntityKind::Subscription:
      readable = place(next.all_subscriptions, row);
      break;
    case EntityKind::SigningKey:
      readable = place(next.keys, row);
      sealed_[row.head.position] = std::make_shared<const Bytes>(row.sealed);
      break;
    default:
      break;
  }
  SEALPOST_CHECK(readable);  // load() has refused unreadable rows, and what commit() wrote reads back
}

void Directory::leave_out(DirectorySnapshot& next, const DamagedRow& row) const {
  const auto forget = [&](auto&... maps) { (maps.erase(row.position), ...); };
  forget(next.organizations, next.workspaces, next.integrations, next.sources, next.endpoints, next.channels,
         next.grants, next.credentials, next.keys, next.all_subscriptions);
  if (std::ranges::find(next.damaged, row) != next.damaged.end()) return;
  next.damaged.push_back(row);
  parts_.log.error("control_row_damaged", {{"table", "object"},
                                           {"row", row.position},
                                           {"what", public_name(parts_.ids, row)},
                                           {"organization", parts_.ids.encode(row.tenancy.organization)}});
}

// What leans on something that is not there can't be judged, so it is not there either.
void Directory::drop_orphans(DirectorySnapshot& next) const {
  const auto owned = [&](const auto& record) {
    return next.find(record.head.tenancy.organization) != nullptr;
  };
  const auto integrated = [&](const auto& record) {
    return next.find(record.integration) != nullptr && owned(record);
  };
  std::size_t dropped = keep_only(next.workspaces, owned) + keep_only(next.integrations, owned) +
                        keep_only(next.channels, owned);
  dropped += keep_only(next.sources, integrated) + keep_only(next.endpoints, integrated) +
             keep_only(next.grants, integrated) + keep_only(next.credentials, integrated);
  dropped += keep_only(next.keys, [&](const SigningKey& key) {
    return integrated(key) &&
           (next.find(SourceId{key.owner}) != nullptr || next.find(EndpointId{key.owner}) != nullptr);
  });
  dropped += keep_only(next.all_subscriptions, [&](const Subscription& subscription) {
    return integrated(subscription) &&
           (!subscription.endpoint || next.find(*subscription.endpoint) != nullptr) &&
           (!subscription.channel || next.find(*subscription.channel) != nullptr);
  });
  if (dropped != 0) parts_.log.error("control_rows_orphaned", {{"rows", dropped}});
}

void Directory::index(DirectorySnapshot& next) const {
  next.subscriptions.clear();
  next.active_grants.clear();
  next.keys_of.clear();
  for (const auto& [position, subscription] : next.all_subscriptions)
    if (subscription->state == SubscriptionState::Active)
      next.subscriptions[subscription->integration.position].push_back(subscription);
  for (const auto& [position, grant] : next.grants)
    if (grant->state == GrantState::Active) next.active_grants[grant->integration.position] = grant;
  for (const auto& [position, key] : next.keys)
    if (key->state != KeyState::Destroyed) next.keys_of[key->owner].push_back(key);
}

void Directory::publish(std::shared_ptr<const DirectorySnapshot> next) {
  const GatewayPicturePtr before = picture_.load();
  auto picture = std::make_shared<GatewayPicture>();
  picture->directory = std::move(next);
  picture->version = before->version + 1;
  auto rebuilt = KeyRing::rebuild({.picture = *picture->directory,
                                   .sealed = sealed_,
                                   .vault = parts_.vault,
                                   .ids = parts_.ids,
                                   .now = parts_.clock.wall_now()},
                                  before->keys.get());
  picture->keys = std::move(rebuilt.ring);
  for (const SigningKeyId id : rebuilt.unusable)
    parts_.log.error("signing_key_unusable", {{"key", parts_.ids.encode(id)}});
  for (const auto& [position, source] : picture->directory->sources) {
    const auto known = before->sources.find(position);
    if (known != before->sources.end() && known->second->source == source) {
      picture->sources.emplace(position, known->second);
    } else if (auto plan = SourcePlan::create(source, parts_.ids)) {
      picture->sources.emplace(position, std::make_shared<const SourcePlan>(*std::move(plan)));
    } else {
      parts_.log.error("source_unusable", {{"source", parts_.ids.encode(source->id())}});
    }
  }
  for (const auto& [position, integration] : picture->directory->integrations) {
    if (integration->event_rules.empty()) continue;
    const auto known = before->redactions.find(position);
    const auto was = before->directory->integrations.find(position);
    if (known != before->redactions.end() && was != before->directory->integrations.end() &&
        was->second == integration) {
      picture->redactions.emplace(position, known->second);
    } else if (auto plan = RedactionPlan::create(integration->event_rules))
      picture->redactions.emplace(position, std::make_shared<const RedactionPlan>(*std::move(plan)));
  }
  const GatewayPicturePtr published = picture;
  picture_.store(published);
  for (const auto& listener : listeners_) listener(published);
}

StoreResult<void> Directory::load_row(DirectorySnapshot& next, Reader& reader, ObjectRow& row) {
  const DamagedRow as_named{row.kind, row.head.position, row.head.tenancy};
  if (!is_authentic(parts_.vault, row)) {
    leave_out(next, as_named);
    return {};
  }
  const OrganizationId organization = row.head.tenancy.organization;
  if (!next.epochs.contains(organization.position)) {
    SEALPOST_TRY(next.epochs[organization.position], reader.epoch_of(organization));
  }
  // Version 0: a reservation whose maker did not finish.
  if (row.head.version == 0) return {};
  if (row.kind == EntityKind::Endpoint) {
    auto shown = show_endpoint_secrets(parts_.vault, std::move(row));
    // Its own row is good, so a key that it is sealed under is not.
    if (!shown) {
      leave_out(next, as_named);
      return {};
    }
    row = *std::move(shown);
  }
  boost::json::error_code error;
  if (boost::json::parse(row.body, error); error) return fail(StoreError::Corrupt);
  apply(next, row);
  return {};
}

StoreResult<void> Directory::load() {
  const std::scoped_lock lock(writing_);
  auto next = std::make_shared<DirectorySnapshot>();
  sealed_.clear();
  Position after = 0;
  for (bool more = true; more;) {
    std::vector<ObjectRow> rows;
    SEALPOST_TRY_VOID(parts_.store.read([&](Reader& reader) -> StoreResult<void> {
      SEALPOST_TRY(rows, reader.load_objects({.after = after, .limit = 500}));
      if (!rows.empty()) after = rows.back().head.position;
      for (ObjectRow& row : rows) SEALPOST_TRY_VOID(load_row(*next, reader, row));
      return {};
    }));
    more = !rows.empty();
  }
  drop_orphans(*next);
  index(*next);
  publish(std::move(next));
  return {};
}

StoreResult<void> Directory::commit(const Change& change) {
  const std::scoped_lock lock(writing_);
  std::vector<ObjectRow> written;
  std::vector<std::pair<OrganizationId, std::uint64_t>> epochs;
  std::vector<DamagedRow> damaged;
  const auto stored = parts_.store.transact_and_wait([&](Transaction& transaction) -> StoreResult<void> {
    ControlTransaction control(transaction, parts_.audit, parts_.vault);
    const auto changed = change(control);
    damaged = std::move(control.damaged_);
    SEALPOST_TRY_VOID(changed);
    written = std::move(control.written_);
    epochs = std::move(control.epochs_);
    return {};
  });
  if (!damaged.empty()) {
    // Found in the middle of a change: what memory still holds of it may no longer act either.
    auto next = std::make_shared<DirectorySnapshot>(*picture_.load()->directory);
    for (const DamagedRow& row : damaged) leave_out(*next, row);
    drop_orphans(*next);
    index(*next);
    publish(std::move(next));
  }
  SEALPOST_TRY_VOID(stored);
  auto next = std::make_shared<DirectorySnapshot>(*picture_.load()->directory);
  for (const ObjectRow& row : written) apply(*next, row);
  for (const auto& [organization, epoch] : epochs) next->epochs[organization.position] = epoch;
  index(*next);
  publish(std::move(next));
  return {};
}

void Directory::refresh(WallTime now) {
  const auto due = picture_.load()->keys->rebuild_at();
  if (!due || *due > now) return;
  const std::scoped_lock lock(writing_);
  publish(picture_.load()->directory);
}

}  // namespace sealpost
