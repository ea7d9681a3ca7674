// A store in front of a real one that does as a test says: it refuses commands as a full queue does, takes
// them in and fails them, or lets something happen right before one, so that a change slips in between a
// decision and its commit. What was told nothing about goes through. Tests only. Internally synchronised;
// `before_*` are set by the thread that then makes the call.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

#include "storage/store/store.h"

namespace sealpost {

class ScriptedStore final : public Store {
 public:
  explicit ScriptedStore(Store& inner) : inner_(inner) {}

  enum class Command : std::uint8_t { Accept, Finish, Claim, Refusals, Read, Transact };
  // The next `count` of a kind are not taken in (a Read or Transact fails as busy) / are taken in and fail
  // so. Told more than once, one after the other.
  void refuse(Command command, std::size_t count) { next(command, count, {.refused = true, .error = {}}); }
  void fail(Command command, std::size_t count, StoreError error) {
    next(command, count, {.refused = false, .error = error});
  }
  [[nodiscard]] int seen(Command command) const {
    const std::scoped_lock lock(mutex_);
    return script(command).seen;
  }
  // Each runs once, before the next one.
  std::function<void()> before_acceptance;
  std::function<void()> before_transaction;
  // When set, every read is made through this: what it calls the look with is what the look sees.
  std::function<StoreResult<void>(Reader&, const Look&)> through;

  bool accept_messages(std::vector<AcceptMessage> m,
                       Completion<void(std::vector<AcceptOutcome>)> done) override {
    if (auto interruption = std::exchange(before_acceptance, nullptr)) interruption();
    const Verdict verdict = judge(Command::Accept);
    if (verdict.refused) return false;
    if (!verdict.error) return inner_.accept_messages(std::move(m), std::move(done));
    AcceptOutcome failed;
    failed.error = *verdict.error;
    done(std::vector<AcceptOutcome>(m.size(), failed));
    return true;
  }
  bool finish_attempts(std::vector<FinishAttempt> a,
                       Completion<void(std::vector<FinishOutcome>)> done) override {
    const Verdict verdict = judge(Command::Finish);
    if (verdict.refused) return false;
    if (!verdict.error) return inner_.finish_attempts(std::move(a), std::move(done));
    FinishOutcome failed;
    failed.error = *verdict.error;
    done(std::vector<FinishOutcome>(a.size(), failed));
    return true;
  }
  bool claim_work(ClaimWork request, Completion<void(ClaimedWork)> done) override {
    const Verdict verdict = judge(Command::Claim);
    if (verdict.refused) return false;
    if (!verdict.error) return inner_.claim_work(std::move(request), std::move(done));
    ClaimedWork failed;
    failed.error = verdict.error;
    done(std::move(failed));
    return true;
  }
  bool record_refusals(std::vector<RecordRefusal> r,
                       Completion<void(std::optional<StoreError>)> done) override {
    const Verdict verdict = judge(Command::Refusals);
    if (verdict.refused) return false;
    if (!verdict.error) return inner_.record_refusals(std::move(r), std::move(done));
    done(verdict.error);
    return true;
  }
  bool transact(Work work, Completion<void(StoreResult<void>)> done) override {
    return inner_.transact(std::move(work), std::move(done));
  }
  StoreResult<void> transact_and_wait(Work work) override {
    if (auto interruption = std::exchange(before_transaction, nullptr)) interruption();
    const Verdict verdict = judge(Command::Transact);
    if (verdict.refused) return sealpost::fail(StoreError::Busy);
    if (verdict.error) return sealpost::fail(*verdict.error);
    return inner_.transact_and_wait(std::move(work));
  }
  StoreResult<void> read(const Look& look) override {
    const Verdict verdict = judge(Command::Read);
    if (verdict.refused) return sealpost::fail(StoreError::Busy);
    if (verdict.error) return sealpost::fail(*verdict.error);
    if (through) return inner_.read([&](Reader& reader) { return through(reader, look); });
    return inner_.read(look);
  }
  void set_hand_over(HandOver hand_over) override { inner_.set_hand_over(std::move(hand_over)); }
  void set_log_listener(std::function<void(std::span<const OrganizationId>)> listener) override {
    inner_.set_log_listener(std::move(listener));
  }
  StoreResult<bool> purge_step(const PurgeTerms& terms) override { return inner_.purge_step(terms); }
  PositionAllocator& positions() override { return inner_.positions(); }
  [[nodiscard]] std::uint64_t boot() const override { return inner_.boot(); }
  [[nodiscard]] Metrics metrics() const override { return inner_.metrics(); }
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
  void next(Command command, std::size_t count, const Verdict& verdict) {
    const std::scoped_lock lock(mutex_);
    script(command).next.insert(script(command).next.end(), count, verdict);
  }
  Verdict judge(Command command) {
    const std::scoped_lock lock(mutex_);
    Script& one = script(command);
    ++one.seen;
    if (one.next.empty()) return {};
    const Verdict verdict = one.next.front();
    one.next.pop_front();
    return verdict;
  }

  Store& inner_;
  mutable std::mutex mutex_;
  std::array<Script, 6> scripts_;
};

}  // namespace sealpost
