// A store in front of a real one that can be told to refuse filings, as a busy or failing one does. Tests
// only.
#pragma once

#include <atomic>

#include "storage/store/store.h"

namespace sealpost {

class GatedStore final : public Store {
 public:
  explicit GatedStore(Store& inner) : inner_(inner) {}
  // The next filings are not taken in / are taken in and fail so.
  void refuse_filings(int count) { refused_ = count; }
  void fail_filings(int count, StoreError error) {
    error_ = error;
    failing_ = count;
  }
  [[nodiscard]] int filings() const { return filings_; }

  bool accept_messages(std::vector<AcceptMessage> m,
                       Completion<void(std::vector<AcceptOutcome>)> done) override {
    return inner_.accept_messages(std::move(m), std::move(done));
  }
  bool finish_attempts(std::vector<FinishAttempt> a,
                       Completion<void(std::vector<FinishOutcome>)> done) override {
    ++filings_;
    if (refused_ > 0) {
      --refused_;
      return false;
    }
    if (failing_ > 0) {
      --failing_;
      done(std::vector<FinishOutcome>(a.size(),
                                      {.status = FinishStatus::Failed, .audit_index = 0, .error = error_}));
      return true;
    }
    return inner_.finish_attempts(std::move(a), std::move(done));
  }
  bool claim_work(ClaimWork request, Completion<void(ClaimedWork)> done) override {
    return inner_.claim_work(std::move(request), std::move(done));
  }
  bool record_refusals(std::vector<RecordRefusal> r,
                       Completion<void(std::optional<StoreError>)> done) override {
    return inner_.record_refusals(std::move(r), std::move(done));
  }
  bool transact(Work work, Completion<void(StoreResult<void>)> done) override {
    return inner_.transact(std::move(work), std::move(done));
  }
  StoreResult<void> transact_and_wait(Work work) override {
    return inner_.transact_and_wait(std::move(work));
  }
  StoreResult<void> read(const Look& look) override { return inner_.read(look); }
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
  Store& inner_;
  std::atomic<int> refused_{0};
  std::atomic<int> failing_{0};
  std::atomic<int> filings_{0};
  StoreError error_ = StoreError::Busy;
};

}  // namespace sealpost
