#include "storage/store_sqlite/internal/sqlite_transaction.h"

namespace sealpost::store_sqlite {

StoreResult<void> SqliteTransaction::insert_object(const ObjectRow& row) {
  std::optional<Position> parent;
  if (row.parent != 0) parent = row.parent;
  return database_
      .query(
          "INSERT INTO object (position, organization, environment, kind, parent, version, created_ms, "
          "updated_ms,"
          " body, sealed, tag) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
          row.head.position, row.head.tenancy.organization, row.head.tenancy.environment, row.kind, parent,
          row.head.version, row.head.created_at, row.head.updated_at, row.body, row.sealed, row.tag)
      .run();
}

StoreResult<void> SqliteTransaction::update_object(const ObjectRow& row) {
  const std::int64_t before = database_.changes();
  SEALPOST_TRY_VOID(database_
                        .query("UPDATE object SET version = ?, updated_ms = ?, body = ?, sealed = ?, tag = ? "
                               "WHERE position = ?"
                               " AND organization = ? AND environment = ? AND kind = ? AND version = ?",
                               row.head.version, row.head.updated_at, row.body, row.sealed, row.tag,
                               row.head.position, row.head.tenancy.organization, row.head.tenancy.environment,
                               row.kind, row.head.version - 1)
                        .run());
  if (database_.changes() != before) return {};
  const auto found = find_object(row.head.tenancy, row.kind, row.head.position);
  return fail(found.ok() ? StoreError::VersionMismatch : found.error());
}

StoreResult<std::uint64_t> SqliteTransaction::append_audit(const AuditDraft& draft) {
  return parts_.audit.append(draft);
}

StoreResult<std::uint64_t> SqliteTransaction::raise_epoch(OrganizationId organization) {
  OrganizationState& state = parts_.organizations.change(organization);
  ++state.epoch;
  SEALPOST_TRY_VOID(database_
                        .query("INSERT INTO epoch (organization, value) VALUES (?, ?)"
                               " ON CONFLICT (organization) DO UPDATE SET value = excluded.value",
                               organization, state.epoch)
                        .run());
  return state.epoch;
}

StoreResult<Transaction::Repeat> SqliteTransaction::claim_control_call(const Tenancy& tenancy,
                                                                       const Claim& claim,
                                                                       Position resource) {
  const std::span<const Claim> claims(&claim, 1);
  SEALPOST_TRY(const ClaimFinding finding, parts_.claims.judge(tenancy, claims));
  if (finding.verdict != ClaimVerdict::New)
    return Repeat{false, finding.verdict != ClaimVerdict::Repeated, finding.receipt};
  SEALPOST_TRY_VOID(parts_.claims.insert(tenancy, claims, resource, parts_.clock.wall_now()));
  return Repeat{true, false, resource};
}

StoreResult<void> SqliteTransaction::requeue_delivery(const Tenancy& tenancy, DeliveryId delivery,
                                                      WallTime now) {
  return parts_.messages.requeue(tenancy, delivery, now);
}

StoreResult<void> SqliteTransaction::release_delivery(const Tenancy& tenancy, DeliveryId delivery,
                                                      const Lease& lease, WallTime due) {
  return parts_.messages.release_lease(tenancy, delivery, lease, due);
}

StoreResult<std::uint64_t> SqliteTransaction::cancel_waiting(const Tenancy& tenancy,
                                                             IntegrationId integration, WallTime now) {
  return parts_.messages.cancel_waiting(
      tenancy, parts_.due.of_integration(tenancy.organization.position, integration.position), now);
}

StoreResult<std::uint64_t> SqliteTransaction::cancel_waiting_for_target(const Tenancy& tenancy,
                                                                        Position target, WallTime now) {
  return parts_.messages.cancel_waiting(tenancy, parts_.due.of_target(tenancy.organization.position, target),
                                        now);
}

StoreResult<void> SqliteTransaction::put_checkpoint(OrganizationId organization,
                                                    const SignedCheckpoint& checkpoint) {
  const std::int64_t before = database_.changes();
  SEALPOST_TRY_VOID(database_
                        .query("INSERT INTO checkpoint (organization, size, root, note) VALUES (?, ?, ?, ?) "
                               "ON CONFLICT (organization,"
                               " size) DO UPDATE SET note = excluded.note WHERE root = excluded.root",
                               organization, checkpoint.size, checkpoint.root, checkpoint.note)
                        .run());
  // One size has one root, for ever.
  if (database_.changes() == before) return fail(StoreError::Conflict);
  return {};
}

StoreResult<void> write_setting(Database& database, std::string_view name, std::string_view value) {
  return database
      .query(
          "INSERT INTO setting (name, value, tag) VALUES (?1, ?2, row_tag('setting', ?1, ?2))"
          " ON CONFLICT (name) DO UPDATE SET value = excluded.value, tag = excluded.tag",
          name, value)
      .run();
}

StoreResult<void> SqliteTransaction::set_setting(std::string_view name, std::string_view value) {
  return write_setting(database_, name, value);
}

// Inside the transaction the table on disk is behind: sizes are written at the end of the batch.
StoreResult<std::pair<std::uint64_t, std::uint64_t>> SqliteTransaction::log_of(OrganizationId organization) {
  const OrganizationState& state = parts_.organizations.see(organization);
  return std::pair{state.log_number, state.log_size};
}

}  // namespace sealpost::store_sqlite
