// A store in front of a real one that does as a test says: it refuses commands as a full queue does, takes
// them in and fails them, or lets something happen right before one, so that a change slips in between a
// decision and its commit. What was told nothing about goes through. Tests only. Internally synchronised;
// `before_*` are set by the thread that then makes the call.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "storage/store/store.h"

namespace sealpost {

class ScriptedStore final : public Store {
 public:
  explicit ScriptedStore(Store& inner);
  ~ScriptedStore() override;

  enum class Command : std::uint8_t { Accept, Finish, Claim, Refusals, Read, Transact };
  // The next `count` of a kind are not taken in (a Read or Transact fails as busy) / are taken in and fail
  // so. Told more than once, one after the other.
  void refuse(Command command, std::size_t count);
  void fail(Command command, std::size_t count, StoreError error);
  [[nodiscard]] int seen(Command command) const;
  // Each runs once, before the next one.
  std::function<void()> before_acceptance;
  std::function<void()> before_transaction;
  // When set, every read is made through this: what it calls the look with is what the look sees.
  std::function<StoreResult<void>(Reader&, const Look&)> through;

  bool accept_messages(std::vector<AcceptMessage> m,
                       Completion<void(std::vector<AcceptOutcome>)> done) override;
  bool finish_attempts(std::vector<FinishAttempt> a,
                       Completion<void(std::vector<FinishOutcome>)> done) override;
  bool claim_work(ClaimWork request, Completion<void(ClaimedWork)> done) override;
  bool record_refusals(std::vector<RecordRefusal> r,
                       Completion<void(std::optional<StoreError>)> done) override;
  bool transact(Work work, Completion<void(StoreResult<void>)> done) override;
  StoreResult<void> transact_and_wait(Work work) override;
  StoreResult<void> read(const Look& look) override;
  void set_hand_over(HandOver hand_over) override;
  void set_log_listener(std::function<void(std::span<const OrganizationId>)> listener) override;
  StoreResult<bool> purge_step(const PurgeTerms& terms) override;
  PositionAllocator& positions() override { return inner_.positions(); }
  [[nodiscard]] std::uint64_t boot() const override { return inner_.boot(); }
  [[nodiscard]] Metrics metrics() const override;
  StoreResult<void> read_everything(const Look& look) override { return inner_.read_everything(look); }
  StoreResult<void> check_work_rows(const std::function<void(const WorkRow&)>& damaged) override {
    return inner_.check_work_rows(damaged);
  }
  void close() override { inner_.close(); }

 private:
  struct Verdict {
    bool refused = false;
    std::optional<StoreError> error;
  };
  struct Script {
    std::deque<Verdict> next;
    int seen = 0;
  };
  [[nodiscard]] const Script& script(Command command) const {
    return scripts_[static_cast<std::size_t>(command)];
  }
  Script& script(Command command) { return scripts_[static_cast<std::size_t>(command)]; }
  void next(Command command, std::size_t count, const Verdict& verdict);
  Verdict judge(Command command);

  Store& inner_;
  mutable std::mutex mutex_;
  std::array<Script, 6> scripts_;
};

}  // namespace sealpost
