// The typed commands of the message path. Each takes an array and gives one outcome per element; the engine
// runs many commands in one transaction and releases their outcomes after the sync, never before. Plain
// values.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "domain/model/directory_snapshot.h"
#include "domain/model/ids.h"
#include "domain/model/records.h"
#include "domain/model/tenancy.h"
#include "foundation/bytes/bytes.h"
#include "storage/store/store_error.h"

namespace sealpost {

// An audit record before it has its place: the engine gives it the next index of the organization's log,
// finishes the leaf with it (domain/tlog LeafTemplate), and files leaf, leaf hash and body in one row.
struct AuditDraft {
  OrganizationId log;
  std::string leaf_template;  // canonical leaf up to and without its sequence
  Bytes body;                 // the sealed field groups, opaque here
};

// ---- Accepting
// ---------------------------------------------------------------------------------------------

// Once-only. A claim is found by (tenancy, owner, key); what a second comer with the same key gets depends on
// what it shares with the first: security.md, "Replay table".
enum class ClaimMeaning : std::uint8_t {
  SignedId,        // key: the signed id. Same or older time → Replayed; newer time and same body → Repeated
  SignedBytes,     // key: tag of the signed bytes, no signed time. Any second → Repeated (marked duplicate)
  IdempotencyKey,  // key: caller, route, key. Same body → Repeated; other body → Mismatch
};

struct Claim {
  ClaimMeaning meaning = ClaimMeaning::SignedId;
  Position owner = 0;  // the source, or the credential for an idempotency key
  Hash128 key{};
  Hash128 body{};              // keyed tag of the body
  std::int64_t signed_ms = 0;  // 0 when the scheme signs no time
  WallTime keep_until{};
};

enum class TargetKind : std::uint8_t { Endpoint, Channel };

struct NewDelivery {
  Position position = 0;  // follows its message's: message + 1, + 2, …
  TargetKind kind = TargetKind::Endpoint;
  Position target = 0;
};

struct AcceptMessage {
  Tenancy tenancy;
  std::uint64_t epoch = 0;  // the organization's, as the decision saw it; compared inside the transaction
  MessageId message;
  IntegrationId integration;
  Position source = 0;  // 0: came through the API
  std::vector<Claim> claims;
  WallTime accepted_at{};
  std::string event_type;
  std::string event_id;
  Hash256 payload_digest{};  // keyed
  std::uint32_t payload_size = 0;
  std::string content_type;
  std::string summary;  // redacted, JSON
  std::string facts;  // JSON: scheme, signature status, key, grant, policy, request, actor; nothing personal
  Bytes sealed_payload;
  WallTime keep_payload_until{};  // epoch (0) unless kept after delivery by choice
  std::vector<NewDelivery> deliveries;
  AuditDraft audit;
  // Travels with the command to the hand-over, so that a delivery that starts at once need not open the
  // payload again. Never stored.
  std::shared_ptr<const void> carry;
};

enum class AcceptStatus : std::uint8_t {
  Accepted,
  Repeated,  // the first receipt again
  Replayed,
  Mismatch,      // idempotency key with another body
  EpochChanged,  // access changed since the decision: decide again
  Failed,        // see `error`
};

struct AcceptOutcome {
  AcceptStatus status = AcceptStatus::Failed;
  MessageId message;              // the accepted one, or the first one
  std::uint64_t audit_index = 0;  // of the accepted one, or the first one
  WallTime accepted_at{};
  std::uint32_t deliveries = 0;  // how many it was born with
  StoreError error = StoreError::Unavailable;
};

// ---- Delivering
// --------------------------------------------------------------------------------------------

// Who holds a delivery: the process's boot and a number that grows with each claim. Finishing needs both.
struct Lease {
  std::uint64_t boot = 0;
  std::uint64_t token = 0;
  friend auto operator<=>(const Lease&, const Lease&) = default;
};

enum class DeliveryState : std::uint8_t { Waiting, Leased, Delivered, Dead, Cancelled, Held };

// A delivery in hand: born leased at acceptance, or claimed when due.
struct LeasedDelivery {
  DeliveryId delivery;
  MessageId message;
  Tenancy tenancy;
  IntegrationId integration;
  TargetKind kind = TargetKind::Endpoint;
  Position target = 0;
  std::uint32_t attempts = 0;  // made so far
  WallTime accepted_at{};
  std::string event_type;
  std::string content_type;
  Lease lease;
  // The process that held it before died in the middle: whether its attempt arrived is unknown. Don't send;
  // finish it as `outcome_unknown` under this lease, with the next number, and let it wait for its next
  // attempt.
  bool orphaned = false;
  std::shared_ptr<const void> carry;  // set only when born leased
};

struct FinishAttempt {
  DeliveryId delivery;
  MessageId message;
  Tenancy tenancy;
  Position target = 0;
  Lease lease;
  std::uint32_t number = 0;  // from 1
  WallTime started_at{};
  WallTime ended_at{};
  std::string result;         // delivered | failed | refused | outcome_unknown | aborted
  std::string failure_class;  // authorization | signing | network | receiver | policy, or empty
  std::string code;           // stable detail: http_503, timeout, forbidden_address, …
  std::uint32_t http_status = 0;
  std::string facts;  // JSON: key ids, remote address, response excerpt (redacted), duration
  DeliveryState next = DeliveryState::Delivered;
  WallTime next_attempt_at{};  // when `next` is Waiting
  AuditDraft audit;
};

enum class FinishStatus : std::uint8_t { Finished, LeaseLost, Failed };
struct FinishOutcome {
  FinishStatus status = FinishStatus::Failed;
  std::uint64_t audit_index = 0;
  StoreError error = StoreError::Unavailable;
};

// Endpoints first, then a few of each: a capped or hanging endpoint's backlog is never scanned.
struct ClaimWork {
  WallTime now{};
  std::uint32_t most = 64;
  std::uint32_t most_per_target = 8;
  // Targets with less room than that, 0 included.
  struct Room {
    Position target = 0;
    std::uint32_t free = 0;
  };
  std::vector<Room> rooms;
  // What the caller decides from. An organization gives nothing while its epoch, compared inside the
  // transaction, is another than the picture's: an older picture may still hold a grant that has ended. None
  // counts as epoch 0.
  DirectoryPicture picture{};
  // Organizations that get less than `most`, 0 included. What waits for one that has 0 left is not looked
  // at, and counts for no next_due.
  struct Share {
    OrganizationId organization;
    std::uint32_t free = 0;
  };
  std::vector<Share> shares{};
};
struct ClaimedWork {
  std::vector<LeasedDelivery> deliveries;
  // Have something due, and an epoch that is not the picture's.
  std::vector<OrganizationId> behind;
  // When the next one is due; nothing when none waits.
  std::optional<WallTime> next_due;
  std::optional<StoreError> error;
};

// ---- Refusing
// ----------------------------------------------------------------------------------------------

// Refusals are filed in aggregate: the first at once, then a count per interval.
struct RecordRefusal {
  Tenancy tenancy;
  RefusalId refusal;  // of the aggregate; a later interval of the same kind gets a new one
  IntegrationId integration;
  Position source = 0;
  std::string category;
  std::string network;  // prefix, or "other"
  std::uint64_t count = 1;
  WallTime first_at{};
  WallTime last_at{};
  std::string steps;  // JSON for readers with deliveries:read: what was checked, never an expected signature
  AuditDraft audit;
};

}  // namespace sealpost
