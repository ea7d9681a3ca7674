#include "flow/delivery/internal/filing_desk.h"

#include <algorithm>

namespace sealpost::delivery {
namespace {

constexpr Milliseconds kFirstPause{10};
constexpr Milliseconds kLongestPause{2'000};

}  // namespace

bool FilingDesk::may_pass_later(StoreError error) {
  switch (error) {
    case StoreError::Unavailable:
    case StoreError::Busy:
    case StoreError::InUse:
    case StoreError::Full:
    case StoreError::OutcomeUnknown:
    case StoreError::RolledBack:
      return true;
    case StoreError::Corrupt:
    case StoreError::NewerSchema:
    case StoreError::Tampered:
    case StoreError::NotFound:
    case StoreError::VersionMismatch:
    case StoreError::Conflict:
    case StoreError::PayloadErased:
      break;
  }
  return false;
}

void FilingDesk::settle_pause(bool again) {
  if (!again) {
    pause_ = Milliseconds(0);
    pause_until_.reset();
    return;
  }
  ++retries_;
  pause_ = std::clamp(pause_ * 2, kFirstPause, kLongestPause);
  pause_until_ = parts_.clock.steady_now() + pause_;
}

void FilingDesk::work() {
  if (pause_until_ && parts_.clock.steady_now() < *pause_until_) return;
  pause_until_.reset();
  while (!attempts_.empty() && filings_.size() < options_.filings_under_way)
    if (!file_some()) return settle_pause(true);
  while (!given_.empty() && releases_.size() < options_.filings_under_way)
    if (!give_back_some()) return settle_pause(true);
}

std::optional<AuditDraft> FilingDesk::draft(const AttemptEvidence& evidence, std::string_view facts) const {
  using enum AttemptEvidence::OutsideText;
  auto made = parts_.audit.draft(evidence.event(parts_.ids, Kept, facts));
  if (!made && made.error() == AuditError::BadField)
    made = parts_.audit.draft(evidence.event(parts_.ids, Left, facts));
  if (!made) return std::nullopt;
  return *std::move(made);
}

// False: not now.
bool FilingDesk::file_some() {
  std::vector<AttemptEvidence> taken;
  std::vector<FinishAttempt> command;
  const std::size_t most = std::min(attempts_.size(), options_.filing_batch);
  taken.reserve(most);
  command.reserve(most);
  bool keys_at_hand = true;
  while (taken.size() < most) {
    std::string facts = attempts_.front().facts();
    auto audit = draft(attempts_.front(), facts);
    if (!audit) {
      keys_at_hand = false;
      break;
    }
    command.push_back(attempts_.front().attempt(*std::move(audit), std::move(facts)));
    taken.push_back(std::move(attempts_.front()));
    attempts_.pop_front();
  }
  if (command.empty()) {
    parts_.log.warn("attempt_not_recorded_yet",
                    {{"delivery", parts_.ids.encode(attempts_.front().leased.delivery)}});
    return false;
  }
  const std::uint64_t filing = next_++;
  const bool taken_in = parts_.store.finish_attempts(
      std::move(command), [inbox = inbox_, filing](std::vector<FinishOutcome> outcomes) {
        inbox->post(Filed{filing, std::move(outcomes)});
      });
  if (!taken_in) {
    attempts_.insert(attempts_.begin(), std::make_move_iterator(taken.begin()),
                     std::make_move_iterator(taken.end()));
    return false;
  }
  filings_.emplace(filing, std::move(taken));
  return keys_at_hand;
}

bool FilingDesk::give_back_some() {
  const std::size_t most = std::min(given_.size(), options_.filing_batch);
  auto list = std::make_shared<std::vector<Given>>();
  list->reserve(most);
  for (std::size_t i = 0; i < most; ++i) {
    list->push_back(std::move(given_.front()));
    given_.pop_front();
  }
  const std::uint64_t release = next_++;
  auto lost = std::make_shared<std::size_t>(0);
  const bool taken_in = parts_.store.transact(
      [list, lost](Transaction& transaction) -> StoreResult<void> {
        *lost = 0;
        for (const Given& given : *list) {
          const auto& leased = given.leased;
          const auto back =
              transaction.release_delivery(leased.tenancy, leased.delivery, leased.lease, given.due);
          if (back.ok()) continue;
          if (back.error() != StoreError::NotFound) return fail(back.error());
          ++*lost;
        }
        return {};
      },
      [inbox = inbox_, release, lost](StoreResult<void> done) {
        inbox->post(Released{release, done.ok(), done.ok() ? *lost : 0});
      });
  if (!taken_in) {
    given_.insert(given_.begin(), std::make_move_iterator(list->begin()),
                  std::make_move_iterator(list->end()));
    return false;
  }
  releases_.emplace(release, std::move(list));
  return true;
}

}  // namespace sealpost::delivery
