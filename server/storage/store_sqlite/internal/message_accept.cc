// Accepting and refusing: the first half of the message path.
#include <algorithm>

#include "storage/store_sqlite/internal/message_path.h"

namespace sealpost::store_sqlite {
void MessagePath::begin_batch(const Store::HandOver& hand_over) {
  hand_over_ = &hand_over;
  room_ = hand_over.room ? hand_over.room() : 0;
  shares_.clear();
  woke_ = false;
  born_leased_.clear();
  born_before_element_ = 0;
  orphans_in_batch_.clear();
}

void MessagePath::keep_element() {
  born_before_element_ = born_leased_.size();
  for (auto& [integration, change] : element_health_) {
    Health& health = health_[integration];
    health.tenancy = change.tenancy;
    if (change.success) health.success = std::max(health.success, change.success);
    if (change.failure && health.failure <= change.failure) {
      health.failure = change.failure;
      health.code = std::move(change.code);
    }
  }
  element_health_.clear();
}

void MessagePath::drop_element() {
  for (std::size_t i = born_before_element_; i < born_leased_.size(); ++i) {
    ++room_;
    const auto share = shares_.find(born_leased_[i].tenancy.organization.position);
    if (share != shares_.end()) ++share->second;
  }
  born_leased_.resize(born_before_element_);
  element_health_.clear();
}

bool MessagePath::take_room(OrganizationId organization) {
  if (room_ == 0) return false;
  if (hand_over_->share) {
    auto share = shares_.find(organization.position);
    if (share == shares_.end())
      share = shares_.emplace(organization.position, hand_over_->share(organization)).first;
    if (share->second == 0) return false;
    --share->second;
  }
  --room_;
  return true;
}

void MessagePath::note_health(IntegrationId integration, const Tenancy& tenancy, bool success, WallTime at,
                              std::string_view code) {
  Health health;
  health.tenancy = tenancy;
  (success ? health.success : health.failure) = at;
  health.code = code;
  element_health_.emplace_back(integration.position, std::move(health));
}

StoreResult<void> MessagePath::store_batch() {
  for (const auto& [integration, health] : health_) {
    SEALPOST_TRY_VOID(
        parts_.database
            .query(
                "INSERT INTO integration_health (integration, organization, environment, success_ms, "
                "failure_ms,"
                " failure_code) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (integration) DO UPDATE SET"
                " success_ms = MAX(COALESCE(excluded.success_ms, success_ms), COALESCE(success_ms,"
                " excluded.success_ms)), failure_code = CASE WHEN failure_ms IS NULL OR excluded.failure_ms "
                ">= failure_ms THEN excluded.failure_code ELSE failure_code END,"
                " failure_ms = MAX(COALESCE(excluded.failure_ms, failure_ms), COALESCE(failure_ms,"
                " excluded.failure_ms))",
                integration, health.tenancy.organization, health.tenancy.environment, health.success,
                health.failure, health.code)
            .run());
  }
  health_.clear();
  return {};
}

StoreResult<AcceptOutcome> MessagePath::first_receipt(AcceptStatus status, Position receipt) {
  AcceptOutcome outcome;
  outcome.status = status;
  outcome.message = MessageId{receipt};
  auto query = parts_.database.query(
      "SELECT audit_index, accepted_ms, deliveries FROM message WHERE position = ?", receipt);
  SEALPOST_TRY(const bool found, query.step());
  if (found) {
    outcome.audit_index = query.integer(0);
    outcome.accepted_at = query.time(1);
    outcome.deliveries = query.integer<std::uint32_t>(2);
  }
  return outcome;
}

StoreResult<AcceptOutcome> MessagePath::accept(AcceptMessage& message) {
  AcceptOutcome outcome;
  outcome.message = message.message;
  outcome.accepted_at = message.accepted_at;
  outcome.deliveries = static_cast<std::uint32_t>(message.deliveries.size());
  outcome.status = AcceptStatus::EpochChanged;
  if (parts_.organizations.see(message.tenancy.organization).epoch != message.epoch) return outcome;

  SEALPOST_TRY(const ClaimFinding finding, parts_.claims.judge(message.tenancy, message.claims));
  outcome.status = status_of(finding.verdict);
  if (finding.verdict == ClaimVerdict::Repeated)
    SEALPOST_TRY_VOID(parts_.claims.renew(message.tenancy, message.claims, message.accepted_at));
  if (finding.verdict != ClaimVerdict::New) return first_receipt(outcome.status, finding.receipt);

  SEALPOST_TRY(outcome.audit_index, parts_.audit.append(message.audit));
  SEALPOST_TRY_VOID(insert_message(message, outcome.audit_index));
  SEALPOST_TRY_VOID(
      parts_.claims.insert(message.tenancy, message.claims, message.message.position, message.accepted_at));
  SEALPOST_TRY_VOID(insert_deliveries(message));
  note_health(message.integration, message.tenancy, true, message.accepted_at, {});
  return outcome;
}

StoreResult<void> MessagePath::insert_message(const AcceptMessage& message, std::uint64_t audit_index) {
  SEALPOST_TRY_VOID(parts_.database
                        .query("INSERT INTO message (position, organization, environment, integration, "
                               "source, accepted_ms, event_type,"
                               " event_id, payload_digest, payload_size, content_type, summary, facts, "
                               "keep_until_ms, deliveries,"
                               " audit_index) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                               message.message, message.tenancy.organization, message.tenancy.environment,
                               message.integration, message.source, message.accepted_at, message.event_type,
                               message.event_id, message.payload_digest, message.payload_size,
                               message.content_type, message.summary, message.facts,
                               message.keep_payload_until, message.deliveries.size(), audit_index)
                        .run());
  return parts_.database
      .query("INSERT INTO payload (message, organization, environment, sealed) VALUES (?, ?, ?, ?)",
             message.message, message.tenancy.organization, message.tenancy.environment,
             message.sealed_payload)
      .run();
}

StoreResult<void> MessagePath::insert_deliveries(AcceptMessage& message) {
  bool to_endpoint = false;
  bool to_channel = false;
  for (const NewDelivery& delivery : message.deliveries) {
    if (delivery.kind == TargetKind::Channel) {
      to_channel = true;
      SEALPOST_TRY_VOID(insert_delivery(message, delivery, DeliveryState::Delivered, {}));
      SEALPOST_TRY_VOID(
          parts_.database
              .query("INSERT INTO inbox (channel, message, organization, environment) VALUES (?, ?, ?, ?)",
                     delivery.target, message.message, message.tenancy.organization,
                     message.tenancy.environment)
              .run());
      continue;
    }
    to_endpoint = true;
    if (!take_room(message.tenancy.organization)) {
      SEALPOST_TRY_VOID(insert_delivery(message, delivery, DeliveryState::Waiting, {}));
      parts_.due.note({message.tenancy.organization.position, message.integration.position, delivery.target},
                      message.accepted_at);
      woke_ = true;
      continue;
    }
    const Lease lease{boot_, next_token_++};
    born_leased_.push_back({DeliveryId{delivery.position}, message.message, message.tenancy,
                            message.integration, delivery.kind, delivery.target, 0, message.accepted_at,
                            message.event_type, message.content_type, lease, false, message.carry});
    SEALPOST_TRY_VOID(insert_delivery(message, delivery, DeliveryState::Leased, lease));
  }
  const Position position = message.message.position;
  const bool kept = message.keep_payload_until > message.accepted_at;
  if (to_channel) SEALPOST_TRY_VOID(parts_.release.note(ReleaseReason::Inbox, message.accepted_at, position));
  if (kept) SEALPOST_TRY_VOID(parts_.release.note(ReleaseReason::Kept, message.keep_payload_until, position));
  if (!to_endpoint && !to_channel && !kept)
    SEALPOST_TRY_VOID(parts_.release.note(ReleaseReason::Ended, message.accepted_at, position));
  return {};
}

StoreResult<void> MessagePath::insert_delivery(const AcceptMessage& message, const NewDelivery& delivery,
                                               DeliveryState state, const Lease& lease) {
  // Readers find the deliveries of a message by this range alone.
  if (delivery.position <= message.message.position ||
      delivery.position > message.message.position + message.deliveries.size())
    return fail(StoreError::Conflict);
  std::optional<WallTime> next, ended;
  if (state == DeliveryState::Waiting) next = message.accepted_at;
  if (state == DeliveryState::Delivered) ended = message.accepted_at;
  return parts_.database
      .query(
          "INSERT INTO delivery (position, organization, environment, message, integration, kind, target, "
          "siblings,"
          " state, attempts, next_ms, ended_ms, boot, token, tag) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, "
          "?9, 0,"
          " ?10, ?11, ?12, ?13, row_tag('delivery', ?1, ?9, 0, ?10, ?11, ?12, ?13))",
          delivery.position, message.tenancy.organization, message.tenancy.environment, message.message,
          message.integration, delivery.kind, delivery.target, message.deliveries.size(), state, next, ended,
          lease.boot, lease.token)
      .run();
}

StoreResult<void> MessagePath::record_refusal(const RecordRefusal& refusal) {
  SEALPOST_TRY(const std::uint64_t index, parts_.audit.append(refusal.audit));
  const std::int64_t before = parts_.database.changes();
  SEALPOST_TRY_VOID(
      parts_.database
          .query("INSERT INTO refusal (position, organization, environment, integration, source, category, "
                 "network,"
                 " count, first_ms, last_ms, steps, audit_index) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                 " ON CONFLICT (position) DO UPDATE SET count = count + excluded.count,"
                 " last_ms = MAX(last_ms, excluded.last_ms) WHERE organization = excluded.organization"
                 " AND environment = excluded.environment",
                 refusal.refusal, refusal.tenancy.organization, refusal.tenancy.environment,
                 refusal.integration, refusal.source, refusal.category, refusal.network, refusal.count,
                 refusal.first_at, refusal.last_at, refusal.steps, index)
          .run());
  if (parts_.database.changes() == before) return fail(StoreError::Conflict);
  return {};
}

}  // namespace sealpost::store_sqlite
