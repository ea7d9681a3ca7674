// Brings ended attempts and given-back leases to the store: several with one command, asked again with
// growing pauses while the store is busy. What is filed twice is fenced by its lease. The engine's thread
// only.
#pragma once

#include <deque>
#include <map>

#include "flow/delivery/internal/attempt_evidence.h"
#include "flow/delivery/internal/inbox.h"

namespace sealpost::delivery {

class FilingDesk final {
 public:
  struct Given {
    LeasedDelivery leased;
    WallTime due{};
  };
  FilingDesk(const DeliveryEngine::Parts& parts, const DeliveryOptions& options, std::shared_ptr<Inbox> inbox)
      : parts_(parts), options_(options), inbox_(std::move(inbox)) {}

  void file(AttemptEvidence evidence) { attempts_.push_back(std::move(evidence)); }
  void give_back(LeasedDelivery leased, WallTime due) { given_.push_back({std::move(leased), due}); }
  // Sends what may be sent now.
  void work();

  // What became of a command. Those that ended are told, the others will be tried again.
  template <class OnEnded>  // (const AttemptEvidence&, FinishStatus)
  void take(const Filed& filed, OnEnded ended) {
    auto node = filings_.extract(filed.filing);
    if (node.empty()) return;
    bool again = false;
    for (std::size_t i = 0; i < node.mapped().size(); ++i) {
      const FinishOutcome outcome = i < filed.outcomes.size() ? filed.outcomes[i] : FinishOutcome{};
      if (outcome.status == FinishStatus::Failed && may_pass_later(outcome.error)) {
        again = true;
        attempts_.push_back(std::move(node.mapped()[i]));
      } else {
        ended(node.mapped()[i], outcome.status);
      }
    }
    settle_pause(again);
  }
  template <class OnEnded>  // (const LeasedDelivery&)
  void take(const Released& released, OnEnded ended) {
    auto node = releases_.extract(released.release);
    if (node.empty()) return;
    for (Given& given : *node.mapped()) {
      if (released.committed)
        ended(given.leased);
      else
        given_.push_back(std::move(given));
    }
    settle_pause(!released.committed);
  }

  [[nodiscard]] std::size_t waiting() const { return attempts_.size() + given_.size(); }
  [[nodiscard]] std::size_t under_way() const { return filings_.size() + releases_.size(); }
  [[nodiscard]] std::uint64_t retries() const { return retries_; }
  // When to call work() again although nothing has happened.
  [[nodiscard]] std::optional<SteadyTime> next_try() const {
    return waiting() > 0 ? pause_until_ : std::nullopt;
  }

 private:
  using GivenList = std::shared_ptr<std::vector<Given>>;
  static bool may_pass_later(StoreError error);
  bool file_some();
  bool give_back_some();
  std::optional<AuditDraft> draft(const AttemptEvidence& evidence, std::string_view facts) const;
  void settle_pause(bool again);

  const DeliveryEngine::Parts& parts_;
  const DeliveryOptions& options_;
  std::shared_ptr<Inbox> inbox_;
  std::deque<AttemptEvidence> attempts_;
  std::deque<Given> given_;
  std::map<std::uint64_t, std::vector<AttemptEvidence>> filings_;
  std::map<std::uint64_t, GivenList> releases_;
  std::uint64_t next_ = 1;
  Milliseconds pause_{0};
  std::optional<SteadyTime> pause_until_;
  std::uint64_t retries_ = 0;
};

}  // namespace sealpost::delivery
