// What the next command is, drawn from the seed and from what the model knows.
#include <algorithm>

#include "run.h"

namespace sealpost::simulation {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

Hash128 hash_of(std::uint64_t number) {
  Hash128 hash{};
  const auto octets = big_endian(number * 0x9e3779b97f4a7c15U + 1);
  std::ranges::copy(octets, hash.begin());
  return hash;
}

constexpr Position kControlOwner = 900;

}  // namespace

std::unique_ptr<Operation> Run::choose_command() {
  const std::uint64_t what = dice_.below(100);
  if (what < 40) return choose_accept();
  if (what < 66) return choose_finish();
  if (what < 82) return choose_claiming();
  if (what < 95) return choose_work();
  return choose_refusals();
}

void Run::choose_room() {
  world_.room = {};
  world_.room.room = dice_.one_in(3) ? 0 : dice_.number(0, 8);
  for (const Party& party : world_.parties())
    if (dice_.one_in(4)) world_.room.shares[party.tenancy.organization.position] = dice_.number(0, 3);
}

std::optional<Position> Run::any_delivery(const std::function<bool(const ModelDelivery&)>& which) {
  std::vector<Position> found;
  for (const auto& [position, one] : model_.deliveries)
    if (which(one)) found.push_back(position);
  if (found.empty()) return std::nullopt;
  return dice_.pick(found);
}

// ---- Accepting ----

std::unique_ptr<Operation> Run::choose_accept() {
  std::vector<AcceptMessage> messages;
  const std::uint32_t count = dice_.one_in(3) ? dice_.number(2, 6) : 1;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (auto one = choose_message()) messages.push_back(*std::move(one));
  }
  if (messages.empty()) return nullptr;
  return std::make_unique<AcceptOperation>(std::move(messages));
}

std::optional<AcceptMessage> Run::choose_message() {
  const Party& party = dice_.pick(world_.parties());
  const WallTime now = world_.clock.wall_now();
  AcceptMessage message;
  auto audit = world_.draft(party.tenancy, "message.accepted");
  if (!audit) return std::nullopt;
  message.audit = *std::move(audit);
  message.tenancy = party.tenancy;
  message.epoch = model_.epochs[party.tenancy.organization];
  if (message.epoch > 0 && dice_.one_in(12)) --message.epoch;
  message.accepted_at = now;
  message.event_type = "simulation.event";
  message.summary = R"({"kind":"simulation"})";
  message.facts = fmt::format(R"({{"step":{}}})", trace_.step());
  message.content_type = "application/json";
  if (dice_.one_in(8)) message.keep_payload_until = now + hours(dice_.number(1, 200));
  choose_deliveries(party, message);
  message.event_id = fmt::format("event-{}", message.message.position);
  message.sealed_payload =
      world_.seal(party.tenancy, message.message, std::string(dice_.number(1, 700), 'p'));
  message.payload_size = static_cast<std::uint32_t>(message.sealed_payload.size());
  const auto meaning = static_cast<ClaimMeaning>(dice_.below(3));
  if (!dice_.one_in(6)) message.claims.push_back(choose_claim(meaning, party.tenancy));
  if (dice_.one_in(8)) message.claims.push_back(choose_claim(ClaimMeaning::IdempotencyKey, party.tenancy));
  if (message.claims.size() == 2 && message.claims[0].owner == message.claims[1].owner)
    message.claims.pop_back();
  forget_ended_claims(party.tenancy, message.claims);
  // Mistakes of a caller: what belongs to another, and an id that is taken.
  const Party& other = dice_.pick(world_.parties());
  if (dice_.one_in(30) && !message.deliveries.empty() && other.tenancy != party.tenancy)
    message.deliveries[0].target = other.connectors[0].endpoints[0];
  if (dice_.one_in(60) && !model_.messages.empty() && message.deliveries.empty())
    message.message = {model_.messages.begin()->first};
  return message;
}

void Run::choose_deliveries(const Party& party, AcceptMessage& message) {
  const Connector& connector = dice_.pick(party.connectors);
  message.integration = connector.integration;
  const std::uint32_t count = dice_.number(0, 3);
  const Position first = world_.draw_positions(1 + count, model_);
  message.message = {first};
  for (std::uint32_t i = 0; i < count; ++i) {
    if (i == 0 && dice_.one_in(4)) {
      message.deliveries.push_back({first + 1, TargetKind::Channel, party.channel});
    } else {
      message.deliveries.push_back({first + 1 + i, TargetKind::Endpoint, dice_.pick(connector.endpoints)});
    }
  }
}

// Fresh, or one that came before: with the same time, an older one, a newer one, or another body.
Claim Run::choose_claim(ClaimMeaning meaning, const Tenancy& tenancy) {
  const WallTime now = world_.clock.wall_now();
  const Position owner = 100 * (static_cast<Position>(meaning) + 1) + dice_.below(2);
  std::vector<Claim> known;
  for (const auto& [key, one] : model_.claims)
    if (one.tenancy == tenancy && one.claim.owner == owner) known.push_back(one.claim);
  Claim claim;
  if (!known.empty() && dice_.one_in(3)) {
    claim = dice_.pick(known);
    if (dice_.one_in(4)) claim.body = hash_of(dice_.draw());
    if (meaning == ClaimMeaning::SignedId && !dice_.one_in(3))
      claim.signed_ms += static_cast<std::int64_t>(dice_.below(2'000)) - 700;
  } else {
    claim.meaning = meaning;
    claim.owner = owner;
    claim.key = hash_of(dice_.draw());
    claim.body = hash_of(dice_.draw());
    if (meaning == ClaimMeaning::SignedId) claim.signed_ms = to_unix_ms(now) - 500;
  }
  const hours terms[] = {hours(2), hours(30), hours(7 * 24), hours(30 * 24)};
  claim.keep_until = now + terms[dice_.below(4)];
  return claim;
}

// A claim whose life is over counts until its slice goes, which is the store's affair: it is asked.
void Run::forget_ended_claims(const Tenancy& tenancy, const std::vector<Claim>& claims) {
  for (const Claim& claim : claims) {
    const auto known = model_.claims.find(Model::key_of(tenancy, claim));
    if (known == model_.claims.end() || !known->second.perhaps_gone) continue;
    AcceptOutcome judged;
    const auto read = world_.store().read([&](Reader& reader) -> StoreResult<void> {
      SEALPOST_TRY(judged, reader.judge_claim(tenancy, claim));
      return {};
    });
    if (!read.ok()) violated("a read failed with error {}", static_cast<int>(read.error()));
    if (judged.status == AcceptStatus::Accepted) model_.claims.erase(known);
  }
}

// ---- Delivering ----

std::unique_ptr<Operation> Run::choose_finish() {
  std::vector<FinishAttempt> attempts;
  const std::uint32_t count = dice_.number(1, 4);
  for (std::uint32_t i = 0; i < count; ++i) {
    FinishAttempt attempt;
    if (!stale_.empty() && dice_.one_in(4)) {
      const LeasedDelivery& late = dice_.pick(stale_);
      attempt = choose_attempt(model_.deliveries.at(late.delivery.position), late.lease);
    } else {
      const auto held = any_delivery([](const ModelDelivery& one) { return one.standing == Standing::Held; });
      if (!held) continue;
      const ModelDelivery& one = model_.deliveries.at(*held);
      attempt = choose_attempt(one, one.lease);
      if (dice_.one_in(10)) spoil(attempt);
    }
    if (attempt.audit.leaf_template.empty()) continue;
    attempts.push_back(std::move(attempt));
  }
  if (attempts.empty()) return nullptr;
  return std::make_unique<FinishOperation>(std::move(attempts));
}

FinishAttempt Run::choose_attempt(const ModelDelivery& delivery, const Lease& lease) {
  const WallTime now = world_.clock.wall_now();
  const bool draining = trace_.step() > options_.steps;
  FinishAttempt attempt;
  attempt.delivery = delivery.delivery;
  attempt.message = delivery.message;
  attempt.tenancy = delivery.tenancy;
  attempt.target = delivery.target;
  attempt.lease = lease;
  attempt.number = delivery.attempts + 1;
  attempt.started_at = attempt.ended_at = now;
  const std::uint64_t how = dice_.below(20);
  attempt.next = delivery.as_orphan     ? DeliveryState::Waiting
                 : draining || how < 11 ? DeliveryState::Delivered
                 : how < 17             ? DeliveryState::Waiting
                                        : DeliveryState::Dead;
  attempt.result = delivery.as_orphan                         ? "outcome_unknown"
                   : attempt.next == DeliveryState::Delivered ? "delivered"
                                                              : "failed";
  attempt.code = attempt.result == "failed" ? "http_503" : "";
  attempt.next_attempt_at = now + (draining ? minutes(0) : minutes(dice_.below(90)));
  if (auto audit = world_.draft(delivery.tenancy, "delivery.attempted")) attempt.audit = *std::move(audit);
  return attempt;
}

void Run::spoil(FinishAttempt& attempt) {
  switch (dice_.below(5)) {
    case 0:
      attempt.lease.token += dice_.number(1, 3);
      break;
    case 1:
      --attempt.lease.boot;
      break;
    case 2:
      attempt.tenancy.environment =
          attempt.tenancy.environment == Environment::Live ? Environment::Test : Environment::Live;
      break;
    case 3:
      ++attempt.target;
      break;
    default:
      // A number that was used: only a bug of the caller does this.
      if (attempt.number > 1 && dice_.one_in(3)) --attempt.number;
  }
}

std::unique_ptr<Operation> Run::choose_claiming() {
  ClaimWork request;
  request.now = world_.clock.wall_now();
  request.most = dice_.one_in(3) ? dice_.number(1, 4) : 64;
  request.most_per_target = dice_.number(1, 8);
  auto picture = std::make_shared<DirectorySnapshot>();
  for (const auto& [organization, epoch] : model_.epochs)
    picture->epochs[organization.position] = epoch > 0 && dice_.one_in(6) ? epoch - 1 : epoch;
  if (!dice_.one_in(12)) request.picture = std::move(picture);
  for (const Party& party : world_.parties()) {
    for (const Connector& connector : party.connectors)
      for (const Position endpoint : connector.endpoints)
        if (dice_.one_in(4)) request.rooms.push_back({endpoint, dice_.number(0, 3)});
    const auto known = [&](const ClaimWork::Share& one) {
      return one.organization == party.tenancy.organization;
    };
    if (dice_.one_in(5) && std::ranges::none_of(request.shares, known))
      request.shares.push_back({party.tenancy.organization, dice_.number(0, 4)});
  }
  return std::make_unique<ClaimOperation>(std::move(request), world_.store().boot());
}

// ---- The rest ----

std::unique_ptr<Operation> Run::choose_refusals() {
  const Party& party = dice_.pick(world_.parties());
  const WallTime now = world_.clock.wall_now();
  std::vector<RecordRefusal> refusals;
  for (std::uint32_t i = 0; i < dice_.number(1, 3); ++i) {
    auto audit = world_.draft(party.tenancy, "request.refused");
    if (!audit) continue;
    RecordRefusal one;
    one.tenancy = party.tenancy;
    one.refusal = {world_.draw_positions(1, model_)};
    for (const auto& [position, known] : model_.refusals)
      if (known.tenancy == party.tenancy && dice_.one_in(4)) one.refusal = {position};
    one.integration = party.connectors[0].integration;
    one.category = "bad_signature";
    one.network = "other";
    one.count = dice_.number(1, 50);
    one.first_at = one.last_at = now;
    one.steps = "[]";
    one.audit = *std::move(audit);
    refusals.push_back(std::move(one));
  }
  if (refusals.empty()) return nullptr;
  return std::make_unique<RefusalOperation>(std::move(refusals));
}

std::unique_ptr<Operation> Run::choose_work() {
  const Party& party = dice_.pick(world_.parties());
  auto audit = world_.draft(party.tenancy, "control.changed");
  if (!audit) return nullptr;
  WorkOperation::Change change = choose_change(party);
  change.audit = *std::move(audit);
  change.undone = dice_.one_in(6);
  return std::make_unique<WorkOperation>(std::move(change));
}

WorkOperation::Change Run::choose_change(const Party& party) {
  const WallTime now = world_.clock.wall_now();
  const Tenancy tenancy = party.tenancy;
  const OrganizationId organization = tenancy.organization;
  const auto done = [](const StoreResult<void>& result) -> StoreResult<std::uint64_t> {
    if (!result.ok()) return fail(result.error());
    return std::uint64_t{0};
  };
  const std::uint64_t what = dice_.below(10);
  if (what < 2)
    return {fmt::format("raise the epoch of {}", organization.position),
            [=](Transaction& t) { return t.raise_epoch(organization); },
            [=](Model& m) -> StoreResult<std::uint64_t> { return ++m.epochs[organization]; },
            {}};
  if (what < 5) {
    const bool ended = !dice_.one_in(5);
    const DeliveryId delivery{any_delivery([&](const ModelDelivery& one) {
                                return (one.standing == Standing::Ended) == ended;
                              }).value_or(1)};
    const auto known = model_.deliveries.find(delivery.position);
    const Tenancy whose =
        known == model_.deliveries.end() || dice_.one_in(8) ? tenancy : known->second.tenancy;
    return {fmt::format("deliver {} again", delivery.position),
            [=](Transaction& t) { return done(t.requeue_delivery(whose, delivery, now)); },
            [=](Model& m) { return done(m.requeue(whose, delivery, now)); },
            {}};
  }
  if (what < 7) {
    const DeliveryId delivery{
        any_delivery([](const ModelDelivery& one) { return one.standing == Standing::Held; }).value_or(1)};
    const auto known = model_.deliveries.find(delivery.position);
    Lease lease = known == model_.deliveries.end() ? Lease{1, 1} : known->second.lease;
    if (dice_.one_in(5)) ++lease.token;
    const Tenancy whose = known == model_.deliveries.end() ? tenancy : known->second.tenancy;
    const WallTime due = now + minutes(dice_.below(30));
    return {fmt::format("release {}/{}", delivery.position, lease.token),
            [=](Transaction& t) { return done(t.release_delivery(whose, delivery, lease, due)); },
            [=](Model& m) { return done(m.release(whose, delivery, lease, due)); },
            {}};
  }
  if (what < 9) {
    Claim claim = choose_claim(ClaimMeaning::IdempotencyKey, tenancy);
    claim.owner = kControlOwner;
    if (dice_.one_in(2)) claim.key = hash_of(dice_.below(6));
    forget_ended_claims(tenancy, {claim});
    const Position resource = world_.draw_positions(1, model_);
    const auto value = [](const Transaction::Repeat& repeat) {
      return repeat.resource * 4 + (repeat.first ? 2 : 0) + (repeat.mismatch ? 1 : 0);
    };
    return {"a control call",
            [=](Transaction& t) -> StoreResult<std::uint64_t> {
              SEALPOST_TRY(const auto repeat, t.claim_control_call(tenancy, claim, resource));
              return value(repeat);
            },
            [=](Model& m) -> StoreResult<std::uint64_t> {
              return value(m.control_call(tenancy, claim, resource));
            },
            {}};
  }
  return choose_cancelling(party);
}

WorkOperation::Change Run::choose_cancelling(const Party& party) {
  const WallTime now = world_.clock.wall_now();
  const Tenancy tenancy = party.tenancy;
  const Connector& connector = dice_.pick(party.connectors);
  if (dice_.one_in(2)) {
    const IntegrationId integration = connector.integration;
    return {fmt::format("cancel what waits for integration {}", integration.position),
            [=](Transaction& t) { return t.cancel_waiting(tenancy, integration, now); },
            [=](Model& m) -> StoreResult<std::uint64_t> {
              return m.cancel(
                  tenancy, [=](const ModelDelivery& one) { return one.integration == integration; }, now);
            },
            {}};
  }
  const Position target = dice_.pick(connector.endpoints);
  return {fmt::format("cancel what waits for {}", target),
          [=](Transaction& t) { return t.cancel_waiting_for_target(tenancy, target, now); },
          [=](Model& m) -> StoreResult<std::uint64_t> {
            return m.cancel(tenancy, [=](const ModelDelivery& one) { return one.target == target; }, now);
          },
          {}};
}

}  // namespace sealpost::simulation
