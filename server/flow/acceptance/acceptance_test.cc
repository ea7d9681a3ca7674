#include "flow/acceptance/acceptance.h"

#include <gtest/gtest.h>

#include "flow/acceptance/testing/acceptance_world.h"

namespace sealpost {
namespace {

class AcceptanceTest : public AcceptanceWorld {
 protected:
  // GitHub's scheme: no signed time, no signed id, an event type beside the body.
  SourceId github_source() {
    const SourceId source = make_source(integration_, InboundScheme::GitHub);
    EXPECT_TRUE(add_key(source, kTextSecret).ok());
    return source;
  }
  static std::string hex_tag(std::string_view text) {
    return to_hex(HmacSha256(as_bytes(kTextSecret)).tag(as_bytes(text)));
  }
  HttpRequest github_request(std::string_view body, std::string_view event, std::string_view delivery,
                             std::string_view content_type = "application/json") {
    HttpRequest http = bare_request(body);
    http.headers.add("X-Hub-Signature-256", "sha256=" + hex_tag(body));
    http.headers.add("X-GitHub-Event", event);
    http.headers.add("X-GitHub-Delivery", delivery);
    http.headers.add("content-type", content_type);
    return http;
  }
  HttpRequest slack_request(const std::string& body, std::string_view secret = kTextSecret) {
    const std::string time = std::to_string(to_unix_seconds(clock_.wall_now()));
    HttpRequest http = bare_request(body);
    http.headers.add("X-Slack-Request-Timestamp", time);
    http.headers.add("X-Slack-Signature",
                     "v0=" + to_hex(HmacSha256(as_bytes(secret)).tag(as_bytes("v0:" + time + ":" + body))));
    http.headers.add("content-type", "application/json");
    return http;
  }
  std::function<void()> suspend(IntegrationId id) {
    return [this, id] { EXPECT_TRUE(suspend_integration(ops(), by_operator(), id, "drill", {}).ok()); };
  }
};

// ---- Which reason is told

// One request with every fault at once; they are mended one after the other in the order of the rules, and
// each time the first that is left is told.
TEST_F(AcceptanceTest, TellsTheFirstReasonInTheFixedOrder) {
  change_source(source_, [](SourceChange& change) {
    change.max_body_bytes = 1024;
    change.event_types = std::vector<std::string>{"build.done"};
    change.networks = std::vector<std::string>{"192.0.2.0/24"};
    change.rate_limit = RateSetting{.per_second = 1, .burst = 1};
  });
  NewSourceKey second;
  second.source = source_;
  const std::string second_text = text_of(kOtherSecret);
  second.secret = second_text;
  ASSERT_TRUE(create_source_key(ops(), by_operator(), second).ok());
  const auto accepted = send({.id = "first", .secret = kOtherSecret});
  ASSERT_TRUE(receipt(accepted)) << "and the only one that the quota holds";
  ASSERT_TRUE(retire_key(ops(), by_operator(), key_, Milliseconds(0), {}).ok());
  suspend(integration_)();

  enum Fault { Size, Format, Time, Signature, Replay, KeyState, EventType, Network, Grant, Quota, None };
  const PublicCode told[] = {PublicCode::BodyTooLarge,
                             PublicCode::UnsupportedEncoding,
                             PublicCode::TimestampExpired,
                             PublicCode::BadSignature,
                             PublicCode::Replayed,
                             PublicCode::RetiredKey,
                             PublicCode::EventTypeNotAllowed,
                             PublicCode::NetworkNotAllowed,
                             PublicCode::Suspended,
                             PublicCode::RateLimited};
  const auto faulty = [&](int first) {
    Event event;
    event.id = first <= Replay ? "first" : "second";
    event.body = first <= EventType ? R"({"type":"build.failed","n":2})" : R"({"type":"build.done","n":2})";
    if (first <= Size) event.body += std::string(1024, ' ');
    if (first <= Format) event.more.push_back({"content-encoding", "gzip"});
    if (first <= Time) event.later = Seconds(-301);
    event.secret = first <= Signature  ? "no key of this source............"
                   : first <= KeyState ? kSecret
                                       : kOtherSecret;
    event.client = first <= Network ? "198.51.100.4" : "192.0.2.10";
    return send(event);
  };
  for (int fault = Size; fault < None; ++fault) {
    SCOPED_TRACE(fault);
    if (fault == Quota) {
      ASSERT_TRUE(resume_integration(ops(), by_operator(), integration_, "over", {}).ok());
    }
    const int reads = scripted_->seen(Command::Read);
    const auto answer = faulty(fault);
    ASSERT_TRUE(code(answer));
    EXPECT_EQ(*code(answer), told[fault]) << to_string(*code(answer));
    const auto& refused = std::get<Refused>(answer);
    ASSERT_TRUE(refused.refusal);
    EXPECT_EQ(refused.first.has_value(), fault == Replay);
    EXPECT_EQ(refused.retry_after.has_value(), fault == Quota);
    if (fault <= Signature) {
      EXPECT_EQ(scripted_->seen(Command::Read), reads) << "nothing is looked up for anonymous callers";
    }
    const auto rows = refusals(source_);
    ASSERT_FALSE(rows.empty());
    EXPECT_EQ(rows.back().refusal, *refused.refusal);
    EXPECT_EQ(rows.back().category, to_string(told[fault]));
  }
  EXPECT_EQ(messages_stored(), 1U);
  clock_.advance(Seconds(1));
  EXPECT_TRUE(receipt(faulty(None))) << "what was refused for quota has claimed nothing";
  EXPECT_EQ(messages_stored(), 2U);
}

TEST_F(AcceptanceTest, ReadsTheFormBeforeAnythingElse) {
  struct Case {
    const char* name;
    std::function<void(HttpRequest&)> spoil;
    PublicCode told;
  };
  const Case cases[] = {
      {"no signature", [](HttpRequest& r) { r.headers.set("webhook-signature", ""); },
       PublicCode::MissingSignature},
      {"no timestamp", [](HttpRequest& r) { r.headers.set("webhook-timestamp", "soon"); },
       PublicCode::MalformedHeader},
      {"two ids", [](HttpRequest& r) { r.headers.add("webhook-id", "evt_2"); }, PublicCode::MalformedHeader},
      {"nothing but a body", [](HttpRequest& r) { r.headers = {}; }, PublicCode::MissingSignature},
      {"changed body", [](HttpRequest& r) { r.body.back() ^= 1; }, PublicCode::BadSignature},
      {"changed id", [](HttpRequest& r) { r.headers.set("webhook-id", "evt_2"); }, PublicCode::BadSignature},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.name);
    HttpRequest http = request({});
    one.spoil(http);
    EXPECT_EQ(code(send(source_, std::move(http))), one.told);
  }
  EXPECT_EQ(code(send({.later = Seconds(301)})), PublicCode::TimestampInFuture);
  EXPECT_EQ(scripted_->seen(Command::Accept), 0);
  EXPECT_TRUE(receipt(send({.later = Seconds(300)})));
}

// Every state in which access is not there has a code of its own, told to holders of a key only.
TEST_F(AcceptanceTest, TellsWhyAccessIsNotThere) {
  const auto told = [&](const Event& event) { return code(send(event)); };
  const Event forged{.secret = kOtherSecret};
  ASSERT_TRUE(receipt(send({.id = "before"})));

  change_source(source_, [](SourceChange& change) { change.state = SourceState::Suspended; });
  EXPECT_EQ(told({}), PublicCode::SourceDisabled);
  EXPECT_EQ(told(forged), PublicCode::BadSignature);
  change_source(source_, [](SourceChange& change) { change.state = SourceState::Active; });

  ASSERT_TRUE(revoke_grant(ops(), by_operator(), grant_, "drill", {}).ok());
  EXPECT_EQ(told({}), PublicCode::GrantNotActive);
  EXPECT_EQ(told(forged), PublicCode::BadSignature);
  const GrantId again = make_grant(integration_);
  EXPECT_TRUE(receipt(send({.id = "regranted"})));
  EXPECT_NE(again, grant_);

  ASSERT_TRUE(revoke_integration(ops(), by_operator(), integration_, "drill", {}).ok());
  EXPECT_EQ(told({}), PublicCode::IntegrationRevoked);
  EXPECT_EQ(told(forged), PublicCode::BadSignature);

  const IntegrationId draft = make_integration(workspace_);
  const SourceId young = make_source(draft, InboundScheme::StandardV1);
  ASSERT_TRUE(add_key(young, text_of(kOtherSecret)).ok());
  EXPECT_EQ(code(send(young, request({.secret = kOtherSecret}))), PublicCode::IntegrationNotActive);
  EXPECT_EQ(messages_stored(), 2U);
}

TEST_F(AcceptanceTest, AnUnknownSourceOnlyRaisesACounter) {
  EXPECT_EQ(code(send(SourceId{12'345}, request({}))), PublicCode::UnknownSource);
  EXPECT_EQ(code(send(SourceId{}, request({}))), PublicCode::UnknownSource);
  ASSERT_TRUE(delete_source(ops(), by_operator(), source_).ok());
  const auto answer = send({});
  EXPECT_EQ(code(answer), PublicCode::UnknownSource) << "as if it had never been";
  EXPECT_FALSE(std::get<Refused>(answer).refusal);
  EXPECT_EQ(ledger_->unknown_sources(), 3U);
  EXPECT_TRUE(refusals(source_).empty());
  EXPECT_TRUE(ledger_->totals().empty());
}

// Without a key nobody can tell a test from a live environment, or what state it is in.
TEST_F(AcceptanceTest, AnonymousAnswersAreAlikeEverywhere) {
  const SourceId live =
      make_source(make_integration(workspace_, Environment::Live), InboundScheme::StandardV1);
  for (const Event& event : {Event{.secret = kOtherSecret}, Event{.later = Seconds(-400)},
                             Event{.more = {{"content-encoding", "br"}}}}) {
    const auto in_test = std::get<Refused>(send(source_, request(event)));
    const auto in_live = std::get<Refused>(send(live, request(event)));
    EXPECT_EQ(in_test.code, in_live.code);
    EXPECT_TRUE(in_test.refusal && in_live.refusal);
    for (const Refused* one : {&in_test, &in_live}) {
      EXPECT_FALSE(one->first);
      EXPECT_FALSE(one->retry_after);
      EXPECT_TRUE(one->detail.empty());
    }
  }
}

TEST_F(AcceptanceTest, AnUnsignedSourceNeedsAnExceptionInLive) {
  const IntegrationId live = make_integration(workspace_, Environment::Live);
  ASSERT_TRUE(add_key(make_source(live), kOtherSecret).ok());
  const GrantId plain = make_grant(live);
  ASSERT_TRUE(rehearse_integration(ops(), by_operator(), live, {}).ok());
  ASSERT_TRUE(activate_integration(ops(), by_operator(), live, {}).ok());
  const SourceId source = make_source(live, InboundScheme::GitLabToken);
  NewSourceKey token;
  token.source = source;
  token.algorithm = KeyAlgorithm::StaticToken;
  token.secret = kTextSecret;
  ASSERT_TRUE(create_source_key(ops(), by_operator(), token).ok());
  HttpRequest http = bare_request(R"({"object_kind":"push"})");
  http.headers.add("X-Gitlab-Token", kTextSecret);
  http.headers.add("X-Gitlab-Event", "Push Hook");
  EXPECT_EQ(code(send(source, http)), PublicCode::GrantNotActive);

  NewGrant request;
  request.integration = live;
  request.scopes = {{"messages:write", {}}};
  request.exceptions = {{.kind = GrantExceptionKind::UnsignedSource,
                         .resource = source.position,
                         .owner = "Platform",
                         .reason = "an old server",
                         .ends_at = clock_.wall_now() + std::chrono::hours(24)}};
  request.reason = "an old server";
  const auto excepted = request_grant(ops(), by_operator(), request);
  ASSERT_TRUE(excepted.ok());
  ASSERT_TRUE(approve_grant(ops(), by_operator(), {excepted->resource.position}, {}, {}).ok());
  ASSERT_TRUE(receipt(send(source, http)));
  const Fields record = records(tenancy_.organization).back();
  EXPECT_EQ(record.at("signature"), "not_signed");
  EXPECT_NE(record.at("grant"), ids_->encode(plain));
  clock_.advance(std::chrono::hours(24));
  ASSERT_TRUE(vault_->ensure_data_keys(clock_.wall_now()).ok());
  http.body.push_back(' ');
  EXPECT_EQ(code(send(source, http)), PublicCode::GrantNotActive) << "the exception has ended";
}

// A reader of refusals sees the steps; never an expected signature.
TEST_F(AcceptanceTest, ARefusalKeepsItsSteps) {
  const Event event{.later = Seconds(-7), .secret = kOtherSecret};
  HttpRequest http = request(event);
  const std::string sent(http.headers.sole("webhook-signature"));
  ASSERT_EQ(code(send(source_, std::move(http))), PublicCode::BadSignature);
  const auto rows = refusals(source_);
  ASSERT_EQ(rows.size(), 1U);
  const auto steps = boost::json::parse(rows[0].steps).as_object();
  EXPECT_EQ(steps.at("clock_difference_s"), 7);
  EXPECT_EQ(steps.at("body_length"), static_cast<std::int64_t>(event.body.size()));
  EXPECT_EQ(steps.at("key_ids_tried").as_array().size(), 1U);
  EXPECT_EQ(steps.at("headers_seen").as_array().size(), 3U);
  EXPECT_TRUE(steps.contains("signed_sha256"));
  EXPECT_TRUE(steps.contains("signed_length"));
  const std::int64_t at = to_unix_seconds(clock_.wall_now()) - 7;
  const std::string right =
      sign_standard_v1(event.id, at, as_bytes(event.body), HmacSha256(as_bytes(kSecret))).value();
  EXPECT_EQ(rows[0].steps.find(right), std::string::npos);
  EXPECT_EQ(rows[0].steps.find(sent), std::string::npos);
}

// ---- Once only

TEST_F(AcceptanceTest, ASecondComerIsJudgedByTheReplayTable) {
  subscribe(endpoint_, {});
  subscribe({}, channel_);
  const auto first = send({.id = "evt"});
  ASSERT_TRUE(receipt(first));
  EXPECT_FALSE(receipt(first)->duplicate);
  EXPECT_EQ(receipt(first)->deliveries, 2U);

  const auto replayed = [&](const Event& event, const char* why) {
    const auto answer = send(event);
    EXPECT_EQ(code(answer), PublicCode::Replayed) << why;
    if (const auto* refused = std::get_if<Refused>(&answer)) {
      EXPECT_EQ(refused->first, receipt(first)->message) << why;
      EXPECT_TRUE(refused->refusal) << why;
    }
  };
  replayed({.id = "evt"}, "the very request again");
  replayed({.id = "evt", .later = Seconds(-10)}, "an older time");
  replayed({.id = "evt", .body = R"({"type":"build.done","n":2})", .later = Seconds(10)}, "another body");

  clock_.advance(Seconds(20));
  const auto retry = send({.id = "evt"});
  ASSERT_TRUE(receipt(retry)) << "a newer time and the same body: a genuine retry";
  EXPECT_TRUE(receipt(retry)->duplicate);
  EXPECT_EQ(receipt(retry)->message, receipt(first)->message);
  EXPECT_EQ(receipt(retry)->audit_index, receipt(first)->audit_index);
  EXPECT_EQ(receipt(retry)->accepted_at, receipt(first)->accepted_at);
  EXPECT_EQ(receipt(retry)->deliveries, 2U);
  EXPECT_TRUE(receipt(send({.id = "evt_other"}))) << "another id is another message";
  EXPECT_EQ(messages_stored(), 2U);
}

// The first receipt comes again whatever else is wrong by now, and it is the same receipt.
TEST_F(AcceptanceTest, AGenuineRetryGetsItsReceiptWhateverElseIsWrong) {
  subscribe(endpoint_, {});
  const auto first = send({.id = "evt"});
  ASSERT_TRUE(receipt(first));
  suspend(integration_)();
  clock_.advance(Seconds(5));
  const auto retry = send({.id = "evt"});
  ASSERT_TRUE(receipt(retry)) << to_string(*code(retry));
  EXPECT_TRUE(receipt(retry)->duplicate);
  EXPECT_EQ(receipt(retry)->message, receipt(first)->message);
  EXPECT_EQ(receipt(retry)->audit_index, receipt(first)->audit_index);
  EXPECT_EQ(receipt(retry)->accepted_at, receipt(first)->accepted_at);
  EXPECT_EQ(receipt(retry)->deliveries, receipt(first)->deliveries);
  EXPECT_EQ(code(send({.id = "new"})), PublicCode::Suspended);
}

TEST_F(AcceptanceTest, WithoutASignedIdEqualBytesAreADuplicateWhateverHeadersSay) {
  const SourceId github = github_source();
  const std::string body = R"({"ref":"refs/heads/main","commits":[]})";
  const auto first = send(github, github_request(body, "push", "d-1"));
  ASSERT_TRUE(receipt(first));
  for (const auto& [event, delivery, type] :
       {std::tuple{"push", "d-1", "application/json"}, std::tuple{"push", "d-2", "application/json"},
        std::tuple{"star", "d-3", "application/json"}, std::tuple{"push", "d-4", "text/plain"}}) {
    const auto again = send(github, github_request(body, event, delivery, type));
    ASSERT_TRUE(receipt(again)) << event << delivery;
    EXPECT_TRUE(receipt(again)->duplicate);
    EXPECT_EQ(receipt(again)->message, receipt(first)->message);
  }
  EXPECT_EQ(code(send(github, github_request(R"({"ref":"x"})", "push", "d-5"))),
            PublicCode::EventTypeMismatch);
  EXPECT_EQ(messages_stored(), 1U);
  EXPECT_EQ(row(first).event_id, "d-1") << "the unsigned id is kept for looking up";
}

TEST_F(AcceptanceTest, AnIdInsideTheSignedBodyCountsAsSigned) {
  const SourceId slack = make_source(integration_, InboundScheme::Slack);
  ASSERT_TRUE(add_key(slack, kTextSecret).ok());
  const std::string body = R"({"type":"event_callback","event_id":"Ev1","event":{"type":"message"}})";
  const auto first = send(slack, slack_request(body));
  ASSERT_TRUE(receipt(first));
  EXPECT_EQ(row(first).event_id, "Ev1");
  EXPECT_EQ(code(send(slack, slack_request(body))), PublicCode::Replayed);
  clock_.advance(Seconds(30));
  const auto retry = send(slack, slack_request(body));
  ASSERT_TRUE(receipt(retry));
  EXPECT_EQ(receipt(retry)->message, receipt(first)->message);
  clock_.advance(Seconds(30));
  const std::string other = R"({"type":"event_callback","event_id":"Ev1","event":{"type":"message"},"n":1})";
  EXPECT_EQ(code(send(slack, slack_request(other))), PublicCode::Replayed);
}

TEST_F(AcceptanceTest, ClaimsOutliveTheWindowAndEnd) {
  const auto first = send({.id = "dated", .later = Seconds(299)});
  ASSERT_TRUE(receipt(first));
  const HttpRequest same = request({.id = "dated", .later = Seconds(299)});
  clock_.advance(std::chrono::minutes(6));
  EXPECT_EQ(code(send(source_, same)), PublicCode::Replayed) << "dated ahead, it still verifies";
  clock_.advance(std::chrono::hours(20));
  EXPECT_TRUE(vault_->ensure_data_keys(clock_.wall_now()).ok());
  const auto late = send({.id = "dated"});
  ASSERT_TRUE(receipt(late)) << "a retry a day later";
  EXPECT_TRUE(receipt(late)->duplicate);
  EXPECT_EQ(receipt(late)->message, receipt(first)->message);
}

TEST_F(AcceptanceTest, ASlackChallengeIsAnsweredToHoldersOfAKeyOnly) {
  const SourceId slack = make_source(integration_, InboundScheme::Slack);
  const SigningKeyId key{add_key(slack, kTextSecret)->resource.position};
  const std::string body = R"({"type":"url_verification","challenge":"3eZbrw1a"})";
  EXPECT_EQ(code(send(slack, slack_request(body, kOtherSecret))), PublicCode::BadSignature);
  const auto answer = send(slack, slack_request(body));
  ASSERT_TRUE(std::holds_alternative<Challenge>(answer));
  EXPECT_EQ(std::get<Challenge>(answer).text, "3eZbrw1a");
  EXPECT_EQ(code(send(slack, slack_request(R"({"type":"url_verification","challenge":"<script>"})"))),
            PublicCode::ChallengeRefused)
      << "what may not be echoed";
  EXPECT_EQ(messages_stored(), 0U) << "and it is no event";
  change_source(slack,
                [](SourceChange& change) { change.networks = std::vector<std::string>{"10.9.9.0/24"}; });
  EXPECT_EQ(code(send(slack, slack_request(body))), PublicCode::NetworkNotAllowed);
  change_source(slack, [](SourceChange& change) { change.networks = std::vector<std::string>{}; });
  EXPECT_TRUE(std::holds_alternative<Challenge>(send(slack, slack_request(body))));
  ASSERT_TRUE(retire_key(ops(), by_operator(), key, Milliseconds(0), {}).ok());
  EXPECT_EQ(code(send(slack, slack_request(body))), PublicCode::RetiredKey);
}

// ---- What changes between decision and commit

TEST_F(AcceptanceTest, AChangeElsewhereCostsOneMoreDecision) {
  const IntegrationId other = make_active(workspace_);
  scripted_->before_acceptance = suspend(other);
  EXPECT_TRUE(receipt(send({})));
  EXPECT_EQ(scripted_->seen(Command::Accept), 2);
  EXPECT_EQ(messages_stored(), 1U);
}

TEST_F(AcceptanceTest, ARevocationBetweenDecisionAndCommitWins) {
  scripted_->before_acceptance = suspend(integration_);
  EXPECT_EQ(code(send({})), PublicCode::Suspended) << "decided again from the picture of now";
  EXPECT_EQ(scripted_->seen(Command::Accept), 1);
  EXPECT_EQ(messages_stored(), 0U);
}

TEST_F(AcceptanceTest, ASecondChangeIsTheLast) {
  const IntegrationId second = make_active(workspace_);
  const IntegrationId third = make_active(workspace_);
  scripted_->before_acceptance = [&] {
    suspend(second)();
    scripted_->before_acceptance = suspend(third);
  };
  const auto answer = send({});
  ASSERT_EQ(code(answer), PublicCode::StoreUnavailable);
  EXPECT_EQ(std::get<Refused>(answer).retry_after, Seconds(1));
  EXPECT_EQ(scripted_->seen(Command::Accept), 2);
  EXPECT_EQ(messages_stored(), 0U);
  EXPECT_TRUE(receipt(send({}))) << "nothing was claimed";
}

TEST_F(AcceptanceTest, DecidingAgainTakesNoSecondPieceOfTheQuota) {
  change_source(source_, [](SourceChange& c) { c.rate_limit = RateSetting{.per_second = 1, .burst = 1}; });
  const IntegrationId other = make_active(workspace_);
  scripted_->before_acceptance = suspend(other);
  const auto answer = send({});
  EXPECT_TRUE(receipt(answer)) << to_string(code(answer).value_or(PublicCode::InternalError));
}

TEST_F(AcceptanceTest, WithoutAThreadToDecideAgainOnItIsRefused) {
  const IntegrationId other = make_active(workspace_);
  scripted_->before_acceptance = [&] {
    suspend(other)();
    pool_->stop();
  };
  EXPECT_EQ(code(send({})), PublicCode::StoreUnavailable);
  EXPECT_EQ(messages_stored(), 0U);
}

// ---- A store or vault that can't

TEST_F(AcceptanceTest, AStoreThatCannotIsToldByItsKind) {
  struct Case {
    std::optional<StoreError> error;  // nothing: its queue is full
    PublicCode told;
    Seconds retry_after;
  };
  const Case cases[] = {{std::nullopt, PublicCode::Overloaded, Seconds(1)},
                        {StoreError::OutcomeUnknown, PublicCode::OutcomeUnknown, Seconds(1)},
                        {StoreError::Unavailable, PublicCode::StoreUnavailable, Seconds(5)},
                        {StoreError::Full, PublicCode::StoreUnavailable, Seconds(5)},
                        {StoreError::Busy, PublicCode::StoreUnavailable, Seconds(5)}};
  for (const Case& one : cases) {
    if (one.error)
      scripted_->fail(Command::Accept, 1, *one.error);
    else
      scripted_->refuse(Command::Accept, 1);
    const auto answer = send({});
    ASSERT_EQ(code(answer), one.told);
    EXPECT_EQ(std::get<Refused>(answer).retry_after, one.retry_after);
    EXPECT_FALSE(std::get<Refused>(answer).refusal) << "the sender is not to blame";
  }
  EXPECT_TRUE(refusals(source_).empty());
  EXPECT_TRUE(receipt(send({}))) << "the same request again: nothing was claimed";
  EXPECT_EQ(messages_stored(), 1U);
}

TEST_F(AcceptanceTest, WhatTheStoreDidNotTakeCostsNoQuota) {
  change_source(source_, [](SourceChange& c) { c.rate_limit = RateSetting{.per_second = 1, .burst = 1}; });
  scripted_->refuse(Command::Accept, 1);
  EXPECT_EQ(code(send({})), PublicCode::Overloaded);
  const auto answer = send({});
  EXPECT_TRUE(receipt(answer)) << to_string(code(answer).value_or(PublicCode::InternalError));
}

TEST_F(AcceptanceTest, AReplayThatCannotBeLookedUpIsNotToldAsSomethingElse) {
  suspend(integration_)();
  scripted_->fail(Command::Read, 1, StoreError::Unavailable);
  EXPECT_EQ(code(send({})), PublicCode::StoreUnavailable);
  EXPECT_EQ(code(send({})), PublicCode::Suspended);
  pool_->stop();
  EXPECT_EQ(code(send({})), PublicCode::Overloaded);
}

TEST_F(AcceptanceTest, WithoutTheKeyOfTheDayNothingIsAccepted) {
  clock_.advance(std::chrono::days(3));
  const auto answer = send({});
  ASSERT_EQ(code(answer), PublicCode::KeyUnavailable);
  EXPECT_EQ(std::get<Refused>(answer).retry_after, Seconds(1));
  EXPECT_EQ(scripted_->seen(Command::Accept), 0);
  ASSERT_TRUE(vault_->ensure_data_keys(clock_.wall_now()).ok());
  EXPECT_TRUE(receipt(send({})));
}

// ---- Rate limits

TEST_F(AcceptanceTest, TheRateOfASourceAndOfItsIntegrationAreBothKept) {
  // The source is the slower one, so that what was given back is not what time has brought.
  open_acceptance({.source = {.per_second = 1, .burst = 1}, .integration = {.per_second = 2, .burst = 1}});
  const SourceId second = make_source(integration_, InboundScheme::StandardV1);
  ASSERT_TRUE(add_key(second, text_of(kOtherSecret)).ok());
  const auto to_second = [&](std::string id) {
    return send(second, request({.id = std::move(id), .secret = kOtherSecret}));
  };
  EXPECT_TRUE(receipt(send({.id = "a"})));
  const auto limited = to_second("b");
  ASSERT_EQ(code(limited), PublicCode::RateLimited) << "the integration's";
  EXPECT_EQ(std::get<Refused>(limited).retry_after, Seconds(1));
  clock_.advance(Milliseconds(500));
  EXPECT_TRUE(receipt(to_second("b"))) << "what the integration refused was not taken from the source";
  clock_.advance(Milliseconds(500));
  EXPECT_EQ(code(to_second("c")), PublicCode::RateLimited) << "the source's";
  EXPECT_TRUE(receipt(send({.id = "d"}))) << "which was not taken from the integration";
}

TEST_F(AcceptanceTest, WhatCameBeforeCostsItsSenderAlone) {
  open_acceptance({.source = {100, 100}, .integration = {1, 2}, .organization = {1, 2}});
  const SourceId second = make_source(integration_, InboundScheme::StandardV1);
  ASSERT_TRUE(add_key(second, text_of(kOtherSecret)).ok());
  EXPECT_TRUE(receipt(send({.id = "a"})));
  for (int i = 0; i < 20; ++i) EXPECT_NE(code(send({.id = "a"})), PublicCode::RateLimited) << i;
  EXPECT_TRUE(receipt(send(second, request({.id = "b", .secret = kOtherSecret}))))
      << "of two that the integration and its organization may send at once";
  EXPECT_EQ(code(send({.id = "c"})), PublicCode::RateLimited);
}

TEST_F(AcceptanceTest, TheRateOfAnOrganizationHoldsForAllItsIntegrations) {
  open_acceptance({.source = {1'000, 1'000}, .integration = {1'000, 1'000}, .organization = {1, 2}});
  EXPECT_TRUE(receipt(send({.id = "a"})));
  EXPECT_TRUE(receipt(send({.id = "b"})));
  const auto limited = send({.id = "c"});
  ASSERT_EQ(code(limited), PublicCode::RateLimited);
  EXPECT_EQ(std::get<Refused>(limited).retry_after, Seconds(1));
  clock_.advance(Seconds(1));
  EXPECT_TRUE(receipt(send({.id = "c"})));
  // What is set for the organization itself counts before the installation's default.
  OrganizationChange change;
  change.rate_limit = RateSetting{.per_second = 1'000, .burst = 1'000};
  ASSERT_TRUE(update_organization(ops(), by_operator(),
                                  picture()->find(integration_)->head.tenancy.organization, change, 0)
                  .ok());
  clock_.advance(Seconds(1));
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(receipt(send({.id = "more" + std::to_string(i)}))) << i;
}

TEST_F(AcceptanceTest, ForgedRequestsUseUpNobodysQuota) {
  change_source(source_, [](SourceChange& c) { c.rate_limit = RateSetting{.per_second = 1, .burst = 1}; });
  for (int i = 0; i < 100; ++i) EXPECT_EQ(code(send({.secret = kOtherSecret})), PublicCode::BadSignature);
  EXPECT_TRUE(receipt(send({})));
}

}  // namespace
}  // namespace sealpost
