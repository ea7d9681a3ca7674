#include "sealpost/client.h"

#include <gtest/gtest.h>

#include <barrier>
#include <set>
#include <thread>

#include "testing/test_gateway.h"

namespace sealpost::sdk {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Fixture {
  std::shared_ptr<FakePace> pace = std::make_shared<FakePace>();
  TestGateway gateway;
  Client client = client_of(gateway.url(), pace);
  Outcome<Acceptance, Error> send() { return client.send({.type = "a.b", .data = R"({"n":1})"}); }
};

TEST(Client, SendsWithTokenAndKey) {
  Fixture f;
  const auto accepted = f.send();
  ASSERT_TRUE(accepted) << to_string(accepted.error());
  EXPECT_EQ(accepted->message_id, "msg_1");
  EXPECT_EQ(accepted->deliveries, 2U);
  EXPECT_EQ(accepted->audit.log_origin, "example/log");
  EXPECT_FALSE(accepted->audit.index);
  const std::string call = f.gateway.calls().at(0);
  EXPECT_TRUE(call.starts_with("POST /v1/messages HTTP/1.1\r\n"));
  EXPECT_EQ(header_of(call, "Authorization"), "Bearer test-token-1");
  EXPECT_EQ(header_of(call, "Content-Type"), "application/json");
  EXPECT_EQ(header_of(call, "Idempotency-Key").size(), 41U);
  EXPECT_TRUE(header_of(call, "Idempotency-Key").starts_with("auto_"));
  EXPECT_EQ(body_of(call), R"({"type":"a.b","data":{"n":1}})");
  const std::string token = f.gateway.token_requests().at(0);
  EXPECT_EQ(header_of(token, "Authorization"), "Basic Y3JkXzE6ZXhhbXBsZS12YWx1ZSUyRiUyQg==");
  EXPECT_EQ(body_of(token), "grant_type=client_credentials");
}

TEST(Client, RenewsAtFourFifthsOfTheLife) {
  Fixture f;
  EXPECT_TRUE(f.send());
  f.pace->advance(milliseconds(479'999));
  EXPECT_TRUE(f.send());
  EXPECT_EQ(f.gateway.token_requests().size(), 1U);
  f.pace->advance(milliseconds(1));
  EXPECT_TRUE(f.send());
  EXPECT_EQ(f.gateway.token_requests().size(), 2U);
  EXPECT_EQ(header_of(f.gateway.calls().at(2), "Authorization"), "Bearer test-token-2");
}

TEST(Client, AnEarlyRenewalThatFailsIsNoFailure) {
  Fixture f;
  EXPECT_TRUE(f.send());
  f.pace->advance(seconds(500));
  f.gateway.script_token(problem(503, "overloaded"));
  EXPECT_TRUE(f.send());
  EXPECT_EQ(header_of(f.gateway.calls().at(1), "Authorization"), "Bearer test-token-1");
  EXPECT_TRUE(f.send());  // not asked again with every message
  EXPECT_EQ(f.gateway.token_requests().size(), 2U);
  EXPECT_TRUE(f.pace->waits().empty());
  f.pace->advance(seconds(5));
  EXPECT_TRUE(f.send());
  EXPECT_EQ(f.gateway.token_requests().size(), 3U);
}

TEST(Client, AStaleTokenIsReplacedOnce) {
  for (const char* code : {"invalid_token", "expired_token"}) {
    Fixture f;
    f.gateway.script(problem(401, code));
    EXPECT_TRUE(f.send()) << code;
    const auto calls = f.gateway.calls();
    ASSERT_EQ(calls.size(), 2U);
    EXPECT_EQ(header_of(calls[1], "Authorization"), "Bearer test-token-2");
    EXPECT_EQ(header_of(calls[0], "Idempotency-Key"), header_of(calls[1], "Idempotency-Key"));
    EXPECT_TRUE(f.pace->waits().empty());

    f.gateway.script(problem(401, code));
    f.gateway.script(problem(401, code));
    const auto refused = f.send();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, code);
    EXPECT_EQ(refused.error().attempts, 2);
  }
  Fixture f;
  f.gateway.script(problem(401, "missing_token"));
  EXPECT_FALSE(f.send());
  EXPECT_EQ(f.gateway.calls().size(), 1U);
}

TEST(Client, ThreadsShareOneTokenRequest) {
  Fixture f;
  constexpr int kThreads = 8;
  std::barrier start(kThreads);
  std::vector<std::jthread> threads;
  for (int i = 0; i < kThreads; ++i)
    threads.emplace_back([&] {
      start.arrive_and_wait();
      for (int n = 0; n < 5; ++n) EXPECT_TRUE(f.send());
    });
  threads.clear();
  EXPECT_EQ(f.gateway.token_requests().size(), 1U);
  EXPECT_EQ(f.gateway.calls().size(), 40U);
}

struct RetryRow {
  const char* name;
  std::string reply;
  std::size_t calls;  // with success after the first reply
};

TEST(Client, RepeatsWhatMayPassLaterAndNothingElse) {
  const std::vector<RetryRow> rows{
      {"overloaded", problem(503, "overloaded"), 2},
      {"store", problem(503, "store_unavailable"), 2},
      {"unknown outcome", problem(503, "outcome_unknown"), 2},
      {"internal", problem(500, "internal_error"), 2},
      {"rate", problem(429, "rate_limited"), 2},
      {"first still runs", problem(409, "idempotency_in_progress"), 2},
      {"slow request", problem(408, "request_timeout"), 2},
      {"unknown code, 503", problem(503, "brand_new"), 2},
      {"proxy 502", http(502, "<html>"), 2},
      {"proxy 504", http(504, ""), 2},
      {"scope", problem(403, "insufficient_scope"), 1},
      {"validation", problem(422, "validation_failed"), 1},
      {"key of another message", problem(409, "idempotency_mismatch"), 1},
      {"too large", problem(413, "body_too_large"), 1},
      {"loop", problem(508, "loop_detected"), 1},
      {"unknown code, 409", problem(409, "brand_new"), 1},
      {"proxy 501", http(501, "<html>"), 1},
      {"redirect", http(302, "", "Location: http://127.0.0.1:1/\r\n"), 1},
      {"proxy 404", http(404, "<html>"), 1},
  };
  for (const RetryRow& row : rows) {
    Fixture f;
    f.gateway.script(row.reply);
    EXPECT_EQ(f.send().ok(), row.calls == 2) << row.name;
    const auto calls = f.gateway.calls();
    ASSERT_EQ(calls.size(), row.calls) << row.name;
    EXPECT_EQ(header_of(calls.front(), "Idempotency-Key"), header_of(calls.back(), "Idempotency-Key"))
        << row.name;
    EXPECT_EQ(body_of(calls.front()), body_of(calls.back())) << row.name;
    EXPECT_EQ(f.pace->waits().size(), row.calls - 1) << row.name;
  }
}

// libcurl itself repeats on a fresh connection when a kept one proves dead; the second break is ours to
// repeat.
TEST(Client, ABrokenConnectionIsRepeatedUnderTheSameKey) {
  Fixture f;
  f.gateway.script_break();
  f.gateway.script_break();
  EXPECT_TRUE(f.send());
  const auto calls = f.gateway.calls();
  ASSERT_EQ(calls.size(), 3U);
  EXPECT_EQ(f.pace->waits().size(), 1U);
  for (const std::string& call : calls)
    EXPECT_EQ(header_of(call, "Idempotency-Key"), header_of(calls[0], "Idempotency-Key"));
}

TEST(Client, GivesUpAfterTwoRepetitions) {
  Fixture f;
  for (int i = 0; i < 3; ++i) f.gateway.script(problem(503, "overloaded"));
  const auto refused = f.send();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().category, ErrorCategory::Server);
  EXPECT_EQ(refused.error().status, 503);
  EXPECT_EQ(refused.error().request_id, "req_1");
  EXPECT_EQ(refused.error().attempts, 3);
  EXPECT_TRUE(refused.error().retryable);
  EXPECT_EQ(refused.error().idempotency_key, header_of(f.gateway.calls().at(2), "Idempotency-Key"));
  EXPECT_EQ(f.pace->waits(), (std::vector<milliseconds>{milliseconds(250), milliseconds(500)}));
}

TEST(Client, HonoursRetryAfter) {
  Fixture f;
  f.gateway.script(problem(429, "rate_limited", "Retry-After: 7\r\n"));
  f.gateway.script(problem(503, "not_ready", "Retry-After: Sun, 06 Nov 1994 08:49:40 GMT\r\n"));
  EXPECT_TRUE(f.send());
  EXPECT_EQ(f.pace->waits(), (std::vector<milliseconds>{milliseconds(7'250), milliseconds(3'500)}));

  f.gateway.script(problem(429, "quota_exceeded", "Retry-After: 61\r\n"));
  const auto refused = f.send();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().retry_after, seconds(61));
  EXPECT_TRUE(refused.error().retryable);
  EXPECT_EQ(f.pace->waits().size(), 2U);
}

TEST(Client, TokenRefusalsEndTheCall) {
  Fixture f;
  f.gateway.script_token(problem(401, "invalid_client"));
  const auto refused = f.send();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "invalid_client");
  EXPECT_EQ(refused.error().category, ErrorCategory::Auth);
  EXPECT_EQ(refused.error().attempts, 0);
  EXPECT_FALSE(refused.error().retryable);
  EXPECT_TRUE(f.gateway.calls().empty());
  // A token request is repeated by itself, and not once more for each repetition of the call.
  for (int i = 0; i < 3; ++i) f.gateway.script_token(problem(503, "overloaded"));
  const auto busy = f.send();
  ASSERT_FALSE(busy);
  EXPECT_TRUE(busy.error().retryable);
  EXPECT_EQ(f.gateway.token_requests().size(), 4U);
}

TEST(Client, NothingToldHoldsASecret) {
  Fixture f;
  const std::string echo = problem(400, "malformed_request");
  f.gateway.script(echo);
  const auto first = f.send();
  f.gateway.script_token(http(200, R"({"access_token":"test-token-9","token_type":"Bearer"})"));
  const auto second = client_of(f.gateway.url(), f.pace).send({.type = "a", .data = "\"planted payload\""});
  ASSERT_FALSE(first);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().category, ErrorCategory::Protocol);
  for (const auto* outcome : {&first, &second}) {
    const std::string told = to_string(outcome->error()) + outcome->error().detail;
    for (const std::string_view secret :
         {std::string_view("test-token"), kSecretWord, std::string_view("planted")})
      EXPECT_EQ(told.find(secret), std::string::npos) << told;
  }
  for (const std::string& request : f.gateway.token_requests())
    EXPECT_EQ(body_of(request).find("example"), std::string::npos);
}

TEST(Client, KeysOfTheCallerAreUsedAndJudged) {
  Fixture f;
  EXPECT_TRUE(f.client.send({.type = "a", .data = "1"}, {.idempotency_key = "mine"}));
  EXPECT_EQ(header_of(f.gateway.calls().at(0), "Idempotency-Key"), "mine");
  std::set<std::string> keys;
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(f.send());
  for (const std::string& call : f.gateway.calls()) keys.insert(header_of(call, "Idempotency-Key"));
  EXPECT_EQ(keys.size(), 21U);
  for (const std::string& bad :
       {std::string("with space"), std::string("a\r\nX: y"), std::string(129, 'k')}) {
    const auto refused = f.client.send({.type = "a", .data = "1"}, {.idempotency_key = bad});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "invalid_idempotency_key");
    EXPECT_EQ(refused.error().category, ErrorCategory::Configuration);
  }
  EXPECT_EQ(f.gateway.calls().size(), 21U);
}

TEST(Client, DataMustBeOneJsonText) {
  Fixture f;
  const std::vector<std::pair<std::string, std::string>> rows{{"{", "malformed_json"},
                                                              {"1},\"x\":{", "malformed_json"},
                                                              {R"({"a":1,"a":2})", "duplicate_member"},
                                                              {std::string(70, '['), "json_too_deep"}};
  for (const auto& [data, code] : rows) {
    const auto refused = f.client.send({.type = "a", .data = data});
    ASSERT_FALSE(refused) << data;
    EXPECT_EQ(refused.error().code, code);
  }
  EXPECT_TRUE(f.gateway.token_requests().empty());
}

TEST(Client, BatchElementsHaveTheirOwnKeysAndResults) {
  Fixture f;
  f.gateway.script(
      http(200, R"({"results":[{"status":202,"accepted":)" + std::string(kAccepted) +
                    R"(},{"status":503,"problem":{"code":"overloaded","title":"T","status":503}}]})"));
  const std::vector<Message> messages{{.type = "a", .data = "1"},
                                      {.type = "b", .data = "2", .idempotency_key = "own"}};
  const auto results = f.client.send_batch(messages, {.idempotency_key = "batch"});
  ASSERT_TRUE(results) << to_string(results.error());
  ASSERT_EQ(results->size(), 2U);
  EXPECT_EQ((*results)[0]->message_id, "msg_1");
  EXPECT_EQ((*results)[1].error().code, "overloaded");
  EXPECT_EQ((*results)[1].error().idempotency_key, "own");
  EXPECT_TRUE((*results)[1].error().retryable);
  const std::string call = f.gateway.calls().at(0);
  EXPECT_TRUE(call.starts_with("POST /v1/messages:batch "));
  EXPECT_EQ(body_of(call), R"({"messages":[{"type":"a","idempotency_key":"batch.0","data":1},)"
                           R"({"type":"b","idempotency_key":"own","data":2}]})");
  EXPECT_EQ(f.client.send_batch({}).error().code, "too_many_items");
  EXPECT_EQ(f.client.send_batch(std::vector<Message>(101, messages[0])).error().code, "too_many_items");

  f.gateway.script(http(200, R"({"results":[]})"));
  EXPECT_EQ(f.client.send_batch(messages).error().category, ErrorCategory::Protocol);
}

std::string inbox_item(int number) {
  return R"({"delivery_id":"dlv_)" + std::to_string(number) +
         R"(","message_id":"msg_1","type":"a","received_at":"2026-01-02T03:04:05.678Z","summary":{},"payload":)" +
         (number == 1   ? R"({"content_type":"application/json","json":{"n":1}})"
          : number == 2 ? R"({"content_type":"text/plain","base64":"aGk="})"
                        : "null") +
         R"(,"erase_at":null})";
}

TEST(Client, InboxIsReadPageByPage) {
  Fixture f;
  f.gateway.script(
      http(200, R"({"items":[)" + inbox_item(1) + "," + inbox_item(2) + R"(],"next_cursor":"c/1"})"));
  f.gateway.script(problem(403, "resource_not_in_scope"));
  f.gateway.script(http(200, R"({"items":[],"next_cursor":"c2"})"));
  f.gateway.script(http(200, R"({"items":[)" + inbox_item(3) + R"(],"next_cursor":null})"));
  InboxReader inbox = f.client.inbox("chn_1", 2);
  EXPECT_EQ((*inbox.next())->payload, R"({"n":1})");
  EXPECT_EQ((*inbox.next())->payload, "hi");
  EXPECT_EQ(inbox.next().error().code, "resource_not_in_scope");
  EXPECT_FALSE((*inbox.next())->has_payload);
  EXPECT_FALSE(inbox.next()->has_value());
  EXPECT_FALSE(inbox.next()->has_value());
  const auto calls = f.gateway.calls();
  ASSERT_EQ(calls.size(), 4U);
  EXPECT_TRUE(calls[0].starts_with("GET /v1/channels/chn_1/messages?limit=2 "));
  EXPECT_TRUE(calls[2].starts_with("GET /v1/channels/chn_1/messages?limit=2&cursor=c%2F1 "));
  EXPECT_EQ(header_of(calls[0], "Idempotency-Key"), "");
  for (const char* id : {"", "chn_", "msg_1", "chn_1/../x", "chn_1?x=y"})
    EXPECT_EQ(f.client.inbox_page(id).error().code, "validation_failed") << id;
  EXPECT_FALSE(f.client.receipt("msg_../x"));
}

TEST(Client, AStoppedCallSendsNothingMore) {
  Fixture f;
  std::stop_source stop;
  stop.request_stop();
  f.gateway.script(problem(503, "overloaded"));
  const auto stopped = f.client.send({.type = "a", .data = "1"}, {.stop = stop.get_token()});
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().category, ErrorCategory::Stopped);
  EXPECT_LE(f.gateway.calls().size(), 1U);
}

}  // namespace
}  // namespace sealpost::sdk
