// Claiming, finishing, requeueing and cancelling deliveries: the second half of the message path.
#include <algorithm>

#include "storage/store_sqlite/internal/message_path.h"

namespace sealpost::store_sqlite {
namespace {

// A revocation ends what waits in steps, so that a long backlog does not keep the writer from its other work.
constexpr std::uint32_t kMostCancelledAtOnce = 5'000;

bool ends(DeliveryState state) {
  return state == DeliveryState::Delivered || state == DeliveryState::Dead ||
         state == DeliveryState::Cancelled;
}

}  // namespace

// What the attempt is fenced by: the row is still leased under this boot and token, and is what the caller
// says.
StoreResult<std::optional<MessagePath::DeliveryFacts>> MessagePath::held_by(const FinishAttempt& attempt) {
  auto query = parts_.database.query(
      "SELECT siblings, integration FROM delivery WHERE position = ? AND state = 1 AND boot = ? AND token = ?"
      " AND message = ? AND organization = ? AND environment = ? AND target = ?",
      attempt.delivery, attempt.lease.boot, attempt.lease.token, attempt.message,
      attempt.tenancy.organization, attempt.tenancy.environment, attempt.target);
  SEALPOST_TRY(const bool found, query.step());
  if (!found) return std::optional<DeliveryFacts>{};
  return std::optional<DeliveryFacts>{
      DeliveryFacts{query.integer<std::uint32_t>(0), query.id<IntegrationId>(1)}};
}

StoreResult<FinishOutcome> MessagePath::finish(const FinishAttempt& attempt) {
  FinishOutcome outcome;
  SEALPOST_TRY(const auto facts, held_by(attempt));
  outcome.status = FinishStatus::LeaseLost;
  if (!facts) return outcome;
  outcome.status = FinishStatus::Finished;
  SEALPOST_TRY(outcome.audit_index, parts_.audit.append(attempt.audit));
  SEALPOST_TRY_VOID(parts_.database
                        .query("INSERT INTO attempt (delivery, number, organization, environment, "
                               "started_ms, ended_ms, result,"
                               " failure_class, code, http_status, facts, audit_index) VALUES (?, ?, ?, ?, "
                               "?, ?, ?, ?, ?, ?, ?, ?)",
                               attempt.delivery, attempt.number, attempt.tenancy.organization,
                               attempt.tenancy.environment, attempt.started_at, attempt.ended_at,
                               attempt.result, attempt.failure_class, attempt.code, attempt.http_status,
                               attempt.facts, outcome.audit_index)
                        .run());
  SEALPOST_TRY_VOID(end_attempt(attempt, *facts));
  return outcome;
}

StoreResult<void> MessagePath::end_attempt(const FinishAttempt& attempt, const DeliveryFacts& facts) {
  std::optional<WallTime> next, ended;
  if (attempt.next == DeliveryState::Waiting) next = attempt.next_attempt_at;
  if (ends(attempt.next)) ended = attempt.ended_at;
  SEALPOST_TRY_VOID(
      parts_.database
          .query("UPDATE delivery SET state = ?1, attempts = ?2, next_ms = ?3, ended_ms = ?4, boot = 0, "
                 "token = 0,"
                 " tag = row_tag('delivery', position, ?1, ?2, ?3, ?4, 0, 0) WHERE position = ?5",
                 attempt.next, attempt.number, next, ended, attempt.delivery)
          .run());
  if (attempt.next == DeliveryState::Waiting) {
    parts_.due.note({attempt.tenancy.organization.position, facts.integration.position, attempt.target},
                    attempt.next_attempt_at);
    woke_ = true;
  } else if (attempt.next == DeliveryState::Dead) {
    SEALPOST_TRY_VOID(parts_.release.note(ReleaseReason::Dead, attempt.ended_at, attempt.delivery.position));
  } else if (ends(attempt.next)) {
    SEALPOST_TRY_VOID(parts_.release.delivery_ended(attempt.message, facts.siblings, attempt.ended_at));
  }
  if (attempt.result != "aborted")
    note_health(facts.integration, attempt.tenancy, attempt.result == "delivered", attempt.ended_at,
                attempt.code);
  return {};
}

bool MessagePath::is_current(const DirectoryPicture& picture, OrganizationId organization) const {
  return parts_.organizations.see(organization).epoch == (picture ? picture->epoch_of(organization) : 0);
}

StoreResult<ClaimedWork> MessagePath::claim_work(const ClaimWork& request) {
  ClaimedWork work;
  SEALPOST_TRY_VOID(claim_orphans(request.most, work.deliveries));
  std::map<Position, std::uint32_t> rooms;
  std::map<Position, std::uint32_t> shares;
  DueTargets::Full without_room;
  for (const auto& room : request.rooms) {
    rooms[room.target] = room.free;
    if (room.free == 0) without_room.targets.insert(room.target);
  }
  for (const auto& share : request.shares) {
    shares[share.organization.position] = share.free;
    if (share.free == 0) without_room.organizations.insert(share.organization.position);
  }
  DueTargets::Full full = without_room;
  const auto left = [&] { return request.most - static_cast<std::uint32_t>(work.deliveries.size()); };
  // A look may find nothing due (the times are lower bounds), so there may be more than one round.
  while (left() > 0) {
    const auto targets = parts_.due.ready(request.now, full, left());
    if (targets.empty()) break;
    for (const DueTarget& target : targets) {
      if (!is_current(request.picture, {target.organization})) {
        full.targets.insert(target.target);
        if (std::ranges::find(work.behind, OrganizationId{target.organization}) == work.behind.end())
          work.behind.push_back({target.organization});
        continue;
      }
      const auto room = rooms.find(target.target);
      const std::uint32_t free = room == rooms.end() ? request.most_per_target : room->second;
      const auto share = shares.find(target.organization);
      const std::uint32_t of_share = share == shares.end() ? request.most : share->second;
      const std::uint32_t most = std::min({free, request.most_per_target, left(), of_share});
      if (left() == 0) break;
      if (most == 0) continue;  // its share went to other targets of this round
      SEALPOST_TRY(const std::uint32_t got, claim_target(target, request.now, most, work.deliveries));
      // Each target gives once per claim: what it has left waits for the next.
      if (got == most) full.targets.insert(target.target);
      if (share == shares.end()) continue;
      share->second -= got;
      if (share->second > 0) continue;
      full.organizations.insert(target.organization);
      without_room.organizations.insert(target.organization);
    }
  }
  work.next_due = parts_.due.next_due(without_room);
  return work;
}

// Leases of an earlier boot: nobody can say whether their last attempt arrived. They are leased anew, marked,
// so that the delivery engine files the unknown outcome under a lease that fences.
StoreResult<void> MessagePath::claim_orphans(std::uint32_t most, std::vector<LeasedDelivery>& into) {
  if (!orphans_left_ || most == 0) return {};
  std::vector<Position> positions;
  {
    auto query = parts_.database.query(
        "SELECT position, tag IS row_tag('delivery', position, 1, attempts, next_ms, ended_ms, boot, token)"
        " FROM delivery INDEXED BY delivery_leased WHERE state = 1 AND boot < ? ORDER BY boot",
        boot_);
    while (positions.size() < most) {
      SEALPOST_TRY(const bool row, query.step());
      if (!row) break;
      if (is_ours(query.integer(0), query.integer(1) != 0)) positions.push_back(query.integer(0));
    }
  }
  if (positions.size() < most) orphans_left_ = false;
  orphans_in_batch_.insert(orphans_in_batch_.end(), positions.begin(), positions.end());
  return lease(positions, true, into);
}

// A row that somebody edited, or that an edited index shows as waiting or leased, is left where it is.
bool MessagePath::is_ours(Position delivery, bool tag_fits) {
  constexpr std::size_t kMostRemembered = 10'000;
  if (!tag_fits && damaged_.size() < kMostRemembered) damaged_.insert(delivery);
  return tag_fits;
}

StoreResult<std::uint32_t> MessagePath::claim_target(const DueTarget& target, WallTime now,
                                                     std::uint32_t most, std::vector<LeasedDelivery>& into) {
  std::vector<Position> positions;
  std::optional<WallTime> next;
  {
    auto query = parts_.database.query(
        "SELECT position, next_ms, tag IS row_tag('delivery', position, 0, attempts, next_ms, ended_ms, boot,"
        " token) FROM delivery INDEXED BY delivery_waiting WHERE state = 0 AND integration = ? AND target = ?"
        " ORDER BY next_ms, position",
        target.integration, target.target);
    for (;;) {
      SEALPOST_TRY(const bool row, query.step());
      if (!row) break;
      if (!is_ours(query.integer(0), query.integer(2) != 0)) continue;
      if (query.time(1) > now || positions.size() == most) {
        next = query.time(1);
        break;
      }
      positions.push_back(query.integer(0));
    }
  }
  SEALPOST_TRY_VOID(lease(positions, false, into));
  parts_.due.settle(target, next);
  return static_cast<std::uint32_t>(positions.size());
}

StoreResult<void> MessagePath::lease(const std::vector<Position>& positions, bool orphaned,
                                     std::vector<LeasedDelivery>& into) {
  for (const Position position : positions) {
    const Lease lease{boot_, next_token_++};
    SEALPOST_TRY_VOID(parts_.database
                          .query("UPDATE delivery SET state = 1, boot = ?1, token = ?2, next_ms = NULL, tag "
                                 "= row_tag('delivery',"
                                 " position, 1, attempts, NULL, ended_ms, ?1, ?2) WHERE position = ?3",
                                 lease.boot, lease.token, position)
                          .run());
    SEALPOST_TRY(LeasedDelivery delivery, leased_delivery(position));
    delivery.lease = lease;
    delivery.orphaned = orphaned;
    into.push_back(std::move(delivery));
  }
  return {};
}

StoreResult<LeasedDelivery> MessagePath::leased_delivery(Position position) {
  auto query = parts_.database.query(
      "SELECT d.organization, d.environment, d.message, d.integration, d.kind, d.target, d.attempts, "
      "m.accepted_ms,"
      " m.event_type, m.content_type FROM delivery d JOIN message m ON m.position = d.message WHERE "
      "d.position = ?",
      position);
  SEALPOST_TRY(const bool found, query.step());
  if (!found) return fail(parts_.database.note(SQLITE_CORRUPT));
  LeasedDelivery delivery;
  delivery.delivery = DeliveryId{position};
  delivery.tenancy = query.tenancy(0);
  delivery.message = query.id<MessageId>(2);
  delivery.integration = query.id<IntegrationId>(3);
  delivery.kind = query.integer<TargetKind>(4);
  delivery.target = query.integer(5);
  delivery.attempts = query.integer<std::uint32_t>(6);
  delivery.accepted_at = query.time(7);
  delivery.event_type = query.text(8);
  delivery.content_type = query.text(9);
  return delivery;
}

StoreResult<void> MessagePath::requeue(const Tenancy& tenancy, DeliveryId delivery, WallTime now) {
  DueTarget target;
  {
    auto query = parts_.database.query(
        "SELECT d.state, d.kind, d.integration, d.target, p.message FROM delivery d LEFT JOIN payload p ON"
        " p.message = d.message WHERE d.position = ? AND d.organization = ? AND d.environment = ?",
        delivery, tenancy.organization, tenancy.environment);
    SEALPOST_TRY(const bool found, query.step());
    if (!found) return fail(StoreError::NotFound);
    if (!ends(query.integer<DeliveryState>(0)) || query.integer<TargetKind>(1) != TargetKind::Endpoint)
      return fail(StoreError::Conflict);
    if (query.is_null(4)) return fail(StoreError::PayloadErased);
    target = {tenancy.organization.position, query.integer(2), query.integer(3)};
  }
  SEALPOST_TRY_VOID(parts_.database
                        .query("UPDATE delivery SET state = 0, next_ms = ?1, ended_ms = NULL, tag = "
                               "row_tag('delivery', position,"
                               " 0, attempts, ?1, NULL, boot, token) WHERE position = ?2",
                               now, delivery)
                        .run());
  parts_.due.note(target, now);
  woke_ = true;
  return {};
}

StoreResult<void> MessagePath::release_lease(const Tenancy& tenancy, DeliveryId delivery, const Lease& lease,
                                             WallTime due) {
  DueTarget target;
  {
    auto query = parts_.database.query(
        "SELECT integration, target FROM delivery WHERE position = ? AND state = 1 AND boot = ? AND token = ?"
        " AND organization = ? AND environment = ?",
        delivery, lease.boot, lease.token, tenancy.organization, tenancy.environment);
    SEALPOST_TRY(const bool found, query.step());
    if (!found) return fail(StoreError::NotFound);
    target = {tenancy.organization.position, query.integer(0), query.integer(1)};
  }
  SEALPOST_TRY_VOID(parts_.database
                        .query("UPDATE delivery SET state = 0, next_ms = ?1, boot = 0, token = 0, tag = "
                               "row_tag('delivery', position,"
                               " 0, attempts, ?1, ended_ms, 0, 0) WHERE position = ?2",
                               due, delivery)
                        .run());
  parts_.due.note(target, due);
  woke_ = true;
  return {};
}

StoreResult<std::uint64_t> MessagePath::cancel_waiting(const Tenancy& tenancy,
                                                       const std::vector<DueTarget>& targets, WallTime now) {
  struct Ended {
    Position delivery = 0;
    MessageId message;
    std::uint32_t siblings = 0;
  };
  std::vector<Ended> ended;
  for (const DueTarget& target : targets) {
    auto query = parts_.database.query(
        "SELECT position, message, siblings FROM delivery INDEXED BY delivery_waiting WHERE state = 0"
        " AND integration = ? AND target = ? AND organization = ? AND environment = ? LIMIT ?",
        target.integration, target.target, tenancy.organization, tenancy.environment,
        kMostCancelledAtOnce - ended.size());
    for (;;) {
      SEALPOST_TRY(const bool row, query.step());
      if (!row) break;
      ended.push_back({query.integer(0), query.id<MessageId>(1), query.integer<std::uint32_t>(2)});
    }
  }
  for (const Ended& one : ended) {
    SEALPOST_TRY_VOID(parts_.database
                          .query("UPDATE delivery SET state = ?1, next_ms = NULL, ended_ms = ?2, tag = "
                                 "row_tag('delivery', position,"
                                 " ?1, attempts, NULL, ?2, boot, token) WHERE position = ?3",
                                 DeliveryState::Cancelled, now, one.delivery)
                          .run());
    SEALPOST_TRY_VOID(parts_.release.delivery_ended(one.message, one.siblings, now));
  }
  return ended.size();
}

StoreResult<void> MessagePath::take_back(Database& database, std::uint64_t boot, std::uint64_t first_token,
                                         const std::vector<Position>& orphans, WallTime now) {
  for (const Position position : orphans) {
    SEALPOST_TRY_VOID(
        database
            .query("UPDATE delivery SET boot = 0, token = 0, tag = row_tag('delivery', position, state,"
                   " attempts, next_ms, ended_ms, 0, 0) WHERE position = ? AND state = 1 AND boot = ?"
                   " AND token >= ?",
                   position, boot, first_token)
            .run());
  }
  SEALPOST_TRY_VOID(
      database
          .query("UPDATE delivery SET state = 0, next_ms = ?1, boot = 0, token = 0, tag = "
                 "row_tag('delivery', position,"
                 " 0, attempts, ?1, ended_ms, 0, 0) WHERE state = 1 AND boot = ?2 AND token >= ?3",
                 now, boot, first_token)
          .run());
  return {};
}

}  // namespace sealpost::store_sqlite
