// What an accepted message holds, where it goes and what is bound to it; and messages through the API.
#include <gtest/gtest.h>

#include "flow/acceptance/testing/acceptance_world.h"

namespace sealpost {
namespace {

using MessageContentTest = AcceptanceWorld;

// ---- Bodies

TEST_F(MessageContentTest, JsonIsReadStrictly) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  struct Case {
    const char* name;
    std::string body;
    std::optional<PublicCode> told;
  };
  const Case cases[] = {
      {"64 deep", nested(64), std::nullopt},
      {"65 deep", nested(65), PublicCode::JsonTooDeep},
      {"a name twice", R"({"a":1,"a":2})", PublicCode::DuplicateMember},
      {"a name twice, inside", R"({"a":[{"b":1,"b":1}]})", PublicCode::DuplicateMember},
      {"cut off", R"({"a":1)", PublicCode::MalformedJson},
      {"more behind it", R"({"a":1} x)", PublicCode::MalformedJson},
      {"empty", "", PublicCode::MalformedJson},
      {"a number", "1", std::nullopt},
  };
  int number = 0;
  for (const Case& one : cases) {
    SCOPED_TRACE(one.name);
    const auto answer = send({.id = "evt_" + std::to_string(++number), .body = one.body});
    EXPECT_EQ(code(answer), one.told);
    if (one.told) {
      EXPECT_TRUE(std::get<Refused>(answer).refusal);
    }
  }
  EXPECT_EQ(messages_stored(), 2U);
}

TEST_F(MessageContentTest, WhatIsNotJsonIsKeptAsItCame) {
  const std::string body("\xff\x00 {not json \x80", 13);
  const auto answer = send({.body = body, .content_type = "application/octet-stream"});
  ASSERT_TRUE(receipt(answer));
  const StoredPayload kept = payload(answer);
  EXPECT_FALSE(kept.is_json);
  EXPECT_EQ(as_text(kept.bytes), body);
  const MessageRow stored = row(answer);
  EXPECT_EQ(stored.content_type, "application/octet-stream");
  EXPECT_EQ(stored.payload_size, body.size());
  EXPECT_EQ(stored.summary, "{}");
  EXPECT_EQ(stored.event_type, "");
}

TEST_F(MessageContentTest, JsonIsKeptAsItCameToo) {
  const std::string body = " {\"type\" : \"build.done\",\n \"n\":1.00}";
  const auto answer = send({.body = body, .content_type = "application/vnd.example+json; charset=utf-8"});
  ASSERT_TRUE(receipt(answer));
  const StoredPayload kept = payload(answer);
  EXPECT_TRUE(kept.is_json);
  EXPECT_EQ(as_text(kept.bytes), body);
  EXPECT_EQ(row(answer).event_type, "build.done");
  const auto endless = send({.id = "evt_2", .content_type = "application/json;" + std::string(500, 'x')});
  ASSERT_TRUE(receipt(endless));
  EXPECT_EQ(row(endless).content_type.size(), 128U) << "bounded, whatever the sender writes";
}

// A body in our own wrapped form says how often it has been through a gateway.
TEST_F(MessageContentTest, AMessageGoesThroughGatewaysFourTimesAtMost) {
  const auto wrapped = [](std::string_view hops) {
    return R"({"type":"build.done","id":"msg_x","organization":"org_x","hops":)" + std::string(hops) + "}";
  };
  struct Case {
    std::string body;
    std::optional<std::uint32_t> kept;  // nothing: refused as a loop
  };
  const Case cases[] = {
      {wrapped("1"), 1},
      {wrapped("3"), 3},
      {wrapped("4"), std::nullopt},
      {wrapped("5000000000"), std::nullopt},
      {wrapped("-1"), std::nullopt},
      {wrapped("\"two\""), std::nullopt},
      {wrapped("1.5"), std::nullopt},
      {R"({"hops":9})", 0},
      {R"({"id":"msg_x","hops":9})", 0},
      {R"({"id":"msg_x","organization":"acme","hops":9})", 0},
      {R"({"id":"x","organization":"org_x","hops":9})", 0},
      {R"({"id":7,"organization":"org_x","hops":9})", 0},
      {R"([{"id":"msg_x","organization":"org_x","hops":9}])", 0},
  };
  int number = 0;
  for (const Case& one : cases) {
    SCOPED_TRACE(one.body);
    const auto answer = send({.id = "evt_" + std::to_string(++number), .body = one.body});
    if (one.kept) {
      ASSERT_TRUE(receipt(answer));
      EXPECT_EQ(payload(answer).hops, *one.kept);
    } else {
      EXPECT_EQ(code(answer), PublicCode::LoopDetected);
    }
  }
  EXPECT_EQ(code(send({.id = "evt_plain", .body = wrapped("4"), .content_type = "text/plain"})),
            PublicCode::LoopDetected)
      << "the type is not signed, so it decides nothing";
  auto through_api = new_message(wrapped("4"));
  EXPECT_EQ(code(post(std::move(through_api))), PublicCode::LoopDetected);
}

TEST_F(MessageContentTest, ASummaryHoldsWhatTheRulesKeepAndNothingElse) {
  change_source(source_, [](SourceChange& change) {
    change.event_rules = std::vector<EventRule>{
        {"build.done", {{"/n", FieldTreatment::Keep}, {"/who", FieldTreatment::Mask}}, 3}};
  });
  const auto answer = send({.body = R"({"type":"build.done","n":1,"who":"Ada","more":"secret"})"});
  ASSERT_TRUE(receipt(answer));
  const MessageRow stored = row(answer);
  EXPECT_EQ(stored.summary, R"({"n":1,"who":"[masked]"})");
  EXPECT_EQ(stored.keep_payload_until, clock_.wall_now() + std::chrono::days(3));
  const auto other = send({.id = "evt_2", .body = R"({"type":"build.failed","n":1})"});
  EXPECT_EQ(row(other).summary, "{}");
  EXPECT_EQ(row(other).keep_payload_until, WallTime{});
}

// ---- Where it goes

TEST_F(MessageContentTest, EventsGoWhereSubscriptionsSay) {
  const EndpointId second = make_endpoint(integration_, "https://second.example/");
  const EndpointId off = make_endpoint(integration_, "https://off.example/");
  const IntegrationId neighbour = make_integration(workspace_);
  const EndpointId theirs = make_endpoint(neighbour, "https://theirs.example/");
  subscribe(endpoint_, {}, {"build.done"});
  subscribe(endpoint_, {});
  subscribe(second, {}, {"build.failed"});
  subscribe(off, {});
  subscribe({}, channel_);
  EndpointChange disable;
  disable.state = EndpointState::Disabled;
  ASSERT_TRUE(update_endpoint(ops(), by_operator(), off, disable, 0).ok());
  NewSubscription foreign;
  foreign.integration = neighbour;
  foreign.endpoint = theirs;
  ASSERT_TRUE(create_subscription(ops(), by_operator(), foreign).ok());

  using Targets = std::vector<Position>;
  const auto done = send({.id = "a"});
  ASSERT_TRUE(receipt(done));
  EXPECT_EQ(targets(done), (Targets{endpoint_.position, channel_.position})) << "each target once";
  EXPECT_EQ(receipt(done)->deliveries, 2U);
  const auto failed = send({.id = "b", .body = R"({"type":"build.failed"})"});
  EXPECT_EQ(targets(failed), (Targets{endpoint_.position, channel_.position, second.position}));
  ASSERT_TRUE(delete_channel(ops(), by_operator(), channel_).ok());
  EXPECT_EQ(targets(send({.id = "c"})), Targets{endpoint_.position});
  EXPECT_EQ(targets(post(new_message())), Targets{endpoint_.position}) << "the API's go the same way";
}

TEST_F(MessageContentTest, WithoutSubscriptionsItIsKeptAndGoesNowhere) {
  const auto answer = send({});
  ASSERT_TRUE(receipt(answer));
  EXPECT_EQ(receipt(answer)->deliveries, 0U);
  EXPECT_TRUE(targets(answer).empty());
}

TEST_F(MessageContentTest, AGrantAndATokenNarrowTheTargets) {
  subscribe(endpoint_, {});
  subscribe({}, channel_);
  using Targets = std::vector<Position>;
  const auto narrowed = [&](std::vector<Position> resources) {
    return caller({.narrowed = {{Scope::MessagesWrite, std::move(resources)}}});
  };
  const auto one = [&](const AuthorizedCall& call, std::optional<ChannelId> channel = {}) {
    std::vector<NewMessage> messages;
    messages.push_back(new_message());
    messages[0].channel = channel;
    return post(call, std::move(messages)).at(0);
  };
  EXPECT_EQ(targets(one(narrowed({endpoint_.position}))), Targets{endpoint_.position});
  EXPECT_EQ(targets(one(narrowed({}))), Targets{});
  EXPECT_EQ(targets(one(narrowed({channel_.position}), channel_)), Targets{channel_.position});
  EXPECT_EQ(targets(one(caller({}), channel_)), Targets{channel_.position})
      << "straight, not by subscription";
  EXPECT_EQ(code(one(narrowed({endpoint_.position}), channel_)), PublicCode::ResourceNotInScope);

  make_grant(integration_, {{"messages:write", {channel_.position}}});
  EXPECT_EQ(targets(send({})), Targets{channel_.position}) << "a source is held by its grant";
}

// ---- Through the API

TEST_F(MessageContentTest, EachMessageOfABatchHasItsOwnAnswer) {
  IntegrationChange slow;
  slow.rate_limit = RateSetting{.per_second = 1, .burst = 2};
  ASSERT_TRUE(update_integration(ops(), by_operator(), integration_, slow, 0).ok());
  const ChannelId unreachable = make_channel(workspace_);
  std::vector<NewMessage> messages;
  for (int i = 0; i < 4; ++i) messages.push_back(new_message(R"({"n":)" + std::to_string(i) + "}"));
  messages[1].channel = unreachable;
  messages[0].channel = messages[2].channel = channel_;
  const auto call = caller({.narrowed = {{Scope::MessagesWrite, {channel_.position}}}});
  const auto answers = post(call, std::move(messages));
  ASSERT_EQ(answers.size(), 4U);
  EXPECT_TRUE(receipt(answers[0]));
  EXPECT_EQ(code(answers[1]), PublicCode::ResourceNotInScope);
  EXPECT_TRUE(receipt(answers[2])) << "what was out of scope took nothing of the quota";
  EXPECT_EQ(code(answers[3]), PublicCode::RateLimited);
  EXPECT_EQ(std::get<Refused>(answers[3]).retry_after, Seconds(1));
  EXPECT_NE(receipt(answers[0])->message, receipt(answers[2])->message);
  EXPECT_EQ(as_text(payload(answers[2]).bytes), R"({"n":2})") << "each answer speaks of its own message";
  EXPECT_EQ(scripted_->seen(Command::Accept), 1) << "one command for all";
  EXPECT_EQ(messages_stored(), 2U);
}

TEST_F(MessageContentTest, MessagesCountAgainstCredentialIntegrationAndOrganization) {
  auto made = create_credential(ops(), by_operator(),
                                {.integration = integration_,
                                 .name = "slow",
                                 .expires_at = {},
                                 .rate_limit = RateSetting{.per_second = 1, .burst = 1},
                                 .once = {}});
  ASSERT_TRUE(made.ok());
  const auto one = [&](const AuthorizedCall& call) {
    std::vector<NewMessage> messages(1);
    messages[0] = new_message(R"({"n":1})");
    return post(call, std::move(messages)).at(0);
  };
  open_acceptance({.organization = {1, 3}});
  const auto slow = caller({.credential = {made->resource.position}});
  EXPECT_TRUE(receipt(one(slow)));
  EXPECT_EQ(code(one(slow)), PublicCode::RateLimited) << "the credential's";
  EXPECT_TRUE(receipt(one(caller({}))));
  EXPECT_TRUE(receipt(one(caller({}))));
  EXPECT_EQ(code(one(caller({}))), PublicCode::RateLimited) << "the organization's";
  open_acceptance({.integration = {1, 1}});
  EXPECT_TRUE(receipt(one(caller({}))));
  EXPECT_EQ(code(one(caller({}))), PublicCode::RateLimited) << "the integration's";
}

TEST_F(MessageContentTest, WhatTheStoreDidNotTakeCostsNoQuota) {
  IntegrationChange slow;
  slow.rate_limit = RateSetting{.per_second = 1, .burst = 2};
  ASSERT_TRUE(update_integration(ops(), by_operator(), integration_, slow, 0).ok());
  const auto call = caller({.narrowed = {{Scope::MessagesWrite, {channel_.position}}}});
  const auto two = [&] {
    std::vector<NewMessage> messages;
    for (int i = 0; i < 2; ++i) messages.push_back(new_message(R"({"n":1})"));
    for (NewMessage& one : messages) one.channel = channel_;
    return post(call, std::move(messages));
  };
  scripted_->refuse(Command::Accept, 1);
  for (const auto& answer : two()) EXPECT_EQ(code(answer), PublicCode::Overloaded);
  for (const auto& answer : two()) EXPECT_TRUE(receipt(answer));
}

TEST_F(MessageContentTest, ABatchThatIsAllRefusedNeverReachesTheStore) {
  const auto call = caller({.narrowed = {{Scope::MessagesWrite, {}}}});
  std::vector<NewMessage> messages(2);
  for (NewMessage& one : messages) one = new_message();
  for (NewMessage& one : messages) one.channel = channel_;
  for (const auto& answer : post(call, std::move(messages)))
    EXPECT_EQ(code(answer), PublicCode::ResourceNotInScope);
  EXPECT_EQ(scripted_->seen(Command::Accept), 0);
  EXPECT_TRUE(post(caller({}), {}).empty());
}

TEST_F(MessageContentTest, AnIdempotencyKeyMakesOneMessage) {
  const auto one = [&](const Caller& who, NewMessage message, std::string_view route = "POST /v1/messages") {
    std::vector<NewMessage> messages;
    messages.push_back(std::move(message));
    return post(caller(who), std::move(messages), route).at(0);
  };
  const auto keyed = [](std::string_view data = R"({"n":1})") { return new_message(data, "order-17"); };
  subscribe(endpoint_, {});
  const auto first = one({}, keyed());
  ASSERT_TRUE(receipt(first));
  const auto again = one({}, keyed());
  ASSERT_TRUE(receipt(again));
  EXPECT_TRUE(receipt(again)->duplicate);
  EXPECT_EQ(receipt(again)->message, receipt(first)->message);
  EXPECT_EQ(receipt(again)->deliveries, 1U);

  auto other_type = keyed();
  other_type.event_type = "build.failed";
  auto other_id = keyed();
  other_id.event_id = "evt_9";
  auto other_channel = keyed();
  other_channel.channel = channel_;
  for (NewMessage* changed : {&other_type, &other_id, &other_channel}) {
    const auto mismatch = one({}, std::move(*changed));
    ASSERT_EQ(code(mismatch), PublicCode::IdempotencyMismatch);
    EXPECT_EQ(std::get<Refused>(mismatch).first, receipt(first)->message);
  }
  EXPECT_EQ(code(one({}, keyed(R"({"n":2})"))), PublicCode::IdempotencyMismatch);

  for (const auto& answer : {one({.credential = {82}}, keyed()), one({}, keyed(), "POST /v1/messages:batch"),
                             one({}, new_message()), one({}, new_message())}) {
    ASSERT_TRUE(receipt(answer)) << "another caller, another route, no key";
    EXPECT_FALSE(receipt(answer)->duplicate);
  }
  EXPECT_EQ(messages_stored(), 5U);
}

TEST_F(MessageContentTest, TheStoresTroubleIsToldForEachMessage) {
  const auto two = [&](const AuthorizedCall& call) {
    std::vector<NewMessage> messages;
    messages.push_back(new_message());
    messages.push_back(new_message());
    return post(call, std::move(messages));
  };
  scripted_->refuse(Command::Accept, 1);
  for (const auto& answer : two(caller({}))) EXPECT_EQ(code(answer), PublicCode::Overloaded);
  scripted_->fail(Command::Accept, 1, StoreError::OutcomeUnknown);
  for (const auto& answer : two(caller({}))) EXPECT_EQ(code(answer), PublicCode::OutcomeUnknown);
  scripted_->fail(Command::Accept, 1, StoreError::Full);
  for (const auto& answer : two(caller({}))) {
    EXPECT_EQ(code(answer), PublicCode::StoreUnavailable);
    EXPECT_EQ(std::get<Refused>(answer).retry_after, Seconds(5));
  }
  const auto stale = caller({});
  const IntegrationId other = make_active(workspace_);
  ASSERT_TRUE(suspend_integration(ops(), by_operator(), other, "drill", {}).ok());
  for (const auto& answer : two(stale)) {
    EXPECT_EQ(code(answer), PublicCode::StoreUnavailable) << "the epoch of the decision is over";
    EXPECT_EQ(std::get<Refused>(answer).retry_after, Seconds(1));
  }
  clock_.advance(std::chrono::days(3));
  for (const auto& answer : two(caller({}))) {
    EXPECT_EQ(code(answer), PublicCode::KeyUnavailable);
    EXPECT_EQ(std::get<Refused>(answer).retry_after, Seconds(1));
  }
  EXPECT_EQ(messages_stored(), 0U);
}

// ---- What is bound to it

TEST_F(MessageContentTest, ARecordBindsAllThatMattersOfAWebhook) {
  subscribe(endpoint_, {});
  subscribe({}, channel_);
  change_source(source_, [](SourceChange& change) {
    change.event_rules = std::vector<EventRule>{{"build.done", {{"/n", FieldTreatment::Keep}}, 3}};
  });
  const WallTime now = clock_.wall_now();
  const auto answer = send({.id = "evt_7", .client = "192.0.2.44"});
  ASSERT_TRUE(receipt(answer));
  const auto log = records(tenancy_.organization);
  ASSERT_EQ(receipt(answer)->audit_index, log.size() - 1);
  Fields record = log.back();
  const MessageRow stored = row(answer);
  const Fields expected = {
      {"class", "message.accepted"},
      {"organization", ids_->encode(tenancy_.organization)},
      {"workspace", ids_->encode(workspace_)},
      {"environment", "test"},
      {"integration", ids_->encode(integration_)},
      {"source", ids_->encode(source_)},
      {"source_system", "github"},
      {"event_type", "build.done"},
      {"event_type_authenticated", "true"},
      {"event_id", "evt_7"},
      {"message", ids_->encode(receipt(answer)->message)},
      {"request", ids_->encode(RequestId{4711})},
      {"actor", ids_->encode(source_)},
      {"grant", ids_->encode(grant_)},
      {"grant_version", "1"},
      {"policy", std::string(kAccessPolicyId)},
      {"policy_version", std::to_string(kAccessPolicyVersion)},
      {"digest", to_hex(stored.payload_digest)},
      {"size", std::to_string(stored.payload_size)},
      {"location", "database"},
      {"encryption", "xaes_256_gcm"},
      {"retention", "payload"},
      {"signature", "verified"},
      {"scheme", "standard_v1"},
      {"key", ids_->encode(key_)},
      {"source_address", "192.0.2.44"},
      {"result", "accepted"},
      {"summary", R"({"n":1})"},
      {"received_ms", std::to_string(to_unix_ms(now))},
      {"accepted_ms", std::to_string(to_unix_ms(now))},
      {"prepared_ms", std::to_string(to_unix_ms(now))},
  };
  for (const auto& [name, value] : expected) EXPECT_EQ(record[name], value) << name;
  EXPECT_EQ(record["deletion"].substr(0, 10), "2027-01-18") << "three days from now";
  const std::string ids[] = {ids_->encode(endpoint_), ids_->encode(channel_)};
  EXPECT_TRUE(record["targets"] == ids[0] + "," + ids[1] || record["targets"] == ids[1] + "," + ids[0]);
  for (const char* name : {"digest_key", "payload_key"})
    EXPECT_TRUE(record[name].starts_with("dek_")) << name;

  const auto facts = boost::json::parse(stored.facts).as_object();
  for (const char* name : {"actor", "scheme", "signature", "key", "grant", "policy", "request", "digest_key"})
    EXPECT_EQ(std::string(facts.at(name).as_string()), record[name]) << name;
  EXPECT_EQ(facts.at("event_type_authenticated"), true);
  EXPECT_EQ(facts.at("grant_version"), 1);
  EXPECT_EQ(facts.at("policy_version"), std::int64_t{kAccessPolicyVersion});
}

TEST_F(MessageContentTest, ARecordOfTheApiNamesItsCaller) {
  const auto answer = post(new_message());
  ASSERT_TRUE(receipt(answer));
  const Fields record = records(tenancy_.organization).back();
  EXPECT_EQ(record.at("actor"), "crd_test");
  EXPECT_EQ(record.at("signature"), "bearer_token");
  EXPECT_EQ(record.at("scheme"), "access_token");
  EXPECT_EQ(record.at("source_address"), "192.0.2.7");
  EXPECT_EQ(record.at("deletion"), "after_delivery");
  EXPECT_EQ(record.at("targets"), "");
  EXPECT_FALSE(record.contains("source"));
  EXPECT_FALSE(record.contains("key"));
}

TEST_F(MessageContentTest, AnUnsignedTypeIsRecordedAsSuch) {
  const SourceId github = make_source(integration_, InboundScheme::GitHub);
  ASSERT_TRUE(add_key(github, kOtherSecret).ok());
  const std::string body = R"({"ref":"r","commits":[]})";
  HttpRequest http = bare_request(body);
  http.headers.add("X-Hub-Signature-256",
                   "sha256=" + to_hex(HmacSha256(as_bytes(kOtherSecret)).tag(as_bytes(body))));
  http.headers.add("X-GitHub-Event", "push");
  const auto answer = send(github, std::move(http));
  ASSERT_TRUE(receipt(answer));
  EXPECT_EQ(records(tenancy_.organization).back().at("event_type_authenticated"), "false");
  EXPECT_EQ(boost::json::parse(row(answer).facts).at("event_type_authenticated"), false);
}

}  // namespace
}  // namespace sealpost
