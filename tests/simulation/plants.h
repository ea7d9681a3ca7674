// Mistakes on purpose, between the driver and the store: a simulation that does not find them finds nothing.
// Without one, everything goes through as it is. What the writer calls back is internally synchronised.
#pragma once

#include <array>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>

#include "storage/store/store.h"

namespace sealpost::simulation {

enum class Plant : std::uint8_t { None, EarlyAnswer, ForgottenClaim, StaleFinish, EarlyPurge, StaleEpoch };
inline constexpr std::array<std::pair<std::string_view, Plant>, 5> kPlants{{
    {"early_answer", Plant::EarlyAnswer},        // answers before the sync
    {"forgotten_claim", Plant::ForgottenClaim},  // now and then files no claim
    {"stale_finish", Plant::StaleFinish},        // takes the end of an attempt from who lost the lease
    {"early_purge", Plant::EarlyPurge},          // erases ahead of time
    {"stale_epoch", Plant::StaleEpoch},          // compares no epoch when work is claimed
}};

class PlantedStore final : public Store {
 public:
  PlantedStore(Store& inner, Plant plant) : inner_(inner), plant_(plant) {}

  bool accept_messages(std::vector<AcceptMessage> messages,
                       Completion<void(std::vector<AcceptOutcome>)> done) override {
    if (plant_ == Plant::ForgottenClaim)
      for (AcceptMessage& one : messages)
        if (++seen_ % 16 == 0) one.claims.clear();
    if (plant_ != Plant::EarlyAnswer) return inner_.accept_messages(std::move(messages), std::move(done));
    return inner_.accept_messages(messages, [hoped = hoped_for(messages),
                                             done = std::move(done)](std::vector<AcceptOutcome> got) mutable {
      for (std::size_t i = 0; i < got.size(); ++i)
        if (got[i].status == AcceptStatus::Failed && got[i].error != StoreError::Conflict) got[i] = hoped[i];
      done(std::move(got));
    });
  }
  bool finish_attempts(std::vector<FinishAttempt> attempts,
                       Completion<void(std::vector<FinishOutcome>)> done) override {
    if (plant_ == Plant::StaleFinish) {
      const std::scoped_lock lock(mutex_);
      for (FinishAttempt& one : attempts)
        if (const auto newest = leases_.find(one.delivery); newest != leases_.end())
          one.lease = newest->second;
    }
    return inner_.finish_attempts(std::move(attempts), std::move(done));
  }
  bool claim_work(ClaimWork request, Completion<void(ClaimedWork)> done) override {
    if (plant_ == Plant::StaleEpoch) request.picture = newest_picture();
    return inner_.claim_work(std::move(request), [this, done = std::move(done)](ClaimedWork got) mutable {
      remember(got.deliveries);
      done(std::move(got));
    });
  }
  bool record_refusals(std::vector<RecordRefusal> refusals,
                       Completion<void(std::optional<StoreError>)> done) override {
    return inner_.record_refusals(std::move(refusals), std::move(done));
  }
  bool transact(Work work, Completion<void(StoreResult<void>)> done) override {
    return inner_.transact(std::move(work), std::move(done));
  }
  StoreResult<void> transact_and_wait(Work work) override {
    return inner_.transact_and_wait(std::move(work));
  }
  StoreResult<void> read(const Look& look) override { return inner_.read(look); }
  void set_hand_over(HandOver hand_over) override {
    auto take = std::move(hand_over.take);
    hand_over.take = [this, take = std::move(take)](std::vector<LeasedDelivery> leased) {
      remember(leased);
      take(std::move(leased));
    };
    inner_.set_hand_over(std::move(hand_over));
  }
  void set_log_listener(std::function<void(std::span<const OrganizationId>)> listener) override {
    inner_.set_log_listener(std::move(listener));
  }
  StoreResult<bool> purge_step(const PurgeTerms& terms) override {
    PurgeTerms changed = terms;
    if (plant_ == Plant::EarlyPurge) changed.dead_letter_term /= 2;
    return inner_.purge_step(changed);
  }
  PositionAllocator& positions() override { return inner_.positions(); }
  [[nodiscard]] std::uint64_t boot() const override { return inner_.boot(); }
  [[nodiscard]] Metrics metrics() const override { return inner_.metrics(); }
  StoreResult<void> read_everything(const Look& look) override { return inner_.read_everything(look); }
  StoreResult<void> check_work_rows(const std::function<void(const WorkRow&)>& damaged) override {
    return inner_.check_work_rows(damaged);
  }
  void close() override { inner_.close(); }

 private:
  void remember(const std::vector<LeasedDelivery>& leased) {
    const std::scoped_lock lock(mutex_);
    for (const LeasedDelivery& one : leased) leases_[one.delivery] = one.lease;
  }
  // What they will be told if all goes well.
  std::vector<AcceptOutcome> hoped_for(const std::vector<AcceptMessage>& messages) {
    std::vector<AcceptOutcome> hoped;
    std::map<Position, std::uint64_t> sizes;
    static_cast<void>(inner_.read([&](Reader& reader) -> StoreResult<void> {
      for (const AcceptMessage& one : messages) {
        SEALPOST_TRY(sizes[one.tenancy.organization.position], reader.log_size(one.tenancy.organization));
      }
      return {};
    }));
    for (const AcceptMessage& one : messages) {
      AcceptOutcome outcome;
      outcome.status = AcceptStatus::Accepted;
      outcome.message = one.message;
      outcome.audit_index = sizes[one.tenancy.organization.position]++;
      outcome.accepted_at = one.accepted_at;
      outcome.deliveries = static_cast<std::uint32_t>(one.deliveries.size());
      hoped.push_back(outcome);
    }
    return hoped;
  }
  DirectoryPicture newest_picture() {
    auto picture = std::make_shared<DirectorySnapshot>();
    static_cast<void>(inner_.read([&](Reader& reader) -> StoreResult<void> {
      SEALPOST_TRY(const auto logs, reader.logs());
      for (const OrganizationId log : logs) {
        SEALPOST_TRY(picture->epochs[log.position], reader.epoch_of(log));
      }
      return {};
    }));
    return picture;
  }

  Store& inner_;
  const Plant plant_;
  std::uint64_t seen_ = 0;
  std::mutex mutex_;
  std::map<DeliveryId, Lease> leases_;
};

}  // namespace sealpost::simulation
