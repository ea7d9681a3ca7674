#include "flow/delivery/internal/engine_loop.h"

#include <algorithm>

namespace sealpost {

using namespace delivery;

namespace {

// The longest sleep: the wall clock may be moved meanwhile.
constexpr Milliseconds kLongestWait{1'000};
constexpr Milliseconds kClaimPause{200};
constexpr Milliseconds kEmptyClaimPause{10};
constexpr Milliseconds kAbortGrace{3'000};

}  // namespace

DeliveryEngine::Loop::Loop(Parts parts, DeliveryOptions options)
    : parts_(std::move(parts)),
      options_(std::move(options)),
      inbox_(std::make_shared<Inbox>(options_.max_held)),
      permission_(std::make_shared<const Permission>(Permission{parts_.picture, parts_.clock})),
      desk_(parts_, options_, inbox_),
      pool_(std::max<std::size_t>(options_.opening_threads, 1), std::size_t{2} * options_.max_held) {}

void DeliveryEngine::Loop::start() {
  inbox_->take_more(true);
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  parts_.store.set_hand_over(
      {.room = [inbox = inbox_] { return inbox->room(); },
       .share = [inbox = inbox_](OrganizationId organization) { return inbox->room_of(organization); },
       .take =
           [inbox = inbox_](std::vector<LeasedDelivery> deliveries) {
             inbox->hold(deliveries);
             inbox->post(HandedOver{std::move(deliveries)});
           },
       .wake = [inbox = inbox_] { inbox->post(Woken{}); }});
  inbox_->post(Woken{});
}

void DeliveryEngine::Loop::stop() {
  inbox_->take_more(false);
  if (thread_.joinable()) {
    parts_.store.set_hand_over({});
    thread_.request_stop();
    thread_.join();
  }
  pool_.stop();
}

bool DeliveryEngine::Loop::drain(Milliseconds at_most) {
  if (!thread_.joinable()) return inbox_->held() == 0;
  inbox_->take_more(false);
  inbox_->post(DrainBegins{});
  if (inbox_->wait_until_empty_handed(at_most)) return true;
  inbox_->post(DrainEnds{});
  return inbox_->wait_until_empty_handed(kAbortGrace);
}

void DeliveryEngine::Loop::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    auto events = inbox_->take(stop, wait_at_most());
    if (stop.stop_requested()) return;
    for (Event& event : events) std::visit([this](auto& one) { on(one); }, event);
    turn();
  }
}

void DeliveryEngine::Loop::turn() {
  end_rests();
  retry_stalled();
  start_lines();
  desk_.work();
  claim();
  tell();
}

Milliseconds DeliveryEngine::Loop::wait_at_most() const {
  Milliseconds wait = kLongestWait;
  const SteadyTime now = parts_.clock.steady_now();
  const auto until = [&](const std::optional<SteadyTime>& time) {
    if (time) wait = std::min(wait, std::chrono::ceil<Milliseconds>(*time - now));
  };
  until(desk_.next_try());
  until(breakers_.next_end());
  if (!stalled_.empty()) until(stalled_until_);
  if (want_claim_) until(claim_pause_);
  if (!want_claim_ && next_due_) wait = std::min(wait, *next_due_ - parts_.clock.wall_now());
  return std::max(wait, Milliseconds(1));
}

void DeliveryEngine::Loop::tell() {
  DeliveryMetrics metrics = totals_;
  metrics.held = inbox_->held();
  metrics.queued = lines_.waiting();
  metrics.in_flight = sending_;
  metrics.filing = inbox_->held() - std::min(inbox_->held(), held_.size());
  metrics.filing_retries = desk_.retries();
  metrics.breakers_open = breakers_.open_count();
  const bool settled = !claim_pending_ && opening_ == 0 && disabling_ == 0 && desk_.under_way() == 0;
  inbox_->tell(metrics, settled);
}

// ---- Coming in
// ---------------------------------------------------------------------------------------------

void DeliveryEngine::Loop::on(HandedOver& event) {
  totals_.handed_over += event.deliveries.size();
  for (LeasedDelivery& leased : event.deliveries) admit(std::move(leased));
}

void DeliveryEngine::Loop::on(Woken&) { want_claim_ = true; }

void DeliveryEngine::Loop::on(Claimed& event) {
  claim_pending_ = false;
  if (event.work.error) {
    parts_.log.warn("claim_failed", {{"store_error", static_cast<std::int64_t>(*event.work.error)}});
    want_claim_ = true;
    claim_pause_ = parts_.clock.steady_now() + kClaimPause;
    return;
  }
  auto& deliveries = event.work.deliveries;
  inbox_->hold(deliveries);
  totals_.claimed += deliveries.size();
  next_due_ = event.work.next_due;
  if (deliveries.size() >= claim_asked_) want_claim_ = true;
  if (!event.work.behind.empty()) {  // the picture of what was just changed is on its way
    want_claim_ = true;
    claim_pause_ = parts_.clock.steady_now() + kEmptyClaimPause;
  }
  // Due times in the store are lower bounds: looking may have found none behind them.
  if (deliveries.empty() && next_due_ && *next_due_ <= parts_.clock.wall_now())
    claim_pause_ = parts_.clock.steady_now() + kEmptyClaimPause;
  for (LeasedDelivery& leased : deliveries) admit(std::move(leased));
}

void DeliveryEngine::Loop::admit(LeasedDelivery leased) {
  const SendTag tag = next_tag_++;
  Held& held = held_[tag];
  held.message = std::static_pointer_cast<const CarriedMessage>(std::exchange(leased.carry, nullptr));
  held.evidence.leased = std::move(leased);
  const LeasedDelivery& mine = held.leased();
  const WallTime now = parts_.clock.wall_now();
  if (mine.orphaned) {
    held.evidence.started_at = now;
    held.evidence.bind(*parts_.picture()->directory);
    return finish(tag, HolderDied{});
  }
  const bool rests = breakers_.rests(mine.target, parts_.clock.steady_now());
  if (draining_ || rests || !lines_.enter(mine.target, tag, bound_of(mine.target)))
    return give_back(tag, now);
  touched_.insert(mine.target);
}

std::uint32_t DeliveryEngine::Loop::concurrency_of(Position endpoint) const {
  const Endpoint* record = parts_.picture()->directory->find(EndpointId{endpoint});
  return record == nullptr ? 1 : std::max<std::uint32_t>(record->max_concurrency, 1);
}

std::uint32_t DeliveryEngine::Loop::bound_of(Position endpoint) const {
  return std::max(options_.max_held_per_endpoint, concurrency_of(endpoint));
}

void DeliveryEngine::Loop::claim() {
  if (next_due_ && parts_.clock.wall_now() >= *next_due_) want_claim_ = true;
  if (!want_claim_ || claim_pending_ || !inbox_->taking()) return;
  if (claim_pause_ && parts_.clock.steady_now() < *claim_pause_) return;
  claim_pause_.reset();
  // Claims in handfuls: a full engine that frees one place after the other would claim one by one.
  const std::uint32_t room = inbox_->claim_room();
  if (room == 0 || room < std::min(options_.claim_most, options_.max_held / 8)) return;
  ClaimWork request;
  request.now = parts_.clock.wall_now();
  request.most = std::min({room, options_.claim_most, inbox_->share()});
  request.most_per_target = options_.claim_most_per_endpoint;
  // What is claimed ahead keeps an endpoint busy until the next claim, and never overflows its line.
  const SteadyTime steady_now = parts_.clock.steady_now();
  request.rooms = lines_.rooms(request.most_per_target, [&](Position endpoint) {
    return breakers_.rests(endpoint, steady_now) ? 0
                                                 : std::min(2 * concurrency_of(endpoint), bound_of(endpoint));
  });
  for (const Position endpoint : breakers_.resting(steady_now))
    if (!lines_.has(endpoint)) request.rooms.push_back({endpoint, 0});
  request.shares = inbox_->shares_for_claim(request.most);
  request.picture = parts_.picture()->directory;
  claim_asked_ = request.most;
  want_claim_ = false;
  next_due_.reset();
  claim_pending_ = parts_.store.claim_work(
      std::move(request), [inbox = inbox_](ClaimedWork work) { inbox->post(Claimed{std::move(work)}); });
  if (claim_pending_) return;
  want_claim_ = true;
  claim_pause_ = parts_.clock.steady_now() + kClaimPause;
}

// ---- Coming back
// -------------------------------------------------------------------------------------------

void DeliveryEngine::Loop::let_go(const LeasedDelivery& leased) {
  if (inbox_->let_go(leased.tenancy.organization)) want_claim_ = true;
}

void DeliveryEngine::Loop::on(Filed& event) {
  desk_.take(event, [this](const AttemptEvidence& evidence, FinishStatus status) {
    let_go(evidence.leased);
    const std::string delivery = parts_.ids.encode(evidence.leased.delivery);
    if (status == FinishStatus::LeaseLost) {
      ++totals_.leases_lost;
      parts_.log.warn("attempt_after_lease",
                      {{"delivery", delivery}, {"result", name_of(evidence.step.result)}});
      return;
    }
    if (status == FinishStatus::Failed) {
      parts_.log.error("attempt_not_filed",
                       {{"delivery", delivery}, {"result", name_of(evidence.step.result)}});
      return;
    }
    ++totals_.attempts[static_cast<std::size_t>(evidence.step.result)];
    if (evidence.step.next == DeliveryState::Dead) ++totals_.dead;
    if (evidence.step.action == EndpointAction::Disable) disable(evidence.leased);
  });
}

void DeliveryEngine::Loop::on(Released& event) {
  desk_.take(event, [this](const LeasedDelivery& leased) {
    let_go(leased);
    ++totals_.released;
  });
  totals_.released -= event.lost;
  totals_.leases_lost += event.lost;
}

void DeliveryEngine::Loop::disable(const LeasedDelivery& leased) {
  if (!parts_.disable_endpoint) return;
  Task task = [this, tenancy = leased.tenancy, endpoint = EndpointId{leased.target}] {
    parts_.disable_endpoint(tenancy, endpoint, to_string(PublicCode::ReceiverGone));
    inbox_->post(DisableEnded{});
  };
  if (pool_.try_submit(std::move(task))) {
    ++disabling_;
  } else {
    parts_.log.error("endpoint_not_disabled", {{"endpoint", parts_.ids.encode(EndpointId{leased.target})}});
  }
}

void DeliveryEngine::Loop::on(DisableEnded&) { --disabling_; }

// ---- Ending
// ------------------------------------------------------------------------------------------------

void DeliveryEngine::Loop::on(AccessEnded& event) {
  const WallTime now = parts_.clock.wall_now();
  const auto picture = parts_.picture();
  const auto refusal_of = [&](const Held& held) -> std::optional<DeliveryRefusal> {
    const LeasedDelivery& leased = held.leased();
    if (leased.tenancy.organization != event.organization) return std::nullopt;
    return judge_delivery(*picture->directory,
                          {leased.tenancy, leased.integration, EndpointId{leased.target}}, now);
  };
  const auto ended = lines_.take_waiting([&](SendTag tag) { return refusal_of(held_.at(tag)).has_value(); });
  for (const SendTag tag : ended) advance(tag);
  Watch watch{.waiting = {}, .aborted = {}, .report = std::move(event.report)};
  for (const auto& [tag, held] : held_)
    if (held.stage == Stage::Sending && refusal_of(held)) watch.waiting.insert(tag);
  for (const SendTag tag : watch.waiting) parts_.sender.abort(held_.at(tag).leased().tenancy, tag);
  if (watch.waiting.empty()) {
    if (watch.report) watch.report({});
    return;
  }
  watches_.push_back(std::move(watch));
}

void DeliveryEngine::Loop::settle_watches(SendTag tag, DeliveryId delivery, bool aborted) {
  for (Watch& watch : watches_) {
    if (watch.waiting.erase(tag) == 0) continue;
    if (aborted) watch.aborted.push_back(delivery);
    if (watch.waiting.empty() && watch.report) watch.report(std::move(watch.aborted));
  }
  std::erase_if(watches_, [](const Watch& watch) { return watch.waiting.empty(); });
}

void DeliveryEngine::Loop::on(DrainBegins&) {
  draining_ = true;
  const WallTime now = parts_.clock.wall_now();
  for (const SendTag tag : lines_.take_waiting([](SendTag) { return true; })) give_back(tag, now);
  for (const SendTag tag : std::exchange(stalled_, {})) give_back(tag, now);
}

void DeliveryEngine::Loop::on(DrainEnds&) {
  for (const auto& [tag, held] : held_)
    if (held.stage == Stage::Sending) parts_.sender.abort(held.leased().tenancy, tag);
}

}  // namespace sealpost
