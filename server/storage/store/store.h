// The seam to durable state and the work queue: one meaning, two engines. Commands are queued, grouped and
// run by the engine's writer; a completion runs on the writer thread after the sync and must only hand the
// outcome on. Every method is thread-safe. Outcomes are never released before what they report is on disk.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>

#include "domain/model/position_allocator.h"
#include "storage/store/commands.h"
#include "storage/store/reader.h"
#include "storage/store/transaction.h"

namespace sealpost {

template <class Signature>
using Completion = std::move_only_function<Signature>;

class Store {
 public:
  virtual ~Store() = default;

  // Each returns false, without calling `done`, when the queue is full or the store is closing: answer 503.
  [[nodiscard]] virtual bool accept_messages(std::vector<AcceptMessage> messages,
                                             Completion<void(std::vector<AcceptOutcome>)> done) = 0;
  [[nodiscard]] virtual bool finish_attempts(std::vector<FinishAttempt> attempts,
                                             Completion<void(std::vector<FinishOutcome>)> done) = 0;
  [[nodiscard]] virtual bool claim_work(ClaimWork request, Completion<void(ClaimedWork)> done) = 0;
  [[nodiscard]] virtual bool record_refusals(std::vector<RecordRefusal> refusals,
                                             Completion<void(std::optional<StoreError>)> done) = 0;

  // One ordinary transaction of the control plane; `done` gets the work's own result, or why it could not
  // commit.
  using Work = std::move_only_function<StoreResult<void>(Transaction&)>;
  [[nodiscard]] virtual bool transact(Work work, Completion<void(StoreResult<void>)> done) = 0;
  // The same, waiting for the sync. Never from a socket thread or the writer.
  virtual StoreResult<void> transact_and_wait(Work work) = 0;

  // Reads on the calling thread, at one snapshot.
  using Look = std::function<StoreResult<void>(Reader&)>;
  virtual StoreResult<void> read(const Look& look) = 0;

  // Deliveries are born leased while there is room, and handed over after the commit, on the writer thread.
  // `room` is asked once per batch: how many more may be born leased. `share`, if there is one, is asked once
  // per batch and organization: how many of these may be of that organization.
  struct HandOver {
    std::function<std::uint32_t()> room;
    std::function<std::uint32_t(OrganizationId)> share{};
    std::function<void(std::vector<LeasedDelivery>)> take;
    // Something became due that was not handed over.
    std::function<void()> wake;
  };
  virtual void set_hand_over(HandOver hand_over) = 0;

  // Called after each commit that appended to these logs.
  virtual void set_log_listener(std::function<void(std::span<const OrganizationId>)> listener) = 0;

  // One bounded step of cleaning; true while there is more to do. Payloads whose last delivery has ended,
  // dead letters past their term, inbox items past theirs, claims past keep_until.
  struct PurgeTerms {
    WallTime now{};
    Milliseconds dead_letter_term = std::chrono::hours(14 * 24);
    Milliseconds inbox_term = std::chrono::hours(7 * 24);
    std::uint32_t rows_per_step = 500;
    // Does something still lean on this owner's claims of up to then, although their keep_until is over? They
    // are kept if so, and asked for again later. Empty: nothing does. Called on the engine's writing thread.
    std::function<bool(Position owner, WallTime made_by)> claims_needed{};
  };
  virtual StoreResult<bool> purge_step(const PurgeTerms& terms) = 0;

  [[nodiscard]] virtual PositionAllocator& positions() = 0;
  [[nodiscard]] virtual std::uint64_t boot() const = 0;

  struct Metrics {
    std::uint64_t batches = 0, commands = 0, sync_ns = 0, wal_pages = 0, bytes_written = 0, queue_depth = 0;
    // Why the last batch could not be filed; nothing once one was that changed something.
    std::optional<StoreError> write_error{};
    // Deliveries passed over because somebody edited their rows.
    std::uint64_t damaged_rows = 0;
  };
  [[nodiscard]] virtual Metrics metrics() const = 0;

  // The same without a bound on its time, and without a word to disk: for a store that nobody else uses.
  virtual StoreResult<void> read_everything(const Look& look) = 0;
  // A row of the store's own work state that is not what it wrote: docs/decisions/0014.
  struct WorkRow {
    std::string table;  // empty: `key` tells of a page or an index
    std::string key;
  };
  // Holds each of them against its tag. Reads all of them: for a store that nobody else uses.
  virtual StoreResult<void> check_work_rows(const std::function<void(const WorkRow&)>& damaged) = 0;

  // Finishes what is queued and closes. Later calls are refused.
  virtual void close() = 0;
};

}  // namespace sealpost
