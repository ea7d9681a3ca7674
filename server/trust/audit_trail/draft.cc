#include <algorithm>
#include <span>

#include "domain/tlog/commitment.h"
#include "foundation/crypto/seal_batch.h"
#include "trust/audit_trail/audit_trail.h"
#include "trust/audit_trail/record_body.h"

namespace sealpost {
namespace {

// Field names of the vault's contexts must be constants; one per group.
constexpr std::string_view context_field(std::string_view label) {
  if (label == "free") return "audit.free";
  if (label == "payload") return "audit.payload";
  if (label == "what") return "audit.what";
  if (label == "where") return "audit.where";
  return "audit.who";
}

std::string key_group_id(DataKeyId id) {
  constexpr std::size_t kSize = base32_size(sizeof(Position));
  std::string text(1 + kSize, 'k');
  encode_base32(big_endian(std::uint64_t{id.position}), std::span(text).last(kSize));
  return text;
}

// Whether the groups lie under exactly the keys that the leaf names: none was moved under another one.
bool sealed_under(std::span<const SealedGroup> groups, std::span<const std::string> keys) {
  std::vector<std::string> used;
  for (const SealedGroup& group : groups) {
    const auto key = DataKey::key_of(group.sealed);
    if (!key) return false;
    used.push_back(key_group_id(*key));
  }
  std::ranges::sort(used);
  return std::ranges::equal(used, keys);
}

}  // namespace

AuditTrail::AuditTrail(Store& store, Vault& vault, const Clock& clock, Entropy& entropy,
                       InstallationName installation)
    : store_(store),
      vault_(vault),
      clock_(clock),
      entropy_(entropy),
      installation_(std::move(installation)) {}

const AuditTrail::LogNames& AuditTrail::names_of(OrganizationId log) const {
  {
    const std::shared_lock lock(names_mutex_);
    if (const auto it = names_.find(log); it != names_.end()) return it->second;
  }
  const Hash256 tag = vault_.tag(InstallationTag::LogPseudonym, {big_endian(std::uint64_t{log.position})});
  std::string pseudonym = to_base32(ByteView(tag).first(15));
  auto origin = LogOrigin::create(installation_.id, pseudonym, installation_.generation);
  SEALPOST_CHECK(origin.ok());  // all three parts are ours
  const std::scoped_lock lock(names_mutex_);
  return names_.try_emplace(log, LogNames{std::move(pseudonym), *std::move(origin)}).first->second;
}

SealContext AuditTrail::context_of(const Tenancy& tenancy, std::string_view label) const {
  // A record has no id before its transaction, so the context names the log. Swapping bodies between records
  // is found by the commitments, which the leaf binds to its place.
  return {.tenancy = {tenancy.organization, Environment::Shared},
          .kind = EntityKind::Organization,
          .id = tenancy.organization.position,
          .version = 1,
          .field = context_field(label)};
}

Result<AuditDraft, AuditError> AuditTrail::draft(const AuditEvent& event) const {
  const SealBatch seals;
  const OrganizationId log = event.tenancy().organization;
  LeafFields leaf{.log = pseudonym(log),
                  .event_class = std::string(event.event_class()),
                  .retention_class = "standard",
                  .time_ms = to_unix_ms(event.at()),
                  .commitment_root = {},
                  .keys = {}};
  leaf.keys.reserve(kAuditGroups.size());
  Bytes body = begin_body(static_cast<std::size_t>(
      std::ranges::count_if(kAuditGroups, [&](AuditGroup group) { return event.find(group) != nullptr; })));
  std::vector<Hash256> commitments;
  commitments.reserve(kAuditGroups.size());
  Bytes opened;  // one buffer for all groups
  for (const AuditGroup group : kAuditGroups) {
    const CanonicalFields* fields = event.find(group);
    if (fields == nullptr) continue;
    const auto canonical = fields->finish();
    if (!canonical) return fail(AuditError::BadField);
    const auto key = vault_.current_data_key(log, retention_of(group));
    if (!key) return fail(AuditError::KeyUnavailable);
    const FieldGroup plain{.label = label_of(group), .salt = entropy_.array<32>(), .canonical = *canonical};
    opened.assign(plain.salt.begin(), plain.salt.end());
    fields->pack_onto(opened);
    commitments.push_back(group_commitment(plain));
    append_group_head(body, plain.label, commitments.back(), opened.size() + DataKey::kOverhead);
    key->seal_onto(body, opened, context_of(event.tenancy(), plain.label), entropy_);
    leaf.keys.push_back(key_group_id(key->id()));
  }
  if (commitments.empty()) return fail(AuditError::BadField);
  leaf.commitment_root = commitment_root(commitments);
  std::ranges::sort(leaf.keys);
  const auto prepared = LeafTemplate::create(leaf);
  if (!prepared) return fail(AuditError::BadField);
  return AuditDraft{log, std::string(as_text(prepared->bytes())), std::move(body)};
}

Result<OpenedRecord, AuditError> AuditTrail::open_row(OrganizationId log, const AuditRow& row) {
  auto leaf = parse_leaf(as_bytes(row.leaf));
  auto groups = parse_body(row.body);
  if (!leaf || !groups || leaf->sequence != row.index || leaf_hash(as_bytes(row.leaf)) != row.leaf_hash)
    return fail(AuditError::Damaged);
  if (!sealed_under(*groups, leaf->fields.keys)) return fail(AuditError::Damaged);
  OpenedRecord record{*std::move(leaf), row.leaf, {}};
  std::vector<DisclosedGroup> disclosure;
  for (std::size_t i = 0; i < groups->size(); ++i) {
    SealedGroup& group = (*groups)[i];
    OpenedGroup opened{group.label, group.commitment, {}, {}, DataKey::key_of(group.sealed)};
    auto plain = vault_.open_sealed(group.sealed, context_of({log, Environment::Shared}, group.label));
    if (plain && plain->size() >= sizeof(GroupSalt)) {
      std::copy_n(plain->begin(), sizeof(GroupSalt), opened.salt.emplace().begin());
      auto canonical = unpack_fields(ByteView(*plain).subspan(sizeof(GroupSalt)));
      if (!canonical) return fail(AuditError::Damaged);
      opened.canonical = *std::move(canonical);
    } else if (plain || plain.error() != VaultError::Destroyed) {
      if (!plain && (plain.error() == VaultError::StoreFailed || plain.error() == VaultError::KeyUnavailable))
        return fail(AuditError::StoreFailed);
      return fail(AuditError::Damaged);
    }
    record.groups.push_back(std::move(opened));
  }
  for (const OpenedGroup& group : record.groups) {
    if (group.salt) {
      const FieldGroup shown{group.label, *group.salt, group.canonical};
      if (group_commitment(shown) != group.commitment) return fail(AuditError::Damaged);
      disclosure.emplace_back(shown);
    } else {
      disclosure.emplace_back(group.commitment);
    }
  }
  if (!open_disclosure(disclosure, record.leaf.fields.commitment_root)) return fail(AuditError::Damaged);
  return record;
}

}  // namespace sealpost
