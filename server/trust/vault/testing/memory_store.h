// A store in memory that knows objects, settings, epochs and transactions that roll back; the message path's
// commands are refused as Unavailable. For tests of keys and records, where an engine would only be slow.
// Internally synchronised by one mutex. Tests only.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <string>

#include "foundation/system/testing/fakes.h"
#include "storage/store/store.h"

namespace sealpost {

class MemoryStore final : public Store {
 public:
  explicit MemoryStore(const Clock& clock) : positions_(clock, 0) {}

  struct State {
    std::map<Position, ObjectRow> objects;
    std::map<std::string, std::string, std::less<>> settings;
    std::map<OrganizationId, std::uint64_t> epochs;
    std::uint64_t audit_records = 0;
  };
  // What is committed; for looking at and for damaging.
  [[nodiscard]] State& state() { return state_; }
  // Every later call fails with this, as a disk that broke would.
  void fail_with(std::optional<StoreError> error) { broken_ = error; }
  [[nodiscard]] std::size_t reads() const { return reads_; }

  bool accept_messages(std::vector<AcceptMessage>, Completion<void(std::vector<AcceptOutcome>)>) override {
    return false;
  }
  bool finish_attempts(std::vector<FinishAttempt>, Completion<void(std::vector<FinishOutcome>)>) override {
    return false;
  }
  bool claim_work(ClaimWork, Completion<void(ClaimedWork)>) override { return false; }
  bool record_refusals(std::vector<RecordRefusal>, Completion<void(std::optional<StoreError>)>) override {
    return false;
  }
  bool transact(Work work, Completion<void(StoreResult<void>)> done) override;
  StoreResult<void> transact_and_wait(Work work) override;
  StoreResult<void> read(const Look& look) override;
  void set_hand_over(HandOver) override {}
  void set_log_listener(std::function<void(std::span<const OrganizationId>)>) override {}
  StoreResult<bool> purge_step(const PurgeTerms&) override { return false; }
  PositionAllocator& positions() override { return positions_; }
  [[nodiscard]] std::uint64_t boot() const override { return 1; }
  [[nodiscard]] Metrics metrics() const override { return {}; }
  StoreResult<void> read_everything(const Look& look) override { return read(look); }
  StoreResult<void> check_work_rows(const std::function<void(const WorkRow&)>&) override { return {}; }
  void close() override {}

 private:
  std::mutex mutex_;
  State state_;
  std::optional<StoreError> broken_;
  std::atomic<std::size_t> reads_{0};
  PositionAllocator positions_;
};

}  // namespace sealpost
