#include "model.h"

#include <algorithm>

#include "domain/tlog/leaf.h"
#include "trace.h"

namespace sealpost::simulation {
namespace {

AcceptStatus judge_one(const Claim& second, const Claim& first) {
  const bool same_body = second.body == first.body;
  if (second.meaning == ClaimMeaning::SignedBytes) return AcceptStatus::Repeated;
  if (second.meaning == ClaimMeaning::IdempotencyKey)
    return same_body ? AcceptStatus::Repeated : AcceptStatus::Mismatch;
  return same_body && second.signed_ms > first.signed_ms ? AcceptStatus::Repeated : AcceptStatus::Replayed;
}

int strictness(AcceptStatus status) {
  if (status == AcceptStatus::Replayed) return 3;
  if (status == AcceptStatus::Mismatch) return 2;
  return status == AcceptStatus::Repeated ? 1 : 0;
}

bool ends(DeliveryState state) {
  return state == DeliveryState::Delivered || state == DeliveryState::Dead ||
         state == DeliveryState::Cancelled;
}

}  // namespace

std::uint64_t ModelLog::append(const AuditDraft& draft) {
  const std::uint64_t index = leaves.size();
  Bytes leaf;
  finish_leaf(as_bytes(draft.leaf_template), index, leaf);
  leaves.push_back(leaf_hash(leaf));
  frontier.append(leaves.back());
  roots.push_back(frontier.root());
  return index;
}

bool BornRoom::take(OrganizationId organization) {
  if (room == 0) return false;
  if (const auto share = shares.find(organization.position); share != shares.end()) {
    if (share->second == 0) return false;
    --share->second;
  }
  --room;
  return true;
}

std::pair<AcceptStatus, Position> Model::judge(const Tenancy& tenancy,
                                               const std::vector<Claim>& given) const {
  std::pair<AcceptStatus, Position> verdict{AcceptStatus::Accepted, 0};
  for (const Claim& claim : given) {
    const auto first = claims.find(key_of(tenancy, claim));
    if (first == claims.end()) continue;
    const AcceptStatus status = judge_one(claim, first->second.claim);
    if (strictness(status) > strictness(verdict.first)) verdict = {status, first->second.receipt};
  }
  return verdict;
}

bool Model::fits(const AcceptMessage& message) const {
  const auto is_ours = [&](Position position) {
    const auto party = parties.find(position);
    return party != parties.end() && party->second == message.tenancy;
  };
  return !messages.contains(message.message.position) && is_ours(message.integration.position) &&
         std::ranges::all_of(message.deliveries, [&](const NewDelivery& one) { return is_ours(one.target); });
}

AcceptOutcome Model::accept(const std::shared_ptr<const AcceptMessage>& sent, BornRoom& room) {
  const AcceptMessage& message = *sent;
  AcceptOutcome outcome;
  outcome.message = message.message;
  outcome.accepted_at = message.accepted_at;
  outcome.deliveries = static_cast<std::uint32_t>(message.deliveries.size());
  outcome.status = AcceptStatus::EpochChanged;
  if (message.epoch != epochs[message.tenancy.organization]) return outcome;

  const auto [status, receipt] = judge(message.tenancy, message.claims);
  outcome.status = status;
  if (status != AcceptStatus::Accepted) {
    const ModelMessage& first = messages.at(receipt);
    outcome.message = {receipt};
    outcome.audit_index = first.audit_index;
    outcome.accepted_at = first.sent->accepted_at;
    outcome.deliveries = static_cast<std::uint32_t>(first.sent->deliveries.size());
    if (status != AcceptStatus::Repeated) return outcome;
    for (const Claim& claim : message.claims) {
      const auto known = claims.find(key_of(message.tenancy, claim));
      if (known == claims.end() || claim.meaning != ClaimMeaning::SignedId) continue;
      const WallTime keep = std::max(claim.keep_until, known->second.claim.keep_until);
      known->second.claim = claim;
      known->second.claim.keep_until = keep;
      known->second.perhaps_gone = false;  // it lies in an open slice again
    }
    return outcome;
  }
  if (!fits(message)) {
    outcome = {};
    outcome.error = StoreError::Conflict;
    return outcome;
  }
  outcome.audit_index = logs[message.tenancy.organization].append(message.audit);
  insert(sent, outcome.audit_index, room);
  return outcome;
}

void Model::insert(const std::shared_ptr<const AcceptMessage>& sent, std::uint64_t audit_index,
                   BornRoom& room) {
  const AcceptMessage& message = *sent;
  ModelMessage row;
  row.sent = sent;
  row.audit_index = audit_index;
  for (const Claim& claim : message.claims)
    claims.try_emplace(key_of(message.tenancy, claim),
                       ModelClaim{message.tenancy, claim, message.message.position});
  for (const NewDelivery& wanted : message.deliveries) {
    ModelDelivery delivery;
    delivery.delivery = {wanted.position};
    delivery.message = message.message;
    delivery.tenancy = message.tenancy;
    delivery.integration = message.integration;
    delivery.kind = wanted.kind;
    delivery.target = wanted.target;
    delivery.due = message.accepted_at;
    if (wanted.kind == TargetKind::Channel) {
      row.in_inbox = true;
      delivery.standing = Standing::Ended;
      delivery.ended_at = message.accepted_at;
    } else if (room.take(message.tenancy.organization)) {
      delivery.standing = Standing::Held;
      room.born.push_back(delivery.delivery);
    }
    deliveries.emplace(wanted.position, delivery);
  }
  messages.emplace(message.message.position, std::move(row));
}

FinishOutcome Model::finish(const FinishAttempt& attempt) {
  FinishOutcome outcome;
  outcome.status = FinishStatus::LeaseLost;
  ModelDelivery* const held = find(attempt.tenancy, attempt.delivery);
  if (held == nullptr || !held->is_leased() || held->unsettled || held->lease != attempt.lease ||
      held->message != attempt.message || held->target != attempt.target)
    return outcome;
  auto& made = attempts[attempt.delivery.position];
  if (std::ranges::find(made, attempt.number, &ModelAttempt::number) != made.end()) {
    outcome.status = FinishStatus::Failed;
    outcome.error = StoreError::Conflict;
    return outcome;
  }
  outcome.status = FinishStatus::Finished;
  outcome.audit_index = logs[attempt.tenancy.organization].append(attempt.audit);
  made.push_back({attempt.number, attempt.result, attempt.code, outcome.audit_index});
  ++attempt_count;
  held->attempts = attempt.number;
  held->as_orphan = false;
  if (ends(attempt.next)) {
    held->standing = Standing::Ended;
    held->ended_as = attempt.next;
    held->ended_at = attempt.ended_at;
  } else {
    held->standing = Standing::Waiting;
    held->due = attempt.next_attempt_at;
  }
  return outcome;
}

std::optional<StoreError> Model::record_refusal(const RecordRefusal& refusal) {
  const auto known = refusals.find(refusal.refusal.position);
  if (known != refusals.end() && known->second.tenancy != refusal.tenancy) return StoreError::Conflict;
  const std::uint64_t index = logs[refusal.tenancy.organization].append(refusal.audit);
  ++filed_refusals;
  if (known != refusals.end()) {
    known->second.count += refusal.count;
  } else {
    refusals.emplace(refusal.refusal.position, ModelRefusal{refusal.tenancy, refusal.count, index});
  }
  return std::nullopt;
}

ModelDelivery* Model::find(const Tenancy& tenancy, DeliveryId delivery) {
  const auto found = deliveries.find(delivery.position);
  return found == deliveries.end() || found->second.tenancy != tenancy ? nullptr : &found->second;
}

StoreResult<void> Model::requeue(const Tenancy& tenancy, DeliveryId delivery, WallTime now) {
  ModelDelivery* const one = find(tenancy, delivery);
  if (one == nullptr) return fail(StoreError::NotFound);
  if (one->standing != Standing::Ended || one->kind != TargetKind::Endpoint)
    return fail(StoreError::Conflict);
  if (!messages.at(one->message.position).has_payload) return fail(StoreError::PayloadErased);
  one->standing = Standing::Waiting;
  one->due = now;
  one->ended_at.reset();
  return {};
}

StoreResult<void> Model::release(const Tenancy& tenancy, DeliveryId delivery, const Lease& lease,
                                 WallTime due) {
  ModelDelivery* const one = find(tenancy, delivery);
  if (one == nullptr || !one->is_leased() || one->lease != lease) return fail(StoreError::NotFound);
  one->standing = Standing::Waiting;
  one->as_orphan = false;
  one->due = due;
  return {};
}

std::uint64_t Model::cancel(const Tenancy& tenancy, const std::function<bool(const ModelDelivery&)>& which,
                            WallTime now) {
  std::uint64_t cancelled = 0;
  for (auto& [position, one] : deliveries) {
    if (one.tenancy != tenancy || one.standing != Standing::Waiting || !which(one)) continue;
    one.standing = Standing::Ended;
    one.ended_as = DeliveryState::Cancelled;
    one.ended_at = now;
    ++cancelled;
  }
  return cancelled;
}

Transaction::Repeat Model::control_call(const Tenancy& tenancy, const Claim& claim, Position resource) {
  const auto [status, receipt] = judge(tenancy, {claim});
  if (status != AcceptStatus::Accepted) return {false, status != AcceptStatus::Repeated, receipt};
  claims.emplace(key_of(tenancy, claim), ModelClaim{tenancy, claim, resource});
  return {true, false, resource};
}

void Model::hand_over(const LeasedDelivery& leased, std::uint64_t boot) {
  ModelDelivery* const one = find(leased.tenancy, leased.delivery);
  if (one == nullptr) violated("delivery {} was handed over and is nobody's", leased.delivery.position);
  if (leased.lease.boot != boot) violated("a lease of boot {} in boot {}", leased.lease.boot, boot);
  if (leased.message != one->message || leased.integration != one->integration ||
      leased.target != one->target || leased.kind != one->kind || leased.attempts != one->attempts)
    violated("delivery {} was handed over as another", leased.delivery.position);
  one->standing = Standing::Held;
  one->as_orphan = leased.orphaned;
  one->lease = leased.lease;
}

void Model::unsettle(const std::vector<DeliveryId>& born) {
  for (const DeliveryId delivery : born) {
    ModelDelivery& one = deliveries.at(delivery.position);
    if (one.standing != Standing::Held) continue;
    one.standing = Standing::Waiting;
    one.unsettled = true;
  }
}

void Model::restarted() {
  for (auto& [position, one] : deliveries)
    if (one.standing == Standing::Held) one.standing = Standing::Orphaned;
}

void Model::purged(WallTime now) {
  for (auto& [key, one] : claims)
    if (one.claim.keep_until <= now) one.perhaps_gone = true;
}

bool Model::holds_payload(const ModelMessage& message, const Store::PurgeTerms& terms) const {
  const AcceptMessage& sent = *message.sent;
  if (sent.keep_payload_until > terms.now) return true;
  return std::ranges::any_of(sent.deliveries, [&](const NewDelivery& wanted) {
    const ModelDelivery& one = deliveries.at(wanted.position);
    if (one.kind == TargetKind::Channel) return sent.accepted_at > terms.now - terms.inbox_term;
    if (one.standing != Standing::Ended) return true;
    return one.ended_as == DeliveryState::Dead && *one.ended_at > terms.now - terms.dead_letter_term;
  });
}

std::uint64_t Model::in_standing(Standing standing) const {
  return static_cast<std::uint64_t>(
      std::ranges::count_if(deliveries, [&](const auto& one) { return one.second.standing == standing; }));
}

}  // namespace sealpost::simulation
