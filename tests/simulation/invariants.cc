#include "invariants.h"

#include <fmt/format.h>

#include <algorithm>

#include "domain/tlog/checkpoint.h"
#include "trace.h"

namespace sealpost::simulation {
namespace {

template <class Look>
void look(Store& store, const Look& look_at) {
  // Thrown through the store, it would leave the read open for ever.
  std::optional<Violation> seen;
  const auto read = store.read([&](Reader& reader) -> StoreResult<void> {
    try {
      return look_at(reader);
    } catch (const Violation& violation) {
      seen = violation;
      return {};
    }
  });
  if (seen) throw *seen;
  if (!read.ok()) violated("a read failed with error {}", static_cast<int>(read.error()));
}

template <class A, class B>
void differ(Difference& first, std::string_view what, Position where, const A& stored, const B& expected) {
  if (first || stored == static_cast<A>(expected)) return;
  first = fmt::format("{} {}: stored {}, expected {}", what, where, stored, expected);
}
void differ(Difference& first, bool same, std::string_view what, Position where) {
  if (!first && !same) first = fmt::format("{} of {}", what, where);
}
std::int64_t ms(const std::optional<WallTime>& time) { return time ? to_unix_ms(*time) : -1; }

StoreResult<void> compare_log(Reader& reader, OrganizationId log, const ModelLog& expected,
                              Difference& first) {
  constexpr std::uint32_t kPage = 200;
  SEALPOST_TRY(const std::uint64_t size, reader.log_size(log));
  differ(first, "log size", log.position, size, expected.leaves.size());
  for (std::uint64_t at = 0; at < size && !first; at += kPage) {
    SEALPOST_TRY(const auto rows, reader.audit_rows(log, at, kPage));
    differ(first, "records in a page", log.position, rows.size(), std::min<std::uint64_t>(kPage, size - at));
    for (const AuditRow& row : rows) {
      if (first) break;
      const Hash256& leaf = expected.leaves[row.index];
      differ(first, row.leaf_hash == leaf && leaf_hash(as_bytes(row.leaf)) == leaf, "leaf of the log",
             row.index);
    }
  }
  SEALPOST_TRY(const auto checkpoints, reader.checkpoints(log, 0, 500));
  std::map<std::uint64_t, std::string> notes;
  for (const SignedCheckpoint& one : checkpoints) {
    const bool possible = one.size < expected.roots.size() && expected.begun.contains(one.size);
    differ(first, possible, "a checkpoint that was never begun, size", one.size);
    differ(first, !possible || one.root == expected.roots[one.size], "root of the checkpoint", one.size);
    notes[one.size] = one.note;
  }
  for (const auto& [size_then, note] : expected.notes)
    differ(first, notes.contains(size_then) && notes[size_then] == note, "signed checkpoint", size_then);
  return {};
}

StoreResult<void> compare_delivery(const DeliveryRow& row, const ModelDelivery& expected, std::uint64_t boot,
                                   Difference& first) {
  const Position position = row.delivery.position;
  differ(first, row.target == expected.target && row.message == expected.message, "target of delivery",
         position);
  differ(first, "attempts of delivery", position, row.attempts, expected.attempts);
  if (expected.unsettled) {
    differ(first, row.state == DeliveryState::Waiting || row.state == DeliveryState::Leased,
           "state of unsettled delivery", position);
    return {};
  }
  const auto state = static_cast<int>(row.state);
  const auto is = [&](DeliveryState wanted) {
    differ(first, "state of delivery", position, state, static_cast<int>(wanted));
  };
  switch (expected.standing) {
    case Standing::Waiting:
      is(DeliveryState::Waiting);
      differ(first, "due time of delivery", position, ms(row.next_attempt_at), to_unix_ms(expected.due));
      break;
    case Standing::Held:
      is(DeliveryState::Leased);
      differ(first, row.lease == expected.lease, "lease of delivery", position);
      break;
    case Standing::Orphaned:
      is(DeliveryState::Leased);
      differ(first, row.lease.boot != boot, "an orphan that this boot holds, delivery", position);
      differ(first, row.lease == expected.lease, "lease of delivery", position);
      break;
    case Standing::Ended:
      is(expected.ended_as);
      differ(first, "end of delivery", position, ms(row.ended_at), ms(expected.ended_at));
      break;
  }
  return {};
}

StoreResult<void> compare_attempts(Reader& reader, const Tenancy& tenancy, DeliveryId delivery,
                                   const Model& model, Difference& first) {
  SEALPOST_TRY(const auto rows, reader.attempts_of(tenancy, delivery));
  const auto made = model.attempts.find(delivery.position);
  const std::size_t expected = made == model.attempts.end() ? 0 : made->second.size();
  differ(first, "number of attempts of delivery", delivery.position, rows.size(), expected);
  for (std::size_t i = 0; i < rows.size() && !first; ++i) {
    const ModelAttempt& one = made->second[i];
    differ(first, rows[i].number == one.number && rows[i].result == one.result && rows[i].code == one.code,
           "an attempt of delivery", delivery.position);
    differ(first, "audit record of an attempt of delivery", delivery.position, rows[i].audit_index,
           one.audit_index);
  }
  return {};
}

StoreResult<void> compare_message(Reader& reader, const ModelMessage& expected, const Model& model,
                                  std::uint64_t boot, Difference& first) {
  const AcceptMessage& sent = *expected.sent;
  const Position position = sent.message.position;
  const auto found = reader.find_message(sent.tenancy, sent.message);
  if (!found.ok()) {
    differ(first, false, "accepted and not there: message", position);
    return {};
  }
  const MessageRow& row = *found;
  differ(first, "audit record of message", position, row.audit_index, expected.audit_index);
  differ(first,
         row.event_id == sent.event_id && row.facts == sent.facts && row.summary == sent.summary &&
             row.accepted_at == sent.accepted_at && row.integration == sent.integration,
         "fields of message", position);
  differ(first, "deliveries of message", position, row.deliveries, sent.deliveries.size());
  differ(first, "time of erasure of message", position, ms(row.payload_erased_at), ms(expected.erased_at));
  SEALPOST_TRY(const auto payload, reader.payload_of(sent.tenancy, sent.message));
  differ(first, payload.has_value() == expected.has_payload && (!payload || *payload == sent.sealed_payload),
         "payload of message", position);
  SEALPOST_TRY(const auto rows, reader.deliveries_of(row));
  differ(first, "rows of deliveries of message", position, rows.size(), sent.deliveries.size());
  std::uint32_t open = 0;
  for (const DeliveryRow& delivery : rows) {
    if (first) return {};
    const auto known = model.deliveries.find(delivery.delivery.position);
    if (known == model.deliveries.end())
      violated("delivery {} came from nowhere", delivery.delivery.position);
    const ModelDelivery& one = known->second;
    SEALPOST_TRY_VOID(compare_delivery(delivery, one, boot, first));
    SEALPOST_TRY_VOID(compare_attempts(reader, sent.tenancy, delivery.delivery, model, first));
    if (one.standing != Standing::Ended) ++open;
  }
  differ(first, "open deliveries of message", position, row.open_deliveries, open);
  return {};
}

StoreResult<void> compare_claim(Reader& reader, const ModelClaim& expected, Difference& first) {
  if (expected.perhaps_gone) return {};
  Claim again = expected.claim;
  const bool by_time = again.meaning == ClaimMeaning::SignedId;
  SEALPOST_TRY(const AcceptOutcome same, reader.judge_claim(expected.tenancy, again));
  differ(first, same.status == (by_time ? AcceptStatus::Replayed : AcceptStatus::Repeated),
         "a claim was forgotten or changed, receipt", expected.receipt);
  differ(first, "receipt of a claim", again.owner, same.message.position, expected.receipt);
  if (!by_time) return {};
  ++again.signed_ms;
  SEALPOST_TRY(const AcceptOutcome newer, reader.judge_claim(expected.tenancy, again));
  differ(first, newer.status == AcceptStatus::Repeated, "signed time or body of a claim, receipt",
         expected.receipt);
  return {};
}

StoreResult<void> compare_counts(Reader& reader, const Model& model, Difference& first) {
  SEALPOST_TRY(const Reader::Counts counts, reader.counts());
  differ(first, "count of messages", 0, counts.messages, model.messages.size());
  differ(first, "count of deliveries", 0, counts.deliveries, model.deliveries.size());
  differ(first, "count of attempts", 0, counts.attempts, model.attempt_count);
  differ(first, "count of refusals", 0, counts.refusals, model.refusals.size());
  differ(first, "count of audit records", 0, counts.audit_rows,
         model.messages.size() + model.attempt_count + model.filed_refusals + model.control_records);
  const auto with = [&](const auto& which) {
    return static_cast<std::uint64_t>(
        std::ranges::count_if(model.messages, [&](const auto& one) { return which(one.second); }));
  };
  differ(first, "count of payloads", 0, counts.payloads, with([](const auto& m) { return m.has_payload; }));
  differ(first, "count of inbox items", 0, counts.inbox, with([](const auto& m) { return m.in_inbox; }));
  if (std::ranges::none_of(model.deliveries, [](const auto& one) { return one.second.unsettled; }))
    differ(first, "count of waiting deliveries", 0, counts.waiting, model.in_standing(Standing::Waiting));
  const auto sure = static_cast<std::uint64_t>(
      std::ranges::count_if(model.claims, [](const auto& one) { return !one.second.perhaps_gone; }));
  differ(first, counts.claims >= sure, "claims are missing: fewer than the ones in life", sure);
  for (const auto& [organization, epoch] : model.epochs) {
    SEALPOST_TRY(const std::uint64_t stored, reader.epoch_of(organization));
    differ(first, "epoch", organization.position, stored, epoch);
  }
  for (const auto& [organization, log] : model.logs) {
    SEALPOST_TRY(const std::uint64_t size, reader.log_size(organization));
    differ(first, "log size", organization.position, size, log.leaves.size());
  }
  return {};
}

}  // namespace

Difference compare_counts(Store& store, const Model& model) {
  Difference first;
  look(store, [&](Reader& reader) { return compare_counts(reader, model, first); });
  return first;
}

Difference compare_all(Store& store, const Model& model) {
  Difference first;
  look(store, [&](Reader& reader) -> StoreResult<void> {
    SEALPOST_TRY_VOID(compare_counts(reader, model, first));
    for (const auto& [organization, log] : model.logs) {
      if (first) return {};
      SEALPOST_TRY_VOID(compare_log(reader, organization, log, first));
    }
    for (const auto& [position, message] : model.messages) {
      if (first) return {};
      SEALPOST_TRY_VOID(compare_message(reader, message, model, store.boot(), first));
    }
    for (const auto& [key, claim] : model.claims) {
      if (first) return {};
      SEALPOST_TRY_VOID(compare_claim(reader, claim, first));
    }
    for (const auto& [position, refusal] : model.refusals) {
      SEALPOST_TRY(const auto row, reader.find_refusal(refusal.tenancy, {position}));
      differ(first, "count of refusal", position, row.count, refusal.count);
      differ(first, "audit record of refusal", position, row.audit_index, refusal.audit_index);
    }
    return {};
  });
  if (first) return first;
  const auto tags = store.check_work_rows(
      [&](const Store::WorkRow& row) { differ(first, false, "tag of a row of " + row.table, 0); });
  differ(first, tags.ok(), "the tags of the rows", 0);
  return first;
}

Difference find_remains(Store& store, const Model& model) {
  Reader::Counts counts;
  look(store, [&](Reader& reader) -> StoreResult<void> {
    SEALPOST_TRY(counts, reader.counts());
    return {};
  });
  if (counts.payloads + counts.inbox + counts.claims == 0) return std::nullopt;
  for (const auto& [position, message] : model.messages)
    if (message.has_payload) return fmt::format("the payload of message {} is kept for ever", position);
  return fmt::format("kept for ever: {} payloads, {} inbox items, {} claims", counts.payloads, counts.inbox,
                     counts.claims);
}

void adopt_unsettled(Store& store, Model& model, bool restarted, WallTime resumed_at) {
  look(store, [&](Reader& reader) -> StoreResult<void> {
    for (auto& [position, one] : model.deliveries) {
      if (!one.unsettled) continue;
      SEALPOST_TRY(const DeliveryRow row, reader.find_delivery(one.tenancy, one.delivery));
      one.unsettled = false;
      if (row.state == DeliveryState::Leased) {
        if (row.lease.boot == store.boot()) violated("delivery {} is leased and nobody holds it", position);
        if (one.standing == Standing::Waiting && !restarted)
          violated("delivery {} waited and became an orphan without a restart", position);
        one.standing = Standing::Orphaned;
        one.lease = row.lease;
        continue;
      }
      if (one.standing == Standing::Orphaned)
        violated("what became of orphan {} is unknown, and it waits to be sent again", position);
      const WallTime due = row.next_attempt_at.value_or(WallTime{});
      if (due != one.due && due != resumed_at)
        violated("delivery {} is due at {}, neither its time nor now", position, to_unix_ms(due));
      one.due = due;
    }
    return {};
  });
}

void adopt_purge(Store& store, Model& model, const Store::PurgeTerms& terms) {
  look(store, [&](Reader& reader) -> StoreResult<void> {
    std::set<Position> listed;
    for (const auto& [position, tenancy] : model.parties) {
      for (Page page{.after = 0, .limit = 500};;) {
        SEALPOST_TRY(const auto rows, reader.inbox(tenancy, {position}, page));
        for (const MessageRow& row : rows) listed.insert(row.message.position);
        if (rows.size() < page.limit) break;
        page.after = rows.back().message.position;
      }
    }
    for (auto& [position, one] : model.messages) {
      const AcceptMessage& sent = *one.sent;
      if (one.in_inbox && !listed.contains(position)) {
        if (sent.accepted_at > terms.now - terms.inbox_term)
          violated("message {} left the inbox before its term", position);
        one.in_inbox = false;
      }
      if (!one.has_payload) continue;
      SEALPOST_TRY(const auto payload, reader.payload_of(sent.tenancy, sent.message));
      if (payload) continue;
      if (model.holds_payload(one, terms))
        violated("the payload of message {} went while it was held", position);
      one.has_payload = false;
      one.erased_at = terms.now;
    }
    return {};
  });
}

}  // namespace sealpost::simulation
