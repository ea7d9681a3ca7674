// The reads, on whichever connection they are asked of: a reader's snapshot, or the writer inside its
// transaction. Rows of another tenancy are not found. Lives inside one call.
#pragma once

#include "storage/store_sqlite/internal/claim_index.h"
#include "storage/store_sqlite/internal/database.h"

namespace sealpost::store_sqlite {

// `Base` is Reader or Transaction, so that the writer's view answers with the same words.
template <class Base>
class SqliteReads : public Base {
 public:
  SqliteReads(Database& database, const ClaimIndex& claims) : database_(database), claim_index_(claims) {}

  StoreResult<ObjectRow> find_object(const Tenancy&, EntityKind, Position) override;
  StoreResult<std::vector<ObjectRow>> list_objects(const Tenancy&, EntityKind, Position parent_or_0,
                                                   Page) override;
  StoreResult<std::vector<ObjectRow>> load_objects(Page) override;
  StoreResult<std::uint64_t> epoch_of(OrganizationId) override;
  StoreResult<MessageRow> find_message(const Tenancy&, MessageId) override;
  StoreResult<std::vector<DeliveryRow>> deliveries_of(const MessageRow&) override;
  StoreResult<DeliveryRow> find_delivery(const Tenancy&, DeliveryId) override;
  StoreResult<std::vector<AttemptRow>> attempts_of(const Tenancy&, DeliveryId) override;
  StoreResult<std::optional<Bytes>> payload_of(const Tenancy&, MessageId) override;
  StoreResult<std::vector<MessageRow>> inbox(const Tenancy&, ChannelId, Page) override;
  StoreResult<AcceptOutcome> judge_claim(const Tenancy&, const Claim&) override;
  StoreResult<RefusalRow> find_refusal(const Tenancy&, RefusalId) override;
  StoreResult<std::vector<RefusalRow>> list_refusals(const Tenancy&, Position source_or_0, Page) override;
  StoreResult<Reader::IntegrationHealth> health_of(const Tenancy&, IntegrationId) override;
  StoreResult<std::uint64_t> log_size(OrganizationId) override;
  StoreResult<AuditRow> audit_row(OrganizationId, std::uint64_t index) override;
  StoreResult<std::vector<AuditRow>> audit_rows(OrganizationId, std::uint64_t from,
                                                std::uint32_t limit) override;
  StoreResult<std::vector<Hash256>> tile(OrganizationId, std::uint32_t level, std::uint64_t number,
                                         std::uint32_t width) override;
  StoreResult<std::optional<SignedCheckpoint>> latest_checkpoint(OrganizationId) override;
  StoreResult<std::vector<SignedCheckpoint>> checkpoints(OrganizationId, std::uint64_t from_size,
                                                         std::uint32_t limit) override;
  StoreResult<std::vector<OrganizationId>> logs() override;
  StoreResult<std::optional<std::string>> setting(std::string_view name) override;
  StoreResult<Reader::Counts> counts() override;

 protected:
  // The log's number and size; a log without records has neither.
  virtual StoreResult<std::pair<std::uint64_t, std::uint64_t>> log_of(OrganizationId);

  Database& database_;
  const ClaimIndex& claim_index_;
};

extern template class SqliteReads<Reader>;

}  // namespace sealpost::store_sqlite
