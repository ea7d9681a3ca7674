// What reaches the engine's thread: events from the store's writer, the sender, the pool and callers. Whoever
// holds one may outlive the engine: an event that comes too late is dropped with the inbox. Bounded by what
// may be in hand: every event answers something the engine asked for, or was handed over within room().
// Internally synchronised.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <stop_token>
#include <utility>
#include <variant>
#include <vector>

#include "domain/model/carried_message.h"
#include "domain/policy/outbound_http.h"
#include "flow/delivery/delivery_engine.h"
#include "flow/delivery/internal/organization_shares.h"

namespace sealpost::delivery {

struct HandedOver {
  std::vector<LeasedDelivery> deliveries;
};
struct Woken {};
struct Claimed {
  ClaimedWork work;
};
// A payload, or why there is none; `later`: the store could not be read now.
struct Opened {
  SendTag tag = 0;
  std::shared_ptr<const CarriedMessage> message;
  PublicCode code = PublicCode::InternalError;
  bool later = false;
};
struct Answered {
  OutboundResult result;
};
struct Filed {
  std::uint64_t filing = 0;
  std::vector<FinishOutcome> outcomes;
};
struct Released {
  std::uint64_t release = 0;
  bool committed = false;
  std::size_t lost = 0;  // leases that no longer held
};
struct AccessEnded {
  OrganizationId organization;
  DeliveryEngine::AbortReport report;
};
struct DisableEnded {};
struct DrainBegins {};
struct DrainEnds {};

using Event = std::variant<HandedOver, Woken, Claimed, Opened, Answered, Filed, Released, AccessEnded,
                           DisableEnded, DrainBegins, DrainEnds>;

class Inbox final {
 public:
  // `hold_bound`: how many deliveries may be in hand.
  explicit Inbox(std::uint32_t hold_bound)
      : hold_bound_(hold_bound), born_bound_(hold_bound - hold_bound / 4), shares_(hold_bound) {}
  void post(Event event) {
    {
      const std::scoped_lock lock(mutex_);
      events_.push_back(std::move(event));
    }
    arrived_.notify_one();
  }
  // Waits for events, at most so long.
  std::vector<Event> take(const std::stop_token& stop, Milliseconds at_most) {
    std::unique_lock lock(mutex_);
    arrived_.wait_for(lock, stop, at_most, [this] { return !events_.empty(); });
    // Taken is not done: the turn that ends will say so.
    if (!events_.empty()) settled_ = false;
    return std::exchange(events_, {});
  }

  // How many more deliveries may be born leased: a part of the hold stays for those that wait in the store.
  [[nodiscard]] std::uint32_t room() const { return taking_ ? free_of(born_bound_) : 0; }
  [[nodiscard]] std::uint32_t claim_room() const { return taking_ ? free_of(hold_bound_) : 0; }
  // The same for one organization's.
  [[nodiscard]] std::uint32_t room_of(OrganizationId organization) const {
    const std::scoped_lock lock(mutex_);
    return shares_.born_room(organization);
  }
  [[nodiscard]] std::uint32_t share() const { return shares_.share(); }  // of each; never changes
  [[nodiscard]] std::vector<ClaimWork::Share> shares_for_claim(std::uint32_t most) {
    const std::scoped_lock lock(mutex_);
    return shares_.for_claim(most);
  }
  void take_more(bool yes) { taking_ = yes; }
  [[nodiscard]] bool taking() const { return taking_; }
  void hold(std::span<const LeasedDelivery> more) {
    held_ += more.size();
    const std::scoped_lock lock(mutex_);
    for (const LeasedDelivery& one : more) shares_.take(one.tenancy.organization);
  }
  // True when a claim may bring more of this organization's.
  [[nodiscard]] bool let_go(OrganizationId organization) {
    --held_;
    const std::scoped_lock lock(mutex_);
    return shares_.give_back(organization);
  }
  [[nodiscard]] std::size_t held() const { return held_; }

  // The engine tells after each turn what it is about; others look and wait.
  void tell(const DeliveryMetrics& metrics, bool settled) {
    const std::scoped_lock lock(mutex_);
    metrics_ = metrics;
    settled_ = settled;
    turned_.notify_all();
  }
  [[nodiscard]] DeliveryMetrics metrics() const {
    const std::scoped_lock lock(mutex_);
    return metrics_;
  }
  // Nothing moves but what is with the sender.
  bool wait_until_settled(Milliseconds at_most) {
    std::unique_lock lock(mutex_);
    return turned_.wait_for(lock, at_most, [this] { return settled_ && events_.empty(); });
  }
  bool wait_until_empty_handed(Milliseconds at_most) {
    std::unique_lock lock(mutex_);
    return turned_.wait_for(lock, at_most, [this] { return settled_ && events_.empty() && held_ == 0; });
  }

 private:
  [[nodiscard]] std::uint32_t free_of(std::uint32_t bound) const {
    const std::size_t held = held_;
    return held >= bound ? 0 : bound - static_cast<std::uint32_t>(held);
  }
  std::atomic<bool> taking_{false};
  std::atomic<std::size_t> held_{0};
  const std::uint32_t hold_bound_;
  const std::uint32_t born_bound_;
  mutable std::mutex mutex_;
  OrganizationShares shares_;
  std::condition_variable_any arrived_;  // with events_
  std::condition_variable turned_;       // with settled_ and metrics_
  std::vector<Event> events_;
  DeliveryMetrics metrics_;
  bool settled_ = true;
};

}  // namespace sealpost::delivery
