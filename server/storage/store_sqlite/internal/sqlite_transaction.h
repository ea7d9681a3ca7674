// The writes of the control plane, inside one element of the writer's transaction. Reads see its own writes,
// the logs' new sizes included. Lives inside one call on the writer thread.
#pragma once

#include "storage/store/transaction.h"
#include "storage/store_sqlite/internal/message_path.h"
#include "storage/store_sqlite/internal/sqlite_reader.h"

namespace sealpost::store_sqlite {

extern template class SqliteReads<Transaction>;

StoreResult<void> write_setting(Database& database, std::string_view name, std::string_view value);

class SqliteTransaction final : public SqliteReads<Transaction> {
 public:
  struct Parts {
    Database& database;
    OrganizationTable& organizations;
    AuditLog& audit;
    ClaimSlices& claims;
    DueTargets& due;
    MessagePath& messages;
    const Clock& clock;
  };
  explicit SqliteTransaction(Parts parts)
      : SqliteReads(parts.database, parts.claims.index()), parts_(parts) {}

  StoreResult<void> insert_object(const ObjectRow&) override;
  StoreResult<void> update_object(const ObjectRow&) override;
  StoreResult<std::uint64_t> append_audit(const AuditDraft&) override;
  StoreResult<std::uint64_t> raise_epoch(OrganizationId) override;
  StoreResult<Repeat> claim_control_call(const Tenancy&, const Claim&, Position resource) override;
  StoreResult<void> requeue_delivery(const Tenancy&, DeliveryId, WallTime now) override;
  StoreResult<void> release_delivery(const Tenancy&, DeliveryId, const Lease&, WallTime due) override;
  StoreResult<std::uint64_t> cancel_waiting(const Tenancy&, IntegrationId, WallTime now) override;
  StoreResult<std::uint64_t> cancel_waiting_for_target(const Tenancy&, Position target,
                                                       WallTime now) override;
  StoreResult<void> put_checkpoint(OrganizationId, const SignedCheckpoint&) override;
  StoreResult<void> set_setting(std::string_view name, std::string_view value) override;

 private:
  StoreResult<std::pair<std::uint64_t, std::uint64_t>> log_of(OrganizationId) override;
  Parts parts_;
};

}  // namespace sealpost::store_sqlite
