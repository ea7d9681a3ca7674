#include "flow/delivery/delivery_engine.h"

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "domain/schemes/sign.h"
#include "flow/delivery/testing/delivery_world.h"

namespace sealpost {
namespace {

constexpr const char* kUrl = "https://one.example.com/hook";
constexpr const char* kOther = "https://two.example.com/hook";

using DeliveryEngineTest = DeliveryWorld;

std::vector<std::string> results_of(const std::vector<AttemptRow>& attempts) {
  std::vector<std::string> out;
  for (const AttemptRow& row : attempts) out.push_back(row.result + (row.code.empty() ? "" : ":" + row.code));
  return out;
}
using Texts = std::vector<std::string>;

TEST_F(DeliveryEngineTest, ABornLeasedMessageArrivesSignedAndIsRecordedOnce) {
  const EndpointId endpoint = add_endpoint(kUrl);
  edit(endpoint).headers = {{"x-team", "blue"}};
  publish();
  start_engine();
  const auto accepted = accept({endpoint});
  ASSERT_TRUE(sends(1));
  const auto seen = sender.waiting().at(0);
  EXPECT_EQ(seen.header("webhook-id"), ids->encode(accepted.message));
  EXPECT_EQ(seen.header("content-type"), "application/json");
  EXPECT_EQ(seen.header("user-agent"), "Sealpost");
  EXPECT_EQ(seen.header("x-team"), "blue");
  EXPECT_EQ(seen.timeout, Milliseconds(15'000));
  const auto body = boost::json::parse(std::string(as_text(seen.body))).as_object();
  EXPECT_EQ(body.at("id").as_string(), ids->encode(accepted.message));
  EXPECT_EQ(body.at("type").as_string(), "invoice.paid");
  EXPECT_EQ(body.at("environment").as_string(), "test");
  EXPECT_EQ(body.at("organization").as_string(), ids->encode(tenancy.organization));
  EXPECT_EQ(body.at("endpoint").as_string(), ids->encode(endpoint));
  EXPECT_EQ(body.at("source").as_string(), ids->encode(source));
  EXPECT_EQ(body.at("hops").as_int64(), 1);
  EXPECT_EQ(body.at("data").as_object().at("n").as_int64(), 1);

  ASSERT_TRUE(sender.answer(kUrl, 204));
  ASSERT_TRUE(reaches(accepted.deliveries[0], DeliveryState::Delivered));
  const auto made = attempts(accepted.deliveries[0]);
  ASSERT_EQ(made.size(), 1U);
  EXPECT_EQ(made[0].number, 1U);
  EXPECT_EQ(made[0].result, "delivered");
  EXPECT_EQ(made[0].http_status, 204U);
  EXPECT_EQ(made[0].code, "");
  EXPECT_EQ(audit_classes(), (Texts{"message.accepted", "delivery.attempted"}));
  ASSERT_TRUE(eventually([&] { return engine->metrics().held == 0; }));
  EXPECT_EQ(engine->metrics().attempts_of(AttemptResult::Delivered), 1U);
}

TEST_F(DeliveryEngineTest, TheRecordBindsAllPartiesAndKeys) {
  const EndpointId endpoint = add_endpoint(kUrl);
  const auto accepted = (start_engine(), accept({endpoint}));
  ASSERT_TRUE(sends(1));
  ASSERT_TRUE(sender.answer(kUrl, 503, Seconds(30)));
  ASSERT_TRUE(reaches_attempts(accepted.deliveries[0], 1));
  const std::uint64_t index = attempts(accepted.deliveries[0])[0].audit_index;
  const auto fields = [&](std::string_view group) {
    return boost::json::parse(audit_fields(index, group)).as_object();
  };
  const auto who = fields("who");
  EXPECT_EQ(who.at("actor").as_string(), "system:delivery");
  EXPECT_EQ(who.at("integration").as_string(), ids->encode(integration));
  EXPECT_EQ(who.at("grant").as_string(), ids->encode(GrantId{940}));
  EXPECT_EQ(who.at("grant_version").as_int64(), 3);
  EXPECT_EQ(who.at("policy").as_string(), "sealpost/builtin");
  EXPECT_EQ(who.at("policy_version").as_int64(), 1);
  EXPECT_EQ(who.at("keys").as_string(), ids->encode(draft.keys_of.at(endpoint.position).at(0)->id()));
  const auto what = fields("what");
  EXPECT_EQ(what.at("organization").as_string(), ids->encode(tenancy.organization));
  EXPECT_EQ(what.at("workspace").as_string(), ids->encode(workspace));
  EXPECT_EQ(what.at("environment").as_string(), "test");
  EXPECT_EQ(what.at("source_system").as_string(), "billing");
  EXPECT_EQ(what.at("endpoint").as_string(), ids->encode(endpoint));
  EXPECT_EQ(what.at("event_type").as_string(), "invoice.paid");
  EXPECT_EQ(what.at("message").as_string(), ids->encode(accepted.message));
  EXPECT_EQ(what.at("delivery").as_string(), ids->encode(accepted.deliveries[0]));
  EXPECT_EQ(what.at("attempt").as_int64(), 1);
  EXPECT_EQ(what.at("result").as_string(), "failed");
  EXPECT_EQ(what.at("code").as_string(), "receiver_throttled");
  EXPECT_EQ(what.at("failure_class").as_string(), "receiver");
  EXPECT_EQ(what.at("http_status").as_int64(), 503);
  EXPECT_EQ(what.at("started_ms").as_int64(), to_unix_ms(clock.wall_now()));
  EXPECT_EQ(what.at("ended_ms").as_int64(), to_unix_ms(clock.wall_now()));
  EXPECT_EQ(what.at("next_attempt_ms").as_int64(), to_unix_ms(clock.wall_now() + Seconds(30)));
  const auto where = fields("where");
  EXPECT_EQ(where.at("remote_address").as_string(), "192.0.2.7");
  EXPECT_EQ(where.at("egress_policy_version").as_int64(), 5);
  EXPECT_EQ(fields("payload").at("message").as_string(), ids->encode(accepted.message));
}

TEST_F(DeliveryEngineTest, FailsTwiceThenSucceedsUnderOneId) {
  const EndpointId endpoint = add_endpoint(kUrl);
  start_engine();
  const auto accepted = accept({endpoint});
  const DeliveryId delivery = accepted.deliveries[0];
  Texts timestamps;
  Texts message_ids;
  std::vector<Bytes> bodies;
  const int answers[] = {500, 302, 200};
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(sends(1)) << i;
    const auto seen = sender.waiting().at(0);
    message_ids.push_back(seen.header("webhook-id"));
    timestamps.push_back(seen.header("webhook-timestamp"));
    bodies.push_back(seen.body);
    ASSERT_TRUE(sender.answer(kUrl, answers[i]));
    ASSERT_TRUE(reaches_attempts(delivery, static_cast<std::size_t>(i) + 1));
    if (i < 2) {
      EXPECT_EQ(row(delivery).state, DeliveryState::Waiting);
      advance(Seconds(3));
    }
  }
  EXPECT_EQ(row(delivery).state, DeliveryState::Delivered);
  EXPECT_EQ(message_ids, Texts(3, ids->encode(accepted.message)));
  EXPECT_LT(timestamps[0], timestamps[1]);
  EXPECT_LT(timestamps[1], timestamps[2]);
  // What was carried and what was opened again are the same bytes.
  EXPECT_EQ(bodies[0], bodies[1]);
  EXPECT_EQ(bodies[1], bodies[2]);
  EXPECT_EQ(results_of(attempts(delivery)),
            (Texts{"failed:receiver_error", "failed:redirect_refused", "delivered"}));
  EXPECT_EQ(audit_classes(),
            (Texts{"message.accepted", "delivery.attempted", "delivery.attempted", "delivery.attempted"}));
}

TEST_F(DeliveryEngineTest, RetryAfterIsHonoured) {
  const EndpointId endpoint = add_endpoint(kUrl);
  start_engine();
  const DeliveryId delivery = accept({endpoint}).deliveries[0];
  ASSERT_TRUE(sends(1));
  ASSERT_TRUE(sender.answer(kUrl, 429, Seconds(120)));
  ASSERT_TRUE(reaches(delivery, DeliveryState::Waiting));
  EXPECT_EQ(row(delivery).next_attempt_at, clock.wall_now() + Seconds(120));
  advance(Seconds(119));
  ASSERT_TRUE(engine->settle_for_test());
  EXPECT_TRUE(sender.waiting().empty());
  advance(Seconds(1));
  ASSERT_TRUE(sends(1));
}

TEST_F(DeliveryEngineTest, GoneDisablesTheEndpointAndEndsTheDelivery) {
  const EndpointId endpoint = add_endpoint(kUrl);
  start_engine();
  const DeliveryId delivery = accept({endpoint}).deliveries[0];
  ASSERT_TRUE(sends(1));
  ASSERT_TRUE(sender.answer(kUrl, 410));
  ASSERT_TRUE(reaches(delivery, DeliveryState::Dead));
  ASSERT_TRUE(eventually([&] {
    const std::scoped_lock lock(disabled_mutex);
    return disabled == std::vector{endpoint};
  }));
  EXPECT_EQ(results_of(attempts(delivery)), Texts{"failed:receiver_gone"});
  EXPECT_EQ(engine->metrics().dead, 1U);
}

TEST_F(DeliveryEngineTest, WhenTheScheduleIsUsedUpTheDeliveryIsDead) {
  const EndpointId endpoint = add_endpoint(kUrl, 4, {1});
  start_engine();
  const DeliveryId delivery = accept({endpoint}).deliveries[0];
  for (std::size_t i = 1; i <= 2; ++i) {
    ASSERT_TRUE(sends(1));
    ASSERT_TRUE(sender.answer(kUrl, 500));
    ASSERT_TRUE(reaches_attempts(delivery, i));
    advance(Seconds(2));
  }
  EXPECT_EQ(row(delivery).state, DeliveryState::Dead);
  const auto facts = boost::json::parse(attempts(delivery)[1].facts).as_object();
  EXPECT_EQ(facts.at("ended_by").as_string(), "attempts_exhausted");
}

TEST_F(DeliveryEngineTest, AHangingEndpointSlowsNoOther) {
  options.max_held_per_endpoint = 3;
  const EndpointId hanging = add_endpoint(kUrl, 2);
  const EndpointId quick = add_endpoint(kOther, 2);
  start_engine();
  std::vector<DeliveryId> stuck;
  for (int i = 0; i < 10; ++i) stuck.push_back(accept({hanging}).deliveries[0]);
  ASSERT_TRUE(eventually([&] { return sender.waiting_for(kUrl) == 2; }));
  for (int i = 0; i < 5; ++i) {
    const DeliveryId delivery = accept({quick}).deliveries[0];
    ASSERT_TRUE(eventually([&] { return sender.waiting_for(kOther) == 1; }));
    ASSERT_TRUE(sender.answer(kOther, 200));
    ASSERT_TRUE(reaches(delivery, DeliveryState::Delivered));
  }
  EXPECT_EQ(sender.waiting_for(kUrl), 2U);  // never more than the endpoint takes at once
  EXPECT_LE(engine->metrics().held, 6U);    // what its line has no room for went back to the store
  EXPECT_GE(engine->metrics().released, 4U);
  // Once it answers, all of it arrives.
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(eventually([&] { return sender.waiting_for(kUrl) > 0; })) << i;
    ASSERT_LE(sender.waiting_for(kUrl), 2U);
    ASSERT_TRUE(sender.answer(kUrl, 200));
  }
  for (const DeliveryId delivery : stuck) EXPECT_TRUE(reaches(delivery, DeliveryState::Delivered));
  for (const DeliveryId delivery : stuck) EXPECT_EQ(attempts(delivery).size(), 1U);
}

TEST_F(DeliveryEngineTest, OneOrganizationHoldsItsShareAndTheRestWaitsInTheStore) {
  options.max_held = 32;  // of which one organization holds 8
  const EndpointId hanging = add_endpoint(kUrl, 100);
  const EndpointId other = add_endpoint(kOther, 100);
  start_engine();
  std::vector<DeliveryId> deliveries;
  for (int i = 0; i < 10; ++i)
    for (const DeliveryId delivery : accept({hanging, other}).deliveries) deliveries.push_back(delivery);
  ASSERT_TRUE(sends(8));
  for (int i = 0; i < 5; ++i) {
    advance(Milliseconds(50));
    ASSERT_TRUE(engine->settle_for_test());
    EXPECT_EQ(sender.waiting().size(), 8U);
    EXPECT_EQ(engine->metrics().held, 8U);
  }
  EXPECT_EQ(engine->metrics().released, 0U) << "what has no room is not taken and given back";
  // Nothing is due for who holds its share: time alone brings no claim.
  const int claims = store->seen(ScriptedStore::Command::Claim);
  clock.advance(Seconds(1));
  ASSERT_TRUE(engine->settle_for_test());
  EXPECT_EQ(store->seen(ScriptedStore::Command::Claim), claims);
  // As places come free, all of it goes out without anybody's help.
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(eventually([&] { return !sender.waiting().empty(); })) << i;
    ASSERT_LE(sender.waiting().size(), 8U);
    ASSERT_TRUE(sender.answer(sender.waiting().front().url, 200));
  }
  for (const DeliveryId delivery : deliveries) EXPECT_TRUE(reaches(delivery, DeliveryState::Delivered));
  for (const DeliveryId delivery : deliveries) EXPECT_EQ(attempts(delivery).size(), 1U);
}

TEST_F(DeliveryEngineTest, DuringARotationOldAndNewKeySign) {
  const EndpointId endpoint = add_endpoint(kUrl);
  add_key(endpoint);
  edit(endpoint).sign_v1a = true;
  add_key(endpoint, KeyAlgorithm::Ed25519);
  publish();
  start_engine();
  const DeliveryId delivery = accept({endpoint}).deliveries[0];
  ASSERT_TRUE(sends(1));
  const auto seen = sender.waiting().at(0);
  const SignerSet::Choice choice{.v1 = true, .v1a = true};
  const auto signers = picture->load()->keys->outbound(endpoint);
  ASSERT_EQ(signers->keys(choice).size(), 3U);
  const auto expected = sign_standard(seen.header("webhook-id"), to_unix_seconds(clock.wall_now()), seen.body,
                                      signers->keys(choice));
  EXPECT_EQ(seen.header("webhook-signature"), expected->signature);
  EXPECT_EQ(std::ranges::count(seen.header("webhook-signature"), ','), 3);
  ASSERT_TRUE(sender.answer(kUrl, 200));
  ASSERT_TRUE(reaches(delivery, DeliveryState::Delivered));
  const auto facts = boost::json::parse(attempts(delivery)[0].facts).as_object();
  EXPECT_EQ(facts.at("key_ids").as_array().size(), 3U);
}

TEST_F(DeliveryEngineTest, WithoutASigningKeyNothingLeaves) {
  const EndpointId endpoint = add_endpoint(kUrl);
  draft.keys_of.clear();
  draft.keys.clear();
  publish();
  start_engine();
  const DeliveryId delivery = accept({endpoint}).deliveries[0];
  ASSERT_TRUE(reaches_attempts(delivery, 1));
  EXPECT_EQ(attempts(delivery)[0].code, "signing_key_missing");
  EXPECT_EQ(attempts(delivery)[0].failure_class, "signing");
  EXPECT_EQ(sender.submitted(), 0U);
  EXPECT_EQ(row(delivery).state, DeliveryState::Waiting);
}

TEST_F(DeliveryEngineTest, AnAddressThatIsForbiddenIsAPolicyFailure) {
  const EndpointId endpoint = add_endpoint(kUrl);
  start_engine();
  const DeliveryId delivery = accept({endpoint}).deliveries[0];
  ASSERT_TRUE(sends(1));
  OutboundResult refused;
  refused.outcome = OutboundOutcome::Refused;
  refused.refusal = EgressRefusal::SpecialPurpose;
  ASSERT_TRUE(sender.answer(kUrl, std::move(refused)));
  ASSERT_TRUE(reaches_attempts(delivery, 1));
  EXPECT_EQ(attempts(delivery)[0].result, "refused");
  EXPECT_EQ(attempts(delivery)[0].code, "forbidden_address");
  EXPECT_EQ(attempts(delivery)[0].failure_class, "policy");
}

TEST_F(DeliveryEngineTest, RevokedBeforeTheFirstByteIsAbortedAndCancelled) {
  const EndpointId endpoint = add_endpoint(kUrl);
  start_engine();
  const DeliveryId delivery = accept({endpoint}).deliveries[0];
  ASSERT_TRUE(sends(1));
  edit_integration().state = IntegrationState::Revoked;
  publish();
  // The connection stands only now: the sender asks once more.
  ASSERT_TRUE(sender.answer(kUrl, 200));
  ASSERT_TRUE(reaches(delivery, DeliveryState::Cancelled));
  const auto made = attempts(delivery);
  EXPECT_EQ(results_of(made), Texts{"aborted:integration_revoked"});
  EXPECT_EQ(made[0].failure_class, "authorization");
}

TEST_F(DeliveryEngineTest, EndingAccessAbortsWhatIsInFlightAndListsIt) {
  const EndpointId endpoint = add_endpoint(kUrl, 1);
  start_engine();
  const DeliveryId in_flight = accept({endpoint}).deliveries[0];
  const DeliveryId in_line = accept({endpoint}).deliveries[0];
  ASSERT_TRUE(sends(1));
  ASSERT_TRUE(eventually([&] { return engine->metrics().queued == 1; }));
  sender.set_sent_when_aborted(true);
  // Nothing has ended yet: nothing is aborted.
  EXPECT_EQ(engine->access_ended_and_wait(tenancy.organization, Seconds(10)), std::vector<DeliveryId>{});
  EXPECT_EQ(sender.waiting().size(), 1U);
  edit_grant().expires_at = clock.wall_now();
  publish();
  // Another organization's end is none of ours.
  EXPECT_EQ(engine->access_ended_and_wait(OrganizationId{1}, Seconds(10)), std::vector<DeliveryId>{});
  EXPECT_EQ(sender.waiting().size(), 1U);
  EXPECT_EQ(engine->access_ended_and_wait(tenancy.organization, Seconds(10)), std::vector{in_flight});
  ASSERT_TRUE(reaches(in_flight, DeliveryState::Cancelled));
  ASSERT_TRUE(reaches(in_line, DeliveryState::Cancelled));
  EXPECT_EQ(results_of(attempts(in_flight)), Texts{"aborted:grant_not_active"});
  EXPECT_EQ(results_of(attempts(in_line)), Texts{"refused:grant_not_active"});
  EXPECT_EQ(audit_classes(),
            (Texts{"message.accepted", "message.accepted", "delivery.attempted", "delivery.attempted"}));
}

TEST_F(DeliveryEngineTest, ASuspensionHoldsBackWithoutUsingUpAttempts) {
  const EndpointId endpoint = add_endpoint(kUrl);
  start_engine();
  edit_integration().state = IntegrationState::Suspended;
  publish();
  const DeliveryId delivery = accept({endpoint}).deliveries[0];
  ASSERT_TRUE(reaches(delivery, DeliveryState::Waiting));
  EXPECT_EQ(row(delivery).next_attempt_at, clock.wall_now() + kSuspendedWait);
  EXPECT_TRUE(attempts(delivery).empty());
  edit_integration().state = IntegrationState::Active;
  publish();
  advance(kSuspendedWait);
  ASSERT_TRUE(sends(1));
  ASSERT_TRUE(sender.answer(kUrl, 200));
  ASSERT_TRUE(reaches(delivery, DeliveryState::Delivered));
  EXPECT_EQ(attempts(delivery).size(), 1U);
}

TEST_F(DeliveryEngineTest, AfterACrashTheOutcomeIsUnknownThenItIsDelivered) {
  const EndpointId endpoint = add_endpoint(kUrl);
  start_engine();
  const DeliveryId delivery = accept({endpoint}).deliveries[0];
  ASSERT_TRUE(sends(1));
  crash();
  EXPECT_EQ(row(delivery).state, DeliveryState::Leased);
  publish();
  start_engine();
  ASSERT_TRUE(reaches_attempts(delivery, 1));
  EXPECT_EQ(results_of(attempts(delivery)), Texts{"outcome_unknown:outcome_unknown"});
  EXPECT_EQ(row(delivery).state, DeliveryState::Waiting);
  EXPECT_EQ(sender.submitted(), 1U);  // not sent on suspicion
  advance(Seconds(2));
  ASSERT_TRUE(eventually([&] { return sender.submitted() == 2; }));
  // The dead process's answer comes to nothing.
  ASSERT_TRUE(sender.answer(kUrl, 500));
  ASSERT_TRUE(sender.answer(kUrl, 200));
  ASSERT_TRUE(reaches(delivery, DeliveryState::Delivered));
  EXPECT_EQ(results_of(attempts(delivery)), (Texts{"outcome_unknown:outcome_unknown", "delivered"}));
  EXPECT_EQ(audit_classes(), (Texts{"message.accepted", "delivery.attempted", "delivery.attempted"}));
}

TEST_F(DeliveryEngineTest, ABusyStoreIsAskedAgainAndNothingIsLostOrDoubled) {
  const EndpointId endpoint = add_endpoint(kUrl);
  start_engine();
  store->refuse(ScriptedStore::Command::Finish, 2);
  store->fail(ScriptedStore::Command::Finish, 2, StoreError::Full);
  const DeliveryId delivery = accept({endpoint}).deliveries[0];
  ASSERT_TRUE(sends(1));
  ASSERT_TRUE(sender.answer(kUrl, 200));
  ASSERT_TRUE(eventually([&] {
    advance(Seconds(2));
    return row(delivery).state == DeliveryState::Delivered;
  }));
  EXPECT_EQ(attempts(delivery).size(), 1U);
  EXPECT_EQ(audit_classes().size(), 2U);
  EXPECT_GE(store->seen(ScriptedStore::Command::Finish), 5);
  EXPECT_GE(engine->metrics().filing_retries, 4U);
  ASSERT_TRUE(eventually([&] { return engine->metrics().held == 0; }));
}

TEST_F(DeliveryEngineTest, ALostLeaseIsToldAndDropped) {
  const EndpointId endpoint = add_endpoint(kUrl);
  start_engine();
  const DeliveryId delivery = accept({endpoint}).deliveries[0];
  ASSERT_TRUE(sends(1));
  const Lease lease = row(delivery).lease;
  ASSERT_TRUE(store
                  ->transact_and_wait([&](Transaction& transaction) {
                    return transaction.release_delivery(tenancy, delivery, lease,
                                                        clock.wall_now() + Seconds(900));
                  })
                  .ok());
  ASSERT_TRUE(sender.answer(kUrl, 200));
  ASSERT_TRUE(eventually([&] { return engine->metrics().leases_lost == 1; }));
  EXPECT_TRUE(attempts(delivery).empty());
  EXPECT_EQ(log.count("attempt_after_lease"), 1U);
  EXPECT_EQ(engine->metrics().held, 0U);
}

TEST_F(DeliveryEngineTest, AFullSenderIsAskedAgainWithoutAnAttempt) {
  const EndpointId endpoint = add_endpoint(kUrl);
  sender.set_capacity(0);
  start_engine();
  const DeliveryId delivery = accept({endpoint}).deliveries[0];
  ASSERT_TRUE(engine->settle_for_test());
  sender.set_capacity(8);
  ASSERT_TRUE(eventually([&] {
    advance(Milliseconds(20));
    return sender.waiting().size() == 1;
  }));
  ASSERT_TRUE(sender.answer(kUrl, 200));
  ASSERT_TRUE(reaches(delivery, DeliveryState::Delivered));
  EXPECT_EQ(attempts(delivery).size(), 1U);
}

TEST_F(DeliveryEngineTest, DrainingGivesBackWhatHasNotBegunAndFilesTheRest) {
  const EndpointId endpoint = add_endpoint(kUrl, 1);
  start_engine();
  const DeliveryId in_flight = accept({endpoint}).deliveries[0];
  const DeliveryId in_line = accept({endpoint}).deliveries[0];
  ASSERT_TRUE(sends(1));
  ASSERT_TRUE(eventually([&] { return engine->metrics().queued == 1; }));
  sender.set_sent_when_aborted(true);
  EXPECT_TRUE(engine->drain(Milliseconds(50)));
  EXPECT_EQ(row(in_line).state, DeliveryState::Waiting);
  EXPECT_TRUE(attempts(in_line).empty());
  EXPECT_EQ(row(in_flight).state, DeliveryState::Waiting);
  EXPECT_EQ(results_of(attempts(in_flight)), Texts{"outcome_unknown:outcome_unknown"});
  // From now on nothing is born leased.
  const DeliveryId late = accept({endpoint}).deliveries[0];
  EXPECT_EQ(row(late).state, DeliveryState::Waiting);
  EXPECT_TRUE(engine->drain(Milliseconds(50)));
}

TEST_F(DeliveryEngineTest, WhatWaitedInTheStoreIsClaimedOpenedAndSent) {
  const EndpointId endpoint = add_endpoint(kUrl);
  const EndpointId other = add_endpoint(kOther);
  const auto accepted = accept({endpoint, other}, false);  // nobody takes it: it waits
  publish();
  start_engine();
  ASSERT_TRUE(sends(2));
  const std::string url = sender.waiting().at(0).url;
  ASSERT_TRUE(sender.answer(url, 200));
  ASSERT_TRUE(sender.answer(url == kUrl ? kOther : kUrl, 200));
  ASSERT_TRUE(reaches(accepted.deliveries[0], DeliveryState::Delivered));
  ASSERT_TRUE(reaches(accepted.deliveries[1], DeliveryState::Delivered));
}

TEST_F(DeliveryEngineTest, NothingIsClaimedByAPictureThatTheStoreHasOutrun) {
  const EndpointId endpoint = add_endpoint(kUrl);
  const DeliveryId delivery = accept({endpoint}, false).deliveries[0];
  publish();
  ASSERT_TRUE(sqlite
                  ->transact_and_wait([&](Transaction& transaction) -> StoreResult<void> {
                    SEALPOST_TRY(draft.epochs[tenancy.organization.position],
                                 transaction.raise_epoch(tenancy.organization));
                    return {};
                  })
                  .ok());
  start_engine();
  for (int i = 0; i < 3; ++i) {  // asks again after each pause, and gets nothing
    const int asked = store->seen(ScriptedStore::Command::Claim);
    ASSERT_TRUE(eventually([&] {
      advance(Milliseconds(20));
      return store->seen(ScriptedStore::Command::Claim) > asked;
    }));
  }
  EXPECT_TRUE(sender.waiting().empty());
  EXPECT_EQ(row(delivery).state, DeliveryState::Waiting);
  publish();  // the picture of that change
  ASSERT_TRUE(eventually([&] {
    advance(Milliseconds(20));
    return sender.waiting().size() == 1;
  }));
  ASSERT_TRUE(sender.answer(kUrl, 200));
  ASSERT_TRUE(reaches(delivery, DeliveryState::Delivered));
}

TEST_F(DeliveryEngineTest, ManyAreFiledTogether) {
  const EndpointId endpoint = add_endpoint(kUrl, 256);
  start_engine();
  std::vector<DeliveryId> deliveries;
  for (int i = 0; i < 200; ++i) deliveries.push_back(accept({endpoint}).deliveries[0]);
  ASSERT_TRUE(sends(200));
  store->refuse(ScriptedStore::Command::Finish, 1);  // the first pause gathers the rest
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(sender.answer(kUrl, 200));
  ASSERT_TRUE(engine->settle_for_test());
  const int before = store->seen(ScriptedStore::Command::Finish);
  ASSERT_TRUE(eventually([&] {
    advance(Milliseconds(10));
    return engine->metrics().attempts_of(AttemptResult::Delivered) == 200;
  }));
  EXPECT_LE(store->seen(ScriptedStore::Command::Finish) - before, 20);
  EXPECT_EQ(audit_classes().size(), 400U);
}

}  // namespace
}  // namespace sealpost
