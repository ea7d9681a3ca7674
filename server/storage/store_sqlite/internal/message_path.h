// The commands of the message path, one element at a time inside the running transaction. What has to happen
// after the commit (hand-over, waking) is collected here and fetched by the writer; an element that is rolled
// back leaves nothing behind. Writer thread only.
#pragma once

#include <map>
#include <optional>
#include <set>

#include "storage/store/store.h"
#include "storage/store_sqlite/internal/audit_log.h"
#include "storage/store_sqlite/internal/claim_slices.h"
#include "storage/store_sqlite/internal/due_targets.h"
#include "storage/store_sqlite/internal/payload_release.h"

namespace sealpost::store_sqlite {

class MessagePath final {
 public:
  struct Parts {
    Database& database;
    OrganizationTable& organizations;
    AuditLog& audit;
    ClaimSlices& claims;
    DueTargets& due;
    PayloadRelease& release;
  };
  MessagePath(Parts parts, std::uint64_t boot, std::uint64_t first_token)
      : parts_(parts), boot_(boot), next_token_(first_token) {}

  // `hand_over` outlives the batch.
  void begin_batch(const Store::HandOver& hand_over);
  StoreResult<AcceptOutcome> accept(AcceptMessage& message);
  StoreResult<FinishOutcome> finish(const FinishAttempt& attempt);
  StoreResult<ClaimedWork> claim_work(const ClaimWork& request);
  StoreResult<void> record_refusal(const RecordRefusal& refusal);
  StoreResult<void> requeue(const Tenancy& tenancy, DeliveryId delivery, WallTime now);
  StoreResult<void> release_lease(const Tenancy& tenancy, DeliveryId delivery, const Lease& lease,
                                  WallTime due);
  StoreResult<std::uint64_t> cancel_waiting(const Tenancy& tenancy, const std::vector<DueTarget>& targets,
                                            WallTime now);
  // Writes the batch's health rows.
  StoreResult<void> store_batch();

  void keep_element();
  void drop_element();
  [[nodiscard]] std::vector<LeasedDelivery> take_born_leased() { return std::move(born_leased_); }
  [[nodiscard]] bool woke() const { return woke_; }

  // After a commit whose outcome is unknown: leases that were written but never handed out go back.
  [[nodiscard]] std::uint64_t next_token() const { return next_token_; }
  [[nodiscard]] const std::vector<Position>& orphans_in_batch() const { return orphans_in_batch_; }
  // Deliveries that were passed over because their rows are not what this store wrote.
  [[nodiscard]] std::size_t damaged_rows() const { return damaged_.size(); }
  static StoreResult<void> take_back(Database& database, std::uint64_t boot, std::uint64_t first_token,
                                     const std::vector<Position>& orphans, WallTime now);

 private:
  struct Health {
    Tenancy tenancy;
    std::optional<WallTime> success, failure;
    std::string code;
  };
  struct DeliveryFacts {
    std::uint32_t siblings = 0;
    IntegrationId integration;
  };
  StoreResult<AcceptOutcome> first_receipt(AcceptStatus status, Position receipt);
  StoreResult<void> insert_message(const AcceptMessage& message, std::uint64_t audit_index);
  StoreResult<void> insert_deliveries(AcceptMessage& message);
  StoreResult<void> insert_delivery(const AcceptMessage& message, const NewDelivery& delivery,
                                    DeliveryState state, const Lease& lease);
  StoreResult<std::optional<DeliveryFacts>> held_by(const FinishAttempt& attempt);
  StoreResult<void> end_attempt(const FinishAttempt& attempt, const DeliveryFacts& facts);
  // Whether one more delivery of this organization may be born leased; it then is counted.
  bool take_room(OrganizationId organization);
  [[nodiscard]] bool is_current(const DirectoryPicture& picture, OrganizationId organization) const;
  StoreResult<void> claim_orphans(std::uint32_t most, std::vector<LeasedDelivery>& into);
  bool is_ours(Position delivery, bool tag_fits);
  StoreResult<std::uint32_t> claim_target(const DueTarget& target, WallTime now, std::uint32_t most,
                                          std::vector<LeasedDelivery>& into);
  StoreResult<void> lease(const std::vector<Position>& positions, bool orphaned,
                          std::vector<LeasedDelivery>& into);
  StoreResult<LeasedDelivery> leased_delivery(Position position);
  void note_health(IntegrationId integration, const Tenancy& tenancy, bool success, WallTime at,
                   std::string_view code);

  Parts parts_;
  std::uint64_t boot_;
  std::uint64_t next_token_;
  bool orphans_left_ = true;
  std::set<Position> damaged_;
  std::vector<Position> orphans_in_batch_;
  std::uint32_t room_ = 0;
  const Store::HandOver* hand_over_ = nullptr;
  std::map<Position, std::uint32_t> shares_;  // what is left of each organization's, once it was asked for
  bool woke_ = false;
  std::vector<LeasedDelivery> born_leased_;
  std::size_t born_before_element_ = 0;
  std::map<Position, Health> health_;
  std::vector<std::pair<Position, Health>> element_health_;
};

}  // namespace sealpost::store_sqlite
