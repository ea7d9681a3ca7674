#include "operations.h"

#include <algorithm>

#include "trace.h"

namespace sealpost::simulation {
namespace {

// What the seam's words allow for a batch that failed as a whole.
bool is_of_batch(StoreError error) {
  return error == StoreError::Unavailable || error == StoreError::Full ||
         error == StoreError::OutcomeUnknown || error == StoreError::Corrupt || error == StoreError::Busy;
}

char letter(AcceptStatus status) { return "ARPMEF"[static_cast<std::size_t>(status)]; }

}  // namespace

// ---- Accepting ----

AcceptOperation::AcceptOperation(std::vector<AcceptMessage> messages) {
  for (AcceptMessage& one : messages)
    messages_.push_back(std::make_shared<const AcceptMessage>(std::move(one)));
}

bool AcceptOperation::submit(Store& store) {
  std::vector<AcceptMessage> copies;
  for (const auto& one : messages_) copies.push_back(*one);
  return store.accept_messages(std::move(copies),
                               [this](std::vector<AcceptOutcome> got) { outcomes_ = std::move(got); });
}

std::optional<StoreError> AcceptOperation::batch_error() const {
  if (!outcomes_) return std::nullopt;
  for (const AcceptOutcome& one : *outcomes_)
    if (one.status == AcceptStatus::Failed && is_of_batch(one.error)) return one.error;
  return std::nullopt;
}

void AcceptOperation::apply(Model& model, BornRoom& room, Fate fate) {
  for (std::size_t i = 0; i < messages_.size(); ++i) {
    const AcceptOutcome expected = model.accept(messages_[i], room);
    if (fate != Fate::Committed) continue;
    const AcceptOutcome& got = outcomes_->at(i);
    const Position position = messages_[i]->message.position;
    if (got.status != expected.status)
      violated("message {} got {} and had to get {}", position, letter(got.status), letter(expected.status));
    if (got.status == AcceptStatus::Failed) {
      if (got.error != expected.error)
        violated("message {} failed with error {}", position, static_cast<int>(got.error));
    } else if (got.message != expected.message || got.audit_index != expected.audit_index ||
               got.accepted_at != expected.accepted_at || got.deliveries != expected.deliveries) {
      violated("message {}: receipt of {}, record {}, where {}, record {} was due", position,
               got.message.position, got.audit_index, expected.message.position, expected.audit_index);
    }
  }
}

void AcceptOperation::count(Tally& tally) const {
  for (const AcceptOutcome& one : *outcomes_) {
    if (one.status == AcceptStatus::Accepted) ++tally.accepted;
    if (one.status == AcceptStatus::Repeated) ++tally.repeated;
    if (one.status == AcceptStatus::Replayed) ++tally.replayed;
    if (one.status == AcceptStatus::Mismatch) ++tally.mismatched;
    if (one.status == AcceptStatus::EpochChanged) ++tally.stale_epochs;
    if (one.status == AcceptStatus::Failed) ++tally.refused;
  }
}

std::string AcceptOperation::describe() const {
  std::string text = "accept";
  for (std::size_t i = 0; i < messages_.size(); ++i)
    text += fmt::format(" {}{}", messages_[i]->message.position,
                        outcomes_ ? letter(outcomes_->at(i).status) : '?');
  return text;
}

// ---- Finishing ----

bool FinishOperation::submit(Store& store) {
  return store.finish_attempts(attempts_,
                               [this](std::vector<FinishOutcome> got) { outcomes_ = std::move(got); });
}

std::optional<StoreError> FinishOperation::batch_error() const {
  if (!outcomes_) return std::nullopt;
  for (const FinishOutcome& one : *outcomes_)
    if (one.status == FinishStatus::Failed && is_of_batch(one.error)) return one.error;
  return std::nullopt;
}

void FinishOperation::apply(Model& model, BornRoom&, Fate fate) {
  for (std::size_t i = 0; i < attempts_.size(); ++i) {
    const FinishOutcome expected = model.finish(attempts_[i]);
    if (fate != Fate::Committed) continue;
    const FinishOutcome& got = outcomes_->at(i);
    const bool same = got.status == expected.status &&
                      (got.status != FinishStatus::Finished || got.audit_index == expected.audit_index) &&
                      (got.status != FinishStatus::Failed || got.error == expected.error);
    if (!same)
      violated("attempt {} of delivery {} under token {} got {}, record {}, and had to get {}, record {}",
               attempts_[i].number, attempts_[i].delivery.position, attempts_[i].lease.token,
               static_cast<int>(got.status), got.audit_index, static_cast<int>(expected.status),
               expected.audit_index);
  }
}

void FinishOperation::count(Tally& tally) const {
  for (std::size_t i = 0; i < attempts_.size(); ++i) {
    const FinishStatus status = outcomes_->at(i).status;
    if (status == FinishStatus::LeaseLost) ++tally.leases_lost;
    if (status != FinishStatus::Finished) continue;
    ++tally.finished;
    if (attempts_[i].next == DeliveryState::Delivered) ++tally.delivered;
  }
}

std::string FinishOperation::describe() const {
  std::string text = "finish";
  for (std::size_t i = 0; i < attempts_.size(); ++i)
    text += fmt::format(" {}/{}:{}{}", attempts_[i].delivery.position, attempts_[i].lease.token,
                        static_cast<int>(attempts_[i].next),
                        outcomes_ ? "FLX"[static_cast<std::size_t>(outcomes_->at(i).status)] : '?');
  return text;
}

// ---- Claiming ----

bool ClaimOperation::submit(Store& store) {
  return store.claim_work(request_, [this](ClaimedWork got) { work_ = std::move(got); });
}

std::optional<StoreError> ClaimOperation::batch_error() const { return work_ ? work_->error : std::nullopt; }

void ClaimOperation::apply(Model& model, BornRoom&, Fate fate) {
  if (fate == Fate::Committed) {
    model.claimed(request_, *work_, boot_);
  } else {
    model.perhaps_claimed(request_);
  }
}

void ClaimOperation::count(Tally& tally) const {
  tally.claimed += work_->deliveries.size();
  for (const LeasedDelivery& one : work_->deliveries)
    if (one.orphaned) ++tally.orphans;
}

std::string ClaimOperation::describe() const {
  std::string text = fmt::format("claim at most {}, {} each:", request_.most, request_.most_per_target);
  if (!work_ || work_->error) return text + " ?";
  for (const LeasedDelivery& one : work_->deliveries)
    text += fmt::format(" {}/{}{}", one.delivery.position, one.lease.token, one.orphaned ? "o" : "");
  return text + fmt::format(", {} behind", work_->behind.size());
}

// ---- Refusing ----

bool RefusalOperation::submit(Store& store) {
  return store.record_refusals(refusals_, [this](std::optional<StoreError> error) {
    answered_ = true;
    error_ = error;
  });
}

std::optional<StoreError> RefusalOperation::batch_error() const {
  return error_ && is_of_batch(*error_) ? error_ : std::nullopt;
}

void RefusalOperation::apply(Model& model, BornRoom&, Fate fate) {
  std::optional<StoreError> expected;
  for (const RecordRefusal& one : refusals_)
    if (const auto error = model.record_refusal(one)) expected = error;
  if (fate == Fate::Committed && expected != error_) violated("refusals were filed otherwise than expected");
}

std::string RefusalOperation::describe() const {
  return fmt::format("file {} refusals{}", refusals_.size(), error_ ? " F" : "");
}

// ---- Changing the control plane ----

bool WorkOperation::submit(Store& store) {
  return store.transact(
      [answer = answer_, change = change_](Transaction& transaction) -> StoreResult<void> {
        SEALPOST_TRY(answer->value, change.on_store(transaction));
        SEALPOST_TRY(answer->index, transaction.append_audit(change.audit));
        if (change.undone) return fail(StoreError::VersionMismatch);
        return {};
      },
      [answer = answer_](StoreResult<void> result) { answer->result = result; });
}

std::optional<StoreError> WorkOperation::batch_error() const {
  if (!answer_->result || answer_->result->ok() || !is_of_batch(answer_->result->error()))
    return std::nullopt;
  return answer_->result->error();
}

void WorkOperation::apply(Model& model, BornRoom&, Fate fate) {
  Model changed = model;
  const auto expected = change_.on_model(changed);
  const std::uint64_t index = changed.logs[change_.audit.log].append(change_.audit);
  ++changed.control_records;
  const bool stays = expected.ok() && !change_.undone;
  if (fate == Fate::Committed) {
    const StoreResult<void>& got = *answer_->result;
    const auto error = !expected.ok() ? expected.error() : StoreError::VersionMismatch;
    if (got.ok() != stays || (!got.ok() && got.error() != error))
      violated("{}: error {} where {} was due", change_.name, got.ok() ? -1 : static_cast<int>(got.error()),
               stays ? -1 : static_cast<int>(error));
    if (expected.ok() && (answer_->value != *expected || answer_->index != index))
      violated("{}: gave {}, record {}, where {}, record {} was due", change_.name, answer_->value,
               answer_->index, *expected, index);
  }
  if (stays) model = std::move(changed);
}

std::string WorkOperation::describe() const {
  const char* ended = !answer_->result ? "?" : answer_->result->ok() ? "" : " F";
  return fmt::format("{}{}{}", change_.name, change_.undone ? ", undone" : "", ended);
}

}  // namespace sealpost::simulation
