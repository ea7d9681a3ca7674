// One command on its way: it is submitted, keeps what it was answered, and is then applied to the model,
// which knows what the answer had to be. One thread, but for the answer, which the writer leaves here before
// settle() ends.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model.h"

namespace sealpost::simulation {

// How a batch ended as a whole.
enum class Fate : std::uint8_t { Committed, NothingWritten, Unknown };

struct Tally {
  std::uint64_t accepted = 0, repeated = 0, replayed = 0, mismatched = 0, stale_epochs = 0, refused = 0;
  std::uint64_t finished = 0, delivered = 0, leases_lost = 0, claimed = 0, orphans = 0;
};

class Operation {
 public:
  virtual ~Operation() = default;
  // False: the store did not take it, and the answer never comes.
  [[nodiscard]] virtual bool submit(Store& store) = 0;
  // An error of the whole batch, if there was one; nothing also while there is no answer.
  [[nodiscard]] virtual std::optional<StoreError> batch_error() const = 0;
  [[nodiscard]] virtual bool answered() const = 0;
  // Fate::Committed: the answer is compared with what the model says.
  virtual void apply(Model& model, BornRoom& room, Fate fate) = 0;
  virtual void count(Tally& tally) const { static_cast<void>(tally); }
  [[nodiscard]] virtual std::string describe() const = 0;
};

class AcceptOperation final : public Operation {
 public:
  explicit AcceptOperation(std::vector<AcceptMessage> messages);
  bool submit(Store& store) override;
  [[nodiscard]] std::optional<StoreError> batch_error() const override;
  [[nodiscard]] bool answered() const override { return outcomes_.has_value(); }
  void apply(Model& model, BornRoom& room, Fate fate) override;
  void count(Tally& tally) const override;
  [[nodiscard]] std::string describe() const override;

 private:
  std::vector<std::shared_ptr<const AcceptMessage>> messages_;
  std::optional<std::vector<AcceptOutcome>> outcomes_;
};

class FinishOperation final : public Operation {
 public:
  explicit FinishOperation(std::vector<FinishAttempt> attempts) : attempts_(std::move(attempts)) {}
  bool submit(Store& store) override;
  [[nodiscard]] std::optional<StoreError> batch_error() const override;
  [[nodiscard]] bool answered() const override { return outcomes_.has_value(); }
  void apply(Model& model, BornRoom& room, Fate fate) override;
  void count(Tally& tally) const override;
  [[nodiscard]] std::string describe() const override;

 private:
  std::vector<FinishAttempt> attempts_;
  std::optional<std::vector<FinishOutcome>> outcomes_;
};

class ClaimOperation final : public Operation {
 public:
  ClaimOperation(ClaimWork request, std::uint64_t boot) : request_(std::move(request)), boot_(boot) {}
  bool submit(Store& store) override;
  [[nodiscard]] std::optional<StoreError> batch_error() const override;
  [[nodiscard]] bool answered() const override { return work_.has_value(); }
  void apply(Model& model, BornRoom& room, Fate fate) override;
  void count(Tally& tally) const override;
  [[nodiscard]] std::string describe() const override;
  [[nodiscard]] const std::vector<LeasedDelivery>& given() const { return work_->deliveries; }

 private:
  ClaimWork request_;
  std::uint64_t boot_;
  std::optional<ClaimedWork> work_;
};

class RefusalOperation final : public Operation {
 public:
  explicit RefusalOperation(std::vector<RecordRefusal> refusals) : refusals_(std::move(refusals)) {}
  bool submit(Store& store) override;
  [[nodiscard]] std::optional<StoreError> batch_error() const override;
  [[nodiscard]] bool answered() const override { return answered_; }
  void apply(Model& model, BornRoom& room, Fate fate) override;
  [[nodiscard]] std::string describe() const override;

 private:
  std::vector<RecordRefusal> refusals_;
  bool answered_ = false;
  std::optional<StoreError> error_;
};

// A change of the control plane with its audit record, or one that fails at its end and must leave nothing.
class WorkOperation final : public Operation {
 public:
  struct Change {
    std::string name;
    // The same change on the store and on the model: what it gives back is compared.
    std::function<StoreResult<std::uint64_t>(Transaction&)> on_store;
    std::function<StoreResult<std::uint64_t>(Model&)> on_model;
    AuditDraft audit;
    bool undone = false;
  };
  explicit WorkOperation(Change change) : answer_(std::make_shared<Answer>()), change_(std::move(change)) {}
  bool submit(Store& store) override;
  [[nodiscard]] std::optional<StoreError> batch_error() const override;
  [[nodiscard]] bool answered() const override { return answer_->result.has_value(); }
  void apply(Model& model, BornRoom& room, Fate fate) override;
  [[nodiscard]] std::string describe() const override;

 private:
  struct Answer {
    std::optional<StoreResult<void>> result;
    std::uint64_t value = 0;
    std::uint64_t index = 0;
  };
  std::shared_ptr<Answer> answer_;
  Change change_;
};

}  // namespace sealpost::simulation
