// What the store must hold, kept by the driver in plain containers. Each command is applied here too, with
// the outcome it must have; invariants.h compares the rows with it. Written from the words of storage/store
// alone. A value: when a commit's outcome is unknown, the driver keeps one model without the batch and one
// with it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "domain/tlog/merkle.h"
#include "storage/store/store.h"

namespace sealpost::simulation {

enum class Standing : std::uint8_t {
  Waiting,
  Held,      // by the driver, under `lease`
  Orphaned,  // by a process that ended
  Ended,
};

struct ModelDelivery {
  DeliveryId delivery;
  MessageId message;
  Tenancy tenancy;
  IntegrationId integration;
  TargetKind kind = TargetKind::Endpoint;
  Position target = 0;
  Standing standing = Standing::Waiting;
  DeliveryState ended_as = DeliveryState::Delivered;
  WallTime due{};
  std::optional<WallTime> ended_at;
  Lease lease;
  bool as_orphan = false;  // Held, and came as what another process had begun
  std::uint32_t attempts = 0;
  // Leased by a batch that nobody heard of: the store gives it back, or a restart makes it an orphan.
  bool unsettled = false;

  // An orphan's lease counts until it is claimed again.
  [[nodiscard]] bool is_leased() const {
    return standing == Standing::Held || standing == Standing::Orphaned;
  }
};

struct ModelMessage {
  std::shared_ptr<const AcceptMessage> sent;
  std::uint64_t audit_index = 0;
  bool has_payload = true;
  bool in_inbox = false;
  std::optional<WallTime> erased_at;
};

struct ModelAttempt {
  std::uint32_t number = 0;
  std::string result;
  std::string code;
  std::uint64_t audit_index = 0;
};

struct ModelClaim {
  Tenancy tenancy;
  Claim claim;
  Position receipt = 0;
  // A purge came after its end: it counts until its slice is deleted, and nobody says when that is.
  bool perhaps_gone = false;
};

struct ModelLog {
  std::vector<Hash256> leaves;
  std::vector<Hash256> roots{empty_root()};  // by size
  Frontier frontier;
  std::set<std::uint64_t> begun;               // sizes that a checkpoint may have been written for
  std::map<std::uint64_t, std::string> notes;  // signed ones that the driver was given

  std::uint64_t append(const AuditDraft& draft);
};

struct ModelRefusal {
  Tenancy tenancy;
  std::uint64_t count = 0;
  std::uint64_t audit_index = 0;
};

// What a batch may hand over as born leased; the engine asks once per batch, and once per organization.
struct BornRoom {
  std::uint32_t room = 0;
  std::map<Position, std::uint32_t> shares;
  std::vector<DeliveryId> born;
  bool take(OrganizationId organization);
};

class Model final {
 public:
  // ---- The commands, each with the outcome it must have ----
  AcceptOutcome accept(const std::shared_ptr<const AcceptMessage>& sent, BornRoom& room);
  FinishOutcome finish(const FinishAttempt& attempt);
  // Judges what the store gave; `boot` is the process's.
  void claimed(const ClaimWork& request, const ClaimedWork& got, std::uint64_t boot);
  // The store may have leased anything that it could have leased.
  void perhaps_claimed(const ClaimWork& request);
  std::optional<StoreError> record_refusal(const RecordRefusal& refusal);
  StoreResult<void> requeue(const Tenancy& tenancy, DeliveryId delivery, WallTime now);
  StoreResult<void> release(const Tenancy& tenancy, DeliveryId delivery, const Lease& lease, WallTime due);
  std::uint64_t cancel(const Tenancy& tenancy, const std::function<bool(const ModelDelivery&)>& which,
                       WallTime now);
  Transaction::Repeat control_call(const Tenancy& tenancy, const Claim& claim, Position resource);

  // ---- What happens to the process ----
  void hand_over(const LeasedDelivery& leased, std::uint64_t boot);
  // Nobody heard of the batch that made these.
  void unsettle(const std::vector<DeliveryId>& born);
  void restarted();
  // A purge at this time has happened, or may have.
  void purged(WallTime now);

  [[nodiscard]] bool holds_payload(const ModelMessage& message, const Store::PurgeTerms& terms) const;
  [[nodiscard]] std::uint64_t in_standing(Standing standing) const;
  // What the claim would be told, and by whose receipt.
  [[nodiscard]] std::pair<AcceptStatus, Position> judge(const Tenancy& tenancy,
                                                        const std::vector<Claim>& claims) const;
  using ClaimKey = std::tuple<Tenancy, Position, Hash128>;
  [[nodiscard]] static ClaimKey key_of(const Tenancy& tenancy, const Claim& claim) {
    return {tenancy, claim.owner, claim.key};
  }

  std::map<Position, Tenancy> parties;  // integrations, endpoints, channels
  std::map<Position, ModelMessage> messages;
  std::map<Position, ModelDelivery> deliveries;
  std::map<Position, std::vector<ModelAttempt>> attempts;
  std::map<ClaimKey, ModelClaim> claims;
  std::map<OrganizationId, ModelLog> logs;
  std::map<Position, ModelRefusal> refusals;
  std::map<OrganizationId, std::uint64_t> epochs;
  std::uint64_t filed_refusals = 0;
  std::uint64_t control_records = 0;
  std::uint64_t attempt_count = 0;

 private:
  [[nodiscard]] bool fits(const AcceptMessage& message) const;
  void insert(const std::shared_ptr<const AcceptMessage>& sent, std::uint64_t audit_index, BornRoom& room);
  ModelDelivery* find(const Tenancy& tenancy, DeliveryId delivery);
};

}  // namespace sealpost::simulation
