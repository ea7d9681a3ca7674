#include "flow/history/message_history.h"

#include <gtest/gtest.h>

#include <future>

#include "domain/wire/outbound_body.h"
#include "flow/directory/testing/control_plane.h"

namespace sealpost {
namespace {

class MessageHistoryTest : public ControlPlane {
 protected:
  void SetUp() override {
    ControlPlane::SetUp();
    workspace_ = make_workspace(make_organization());
    integration_ = make_active(workspace_);
    endpoint_ = make_endpoint(integration_);
    channel_ = make_channel(workspace_);
    tenancy_ = picture()->find(integration_)->head.tenancy;
    history_ = std::make_unique<MessageHistory>(ops());
  }
  void TearDown() override {
    history_.reset();
    ControlPlane::TearDown();
  }

  // A JSON message, on its way to the endpoint and lying in the inbox.
  MessageId accept(std::string_view payload = R"({"a":1})", bool is_json = true) {
    AcceptMessage message;
    message.tenancy = tenancy_;
    message.epoch = epoch_of(tenancy_.organization);
    message.integration = integration_;
    message.message = {store_->positions().draw(3)};
    message.accepted_at = clock_.wall_now();
    message.event_type = "push";
    message.event_id = "evt_1";
    message.content_type = is_json ? "application/json" : "text/plain";
    message.payload_size = static_cast<std::uint32_t>(payload.size());
    message.summary = R"({"a":1})";
    message.facts =
        R"({"actor":"crd_x","scheme":"","signature":"bearer_token","event_type_authenticated":true,)"
        R"("grant":"grt_x","grant_version":1,"policy":"sealpost/builtin","policy_version":1,"request":"req_x"})";
    const Bytes stored = encode_stored_payload(0, is_json, as_bytes(payload));
    message.sealed_payload = vault_->current_data_key(tenancy_.organization, RetentionClass::Payload)
                                 ->seal(stored,
                                        {.tenancy = tenancy_,
                                         .kind = EntityKind::Message,
                                         .id = message.message.position,
                                         .version = 1,
                                         .field = "payload"},
                                        entropy_);
    message.deliveries = {{message.message.position + 1, TargetKind::Endpoint, endpoint_.position},
                          {message.message.position + 2, TargetKind::Channel, channel_.position}};
    AuditEvent event("message.accepted", tenancy_, clock_.wall_now());
    event.what()
        .add("received_ms", to_unix_ms(clock_.wall_now()))
        .add("prepared_ms", to_unix_ms(clock_.wall_now()) + 1);
    event.where().add("source_address", "198.51.100.9");
    message.audit = audit_->draft(event).value();
    const MessageId id = message.message;
    std::vector<AcceptMessage> messages;
    messages.push_back(std::move(message));
    std::promise<AcceptOutcome> promise;
    EXPECT_TRUE(store_->accept_messages(
        std::move(messages), [&](std::vector<AcceptOutcome> out) { promise.set_value(out.at(0)); }));
    EXPECT_EQ(promise.get_future().get().status, AcceptStatus::Accepted);
    return id;
  }
  // The endpoint's delivery is claimed and its attempt ends.
  void finish(std::string result, std::string code, std::string failure_class, DeliveryState next) {
    std::promise<ClaimedWork> claimed;
    ASSERT_TRUE(store_->claim_work(
        {.now = clock_.wall_now(), .most = 8, .most_per_target = 8, .rooms = {}, .picture = picture()},
        [&](ClaimedWork work) { claimed.set_value(std::move(work)); }));
    const ClaimedWork work = claimed.get_future().get();
    ASSERT_EQ(work.deliveries.size(), 1U);
    const LeasedDelivery& one = work.deliveries.front();
    FinishAttempt attempt;
    attempt.delivery = one.delivery;
    attempt.message = one.message;
    attempt.tenancy = one.tenancy;
    attempt.target = one.target;
    attempt.lease = one.lease;
    attempt.number = one.attempts + 1;
    attempt.started_at = attempt.ended_at = clock_.wall_now();
    attempt.result = std::move(result);
    attempt.code = std::move(code);
    attempt.failure_class = std::move(failure_class);
    attempt.http_status = attempt.code.empty() ? 200 : 503;
    attempt.facts = R"({"duration_ms":12,"key_ids":["key_x"],"remote_address":"203.0.113.5"})";
    attempt.next = next;
    attempt.next_attempt_at = clock_.wall_now() + std::chrono::minutes(5);
    AuditEvent event("delivery.attempted", tenancy_, clock_.wall_now());
    event.what().add("result", attempt.result);
    attempt.audit = audit_->draft(event).value();
    std::vector<FinishAttempt> attempts;
    attempts.push_back(std::move(attempt));
    std::promise<FinishOutcome> finished;
    ASSERT_TRUE(store_->finish_attempts(
        std::move(attempts), [&](std::vector<FinishOutcome> out) { finished.set_value(out.at(0)); }));
    ASSERT_EQ(finished.get_future().get().status, FinishStatus::Finished);
  }
  AuthorizedCall reader(Scope scope, ScopeSet scopes) { return by_machine(integration_, scopes, scope); }
  AuthorizedCall reader() { return reader(Scope::MessagesRead, {Scope::MessagesRead}); }

  WorkspaceId workspace_;
  IntegrationId integration_;
  EndpointId endpoint_;
  ChannelId channel_;
  Tenancy tenancy_;
  std::unique_ptr<MessageHistory> history_;
};

std::vector<std::string> stages_of(const Resource& message) {
  std::vector<std::string> out;
  for (const auto& stage : message.body.at("stages").as_array())
    out.emplace_back(stage.at("stage").get_string());
  std::ranges::sort(out);
  return out;
}

TEST_F(MessageHistoryTest, AReceiptTellsTheStagesInOrder) {
  const MessageId id = accept();
  clock_.advance(Seconds(1));
  finish("failed", "receiver_throttled", "receiver", DeliveryState::Waiting);
  const auto waiting = history_->message(reader(), id);
  ASSERT_TRUE(waiting.ok());
  EXPECT_EQ(waiting->body.at("source_address"), "198.51.100.9");
  EXPECT_EQ(waiting->body.at("signature").at("status"), "token");
  EXPECT_EQ(waiting->body.at("payload").at("state"), "stored");
  EXPECT_EQ(waiting->body.at("actor").at("kind"), "machine");
  const auto& delivery = waiting->body.at("deliveries").at(0);
  EXPECT_EQ(delivery.at("state"), "retrying");
  EXPECT_FALSE(delivery.at("next_attempt_at").is_null());
  EXPECT_EQ(delivery.at("attempts").at(0).at("code"), "receiver_throttled");
  EXPECT_EQ(delivery.at("attempts").at(0).at("class"), "receiver");
  EXPECT_EQ(delivery.at("attempts").at(0).at("duration_ms"), 12);
  EXPECT_EQ(delivery.at("attempts").at(0).at("key_ids").as_array().size(), 1U);
  clock_.advance(std::chrono::minutes(6));
  finish("delivered", "", "", DeliveryState::Delivered);
  const auto done = history_->message(reader(), id);
  ASSERT_TRUE(done.ok());
  EXPECT_EQ(stages_of(*done), (std::vector<std::string>{"accepted", "attempted", "attempted", "authorized",
                                                        "delivered", "delivered", "received"}));
  EXPECT_TRUE(waiting->body.at("payload").at("erase_at").is_null());
  EXPECT_FALSE(done->body.at("payload").at("erase_at").is_null()) << "the inbox's term is known";
  std::string last;
  for (const auto& stage : done->body.at("stages").as_array()) {
    EXPECT_LE(last, std::string(stage.at("at").get_string()));
    last = stage.at("at").get_string();
  }
  const auto integration = read_integration(ops(), by_operator(), integration_);
  EXPECT_EQ(integration->body.at("last_failure").at("code"), "receiver_throttled");
  EXPECT_FALSE(integration->body.at("last_success").is_null());
}

TEST_F(MessageHistoryTest, AnotherCallerFindsNothing) {
  const MessageId id = accept();
  const DeliveryId delivery{id.position + 1};
  const IntegrationId neighbour = make_integration(workspace_);
  const IntegrationId live = make_integration(workspace_, Environment::Live);
  const IntegrationId stranger = make_integration(make_workspace(make_organization("Other")));
  for (const IntegrationId other : {neighbour, live, stranger}) {
    const auto call = by_machine(other, {Scope::MessagesRead, Scope::DeliveriesRead, Scope::DeliveriesRetry},
                                 Scope::MessagesRead);
    EXPECT_EQ(history_->message(call, id).error().code, PublicCode::NotFound);
    EXPECT_EQ(history_->delivery(call, delivery).error().code, PublicCode::NotFound);
    EXPECT_EQ(history_->redeliver(call, delivery, {}).error().code, PublicCode::NotFound);
  }
  EXPECT_EQ(
      history_
          ->message(by_operator({picture()->find(stranger)->head.tenancy.organization, Environment::Shared}),
                    id)
          .error()
          .code,
      PublicCode::NotFound);
  EXPECT_TRUE(history_->message(by_operator(), id).ok());
  EXPECT_TRUE(history_->message(by_operator({tenancy_.organization, Environment::Shared}), id).ok());
}

TEST_F(MessageHistoryTest, AnInboxShowsPayloadsToMachinesOnly) {
  accept();
  clock_.advance(Seconds(1));
  const MessageId second = accept("plain text", false);
  const auto call = reader(Scope::ChannelsRead, {Scope::ChannelsRead});
  const auto page = history_->inbox(call, channel_, {.after = 0, .limit = 1});
  ASSERT_TRUE(page.ok());
  ASSERT_EQ(page->items.size(), 1U);
  EXPECT_EQ(page->items.at(0).at("payload").at("json").at("a"), 1);
  EXPECT_TRUE(page->items.at(0).at("erase_at").is_null()) << "the endpoint's delivery has not ended";
  ASSERT_TRUE(page->next.has_value());
  const auto rest = history_->inbox(call, channel_, {.after = *page->next, .limit = 1});
  ASSERT_TRUE(rest.ok());
  ASSERT_EQ(rest->items.size(), 1U);
  EXPECT_EQ(std::string(rest->items.at(0).at("message_id").as_string()), ids_->encode(second));
  EXPECT_EQ(std::string(rest->items.at(0).at("payload").at("base64").as_string()),
            to_base64(as_bytes("plain text")));
  EXPECT_FALSE(rest->next.has_value());
  EXPECT_EQ(history_->inbox(by_operator(), channel_, {}).error().code, PublicCode::OperatorNotAllowed);
  const auto narrowed = TestCalls::machine({.tenancy = tenancy_,
                                            .integration = integration_,
                                            .scope = Scope::ChannelsRead,
                                            .scopes = {Scope::ChannelsRead},
                                            .narrowed = {{Scope::ChannelsRead, {12345}}}});
  EXPECT_EQ(history_->inbox(narrowed, channel_, {}).error().code, PublicCode::ResourceNotInScope);
}

TEST_F(MessageHistoryTest, AnEndedDeliveryIsSentAgain) {
  const MessageId id = accept();
  const DeliveryId delivery{id.position + 1};
  const auto call = reader(Scope::DeliveriesRetry, {Scope::DeliveriesRetry});
  EXPECT_EQ(history_->redeliver(call, delivery, {}).error().code, PublicCode::DeliveryInProgress);
  clock_.advance(Seconds(1));
  finish("failed", "receiver_error", "receiver", DeliveryState::Dead);
  const Once once{.route = "POST redeliver", .key = "k", .body = {}};
  const auto again = history_->redeliver(call, delivery, once);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->resource.body.at("state"), "retrying");
  EXPECT_TRUE(history_->redeliver(call, delivery, once)->repeated);
  const auto log = records(tenancy_.organization);
  EXPECT_EQ(log.back().at("class"), "delivery.redelivered");
  EXPECT_EQ(log.back().at("message"), ids_->encode(id));
  ASSERT_TRUE(delete_endpoint(ops(), by_operator(), endpoint_).ok());
  EXPECT_EQ(history_->redeliver(call, delivery, {}).error().code, PublicCode::EndpointDisabled);
  EXPECT_EQ(history_->redeliver(call, DeliveryId{id.position + 2}, {}).error().code, PublicCode::Conflict);
}

TEST_F(MessageHistoryTest, AnErasedPayloadIsNotSentAgain) {
  const MessageId id = accept();
  clock_.advance(Seconds(1));
  finish("failed", "receiver_error", "receiver", DeliveryState::Dead);
  clock_.advance(std::chrono::days(15));
  for (bool more = true; more;) more = store_->purge_step({.now = clock_.wall_now()}).value();
  const auto call = reader(Scope::DeliveriesRetry, {Scope::DeliveriesRetry});
  EXPECT_EQ(history_->redeliver(call, {id.position + 1}, {}).error().code, PublicCode::PayloadErased);
  const auto receipt = history_->message(reader(), id);
  ASSERT_TRUE(receipt.ok());
  EXPECT_EQ(receipt->body.at("payload").at("state"), "erased");
  EXPECT_TRUE(receipt->body.at("payload").at("erase_at").is_null());
  const auto stages = stages_of(*receipt);
  EXPECT_NE(std::ranges::find(stages, "erased"), stages.end());
  EXPECT_NE(std::ranges::find(stages, "dead_lettered"), stages.end());
}

TEST_F(MessageHistoryTest, ARefusalIsToldStepByStepToWhoMayReadIt) {
  RecordRefusal refusal;
  refusal.tenancy = tenancy_;
  refusal.refusal = {store_->positions().draw()};
  refusal.integration = integration_;
  refusal.source = picture()->sources.begin()->first;
  refusal.category = "bad_signature";
  refusal.network = "198.51.100.0/24";
  refusal.first_at = refusal.last_at = clock_.wall_now();
  refusal.steps = R"({"headers_seen":["x-hub-signature-256"],"signed_length":3,"key_ids_tried":["key_x"]})";
  AuditEvent event("webhook.refused", tenancy_, clock_.wall_now());
  event.what().add("category", refusal.category);
  refusal.audit = audit_->draft(event).value();
  const RefusalId id = refusal.refusal;
  std::vector<RecordRefusal> refusals;
  refusals.push_back(std::move(refusal));
  std::promise<std::optional<StoreError>> promise;
  ASSERT_TRUE(store_->record_refusals(std::move(refusals),
                                      [&](std::optional<StoreError> error) { promise.set_value(error); }));
  ASSERT_FALSE(promise.get_future().get());
  EXPECT_EQ(history_->refusal(reader(), id).error().code, PublicCode::InsufficientScope);
  const auto told = history_->refusal(reader(Scope::DeliveriesRead, {Scope::DeliveriesRead}), id);
  ASSERT_TRUE(told.ok());
  const auto& steps = told->body.at("steps").as_array();
  ASSERT_EQ(steps.size(), 10U);
  EXPECT_EQ(steps[2].at("outcome"), "passed");
  EXPECT_EQ(steps[3].at("outcome"), "failed");
  EXPECT_EQ(steps[3].at("code"), "bad_signature");
  EXPECT_EQ(steps[4].at("outcome"), "not_reached");
  EXPECT_EQ(told->body.at("signed_bytes"), 3);
  EXPECT_TRUE(told->body.at("signed_sha256").is_null());
}

}  // namespace
}  // namespace sealpost
