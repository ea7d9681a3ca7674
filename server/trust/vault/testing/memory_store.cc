#include "trust/vault/testing/memory_store.h"

namespace sealpost {
namespace {

// Works on a copy of the state; the caller commits it by keeping it.
class MemoryTransaction final : public Transaction {
 public:
  explicit MemoryTransaction(MemoryStore::State& state) : state_(state) {}

  StoreResult<ObjectRow> find_object(const Tenancy& tenancy, EntityKind kind, Position position) override {
    const auto it = state_.objects.find(position);
    if (it == state_.objects.end() || it->second.kind != kind || it->second.head.tenancy != tenancy)
      return fail(StoreError::NotFound);
    return it->second;
  }
  StoreResult<std::vector<ObjectRow>> list_objects(const Tenancy& tenancy, EntityKind kind, Position parent,
                                                   Page page) override {
    std::vector<ObjectRow> out;
    for (auto it = state_.objects.upper_bound(page.after);
         it != state_.objects.end() && out.size() < page.limit; ++it) {
      const ObjectRow& row = it->second;
      if (row.kind == kind && row.head.tenancy == tenancy && (parent == 0 || row.parent == parent))
        out.push_back(row);
    }
    return out;
  }
  StoreResult<std::vector<ObjectRow>> load_objects(Page page) override {
    std::vector<ObjectRow> out;
    for (auto it = state_.objects.upper_bound(page.after);
         it != state_.objects.end() && out.size() < page.limit; ++it)
      out.push_back(it->second);
    return out;
  }
  StoreResult<std::uint64_t> epoch_of(OrganizationId organization) override {
    return state_.epochs[organization];
  }
  StoreResult<std::optional<std::string>> setting(std::string_view name) override {
    const auto it = state_.settings.find(name);
    return it == state_.settings.end() ? std::nullopt : std::optional(it->second);
  }

  StoreResult<void> insert_object(const ObjectRow& row) override {
    if (!state_.objects.emplace(row.head.position, row).second) return fail(StoreError::Conflict);
    return {};
  }
  StoreResult<void> update_object(const ObjectRow& row) override {
    const auto it = state_.objects.find(row.head.position);
    if (it == state_.objects.end()) return fail(StoreError::NotFound);
    if (it->second.head.version + 1 != row.head.version) return fail(StoreError::VersionMismatch);
    it->second = row;
    return {};
  }
  StoreResult<std::uint64_t> append_audit(const AuditDraft&) override { return state_.audit_records++; }
  StoreResult<std::uint64_t> raise_epoch(OrganizationId organization) override {
    return ++state_.epochs[organization];
  }
  StoreResult<void> set_setting(std::string_view name, std::string_view value) override {
    state_.settings.insert_or_assign(std::string(name), std::string(value));
    return {};
  }

  StoreResult<MessageRow> find_message(const Tenancy&, MessageId) override { return absent(); }
  StoreResult<std::vector<DeliveryRow>> deliveries_of(const MessageRow&) override { return absent(); }
  StoreResult<DeliveryRow> find_delivery(const Tenancy&, DeliveryId) override { return absent(); }
  StoreResult<std::vector<AttemptRow>> attempts_of(const Tenancy&, DeliveryId) override { return absent(); }
  StoreResult<std::optional<Bytes>> payload_of(const Tenancy&, MessageId) override { return absent(); }
  StoreResult<std::vector<MessageRow>> inbox(const Tenancy&, ChannelId, Page) override { return absent(); }
  StoreResult<RefusalRow> find_refusal(const Tenancy&, RefusalId) override { return absent(); }
  StoreResult<std::vector<RefusalRow>> list_refusals(const Tenancy&, Position, Page) override {
    return absent();
  }
  StoreResult<IntegrationHealth> health_of(const Tenancy&, IntegrationId) override { return absent(); }
  StoreResult<std::uint64_t> log_size(OrganizationId) override { return state_.audit_records; }
  StoreResult<AuditRow> audit_row(OrganizationId, std::uint64_t) override { return absent(); }
  StoreResult<std::vector<AuditRow>> audit_rows(OrganizationId, std::uint64_t, std::uint32_t) override {
    return absent();
  }
  StoreResult<std::vector<Hash256>> tile(OrganizationId, std::uint32_t, std::uint64_t,
                                         std::uint32_t) override {
    return absent();
  }
  StoreResult<std::optional<SignedCheckpoint>> latest_checkpoint(OrganizationId) override { return absent(); }
  StoreResult<std::vector<SignedCheckpoint>> checkpoints(OrganizationId, std::uint64_t,
                                                         std::uint32_t) override {
    return absent();
  }
  StoreResult<std::vector<OrganizationId>> logs() override { return absent(); }
  StoreResult<AcceptOutcome> judge_claim(const Tenancy&, const Claim&) override { return absent(); }
  StoreResult<Counts> counts() override { return absent(); }
  StoreResult<Repeat> claim_control_call(const Tenancy&, const Claim&, Position) override { return absent(); }
  StoreResult<void> requeue_delivery(const Tenancy&, DeliveryId, WallTime) override { return absent(); }
  StoreResult<void> release_delivery(const Tenancy&, DeliveryId, const Lease&, WallTime) override {
    return absent();
  }
  StoreResult<std::uint64_t> cancel_waiting(const Tenancy&, IntegrationId, WallTime) override {
    return absent();
  }
  StoreResult<std::uint64_t> cancel_waiting_for_target(const Tenancy&, Position, WallTime) override {
    return absent();
  }
  StoreResult<void> put_checkpoint(OrganizationId, const SignedCheckpoint&) override { return absent(); }

 private:
  static Failure<StoreError> absent() { return fail(StoreError::Unavailable); }
  MemoryStore::State& state_;
};

}  // namespace

bool MemoryStore::transact(Work work, Completion<void(StoreResult<void>)> done) {
  done(transact_and_wait(std::move(work)));
  return true;
}

StoreResult<void> MemoryStore::transact_and_wait(Work work) {
  const std::scoped_lock lock(mutex_);
  if (broken_) return fail(*broken_);
  State next = state_;
  MemoryTransaction transaction(next);
  SEALPOST_TRY_VOID(work(transaction));
  state_ = std::move(next);
  return {};
}

StoreResult<void> MemoryStore::read(const Look& look) {
  const std::scoped_lock lock(mutex_);
  ++reads_;
  if (broken_) return fail(*broken_);
  MemoryTransaction transaction(state_);
  return look(transaction);
}

}  // namespace sealpost
