// The suite itself. Include it in one test file per engine.
#pragma once

#include <set>

#include "domain/tlog/merkle.h"
#include "storage/store/testing/store_contract.h"
#include "storage/store/testing/store_contract_claiming.h"
#include "storage/store/testing/store_contract_claims.h"

namespace sealpost {

using std::chrono::hours;

struct ReplayCase {
  const char* name;
  ClaimMeaning meaning;
  std::uint8_t second_body;
  std::int64_t second_signed_ms;
  AcceptStatus expected;
};

// Each row of the replay table: a first claim (key 1, body 1, signed at 1000), then a second one with the
// same key.
TEST_P(StoreContract, SecondComerIsJudgedByTheReplayTable) {
  const ReplayCase cases[] = {
      {"same id, same time", ClaimMeaning::SignedId, 1, 1000, AcceptStatus::Replayed},
      {"same id, older time", ClaimMeaning::SignedId, 1, 999, AcceptStatus::Replayed},
      {"same id, newer time", ClaimMeaning::SignedId, 1, 1001, AcceptStatus::Repeated},
      {"same id, newer time, other body", ClaimMeaning::SignedId, 2, 1001, AcceptStatus::Replayed},
      {"same bytes", ClaimMeaning::SignedBytes, 1, 0, AcceptStatus::Repeated},
      {"same idempotency key and body", ClaimMeaning::IdempotencyKey, 1, 0, AcceptStatus::Repeated},
      {"same idempotency key, other body", ClaimMeaning::IdempotencyKey, 2, 0, AcceptStatus::Mismatch},
  };
  std::uint8_t key = 1;
  for (const ReplayCase& row : cases) {
    SCOPED_TRACE(row.name);
    auto first = message(kLiveA);
    first.claims = {claim(row.meaning, ++key, 1, 1000)};
    const auto first_outcome = accept(first);
    ASSERT_EQ(first_outcome.status, AcceptStatus::Accepted);
    auto second = message(kLiveA);
    second.claims = {claim(row.meaning, key, row.second_body, row.second_signed_ms)};
    AcceptOutcome judged;
    ASSERT_TRUE(look([&](Reader& reader) -> StoreResult<void> {
                  SEALPOST_TRY(judged, reader.judge_claim(kLiveA, second.claims.front()));
                  return {};
                }).ok());
    const auto outcome = accept(second);
    EXPECT_EQ(outcome.status, row.expected);
    EXPECT_EQ(judged.status, row.expected);
    EXPECT_EQ(judged.message, outcome.message);
    EXPECT_EQ(judged.audit_index, outcome.audit_index);
    EXPECT_EQ(judged.accepted_at, outcome.accepted_at);
    EXPECT_EQ(judged.deliveries, outcome.deliveries);
    EXPECT_EQ(outcome.message, first_outcome.message);
    EXPECT_EQ(outcome.audit_index, first_outcome.audit_index);
    EXPECT_FALSE(look([&](Reader& reader) -> StoreResult<void> {
                   SEALPOST_TRY(const auto absent, reader.find_message(kLiveA, second.message));
                   static_cast<void>(absent);
                   return {};
                 }).ok());
    // The same key of another tenancy is another key.
    auto foreign = message(kTestA);
    foreign.claims = first.claims;
    EXPECT_EQ(accept(foreign).status, AcceptStatus::Accepted);
  }
}

TEST_P(StoreContract, ReplayOfAGenuineRetryIsReplayed) {
  auto sent = message(kLiveA);
  sent.claims = {claim(ClaimMeaning::SignedId, 1, 1, 1000)};
  ASSERT_EQ(accept(sent).status, AcceptStatus::Accepted);
  for (const auto& [signed_ms, expected] :
       {std::pair{2000, AcceptStatus::Repeated}, std::pair{2000, AcceptStatus::Replayed},
        std::pair{1500, AcceptStatus::Replayed}, std::pair{2001, AcceptStatus::Repeated}}) {
    auto again = message(kLiveA);
    again.claims = {claim(ClaimMeaning::SignedId, 1, 1, signed_ms)};
    EXPECT_EQ(accept(again).status, expected);
  }
}

TEST_P(StoreContract, EqualKeysInOneBatchAreFoldedFirstComeFirstServed) {
  std::vector<AcceptMessage> batch;
  for (int i = 0; i < 3; ++i) {
    batch.push_back(message(kLiveA));
    batch.back().claims = {claim(ClaimMeaning::SignedBytes, 5, 1, 0)};
  }
  const auto first = batch.front().message;
  const auto outcomes = accept(std::move(batch));
  EXPECT_EQ(outcomes[0].status, AcceptStatus::Accepted);
  EXPECT_EQ(outcomes[1].status, AcceptStatus::Repeated);
  EXPECT_EQ(outcomes[2].message, first);
}

TEST_P(StoreContract, ClaimsAreKeptOverRestartsAndSlices) {
  for (std::uint8_t key = 1; key <= 40; ++key) {
    auto one = message(kLiveA, 0);
    one.claims = {claim(ClaimMeaning::SignedBytes, key, 1, 0)};
    ASSERT_EQ(accept(one).status, AcceptStatus::Accepted);
  }
  for (int round = 0; round < 2; ++round) {
    for (std::uint8_t key = 1; key <= 40; ++key) {
      auto one = message(kLiveA, 0);
      one.claims = {claim(ClaimMeaning::SignedBytes, key, 1, 0)};
      ASSERT_EQ(accept(one).status, AcceptStatus::Repeated) << int{key};
    }
    reopen();
  }
  clock_.advance(hours(9 * 24));
  auto fresh = message(kLiveA, 0);
  fresh.claims = {claim(ClaimMeaning::SignedBytes, 99, 1, 0)};
  fresh.claims[0].keep_until = clock_.wall_now() + hours(7 * 24);
  ASSERT_EQ(accept(fresh).status, AcceptStatus::Accepted);
  purge();
  auto one = message(kLiveA, 0);
  one.claims = {claim(ClaimMeaning::SignedBytes, 1, 1, 0)};
  one.claims[0].keep_until = clock_.wall_now() + hours(7 * 24);
  EXPECT_EQ(accept(one).status, AcceptStatus::Accepted);
  fresh.message = {store_->positions().draw(1)};
  EXPECT_EQ(accept(fresh).status, AcceptStatus::Repeated);
}

TEST_P(StoreContract, EpochRaisedBetweenDecisionAndCommitStopsAcceptance) {
  AcceptMessage decided = message(kLiveA);
  std::promise<AcceptOutcome> accepted;
  raise_epoch_ahead_of(kLiveA.organization, [&] {
    std::vector<AcceptMessage> one;
    one.push_back(decided);
    ASSERT_TRUE(store_->accept_messages(
        std::move(one), [&](std::vector<AcceptOutcome> got) { accepted.set_value(got.front()); }));
  });
  EXPECT_EQ(accepted.get_future().get().status, AcceptStatus::EpochChanged);
  EXPECT_EQ(accept(message(kLiveB)).status, AcceptStatus::Accepted);
  reopen();
  decided.epoch = 1;
  EXPECT_EQ(accept(decided).status, AcceptStatus::Accepted);
}

TEST_P(StoreContract, EpochRaisedBetweenDecisionAndClaimHoldsTheWorkBack) {
  ASSERT_EQ(accept(message(kLiveA)).status, AcceptStatus::Accepted);
  ASSERT_EQ(accept(message(kLiveB)).status, AcceptStatus::Accepted);
  const DirectoryPicture before = present_picture();
  std::promise<ClaimedWork> claimed;
  raise_epoch_ahead_of(kLiveA.organization, [&] {
    ASSERT_TRUE(store_->claim_work({clock_.wall_now(), 64, 8, {}, before},
                                   [&](ClaimedWork got) { claimed.set_value(std::move(got)); }));
  });
  const ClaimedWork work = claimed.get_future().get();
  ASSERT_EQ(work.deliveries.size(), 1U) << "the other organization's work is not held up";
  EXPECT_EQ(work.deliveries[0].tenancy, kLiveB);
  EXPECT_EQ(work.behind, std::vector{kLiveA.organization});
  EXPECT_TRUE(work.next_due) << "it still waits";
  reopen();
  const ClaimedWork blind = claim_work({clock_.wall_now(), 64, 8, {}, nullptr});
  ASSERT_EQ(blind.deliveries.size(), 1U) << "no picture is as good as one of long ago";
  EXPECT_TRUE(blind.deliveries[0].orphaned) << "to be filed, not to be sent";
  const ClaimedWork again = claim_work();
  ASSERT_EQ(again.deliveries.size(), 1U);
  EXPECT_EQ(again.deliveries[0].tenancy, kLiveA);
  EXPECT_TRUE(again.behind.empty());
}

TEST_P(StoreContract, RolledBackWorkLeavesNothing) {
  const auto result = change([&](Transaction& transaction) -> StoreResult<void> {
    SEALPOST_TRY_VOID(transaction.set_setting("x", "1"));
    SEALPOST_TRY(auto epoch, transaction.raise_epoch(kLiveA.organization));
    SEALPOST_TRY(auto index, transaction.append_audit(draft(kLiveA.organization)));
    EXPECT_EQ(epoch + index, 1U);
    return fail(StoreError::Conflict);
  });
  EXPECT_EQ(result.error(), StoreError::Conflict);
  const auto outcome = accept(message(kLiveA));
  EXPECT_EQ(outcome.status, AcceptStatus::Accepted);
  EXPECT_EQ(outcome.audit_index, 0U);
  EXPECT_TRUE(look([&](Reader& reader) -> StoreResult<void> {
                SEALPOST_TRY(const auto setting, reader.setting("x"));
                EXPECT_FALSE(setting.has_value());
                return {};
              }).ok());
}

TEST_P(StoreContract, BrokenElementIsRolledBackAlone) {
  std::vector<AcceptMessage> batch{message(kLiveA), message(kLiveA), message(kLiveA)};
  batch[1].integration = {424242};  // no such integration
  const auto outcomes = accept(std::move(batch));
  EXPECT_EQ(outcomes[0].audit_index, 0U);
  EXPECT_EQ(outcomes[1].status, AcceptStatus::Failed);
  EXPECT_EQ(outcomes[1].error, StoreError::Conflict);
  EXPECT_EQ(outcomes[2].status, AcceptStatus::Accepted);
  EXPECT_EQ(outcomes[2].audit_index, 1U);
}

TEST_P(StoreContract, TargetsOfAnotherTenancyAreRefused) {
  auto foreign = message(kLiveA);
  foreign.deliveries[0].target = endpoint_of(kLiveB);
  EXPECT_EQ(accept(foreign).error, StoreError::Conflict);
  auto other_environment = message(kLiveA);
  other_environment.deliveries[0].target = endpoint_of(kTestA);
  EXPECT_EQ(accept(other_environment).error, StoreError::Conflict);
}

TEST_P(StoreContract, EveryReadIsBoundToItsTenancy) {
  room_ = 1;
  auto both = message(kLiveA, 2);
  both.deliveries[1] = {both.message.position + 2, TargetKind::Channel, channel_of(kLiveA)};
  ASSERT_EQ(accept(both).status, AcceptStatus::Accepted);
  ASSERT_EQ(handed_over_.size(), 1U);
  ASSERT_EQ(finish(attempt(handed_over_[0], DeliveryState::Delivered)).status, FinishStatus::Finished);
  const RefusalId refusal{store_->positions().draw()};
  std::promise<std::optional<StoreError>> filed;
  RecordRefusal record;
  record.tenancy = kLiveA;
  record.refusal = refusal;
  record.category = "bad_signature";
  record.audit = draft(kLiveA.organization);
  ASSERT_TRUE(store_->record_refusals({record}, [&](auto error) { filed.set_value(error); }));
  ASSERT_FALSE(filed.get_future().get());
  const MessageRow mine = row_of(kLiveA, both.message);
  EXPECT_EQ(mine.deliveries, 2U);
  EXPECT_EQ(mine.open_deliveries, 0U);
  for (const Tenancy& other : {kTestA, kLiveB, kLiveA}) {
    const bool own = other == kLiveA;
    EXPECT_TRUE(
        look([&](Reader& reader) -> StoreResult<void> {
          EXPECT_EQ(reader.find_object(other, EntityKind::Endpoint, endpoint_of(kLiveA)).ok(), own);
          EXPECT_EQ(reader.find_message(other, both.message).ok(), own);
          EXPECT_EQ(reader.payload_of(other, both.message).ok(), own);
          EXPECT_EQ(reader.find_delivery(other, {both.message.position + 1}).ok(), own);
          EXPECT_EQ(reader.attempts_of(other, {both.message.position + 1}).value().size(), own ? 1U : 0U);
          EXPECT_EQ(reader.inbox(other, {channel_of(kLiveA)}, {}).value().size(), own ? 1U : 0U);
          EXPECT_EQ(reader.find_refusal(other, refusal).ok(), own);
          EXPECT_EQ(reader.list_refusals(other, 0, {}).value().size(), own ? 1U : 0U);
          EXPECT_EQ(reader.health_of(other, mine.integration).value().last_success_at.has_value(), own);
          MessageRow claimed = mine;
          claimed.tenancy = other;
          EXPECT_EQ(reader.deliveries_of(claimed).value().size(), own ? 2U : 0U);
          const auto listed = reader.list_objects(other, EntityKind::Endpoint, 0, {});
          for (const auto& row : listed.value()) EXPECT_EQ(row.head.tenancy, other);
          return {};
        }).ok());
  }
}

TEST_P(StoreContract, ObjectsChangeOnlyFromTheVersionThatWasRead) {
  ObjectRow row;
  const auto update = [&](std::uint64_t version) {
    return change([&](Transaction& transaction) -> StoreResult<void> {
      SEALPOST_TRY(row, transaction.find_object(kLiveA, EntityKind::Endpoint, endpoint_of(kLiveA)));
      row.head.version = version;
      row.body = R"({"name":"new"})";
      return transaction.update_object(row);
    });
  };
  EXPECT_TRUE(update(2).ok());
  EXPECT_EQ(update(2).error(), StoreError::VersionMismatch);
  EXPECT_TRUE(update(3).ok());
}

TEST_P(StoreContract, OnlyTheHolderOfALeaseFinishes) {
  room_ = 1;
  ASSERT_EQ(accept(message(kLiveA)).status, AcceptStatus::Accepted);
  ASSERT_EQ(handed_over_.size(), 1U);
  auto wrong_token = attempt(handed_over_[0], DeliveryState::Delivered);
  ++wrong_token.lease.token;
  EXPECT_EQ(finish(wrong_token).status, FinishStatus::LeaseLost);
  auto wrong_tenancy = attempt(handed_over_[0], DeliveryState::Delivered);
  wrong_tenancy.tenancy = kTestA;
  EXPECT_EQ(finish(wrong_tenancy).status, FinishStatus::LeaseLost);
  EXPECT_EQ(finish(attempt(handed_over_[0], DeliveryState::Delivered)).status, FinishStatus::Finished);
  EXPECT_EQ(finish(attempt(handed_over_[0], DeliveryState::Delivered)).status, FinishStatus::LeaseLost);
}

TEST_P(StoreContract, WaitingDeliveriesAreClaimedWhenDueAndOnlyOnce) {
  ASSERT_EQ(accept(message(kLiveA)).status, AcceptStatus::Accepted);
  auto work = claim_work();
  ASSERT_EQ(work.deliveries.size(), 1U);
  EXPECT_TRUE(claim_work().deliveries.empty());
  ASSERT_EQ(finish(attempt(work.deliveries[0], DeliveryState::Waiting, Milliseconds(5000))).status,
            FinishStatus::Finished);
  work = claim_work();
  EXPECT_TRUE(work.deliveries.empty());
  EXPECT_EQ(work.next_due, clock_.wall_now() + Milliseconds(5000));
  reopen();
  clock_.advance(Milliseconds(5000));
  work = claim_work();
  ASSERT_EQ(work.deliveries.size(), 1U);
  EXPECT_EQ(work.deliveries[0].attempts, 1U);
  EXPECT_FALSE(work.deliveries[0].orphaned);
  EXPECT_FALSE(claim_work().next_due);
}

TEST_P(StoreContract, LeasesOfADeadBootAreHandedOutAsOrphans) {
  room_ = 1;
  ASSERT_EQ(accept(message(kLiveA)).status, AcceptStatus::Accepted);
  const std::uint64_t old_boot = store_->boot();
  reopen();
  EXPECT_GT(store_->boot(), old_boot);
  EXPECT_EQ(finish(attempt(handed_over_[0], DeliveryState::Delivered)).status, FinishStatus::Finished)
      << "a lease that nobody took over still holds";
  room_ = 1;
  handed_over_.clear();
  ASSERT_EQ(accept(message(kLiveA)).status, AcceptStatus::Accepted);
  reopen();
  const auto work = claim_work();
  ASSERT_EQ(work.deliveries.size(), 1U);
  EXPECT_TRUE(work.deliveries[0].orphaned);
  EXPECT_EQ(finish(attempt(handed_over_[0], DeliveryState::Delivered)).status, FinishStatus::LeaseLost);
  EXPECT_EQ(finish(attempt(work.deliveries[0], DeliveryState::Waiting)).status, FinishStatus::Finished);
  EXPECT_FALSE(claim_work().deliveries.at(0).orphaned);
}

TEST_P(StoreContract, RequeueAndCancel) {
  room_ = 1;
  ASSERT_EQ(accept(message(kLiveA)).status, AcceptStatus::Accepted);
  const DeliveryId delivery = handed_over_[0].delivery;
  const auto requeue = [&](const Tenancy& tenancy) {
    return change([&](Transaction& t) { return t.requeue_delivery(tenancy, delivery, clock_.wall_now()); });
  };
  EXPECT_EQ(requeue(kLiveA).error(), StoreError::Conflict);
  ASSERT_EQ(finish(attempt(handed_over_[0], DeliveryState::Dead)).status, FinishStatus::Finished);
  EXPECT_EQ(requeue(kLiveB).error(), StoreError::NotFound);
  EXPECT_TRUE(requeue(kLiveA).ok());
  std::uint64_t cancelled = 0;
  const auto cancel = [&](const Tenancy& tenancy, bool by_target) {
    return change([&, by_target](Transaction& t) -> StoreResult<void> {
      if (by_target) {
        SEALPOST_TRY(cancelled, t.cancel_waiting_for_target(tenancy, endpoint_of(kLiveA), clock_.wall_now()));
      } else {
        SEALPOST_TRY(cancelled, t.cancel_waiting(tenancy, {integration_of(kLiveA)}, clock_.wall_now()));
      }
      return {};
    });
  };
  ASSERT_TRUE(cancel(kTestA, false).ok());
  EXPECT_EQ(cancelled, 0U);
  ASSERT_TRUE(cancel(kLiveA, false).ok());
  EXPECT_EQ(cancelled, 1U);
  EXPECT_TRUE(claim_work().deliveries.empty());
  EXPECT_TRUE(requeue(kLiveA).ok());
  ASSERT_TRUE(cancel(kLiveA, true).ok());
  EXPECT_EQ(cancelled, 1U);
  purge();
  EXPECT_EQ(requeue(kLiveA).error(), StoreError::PayloadErased);
}

TEST_P(StoreContract, PayloadsGoWhenNothingHoldsThemAnyMore) {
  room_ = 100;
  const auto delivered = message(kLiveA, 2), dead = message(kLiveA), kept_base = message(kLiveA),
             nobody = message(kLiveA, 0);
  auto kept = kept_base;
  kept.keep_payload_until = clock_.wall_now() + hours(24);
  auto inbox = message(kLiveA);
  inbox.deliveries[0] = {inbox.message.position + 1, TargetKind::Channel, channel_of(kLiveA)};
  for (const auto& one : {delivered, dead, kept, nobody, inbox})
    ASSERT_EQ(accept(one).status, AcceptStatus::Accepted);
  ASSERT_EQ(handed_over_.size(), 4U);
  const auto holds = [&](const AcceptMessage& one) {
    purge();
    return has_payload(kLiveA, one.message);
  };
  EXPECT_FALSE(holds(nobody));
  finish(attempt(handed_over_[0], DeliveryState::Delivered));
  EXPECT_TRUE(holds(delivered)) << "the second delivery is still open";
  finish(attempt(handed_over_[1], DeliveryState::Delivered));
  EXPECT_FALSE(holds(delivered));
  EXPECT_EQ(row_of(kLiveA, delivered.message).payload_erased_at, clock_.wall_now());
  finish(attempt(handed_over_[2], DeliveryState::Dead));
  finish(attempt(handed_over_[3], DeliveryState::Delivered));
  EXPECT_TRUE(holds(dead));
  EXPECT_TRUE(holds(kept));
  clock_.advance(hours(24));
  EXPECT_FALSE(holds(kept));
  EXPECT_TRUE(holds(inbox));
  clock_.advance(hours(6 * 24));
  EXPECT_FALSE(holds(inbox));
  EXPECT_TRUE(look([&](Reader& reader) -> StoreResult<void> {
                EXPECT_TRUE(reader.inbox(kLiveA, {channel_of(kLiveA)}, {}).value().empty());
                return {};
              }).ok());
  EXPECT_TRUE(holds(dead));
  clock_.advance(hours(7 * 24));
  EXPECT_FALSE(holds(dead));
}

TEST_P(StoreContract, ADeadLetterHoldsThePayloadThoughAnotherDeliveryEndedLater) {
  room_ = 2;
  const auto sent = message(kLiveA, 2);
  ASSERT_EQ(accept(sent).status, AcceptStatus::Accepted);
  ASSERT_EQ(handed_over_.size(), 2U);
  finish(attempt(handed_over_[0], DeliveryState::Dead));
  finish(attempt(handed_over_[1], DeliveryState::Delivered));
  purge();
  EXPECT_TRUE(has_payload(kLiveA, sent.message));
  clock_.advance(hours(14 * 24));
  purge();
  EXPECT_FALSE(has_payload(kLiveA, sent.message));
}

TEST_P(StoreContract, PositionsNeverRepeat) {
  const Position before = store_->positions().draw(5) + 4;
  ASSERT_EQ(accept(message(kLiveA)).status, AcceptStatus::Accepted);
  clock_.step_wall(-hours(24));
  reopen();
  EXPECT_GT(store_->positions().draw(), before);
}

TEST_P(StoreContract, ControlCallsAreIdempotent) {
  const auto call = [&](std::uint8_t body, Position resource) {
    Transaction::Repeat repeat;
    EXPECT_TRUE(change([&](Transaction& t) -> StoreResult<void> {
                  SEALPOST_TRY(repeat,
                               t.claim_control_call(kLiveA, claim(ClaimMeaning::IdempotencyKey, 9, body, 0),
                                                    resource));
                  return {};
                }).ok());
    return repeat;
  };
  EXPECT_TRUE(call(1, 11).first);
  const auto again = call(1, 12);
  EXPECT_FALSE(again.first);
  EXPECT_FALSE(again.mismatch);
  EXPECT_EQ(again.resource, 11U);
  EXPECT_TRUE(call(2, 13).mismatch);
}

TEST_P(StoreContract, AuditIndexesAreGaplessAndTilesEqualRecomputation) {
  constexpr std::uint64_t kRecords = 700;
  for (std::uint64_t made = 0; made < kRecords;) {
    std::vector<AcceptMessage> batch;
    for (; batch.size() < 100 && made < kRecords; ++made) batch.push_back(message(kLiveA, 0));
    for (const auto& outcome : accept(std::move(batch))) ASSERT_EQ(outcome.status, AcceptStatus::Accepted);
  }
  reopen();
  ASSERT_EQ(accept(message(kLiveA, 0)).audit_index, kRecords);
  EXPECT_TRUE(look([&](Reader& reader) -> StoreResult<void> {
                SEALPOST_TRY(const std::uint64_t size, reader.log_size(kLiveA.organization));
                EXPECT_EQ(size, kRecords + 1);
                EXPECT_EQ(reader.log_size(kLiveB.organization).value(), 0U);
                std::vector<Hash256> leaves;
                while (leaves.size() < size) {
                  SEALPOST_TRY(const auto rows, reader.audit_rows(kLiveA.organization, leaves.size(), 500));
                  for (const AuditRow& row : rows) {
                    EXPECT_EQ(row.index, leaves.size());
                    EXPECT_EQ(row.leaf, R"({"v":1,"seq":)" + std::to_string(row.index) + "}");
                    EXPECT_EQ(row.leaf_hash, leaf_hash(as_bytes(row.leaf)));
                    leaves.push_back(row.leaf_hash);
                  }
                }
                for (std::uint64_t tile = 0; tile < 3; ++tile) {
                  const auto width =
                      static_cast<std::uint32_t>(std::min<std::uint64_t>(256, size - tile * 256));
                  SEALPOST_TRY(const auto hashes, reader.tile(kLiveA.organization, 0, tile, width));
                  for (std::size_t i = 0; i < width; ++i) EXPECT_EQ(hashes[i], leaves[tile * 256 + i]);
                  EXPECT_FALSE(reader.tile(kLiveA.organization, 0, tile, width + 1).ok());
                }
                SEALPOST_TRY(const auto roots, reader.tile(kLiveA.organization, 1, 0, 2));
                for (std::size_t tile = 0; tile < 2; ++tile) {
                  Frontier frontier;
                  for (std::size_t i = 0; i < 256; ++i) frontier.append(leaves[tile * 256 + i]);
                  EXPECT_EQ(roots[tile], frontier.root());
                }
                EXPECT_FALSE(reader.tile(kLiveA.organization, 1, 0, 3).ok());
                return {};
              }).ok());
}

TEST_P(StoreContract, ACheckpointSizeHasOneRoot) {
  const auto put = [&](std::uint8_t root, std::string note) {
    SignedCheckpoint checkpoint;
    checkpoint.size = 5;
    checkpoint.root.fill(root);
    checkpoint.note = std::move(note);
    return change([&](Transaction& t) { return t.put_checkpoint(kLiveA.organization, checkpoint); });
  };
  EXPECT_TRUE(put(1, "").ok());
  EXPECT_TRUE(put(1, "signed").ok());
  EXPECT_EQ(put(2, "forked").error(), StoreError::Conflict);
  reopen();
  EXPECT_TRUE(look([&](Reader& reader) -> StoreResult<void> {
                SEALPOST_TRY(const auto latest, reader.latest_checkpoint(kLiveA.organization));
                EXPECT_EQ(latest.value().note, "signed");
                return {};
              }).ok());
}

TEST_P(StoreContract, AllCheckpointsAreReadBySizeAndOfTheirLogAlone) {
  for (const std::uint64_t size : {9U, 3U, 700U}) {
    SignedCheckpoint checkpoint;
    checkpoint.size = size;
    checkpoint.note = std::to_string(size);
    EXPECT_TRUE(
        change([&](Transaction& t) { return t.put_checkpoint(kLiveA.organization, checkpoint); }).ok());
  }
  const auto sizes = [&](OrganizationId log, std::uint64_t from, std::uint32_t limit) {
    std::vector<std::uint64_t> found;
    EXPECT_TRUE(look([&](Reader& reader) -> StoreResult<void> {
                  SEALPOST_TRY(const auto rows, reader.checkpoints(log, from, limit));
                  for (const SignedCheckpoint& row : rows) {
                    EXPECT_EQ(row.note, std::to_string(row.size));
                    found.push_back(row.size);
                  }
                  SEALPOST_TRY(const auto counts, reader.counts());
                  EXPECT_EQ(counts.checkpoints, 3U);
                  return {};
                }).ok());
    return found;
  };
  EXPECT_EQ(sizes(kLiveA.organization, 0, 50), (std::vector<std::uint64_t>{3, 9, 700}));
  EXPECT_EQ(sizes(kLiveA.organization, 4, 1), (std::vector<std::uint64_t>{9}));
  EXPECT_TRUE(sizes({kLiveA.organization.position + 1}, 0, 50).empty());
}

TEST_P(StoreContract, HealthTellsLastSuccessAndLastFailure) {
  room_ = 1;
  ASSERT_EQ(accept(message(kLiveA)).status, AcceptStatus::Accepted);
  const WallTime accepted = clock_.wall_now();
  clock_.advance(Milliseconds(10));
  finish(attempt(handed_over_[0], DeliveryState::Dead));
  EXPECT_TRUE(look([&](Reader& reader) -> StoreResult<void> {
                SEALPOST_TRY(const auto health, reader.health_of(kLiveA, {integration_of(kLiveA)}));
                EXPECT_EQ(health.last_success_at, accepted);
                EXPECT_EQ(health.last_failure_at, clock_.wall_now());
                EXPECT_EQ(health.last_failure_code, "http_503");
                return {};
              }).ok());
}

TEST_P(StoreContract, WhatWasAcceptedIsThereAfterARestart) {
  const auto sent = message(kLiveA, 3);
  ASSERT_EQ(accept(sent).status, AcceptStatus::Accepted);
  reopen();
  EXPECT_TRUE(has_payload(kLiveA, sent.message));
  EXPECT_EQ(row_of(kLiveA, sent.message).open_deliveries, 3U);
}

TEST_P(StoreContract, ALongReadIsCancelled) {
  const auto result = look([&](Reader& reader) -> StoreResult<void> {
    clock_.advance(hours(1));
    for (int i = 0; i < 10'000; ++i) {
      SEALPOST_TRY(const auto rows, reader.load_objects({}));
      static_cast<void>(rows);
    }
    return {};
  });
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error(), StoreError::Busy);
  EXPECT_TRUE(look([](Reader& reader) -> StoreResult<void> {
                return reader.logs().ok() ? StoreResult<void>()
                                          : StoreResult<void>(fail(StoreError::Corrupt));
              }).ok());
}

TEST_P(StoreContract, NothingIsTakenAfterClosing) {
  store_->close();
  EXPECT_FALSE(store_->claim_work({}, [](const ClaimedWork&) {}));
  EXPECT_EQ(store_->read([](Reader&) -> StoreResult<void> { return {}; }).error(), StoreError::Unavailable);
}

}  // namespace sealpost
