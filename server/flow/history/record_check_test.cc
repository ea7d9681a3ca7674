#include "flow/history/record_check.h"

#include <gtest/gtest.h>

#include <functional>
#include <future>

#include "domain/wire/outbound_body.h"
#include "domain/wire/time_text.h"
#include "flow/directory/testing/control_plane.h"
#include "foundation/crypto/crypto.h"

namespace sealpost {
namespace {

// The record is written of one set of values, the row of another: as if somebody had edited the row since.
class RecordCheckTest : public ControlPlane {
 protected:
  void SetUp() override {
    ControlPlane::SetUp();
    const WorkspaceId workspace = make_workspace(make_organization());
    integration_ = make_active(workspace);
    endpoint_ = make_endpoint(integration_);
    channel_ = make_channel(workspace);
    tenancy_ = picture()->find(integration_)->head.tenancy;
  }

  AcceptMessage message() {
    AcceptMessage made;
    made.tenancy = tenancy_;
    made.epoch = epoch_of(tenancy_.organization);
    made.integration = integration_;
    made.message = {store_->positions().draw(3)};
    made.accepted_at = clock_.wall_now();
    made.event_type = "push";
    made.event_id = "evt_1";
    made.content_type = "application/json";
    made.payload_size = 7;
    made.summary = R"({"a":1})";
    const auto digest = vault_->keyed_digest(tenancy_.organization, as_bytes(R"({"a":1})"));
    made.payload_digest = digest->digest;
    digest_key_ = ids_->encode(digest->key);
    made.facts = facts(actor());
    const auto key = vault_->current_data_key(tenancy_.organization, RetentionClass::Payload);
    payload_key_ = key->id();
    made.sealed_payload = key->seal(encode_stored_payload(0, true, as_bytes(R"({"a":1})")),
                                    {.tenancy = tenancy_,
                                     .kind = EntityKind::Message,
                                     .id = made.message.position,
                                     .version = 1,
                                     .field = "payload"},
                                    entropy_);
    made.claims = {{.meaning = ClaimMeaning::SignedId,
                    .owner = kSource.position,
                    .key = Hash128{static_cast<std::uint8_t>(++claims_)},
                    .body = {2},
                    .signed_ms = 1,
                    .keep_until = clock_.wall_now() + std::chrono::days(7)}};
    made.deliveries = {{made.message.position + 1, TargetKind::Endpoint, endpoint_.position},
                       {made.message.position + 2, TargetKind::Channel, channel_.position}};
    return made;
  }

  static constexpr SourceId kSource{4711};
  std::string actor() { return ids_->encode(kSource); }
  std::string facts(std::string_view actor, std::string_view more = "") {
    return R"({"actor":")" + std::string(actor) + R"(","digest_key":")" + digest_key_ +
           R"(","event_type_authenticated":true)" + std::string(more) + '}';
  }

  AuditDraft record_of(const AcceptMessage& made) {
    AuditEvent event("message.accepted", tenancy_, made.accepted_at);
    event.who().add("actor", actor()).add("integration", ids_->encode(made.integration));
    const Claim& claim = made.claims.at(0);
    event.what()
        .add("accepted_ms", to_unix_ms(made.accepted_at))
        .add("environment", name_of(tenancy_.environment))
        .add("event_id", made.event_id)
        .add("event_type", made.event_type)
        .add_flag("event_type_authenticated", true)
        .add("message", ids_->encode(made.message))
        .add("targets", ids_->encode(endpoint_) + ',' + ids_->encode(channel_));
    event.payload()
        .add("claims", to_hex(claim.key) + '.' + to_hex(claim.body) + '.' +
                           std::to_string(to_unix_ms(claim.keep_until)))
        .add("content_type", made.content_type)
        .add("deletion", "after_delivery")
        .add("digest", to_hex(made.payload_digest))
        .add("digest_key", digest_key_)
        .add("payload_key", ids_->encode(payload_key_))
        .add("size", std::int64_t{made.payload_size})
        .add("summary", made.summary);
    return audit_->draft(event).value();
  }

  void store(AcceptMessage made) {
    std::vector<AcceptMessage> messages;
    messages.push_back(std::move(made));
    std::promise<AcceptOutcome> promise;
    ASSERT_TRUE(store_->accept_messages(
        std::move(messages), [&](std::vector<AcceptOutcome> out) { promise.set_value(out.at(0)); }));
    ASSERT_EQ(promise.get_future().get().status, AcceptStatus::Accepted);
  }

  std::vector<std::string> check() {
    std::vector<std::string> told;
    const auto tell = [&](const std::string& line) { told.push_back(line); };
    RecordCheck rows({.store = *store_, .vault = *vault_, .ids = *ids_, .clock = clock_},
                     std::chrono::days(7), tell);
    const auto verdict = audit_->verify_log(tenancy_.organization, tell, [&](const OpenedRecord& record) {
      rows.judge(tenancy_.organization, record);
    });
    EXPECT_TRUE(verdict);
    rows.finish(*verdict);
    EXPECT_EQ(told.size(), rows.contradictions() + verdict->contradictions);
    payloads_stored_ = rows.payloads_stored();
    payloads_opened_ = rows.payloads_opened();
    return told;
  }

  bool nobody_complains() {
    const auto told = check();
    for (const std::string& line : told) ADD_FAILURE() << line;
    return told.empty();
  }
  bool is_named(std::string_view what) {
    const auto told = check();
    return std::ranges::any_of(told, [&](const std::string& line) { return line.starts_with(what); });
  }
  void by_hand(const std::function<StoreResult<void>(Transaction&)>& change) {
    ASSERT_TRUE(store_->transact_and_wait(change).ok());
  }

  std::uint32_t claims_ = 0;
  std::uint64_t payloads_stored_ = 0;
  std::uint64_t payloads_opened_ = 0;
  IntegrationId integration_;
  EndpointId endpoint_;
  ChannelId channel_;
  Tenancy tenancy_;
  std::string digest_key_;
  DataKeyId payload_key_;
};

TEST_F(RecordCheckTest, ARowThatSaysWhatItsRecordSaysIsSound) {
  AcceptMessage made = message();
  made.audit = record_of(made);
  store(std::move(made));
  const auto told = check();
  EXPECT_TRUE(told.empty()) << told.front();
}

TEST_F(RecordCheckTest, CountsAPayloadAsOpenedOnlyIfItIsWhatItsRecordCommittedTo) {
  for (const bool edited : {false, true, false}) {
    AcceptMessage made = message();
    made.audit = record_of(made);
    if (edited) made.sealed_payload.back() ^= 1;
    store(std::move(made));
  }
  AcceptMessage other = message();
  other.payload_digest[0] ^= 1;  // opens, and the record speaks of other octets
  other.audit = record_of(other);
  store(std::move(other));
  EXPECT_FALSE(check().empty());
  EXPECT_EQ(payloads_stored_, 4U);
  EXPECT_EQ(payloads_opened_, 2U);
}

TEST_F(RecordCheckTest, EachColumnThatContradictsIsNamedAlone) {
  struct Case {
    const char* column;
    std::function<void(AcceptMessage&)> edit;
  };
  const std::vector<Case> cases{
      {"message.event_type:", [](AcceptMessage& m) { m.event_type = "pull"; }},
      {"message.event_id:", [](AcceptMessage& m) { m.event_id = "evt_2"; }},
      {"message.accepted_ms:", [](AcceptMessage& m) { m.accepted_at += Milliseconds(1); }},
      {"message.payload_size:", [](AcceptMessage& m) { ++m.payload_size; }},
      {"message.payload_digest:", [](AcceptMessage& m) { m.payload_digest[3] ^= 1; }},
      {"message.content_type:", [](AcceptMessage& m) { m.content_type = "text/plain"; }},
      {"message.summary:", [](AcceptMessage& m) { m.summary = R"({"a":2})"; }},
      {"message.source:", [](AcceptMessage& m) { m.source = 7; }},
      {"message.keep_until_ms:",
       [](AcceptMessage& m) { m.keep_payload_until = m.accepted_at + std::chrono::days(3); }},
      {"message.facts:", [this](AcceptMessage& m) { m.facts = facts("crd_y"); }},
      {"message.facts:", [this](AcceptMessage& m) { m.facts = facts(actor(), R"(,"more":1)"); }},
      {"message.facts:", [](AcceptMessage& m) { m.facts = R"({"actor":"src_x"})"; }},
      {"message.facts:", [](AcceptMessage& m) { m.facts = "{"; }},
      {"payload.sealed:", [](AcceptMessage& m) { m.sealed_payload.back() ^= 1; }},
      {"claim, claim_index, claim_slice:", [](AcceptMessage& m) { m.claims.clear(); }},
      {"claim, claim_index, claim_slice:", [](AcceptMessage& m) { m.claims[0].key[0] ^= 0xff; }},
      {"claim, claim_index, claim_slice:", [](AcceptMessage& m) { ++m.claims[0].owner; }},
      {"claim.body:", [](AcceptMessage& m) { m.claims[0].body[0] ^= 1; }},
      {"delivery.target:", [](AcceptMessage& m) { m.deliveries[0].target = m.deliveries[1].target; }},
  };
  for (const Case& one : cases) {
    const std::size_t before = check().size();
    AcceptMessage made = message();
    made.audit = record_of(made);
    const std::string name = ids_->encode(made.message);
    one.edit(made);
    store(std::move(made));
    const auto told = check();
    EXPECT_GT(told.size(), before) << one.column;
    EXPECT_TRUE(std::ranges::any_of(told,
                                    [&](const std::string& line) {
                                      return line.starts_with(one.column) &&
                                             (line.find(name) != std::string::npos ||
                                              line.find("dlv_") != std::string::npos);
                                    }))
        << one.column << (told.empty() ? "" : told.back());
  }
}

TEST_F(RecordCheckTest, RowsWithoutARecordAndRecordsWithoutARowAreMissed) {
  AcceptMessage made = message();
  AcceptMessage other = message();
  made.audit = record_of(other);  // speaks of a message that is not there
  store(std::move(made));
  const auto told = check();
  EXPECT_TRUE(std::ranges::any_of(told, [&](const std::string& line) {
    return line.starts_with("message: the row of " + ids_->encode(other.message) + " is not there");
  }));
}

TEST_F(RecordCheckTest, AClaimIsMissedForAsLongAsItHasToLive) {
  AcceptMessage made = message();
  made.audit = record_of(made);
  made.claims.clear();
  store(std::move(made));
  EXPECT_TRUE(is_named("claim, claim_index, claim_slice:"));
  clock_.advance(std::chrono::days(7));
  EXPECT_FALSE(is_named("claim, claim_index, claim_slice:"));
}

TEST_F(RecordCheckTest, AnotherMessagesClaimDoesNotStandForOnesOwn) {
  AcceptMessage first = message();
  first.audit = record_of(first);
  AcceptMessage second = message();
  second.claims = first.claims;
  second.audit = record_of(second);
  second.claims.clear();  // or the store would tell it from a new one
  store(std::move(first));
  store(std::move(second));
  EXPECT_TRUE(is_named("claim.receipt:"));
}

TEST_F(RecordCheckTest, AnEpochThatNoRecordRaisedIsNamed) {
  ASSERT_TRUE(nobody_complains());
  by_hand([&](Transaction& transaction) -> StoreResult<void> {
    SEALPOST_TRY_VOID(transaction.raise_epoch(tenancy_.organization));
    return {};
  });
  EXPECT_TRUE(is_named("epoch (organization, value):"));
}

TEST_F(RecordCheckTest, EveryRiseOfTheEpochStandsInARecord) {
  const std::uint64_t before = epoch_of(tenancy_.organization);
  make_grant(integration_, {{"messages:read", {}}});
  EXPECT_EQ(epoch_of(tenancy_.organization), before + 1) << "messages:write is gone";
  EXPECT_TRUE(nobody_complains());
  ASSERT_TRUE(suspend_integration(ops(), by_operator(), integration_, "drill", {}).ok());
  EXPECT_EQ(epoch_of(tenancy_.organization), before + 2);
  EXPECT_TRUE(nobody_complains());
}

TEST_F(RecordCheckTest, AHealthThatNoRecordSpeaksOfIsNamed) {
  AcceptMessage made = message();
  made.audit = record_of(made);
  made.accepted_at += Milliseconds(1);
  store(std::move(made));
  EXPECT_TRUE(is_named("integration_health.success_ms:"));
  EXPECT_FALSE(is_named("integration_health.failure_ms:"));
}

TEST_F(RecordCheckTest, ADeliveryThatNoRecordCancelledIsNamed) {
  AcceptMessage made = message();
  made.audit = record_of(made);
  store(std::move(made));
  ASSERT_TRUE(nobody_complains());
  by_hand([&](Transaction& transaction) -> StoreResult<void> {
    SEALPOST_TRY(const auto count, transaction.cancel_waiting(tenancy_, integration_, clock_.wall_now()));
    EXPECT_EQ(count, 1U);
    return {};
  });
  EXPECT_TRUE(is_named("delivery.state:"));
}

TEST_F(RecordCheckTest, WhatARevocationCancelledIsSound) {
  AcceptMessage made = message();
  made.audit = record_of(made);
  store(std::move(made));
  ASSERT_TRUE(revoke_integration(ops(), by_operator(), integration_, "drill", {}).ok());
  EXPECT_TRUE(nobody_complains());
}

TEST_F(RecordCheckTest, TellsNothingOfWhatTheRowsHold) {
  AcceptMessage made = message();
  made.audit = record_of(made);
  made.event_id = "somebody@example.test";
  store(std::move(made));
  for (const std::string& line : check()) EXPECT_EQ(line.find("example.test"), std::string::npos) << line;
}

}  // namespace
}  // namespace sealpost
