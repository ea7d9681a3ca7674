// A whole installation in one process, wired as the program wires it, under a clock that is moved by hand:
// what takes days is seen to happen, over HTTP and the operator's socket, before and after a restart.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "app/wiring/wiring.h"
#include "domain/schemes/sign.h"
#include "edge/http_sender/testing/test_http_server.h"
#include "edge/http_server/testing/raw_client.h"
#include "foundation/system/files.h"
#include "foundation/system/testing/fakes.h"
#include "foundation/system/testing/scratch_directory.h"

namespace sealpost {
namespace {

using boost::json::array;
using boost::json::object;
using boost::json::value;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

struct Answer {
  int status = 0;
  value body;
  [[nodiscard]] std::string text(std::string_view pointer) const {
    return std::string(body.at_pointer(pointer).as_string());
  }
  [[nodiscard]] std::string code() const {
    const auto* found = body.is_object() ? body.get_object().if_contains("code") : nullptr;
    return found == nullptr ? std::string() : std::string(found->as_string());
  }
};

class InstallationTest : public ::testing::Test {
 protected:
  void SetUp() override {
    SystemEntropy entropy;
    config_.data_dir = scratch_.path();
    config_.root_key = scratch_.path() / "root.key";
    config_.operators.socket = scratch_.path() / "operator.sock";
    config_.operators.uids = {::geteuid()};
    config_.server.listen = {IpAddress::v4({127, 0, 0, 1}), 0};
    config_.log_level = LogLevelSetting::Error;
    EgressOpening opening;
    opening.plain_http = {{IpAddress::v4({127, 0, 0, 1}), receiver_.port()}};
    config_.egress.openings = {std::move(opening)};
    ASSERT_TRUE(FileRootKey::create(config_.root_key, entropy).ok());
    init();
    start();
  }
  void TearDown() override { stop(); }

  void init() {
    const auto made = Core::open(config_, Core::Mode::Make, &clock_);
    ASSERT_TRUE(made.ok()) << made.error();
  }

  void start() {
    auto started = Wiring::start_for_test(config_, clock_);
    ASSERT_TRUE(started.ok()) << started.error();
    gateway_ = *std::move(started);
  }
  void stop() {
    if (gateway_) gateway_->finish();
    gateway_.reset();
  }

  // ---- Asking
  Answer exchange(RawClient client, std::string_view method, std::string_view target, std::string_view body,
                  std::string_view headers) {
    const auto http = client.exchange(fmt::format(
        "{} {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n{}\r\n{}", method,
        target, body.size(), headers, body));
    Answer answer;
    if (!http) {
      ADD_FAILURE() << "no answer to " << method << " " << target;
      return answer;
    }
    answer.status = http->status;
    boost::json::error_code error;
    answer.body = boost::json::parse(http->body, error);
    if (error) answer.body = nullptr;
    return answer;
  }
  Answer as_operator(std::string_view method, std::string_view target, const value& body = nullptr) {
    const std::string text = body.is_null() ? std::string() : boost::json::serialize(body);
    return exchange(RawClient::unix_socket(config_.operators.socket), method, target, text,
                    text.empty() ? "" : "Content-Type: application/json\r\n");
  }
  // Made by the operator; its id.
  std::string make(std::string_view target, const value& body, std::string_view id = "/id") {
    const Answer answer = as_operator("POST", target, body);
    EXPECT_EQ(answer.status, 201) << target << boost::json::serialize(answer.body);
    return answer.status == 201 ? answer.text(id) : std::string();
  }
  Answer over_tcp(std::string_view method, std::string_view target, std::string_view body,
                  std::string_view headers) {
    return exchange(RawClient::tcp(gateway_->http_port()), method, target, body, headers);
  }
  Answer as_machine(const std::string& token, std::string_view target) {
    return over_tcp("GET", target, {}, "Authorization: Bearer " + token + "\r\n");
  }
  std::string token() {
    const Answer answer = over_tcp(
        "POST", "/v1/oauth/token",
        fmt::format("grant_type=client_credentials&client_id={}&client_secret={}", client_, client_secret_),
        "Content-Type: application/x-www-form-urlencoded\r\n");
    EXPECT_EQ(answer.status, 200) << boost::json::serialize(answer.body);
    return answer.status == 200 ? answer.text("/access_token") : std::string();
  }

  // ---- The parties: one integration that goes to a receiver and to an inbox.
  void make_parties() {
    organization_ = make("/v1/organizations", object{{"name", "Example"}});
    workspace_ = make("/v1/workspaces", object{{"organization_id", organization_}, {"name", "Team"}});
    integration_ =
        make("/v1/integrations", object{{"workspace_id", workspace_},
                                        {"environment", "test"},
                                        {"name", "Builds"},
                                        {"source_system", "ci"},
                                        {"owner", object{{"team", "T"}, {"contact", "t@example.test"}}}});
    source_ = make("/v1/sources",
                   object{{"integration_id", integration_}, {"name", "Hooks"}, {"scheme", "standard_v1"}});
    make("/v1/sources/" + source_ + "/keys",
         object{{"algorithm", "hmac_sha256"}, {"secret", "whsec_" + to_base64(as_bytes(kSecret))}},
         "/key/id");
    endpoint_ = make("/v1/endpoints",
                     object{{"integration_id", integration_},
                            {"name", "Receiver"},
                            {"url", fmt::format("http://127.0.0.1:{}/hook", receiver_.port())},
                            {"retry_schedule_seconds", array{60}}},
                     "/endpoint/id");
    channel_ = make(
        "/v1/channels",
        object{{"workspace_id", workspace_}, {"environment", "test"}, {"name", "Inbox"}, {"kind", "inbox"}});
    subscribe("endpoint_id", endpoint_, "to.endpoint");
    subscribe("channel_id", channel_, "to.channel");
    array scopes;
    for (const char* scope : {"messages:write", "messages:read", "channels:read", "deliveries:read"})
      scopes.push_back(object{{"scope", scope}, {"resources", array{}}});
    const std::string grant = make("/v1/grants", object{{"integration_id", integration_},
                                                        {"scopes", scopes},
                                                        {"reason", "for the tests"},
                                                        {"exceptions", array{}}});
    EXPECT_EQ(as_operator("POST", "/v1/grants/" + grant + ":approve", object{}).status, 200);
    const Answer credential =
        as_operator("POST", "/v1/credentials", object{{"integration_id", integration_}, {"name", "reader"}});
    ASSERT_EQ(credential.status, 201);
    client_ = credential.text("/credential/client_id");
    client_secret_ = credential.text("/client_secret");
    const std::string path = "/v1/integrations/" + integration_;
    ASSERT_EQ(as_operator("POST", path + ":rehearse").status, 200);
    const Answer active = as_operator("POST", path + ":activate");
    ASSERT_EQ(active.status, 200) << boost::json::serialize(active.body);
  }
  void subscribe(std::string_view kind, const std::string& target, std::string_view type) {
    make("/v1/subscriptions",
         object{{"integration_id", integration_}, {"event_types", array{type}}, {kind, target}});
  }
  Answer send(const std::string& id, std::string_view type, std::string_view secret = kSecret) {
    const std::string body = boost::json::serialize(object{{"type", type}, {"id", id}});
    const std::int64_t at = to_unix_seconds(clock_.wall_now());
    const std::string signature =
        sign_standard_v1(id, at, as_bytes(body), HmacSha256(as_bytes(secret))).value();
    return over_tcp(
        "POST", "/v1/in/" + source_, body,
        fmt::format("Content-Type: application/json\r\nwebhook-id: {}\r\nwebhook-timestamp: {}\r\n"
                    "webhook-signature: {}\r\n",
                    id, at, signature));
  }
  // ---- A source whose scheme signs the body alone.
  std::string make_untimed_source(bool until_key_retired) {
    return make("/v1/sources", object{{"integration_id", integration_},
                                      {"name", until_key_retired ? "Chosen" : "Usual"},
                                      {"scheme", "generic_hmac"},
                                      {"hmac_template", object{{"signature_header", "X-Signature"},
                                                               {"signature_prefix", ""},
                                                               {"encoding", "base64"},
                                                               {"timestamp_header", ""},
                                                               {"id_header", ""},
                                                               {"event_type_header", ""},
                                                               {"signed_template", "{body}"}}},
                                      {"claims_until_key_retired", until_key_retired}});
  }
  std::string add_key(const std::string& source, std::string_view secret) {
    return make("/v1/sources/" + source + "/keys", object{{"algorithm", "hmac_sha256"}, {"secret", secret}},
                "/key/id");
  }
  Answer send_untimed(const std::string& source, std::string_view secret, int event) {
    const std::string body = boost::json::serialize(object{{"type", "nowhere"}, {"event", event}});
    const auto signature = HmacSha256(as_bytes(secret)).tag(as_bytes(body));
    return over_tcp(
        "POST", "/v1/in/" + source, body,
        fmt::format("Content-Type: application/json\r\nX-Signature: {}\r\n", to_base64(signature)));
  }
  std::string accepted(const std::string& id, std::string_view type) {
    const Answer answer = send(id, type);
    EXPECT_EQ(answer.status, 202) << boost::json::serialize(answer.body);
    return answer.status == 202 ? answer.text("/message_id") : std::string();
  }
  std::string payload_state(const std::string& message) {
    return as_operator("GET", "/v1/messages/" + message).text("/payload/state");
  }
  std::string delivery_state(const std::string& message) {
    return as_operator("GET", "/v1/messages/" + message).text("/deliveries/0/state");
  }

  // Days pass, and the chores of the meantime are done: keys first, as they would be on each of those days.
  void pass(Milliseconds time) {
    clock_.advance(time);
    gateway_->wake_chores_for_test();
  }
  // Waits, waking the chores, until it holds; false after twenty seconds. Time goes on meanwhile, if slowly:
  // short pauses inside the gateway have to end.
  template <class Condition>
  bool eventually(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      pass(Milliseconds(1));
      std::this_thread::yield();
    }
    return true;
  }
  bool accepts_again() {
    return eventually([&] { return send("probe-" + std::to_string(++probes_), "nowhere").status == 202; });
  }

  static constexpr std::string_view kSecret =
      "0123456789abcdef0123456789abcdef";  // not-a-secret: of these tests
  std::atomic<int> receiver_status_{204};
  TestHttpServer receiver_{[this](const std::string&) {
    return TestReply{
        .bytes = fmt::format("HTTP/1.1 {} Told\r\nContent-Length: 0\r\n\r\n", receiver_status_.load()),
        .then = TestReply::Then::KeepOpen};
  }};
  ScratchDirectory scratch_;
  FakeClock clock_;
  Config config_;
  std::unique_ptr<Wiring> gateway_;
  int probes_ = 0;
  std::string organization_, workspace_, integration_, source_, endpoint_, channel_, client_, client_secret_;
};

TEST_F(InstallationTest, PayloadsGoWhenTheirTimeHasCome) {
  make_parties();
  const std::string sent = accepted("sent", "to.endpoint");
  ASSERT_TRUE(eventually([&] { return delivery_state(sent) == "delivered"; }));
  ASSERT_TRUE(eventually([&] { return payload_state(sent) == "erased"; })) << "nobody needs it any more";

  const std::string read = accepted("read", "to.channel");
  receiver_status_ = 500;
  const std::string dead = accepted("dead", "to.endpoint");
  ASSERT_TRUE(eventually([&] { return delivery_state(dead) == "retrying"; }));
  pass(Seconds(120));
  ASSERT_TRUE(eventually([&] { return delivery_state(dead) == "dead_letter"; }));
  EXPECT_EQ(receiver_.requests(), 3);

  pass(days(7) - minutes(3));
  ASSERT_TRUE(accepts_again());
  EXPECT_EQ(payload_state(read), "stored") << "an inbox keeps seven days";
  pass(minutes(4));
  ASSERT_TRUE(eventually([&] { return payload_state(read) == "erased"; }));
  EXPECT_EQ(payload_state(dead), "stored") << "a dead letter fourteen";
  pass(days(7) - minutes(3));
  ASSERT_TRUE(accepts_again());
  EXPECT_EQ(payload_state(dead), "stored");
  pass(minutes(10));
  ASSERT_TRUE(eventually([&] { return payload_state(dead) == "erased"; }));
}

TEST_F(InstallationTest, ClaimsEndAndTheSameIdIsNewAgain) {
  make_parties();
  const std::string first = accepted("evt", "nowhere");
  pass(days(6));
  ASSERT_TRUE(accepts_again());
  const Answer retry = send("evt", "nowhere");
  EXPECT_EQ(retry.status, 200);
  EXPECT_EQ(retry.text("/message_id"), first) << "a week of retries gets the first receipt";
  EXPECT_EQ(send("evt", "nowhere").code(), "replayed") << "the very same request does not";
  pass(days(8));
  ASSERT_TRUE(accepts_again());
  ASSERT_TRUE(eventually([&] { return send("evt", "nowhere").status == 202; }));
}

// Of a scheme that signs neither time nor id: what came once verifies as long as its key does.
TEST_F(InstallationTest, ClaimsLastUntilTheKeyIsRetiredWhereThatWasChosen) {
  make_parties();
  const std::string chosen = make_untimed_source(true);
  const std::string key = add_key(chosen, "a secret of the first, 32 octets");
  const std::string usual = make_untimed_source(false);
  add_key(usual, "a secret of another, 32 octets..");
  const auto from_chosen = [&] { return send_untimed(chosen, "a secret of the first, 32 octets", 1); };
  const auto from_usual = [&](int event) {
    return send_untimed(usual, "a secret of another, 32 octets..", event);
  };
  ASSERT_EQ(from_chosen().status, 202);
  ASSERT_EQ(from_usual(1).status, 202);
  for (int month = 0; month < 3; ++month) {
    pass(days(40));
    ASSERT_TRUE(eventually([&] { return from_usual(100 + ++probes_).status == 202; }));
    if (month == 0) {
      // What lies in one slice with claims that are needed is kept beside them; this one does not.
      ASSERT_EQ(from_usual(2).status, 202);
    }
    ASSERT_EQ(from_chosen().status, 200) << "known after " << 40 * (month + 1) << " days";
  }
  ASSERT_TRUE(eventually([&] { return from_usual(2).status == 202; })) << "which is not so by itself";
  const std::string next = add_key(chosen, "a secret of the next, 32 octets.");
  EXPECT_EQ(as_operator("POST", "/v1/keys/" + key + ":retire", object{{"overlap_seconds", 0}}).status, 200);
  EXPECT_EQ(from_chosen().status, 200) << "known, whatever became of its key";
  pass(days(40));
  ASSERT_TRUE(eventually([&] { return from_usual(100 + ++probes_).status == 202; }));
  EXPECT_TRUE(eventually([&] {
    return send_untimed(chosen, "a secret of the next, 32 octets.", 1).status == 202;
  })) << "no key that was there verifies it any more";
}

TEST_F(InstallationTest, TokensAndOverlapsEnd) {
  make_parties();
  const std::string message = accepted("evt", "nowhere");
  const std::string path = "/v1/messages/" + message;
  const std::string first = token();
  EXPECT_EQ(as_machine(first, path).status, 200);
  pass(minutes(10) - Seconds(1));
  EXPECT_EQ(as_machine(first, path).status, 200);
  pass(Seconds(1));
  const Answer late = as_machine(first, path);
  EXPECT_EQ(late.status, 401);
  EXPECT_EQ(late.code(), "expired_token");
  EXPECT_EQ(as_machine(token(), path).status, 200);

  // A key that retires goes on verifying until its overlap is over; then it is told as a retired one.
  const Answer keys = as_operator("GET", "/v1/sources/" + source_ + "/keys");
  const std::string key = keys.text("/items/0/id");
  ASSERT_EQ(as_operator("POST", "/v1/keys/" + key + ":retire", object{{"overlap_seconds", 3600}}).status,
            200);
  EXPECT_EQ(send("in-overlap", "nowhere").status, 202);
  pass(hours(1));
  ASSERT_TRUE(eventually(
      [&] { return send("late-" + std::to_string(++probes_), "nowhere").code() == "retired_key"; }));
}

TEST_F(InstallationTest, RefusalsAreCountedAndCheckpointsSigned) {
  make_parties();
  const auto refuse = [&] { return send("forged", "nowhere", "no key of ours, of 32 octets ..."); };
  const Answer first = refuse();
  EXPECT_EQ(first.status, 401);
  const Answer second = refuse();
  EXPECT_EQ(refuse().text("/refusal_id"), second.text("/refusal_id"));
  const std::string at_once = "/v1/refusals/" + first.text("/refusal_id");
  const std::string later = "/v1/refusals/" + second.text("/refusal_id");
  ASSERT_TRUE(eventually([&] { return as_operator("GET", at_once).status == 200; }));
  EXPECT_EQ(as_operator("GET", later).status, 404);
  pass(Seconds(61));
  ASSERT_TRUE(eventually([&] { return as_operator("GET", later).status == 200; }));
  EXPECT_EQ(as_operator("GET", later).body.at("count"), 2);
}

TEST_F(InstallationTest, WhatWasTrueIsTrueAfterARestart) {
  make_parties();
  receiver_status_ = 500;
  const std::string waiting = accepted("waiting", "to.endpoint");
  ASSERT_TRUE(eventually([&] { return delivery_state(waiting) == "retrying"; }));
  const std::string held = token();
  for (int i = 0; i < 3; ++i) send("forged", "nowhere", "no key of ours, of 32 octets ...");
  const std::string pending =
      send("forged", "nowhere", "no key of ours, of 32 octets ...").text("/refusal_id");
  stop();
  clock_.advance(days(2));
  receiver_status_ = 204;
  start();
  EXPECT_EQ(as_operator("GET", "/v1/refusals/" + pending).body.at("count"), 3) << "written at the end";
  ASSERT_TRUE(eventually([&] { return delivery_state(waiting) == "delivered"; }));
  EXPECT_EQ(send("waiting", "to.endpoint").text("/message_id"), waiting) << "claims are still there";
  EXPECT_EQ(as_machine(held, "/v1/messages/" + waiting).code(), "expired_token");
  EXPECT_EQ(as_machine(token(), "/v1/messages/" + waiting).status, 200);
  EXPECT_FALSE(accepted("after", "to.endpoint").empty());
  stop();
  start();
  EXPECT_EQ(delivery_state(waiting), "delivered");
}

TEST_F(InstallationTest, ItDoesNotStartOnWhatIsNotItsOwn) {
  const auto start_again = [&] {
    const auto started = Wiring::start_for_test(config_, clock_);
    return started.ok() ? std::string() : started.error();
  };
  EXPECT_EQ(start_again(), "Another process has the data directory open.");
  stop();
  SystemEntropy entropy;
  const std::filesystem::path right = config_.root_key;
  config_.root_key = scratch_.path() / "other.key";
  EXPECT_NE(start_again().find("sealpost init"), std::string::npos) << "no root key";
  ASSERT_TRUE(FileRootKey::create(config_.root_key, entropy).ok());
  EXPECT_NE(start_again().find("does not open this database"), std::string::npos);
  config_.root_key = right;
  const ScratchDirectory empty;
  const std::filesystem::path data = std::exchange(config_.data_dir, empty.path());
  EXPECT_NE(start_again().find("sealpost init"), std::string::npos) << "no installation";
  EXPECT_TRUE(std::filesystem::is_empty(empty.path())) << "nothing was made";
  config_.data_dir = data;
  EXPECT_EQ(start_again(), "");
}

}  // namespace
}  // namespace sealpost
