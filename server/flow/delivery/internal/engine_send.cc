// The way of one delivery through the engine: from its place in a line to an end that can be filed.
#include "flow/delivery/internal/engine_loop.h"
#include "flow/delivery/internal/outbound_delivery.h"
#include "flow/delivery/internal/payload_reader.h"

namespace sealpost {

using namespace delivery;

namespace {

constexpr Milliseconds kStall{20};

}  // namespace

void DeliveryEngine::Loop::start_lines() {
  // Starting one may end it at once and touch its line again.
  while (!touched_.empty()) {
    const Position endpoint = *touched_.begin();
    touched_.erase(touched_.begin());
    const std::uint32_t most =
        breakers_.most_under_way(endpoint, concurrency_of(endpoint), parts_.clock.steady_now());
    while (const auto tag = lines_.begin_next(endpoint, most)) {
      held_.at(*tag).in_line = true;
      advance(*tag);
    }
  }
}

void DeliveryEngine::Loop::end_rests() {
  std::vector<Position> ended = breakers_.rested(parts_.clock.steady_now());
  // Who changes an endpoint has mended it, and who deletes it has no more use for its breaker.
  const auto picture = parts_.picture();
  if (picture->version != breakers_judged_in_) {
    breakers_judged_in_ = picture->version;
    const auto changed = breakers_.forget([&](Position position, std::uint64_t version) {
      const Endpoint* endpoint = picture->directory->find(EndpointId{position});
      return endpoint == nullptr || endpoint->head.version != version;
    });
    ended.insert(ended.end(), changed.begin(), changed.end());
  }
  touched_.insert(ended.begin(), ended.end());
  if (!ended.empty()) want_claim_ = true;
}

void DeliveryEngine::Loop::advance(SendTag tag) {
  Held& held = held_.at(tag);
  const WallTime now = parts_.clock.wall_now();
  if (draining_) return give_back(tag, now);
  if (held.evidence.started_at == WallTime{}) held.evidence.started_at = now;
  const auto picture = parts_.picture();
  const LeasedDelivery& leased = held.leased();
  held.evidence.bind(*picture->directory);
  if (const auto refusal = judge_delivery(
          *picture->directory, {leased.tenancy, leased.integration, EndpointId{leased.target}}, now)) {
    if (refusal->fate == RefusedFate::Postpone) return give_back(tag, now + kSuspendedWait);
    return finish(tag, SendRefused{*refusal});
  }
  if (breakers_.rests(leased.target, parts_.clock.steady_now())) return give_back(tag, now);
  if (held.message == nullptr) return open(tag, held);
  send(tag, held, *picture);
}

void DeliveryEngine::Loop::open(SendTag tag, Held& held) {
  const LeasedDelivery& leased = held.leased();
  Task task = [this, tag, tenancy = leased.tenancy, message = leased.message] {
    inbox_->post(open_payload(parts_.store, parts_.vault, tenancy, message, tag));
  };
  if (!pool_.try_submit(std::move(task))) return stall(tag, held);
  held.stage = Stage::Opening;
  ++opening_;
}

void DeliveryEngine::Loop::on(Opened& event) {
  --opening_;
  const auto it = held_.find(event.tag);
  if (it == held_.end()) return;
  if (draining_) return give_back(event.tag, parts_.clock.wall_now());
  if (event.later) return stall(event.tag, it->second);
  if (event.message == nullptr) return finish(event.tag, SendNotReady{event.code});
  it->second.message = std::move(event.message);
  advance(event.tag);
}

void DeliveryEngine::Loop::send(SendTag tag, Held& held, const GatewayPicture& picture) {
  const LeasedDelivery& leased = held.leased();
  const Endpoint* endpoint = picture.directory->find(EndpointId{leased.target});
  const auto signers = picture.keys->outbound(EndpointId{leased.target});
  EgressPolicyPtr policy = parts_.egress_policy(leased.tenancy);
  held.evidence.egress_version = policy == nullptr ? 0 : policy->version();
  auto outbound = make_outbound({.leased = leased,
                                 .message = *held.message,
                                 .endpoint = *endpoint,
                                 .signers = signers.get(),
                                 .policy = std::move(policy),
                                 .ids = parts_.ids,
                                 .user_agent = options_.user_agent,
                                 .now = parts_.clock.wall_now()});
  if (!outbound) return finish(tag, SendNotReady{outbound.error()});
  OutboundRequest& request = outbound->request;
  request.tag = tag;
  request.still_allowed =
      [permission = permission_,
       parties = DeliveryParties{leased.tenancy, leased.integration, EndpointId{leased.target}}] {
        return !permission->judge(parties).has_value();
      };
  held.evidence.key_ids = std::move(outbound->key_ids);
  // The sender may answer before submit() returns: what follows it touches the entry no more.
  held.stage = Stage::Sending;
  held.endpoint_version = endpoint->head.version;
  ++sending_;
  const auto submitted = parts_.sender.submit(std::move(request), [inbox = inbox_](OutboundResult&& result) {
    inbox->post(Answered{std::move(result)});
  });
  if (submitted.ok()) return;
  --sending_;
  if (submitted.error() == SubmitError::QueueFull) return stall(tag, held);
  parts_.log.error("sender_stopped", {{"delivery", parts_.ids.encode(leased.delivery)}});
  inbox_->take_more(false);
  give_back(tag, parts_.clock.wall_now());
}

void DeliveryEngine::Loop::stall(SendTag tag, Held& held) {
  held.stage = Stage::Stalled;
  stalled_.push_back(tag);
  stalled_until_ = parts_.clock.steady_now() + kStall;
}

void DeliveryEngine::Loop::retry_stalled() {
  if (stalled_.empty() || (stalled_until_ && parts_.clock.steady_now() < *stalled_until_)) return;
  for (const SendTag tag : std::exchange(stalled_, {})) advance(tag);
}

void DeliveryEngine::Loop::on(Answered& event) {
  const SendTag tag = event.result.tag;
  const auto it = held_.find(tag);
  if (it == held_.end()) return;
  --sending_;
  Held& held = it->second;
  const LeasedDelivery& leased = held.leased();
  const DeliveryId delivery = leased.delivery;
  const OutboundResult& result = event.result;
  const bool aborted = result.outcome == OutboundOutcome::Aborted;
  held.evidence.bind(result);
  const auto ended = permission_->judge({leased.tenancy, leased.integration, EndpointId{leased.target}});
  const bool may_come_back = !ended || ended->fate == RefusedFate::Postpone;
  if (aborted && !result.request_sent && may_come_back) {
    give_back(tag, parts_.clock.wall_now() + (ended ? kSuspendedWait : Milliseconds(0)));
  } else {
    finish(tag, SendEnded{result, ended});
  }
  settle_watches(tag, delivery, aborted);
}

DeliveryEngine::Loop::Held DeliveryEngine::Loop::take_out(SendTag tag) {
  auto node = held_.extract(tag);
  Held& held = node.mapped();
  if (held.in_line) {
    if (lines_.leave(held.leased().target)) want_claim_ = true;
    touched_.insert(held.leased().target);
  }
  return std::move(held);
}

void DeliveryEngine::Loop::finish(SendTag tag, const AttemptEnd& end) {
  Held held = take_out(tag);
  const auto picture = parts_.picture();
  const Endpoint* endpoint = picture->directory->find(EndpointId{held.leased().target});
  StepQuestion question;
  question.attempts_made = held.evidence.number();
  if (endpoint != nullptr) question.schedule_seconds = endpoint->retry_schedule_seconds;
  question.random = read_u64(parts_.entropy.array<8>());
  question.now = parts_.clock.wall_now();
  held.evidence.ended_at = question.now;
  held.evidence.step = next_step(end, question);
  const auto* sent = std::get_if<SendEnded>(&end);
  // What was sent to where the endpoint was before says nothing of where it is now.
  if (sent != nullptr && endpoint != nullptr && endpoint->head.version == held.endpoint_version)
    note_receiver(*endpoint,
                  receiver_sign(held.evidence.step.code, sent->result, Milliseconds(endpoint->timeout_ms)),
                  question.random);
  desk_.file(std::move(held.evidence));
}

void DeliveryEngine::Loop::note_receiver(const Endpoint& endpoint, ReceiverSign sign, std::uint64_t random) {
  const Position position = endpoint.head.position;
  const SteadyTime now = parts_.clock.steady_now();
  const Breakers::Tried tried{position, endpoint.head.version, endpoint.breaker_threshold};
  switch (breakers_.note(tried, sign, now, random)) {
    case Breakers::Turn::None:
      return;
    case Breakers::Turn::Closed:
      want_claim_ = true;
      parts_.log.info("breaker_closed", {{"endpoint", parts_.ids.encode(endpoint.id())}});
      return;
    case Breakers::Turn::Opened:
      break;
  }
  ++totals_.breakers_opened;
  parts_.log.warn("breaker_opened", {{"endpoint", parts_.ids.encode(endpoint.id())},
                                     {"rest_ms", breakers_.rest_left(position, now).count()}});
  // Due at once, but not claimed before the rest has ended: whatever ends it early frees them too.
  const WallTime due = parts_.clock.wall_now();
  for (const SendTag tag : lines_.take_waiting_of(position)) give_back(tag, due);
}

void DeliveryEngine::Loop::give_back(SendTag tag, WallTime due) {
  desk_.give_back(take_out(tag).evidence.leased, due);
}

}  // namespace sealpost
