// Reading at one moment: everything a Reader returns belongs to one snapshot of the database. A read is short
// (the engine cancels one that holds its snapshot over 250 ms) and runs on the caller's thread, never on a
// socket's. Not thread-safe; lives only inside the function it was given to.
#pragma once

#include <optional>
#include <vector>

#include "foundation/result/result.h"
#include "storage/store/rows.h"

namespace sealpost {

template <class T>
using StoreResult = Result<T, StoreError>;

// Newest last; `after` is the position of the last row of the page before, 0 to begin.
struct Page {
  Position after = 0;
  std::uint32_t limit = 50;  // at most 500
};

class Reader {
 public:
  virtual ~Reader() = default;

  // Control plane. `find_object` ignores tenancy on purpose only for the operator's use: everything else
  // passes it.
  virtual StoreResult<ObjectRow> find_object(const Tenancy&, EntityKind, Position) = 0;
  virtual StoreResult<std::vector<ObjectRow>> list_objects(const Tenancy&, EntityKind, Position parent_or_0,
                                                           Page) = 0;
  // All objects of all organizations, in order of position: what the directory is loaded from.
  virtual StoreResult<std::vector<ObjectRow>> load_objects(Page) = 0;
  virtual StoreResult<std::uint64_t> epoch_of(OrganizationId) = 0;

  // Messages. Tenancy is compared with the row's; a row of another tenant is NotFound.
  virtual StoreResult<MessageRow> find_message(const Tenancy&, MessageId) = 0;
  virtual StoreResult<std::vector<DeliveryRow>> deliveries_of(const MessageRow&) = 0;
  virtual StoreResult<DeliveryRow> find_delivery(const Tenancy&, DeliveryId) = 0;
  virtual StoreResult<std::vector<AttemptRow>> attempts_of(const Tenancy&, DeliveryId) = 0;
  // The sealed payload, or nothing once it is erased.
  virtual StoreResult<std::optional<Bytes>> payload_of(const Tenancy&, MessageId) = 0;
  virtual StoreResult<std::vector<MessageRow>> inbox(const Tenancy&, ChannelId, Page) = 0;
  // Who came first with this claim, judged as acceptance would judge it, but claiming nothing: status is
  // Accepted (nobody came before), Repeated, Replayed or Mismatch; for the last three `message`,
  // `audit_index` and `accepted_at` are the first one's. Used where a request is refused for a later reason,
  // because a replay is told before that reason.
  virtual StoreResult<AcceptOutcome> judge_claim(const Tenancy&, const Claim&) = 0;
  virtual StoreResult<RefusalRow> find_refusal(const Tenancy&, RefusalId) = 0;
  virtual StoreResult<std::vector<RefusalRow>> list_refusals(const Tenancy&, Position source_or_0, Page) = 0;
  // Last success and last failure of an integration, from its attempts and acceptances.
  struct IntegrationHealth {
    std::optional<WallTime> last_success_at;
    std::optional<WallTime> last_failure_at;
    std::string last_failure_code;
  };
  virtual StoreResult<IntegrationHealth> health_of(const Tenancy&, IntegrationId) = 0;

  // Audit log of one organization. Hashes come tile-shaped: level-0 tiles hold 256 leaf hashes, level n+1 the
  // roots of 256 full tiles of level n. The last tile of a level may be partial.
  virtual StoreResult<std::uint64_t> log_size(OrganizationId) = 0;
  virtual StoreResult<AuditRow> audit_row(OrganizationId, std::uint64_t index) = 0;
  virtual StoreResult<std::vector<AuditRow>> audit_rows(OrganizationId, std::uint64_t from,
                                                        std::uint32_t limit) = 0;
  virtual StoreResult<std::vector<Hash256>> tile(OrganizationId, std::uint32_t level, std::uint64_t number,
                                                 std::uint32_t width) = 0;
  virtual StoreResult<std::optional<SignedCheckpoint>> latest_checkpoint(OrganizationId) = 0;
  // All that were made for sizes from `from_size` on, by size; `limit` is at most 500.
  virtual StoreResult<std::vector<SignedCheckpoint>> checkpoints(OrganizationId, std::uint64_t from_size,
                                                                 std::uint32_t limit) = 0;
  virtual StoreResult<std::vector<OrganizationId>> logs() = 0;

  // A small value by name (installation id, generations, format versions).
  virtual StoreResult<std::optional<std::string>> setting(std::string_view name) = 0;

  struct Counts {
    std::uint64_t messages = 0, payloads = 0, deliveries = 0, claims = 0, audit_rows = 0, waiting = 0;
    std::uint64_t attempts = 0, inbox = 0, refusals = 0, audit_tiles = 0, checkpoints = 0;
  };
  virtual StoreResult<Counts> counts() = 0;
};

}  // namespace sealpost
