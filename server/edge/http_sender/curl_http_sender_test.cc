#include "edge/http_sender/curl_http_sender.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <mutex>

#include "edge/http_sender/testing/sender_door.h"

namespace sealpost {
namespace {

using Then = TestReply::Then;

class TempFolder {
 public:
  TempFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "sealpost_sender_XXXXXX").string();
    SEALPOST_CHECK(mkdtemp(pattern.data()) != nullptr);
    path = pattern;
  }
  ~TempFolder() { std::filesystem::remove_all(path); }
  std::string path;
};

TEST(HttpSender, SendsWhatItWasGivenAndNothingOfItsOwn) {
  std::string seen;
  TestHttpServer server([&](const std::string& request) {
    seen = request;
    return TestReply{answer_with("200 OK", "", "fine")};
  });
  Door door;
  const auto result = door.get(request_to(server.port()));
  EXPECT_EQ(result.outcome, OutboundOutcome::Responded);
  EXPECT_EQ(result.http_status, 200);
  EXPECT_EQ(result.body, "fine");
  EXPECT_FALSE(result.body_truncated);
  EXPECT_EQ(result.tag, 7U);
  EXPECT_EQ(result.tenancy.organization.position, 1U);
  EXPECT_TRUE(result.request_sent);
  EXPECT_FALSE(result.reused_connection);
  EXPECT_EQ(result.remote_address, ip("127.0.0.1"));
  EXPECT_GT(result.timings.total.count(), 0);
  const std::string expected =
      "POST /hook?token=x HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
      "\r\nUser-Agent: Sealpost\r\nAccept: */*\r\nContent-Type: application/json\r\n"
      "webhook-id: msg_1\r\nContent-Length: 2\r\n\r\n{}";
  EXPECT_EQ(seen, expected);
}

TEST(HttpSender, MethodsEmptyBodiesAndEmptyHeaders) {
  std::string seen;
  TestHttpServer server([&](const std::string& request) {
    seen = request.substr(0, request.find("\r\n")) +
           (request.find("X-Empty:\r\n") != std::string::npos ? " empty" : "");
    return TestReply{};
  });
  Door door;
  struct Case {
    OutboundMethod method;
    Bytes body;
    const char* expected;
  };
  const Case cases[] = {
      {OutboundMethod::Get, {}, "GET /hook?token=x HTTP/1.1 empty"},
      {OutboundMethod::Post, {}, "POST /hook?token=x HTTP/1.1 empty"},
      {OutboundMethod::Put, {'a'}, "PUT /hook?token=x HTTP/1.1 empty"},
      {OutboundMethod::Delete, {}, "DELETE /hook?token=x HTTP/1.1 empty"},
      {OutboundMethod::Post, {'a'}, "POST /hook?token=x HTTP/1.1 empty"},
      {OutboundMethod::Get, {}, "GET /hook?token=x HTTP/1.1 empty"},
  };
  for (const auto& c : cases) {
    auto request = request_to(server.port());
    request.method = c.method;
    request.body = c.body;
    request.headers = {{"X-Empty", ""}};
    EXPECT_EQ(door.get(std::move(request)).http_status, 204);
    EXPECT_EQ(seen, c.expected);
  }
  EXPECT_EQ(server.accepted(), 1) << "one connection serves them all";
}

TEST(HttpSender, EveryStatusIsAnAnswerAndRedirectsAreNotFollowed) {
  std::string status;
  TestHttpServer server([&](const std::string&) {
    return TestReply{answer_with(status, "Location: http://169.254.169.254/\r\nRetry-After: 90\r\n", "no")};
  });
  Door door;
  for (const char* line : {"302 Found", "307 Temporary Redirect", "400 Bad Request", "410 Gone",
                           "429 Slow Down", "500 Oops", "503 Later"}) {
    status = line;
    const auto result = door.get(request_to(server.port()));
    EXPECT_EQ(result.outcome, OutboundOutcome::Responded) << line;
    EXPECT_EQ(result.http_status, std::stoi(line)) << line;
    EXPECT_EQ(result.retry_after, Seconds(90)) << line;
    EXPECT_EQ(result.body, "no") << line;
  }
  EXPECT_EQ(server.requests(), 7);
  EXPECT_EQ(server.accepted(), 1);
}

TEST(HttpSender, AnInterimAnswerIsNotTheAnswer) {
  TestHttpServer server([&](const std::string&) {
    return TestReply{"HTTP/1.1 103 Early Hints\r\nRetry-After: 5\r\n\r\n" + answer_with("200 OK")};
  });
  Door door;
  const auto result = door.get(request_to(server.port()));
  EXPECT_EQ(result.http_status, 200);
  EXPECT_FALSE(result.retry_after.has_value());
}

TEST(HttpSender, ABigAnswerIsCutAndItsStatusKept) {
  TestHttpServer server([&](const std::string& request) {
    const std::size_t size = request.starts_with("POST /exact") ? kMaxResponseBytes : 10 * kMaxResponseBytes;
    return TestReply{answer_with("200 OK", "Content-Type: text/plain\r\n", std::string(size, ' '))};
  });
  Door door;
  for (const auto keep : {ResponseBody::RedactedExcerpt, ResponseBody::Whole}) {
    auto request = request_to(server.port());
    request.keep = keep;
    const auto big = door.get(std::move(request));
    EXPECT_EQ(big.outcome, OutboundOutcome::Responded);
    EXPECT_EQ(big.http_status, 200);
    EXPECT_TRUE(big.body_truncated);
    EXPECT_LE(big.body.size(), keep == ResponseBody::Whole ? kMaxResponseBytes : kMaxExcerptBytes);
  }
  auto exact = request_to(server.port());
  exact.url = "http://127.0.0.1:" + std::to_string(server.port()) + "/exact";
  exact.keep = ResponseBody::Whole;
  const auto whole = door.get(std::move(exact));
  EXPECT_EQ(whole.body.size(), kMaxResponseBytes);
  EXPECT_FALSE(whole.body_truncated);
  EXPECT_EQ(whole.content_type, "text/plain");
}

TEST(HttpSender, EndlessHeadersAreNotRead) {
  TestHttpServer server([&](const std::string&) {
    std::string bytes = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i < 100; ++i) bytes += "X-Fill: " + std::string(1000, 'a') + "\r\n";
    return TestReply{bytes + "Content-Length: 0\r\n\r\n", Then::Close};
  });
  Door door;
  EXPECT_EQ(door.get(request_to(server.port())).outcome, OutboundOutcome::HeadersTooLarge);
}

TEST(HttpSender, CompressedAnswersStayAsTheyCame) {
  TestHttpServer server([&](const std::string& request) {
    EXPECT_EQ(request.find("Accept-Encoding"), std::string::npos);
    return TestReply{answer_with("200 OK", "Content-Encoding: gzip\r\n", "not gzip")};
  });
  Door door;
  const auto result = door.get(request_to(server.port()));
  EXPECT_EQ(result.http_status, 200);
  EXPECT_EQ(result.body, "not gzip");
}

TEST(HttpSender, SilenceIsATimeoutAndABrokenConnectionIsAProtocolFailure) {
  std::mutex mutex;  // guards reply, which the server's threads read
  TestReply reply;
  const auto answer_from_now = [&](TestReply next) {
    const std::scoped_lock lock(mutex);
    reply = std::move(next);
  };
  TestHttpServer server([&](const std::string&) {
    const std::scoped_lock lock(mutex);
    return reply;
  });
  std::string many_headers;
  while (many_headers.size() < kMaxResponseHeaderBytes + 1'000)
    many_headers += "X-More: " + std::string(500, 'x') + "\r\n";
  struct Case {
    TestReply reply;
    OutboundOutcome expected;
  };
  const Case cases[] = {
      {{"", Then::Hang}, OutboundOutcome::Timeout},
      {{"HTTP/1.1 200 OK\r\nContent-Le", Then::Hang}, OutboundOutcome::Timeout},
      {{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", Then::Hang}, OutboundOutcome::Responded},
      {{"", Then::Reset}, OutboundOutcome::Protocol},
      {{"", Then::Close}, OutboundOutcome::Protocol},
      {{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", Then::Close}, OutboundOutcome::Responded},
      {{"SSH-2.0-OpenSSH\r\n", Then::Close}, OutboundOutcome::Protocol},
      {{"<html>HTTP/0.9</html>", Then::Close}, OutboundOutcome::Protocol},
      {{"HTTP/1.1 200 OK\r\n" + many_headers, Then::Hang}, OutboundOutcome::HeadersTooLarge},
      {{"HTTP/1.1 200 OK\r\nX-More: " + std::string(400'000, 'x'), Then::Hang},
       OutboundOutcome::HeadersTooLarge},
      {{"HTTP/1.1 200 OK\r\n" + many_headers.substr(0, 60'000) + "\r\n\r\n", Then::Close},
       OutboundOutcome::Responded},
  };
  for (const auto& c : cases) {
    // A door each, so that no kept connection of the case before is met.
    Door door;
    answer_from_now(c.reply);
    auto request = request_to(server.port());
    const bool silent = c.expected == OutboundOutcome::Timeout || c.reply.bytes.ends_with("half");
    request.timeout = Milliseconds(c.reply.then == Then::Hang && silent ? 100 : 10'000);
    const auto result = door.get(std::move(request));
    EXPECT_EQ(result.outcome, c.expected) << c.reply.bytes.substr(0, 100);
    EXPECT_TRUE(result.request_sent);
  }
  auto document = request_to(server.port());
  document.keep = ResponseBody::Whole;
  answer_from_now({"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", Then::Close});
  EXPECT_EQ(Door().get(std::move(document)).outcome, OutboundOutcome::Protocol) << "half a document is none";
}

TEST(HttpSender, NobodyListeningIsAConnectFailure) {
  std::uint16_t port = 0;
  {
    TestHttpServer gone([](const std::string&) { return TestReply{}; });
    port = gone.port();
  }
  Door door;
  const auto result = door.get(request_to(port));
  EXPECT_EQ(result.outcome, OutboundOutcome::Connect);
  EXPECT_FALSE(result.request_sent);
}

TEST(HttpSender, AHeaderThatMayNotBeSentIsNotSent) {
  TestHttpServer server([](const std::string&) { return TestReply{}; });
  Door door;
  for (const auto& header : {OutboundHeader{"Host", "evil"}, OutboundHeader{"X-A", "b\r\nX-C: d"},
                             OutboundHeader{"Transfer-Encoding", "chunked"}}) {
    auto request = request_to(server.port());
    request.headers.push_back(header);
    EXPECT_EQ(door.get(std::move(request)).outcome, OutboundOutcome::Invalid) << header.name;
  }
  auto unknown = request_to(server.port());
  unknown.client_identity = 99;
  EXPECT_EQ(door.get(std::move(unknown)).outcome, OutboundOutcome::Invalid);
  EXPECT_EQ(server.accepted(), 0);
}

TEST(HttpSender, ForbiddenTargetsOpenNoSocket) {
  HttpSenderOptions options;
  options.names.lookup = [](const std::string&) -> LookupAnswer {
    return std::vector<IpAddress>{ip("10.0.0.1")};
  };
  Door door(options);
  EgressPolicy::Settings settings;
  settings.tenancy = {OrganizationId{1}, Environment::Live};
  const auto policy = std::make_shared<const EgressPolicy>(settings);
  for (const char* url : {"http://127.0.0.1/",        "https://127.0.0.1/",
                          "https://2130706433/",      "https://0177.0.0.1/",
                          "https://0x7f.1/",          "https://127.1/",
                          "https://[::1]/",           "https://[::ffff:127.0.0.1]/",
                          "https://[::ffff:7f00:1]/", "https://[2002:7f00:1::]/",
                          "https://[2001::1]/",       "https://[64:ff9b::7f00:1]/",
                          "https://100.64.0.1/",      "https://[fe80::1]/",
                          "https://[fe80::1%25lo]/",  "https://169.254.169.254/",
                          "https://[fd00:ec2::254]/", "https://user:pw@example.com/",
                          "file:///etc/passwd",       "https://private.example/"}) {
    OutboundRequest request;
    request.policy = policy;
    request.url = url;
    const auto result = door.get(std::move(request));
    EXPECT_EQ(result.outcome, OutboundOutcome::Refused) << url;
    EXPECT_TRUE(result.refusal.has_value()) << url;
    EXPECT_FALSE(result.request_sent) << url;
  }
  EXPECT_EQ(door.sender->stats().connections_opened, 0U);
}

// Answers of a name server that changes its mind.
class Script {
 public:
  explicit Script(std::vector<std::vector<IpAddress>> answers) : answers_(std::move(answers)) {}
  LookupAnswer next() {
    const std::scoped_lock lock(mutex_);
    const auto& answer = answers_[std::min(asked_, answers_.size() - 1)];
    ++asked_;
    if (answer.empty()) return fail(LookupError::NotFound);
    return answer;
  }

 private:
  std::mutex mutex_;
  std::vector<std::vector<IpAddress>> answers_;
  std::size_t asked_ = 0;
};

TEST(HttpSender, ANameThatRebindsReachesNothing) {
  TestHttpServer server([](const std::string&) { return TestReply{}; });
  // Allowed first, then a private address, then both at once, then none.
  Script script({{ip("127.0.0.1")}, {ip("127.0.0.9")}, {ip("127.0.0.1"), ip("10.0.0.1")}, {}});
  HttpSenderOptions options;
  options.names.lookup = [&](const std::string&) { return script.next(); };
  options.names.keep_found = Seconds(0);
  options.names.keep_failed = Seconds(0);
  Door door(options);
  const auto send = [&] {
    auto request = request_to(server.port());
    request.url = "http://rebind.example:" + std::to_string(server.port()) + "/";
    return door.get(std::move(request));
  };
  EXPECT_EQ(send().outcome, OutboundOutcome::Responded);
  EXPECT_EQ(send().outcome, OutboundOutcome::Refused) << "although a connection to the name is open";
  EXPECT_EQ(send().outcome, OutboundOutcome::Refused);
  EXPECT_EQ(send().outcome, OutboundOutcome::Dns);
  EXPECT_EQ(server.requests(), 1);
  EXPECT_EQ(door.sender->stats().connections_opened, 1U);
}

TEST(HttpSender, TheNextAddressIsTriedWhenOneDoesNotAnswer) {
  TestHttpServer server([](const std::string&) { return TestReply{}; });
  HttpSenderOptions options;
  options.names.lookup = [](const std::string&) -> LookupAnswer {
    return std::vector<IpAddress>{ip("127.0.0.2"), ip("127.0.0.1")};
  };
  Door door(options);
  EgressPolicy::Settings settings;
  settings.tenancy = {OrganizationId{1}, Environment::Test};
  settings.plain_http = {{ip("127.0.0.1"), server.port()}, {ip("127.0.0.2"), server.port()}};
  auto request = request_to(server.port());
  request.policy = std::make_shared<const EgressPolicy>(settings);
  request.url = "http://two.example:" + std::to_string(server.port()) + "/";
  const auto result = door.get(std::move(request));
  EXPECT_EQ(result.outcome, OutboundOutcome::Responded);
  EXPECT_EQ(result.remote_address, ip("127.0.0.1"));
}

TEST(HttpSender, AHangingNameServerIsATimeout) {
  std::promise<void> release;
  const auto released = release.get_future().share();
  HttpSenderOptions options;
  options.names.lookup = [&](const std::string&) -> LookupAnswer {
    released.wait();
    return fail(LookupError::NotFound);
  };
  Door door(options);
  auto request = request_to(80);
  request.url = "http://slow.example/";
  request.timeout = Milliseconds(50);
  EXPECT_EQ(door.get(std::move(request)).outcome, OutboundOutcome::Timeout);
  release.set_value();
}

TEST(HttpSender, ConnectionsAreReusedWithinAKeyAndNeverAcross) {
  TestHttpServer server([](const std::string&) { return TestReply{}; });
  Door door;
  const To keys[] = {{1, Environment::Test, 1}, {2, Environment::Test, 1}, {1, Environment::Test, 2}};
  int accepted = 0;
  for (const To& key : keys) {
    EXPECT_FALSE(door.get(request_to(server.port(), key)).reused_connection);
    EXPECT_EQ(server.accepted(), ++accepted);
    EXPECT_TRUE(door.get(request_to(server.port(), key)).reused_connection);
    EXPECT_EQ(server.accepted(), accepted);
  }
  EXPECT_TRUE(door.get(request_to(server.port(), keys[0])).reused_connection);
  EXPECT_EQ(server.accepted(), 3);
  EXPECT_EQ(door.sender->stats().pools, 3U);
}

TEST(HttpSender, AnOpenConnectionDoesNotServeARequestWhosePolicyForbidsIt) {
  TestHttpServer server([](const std::string&) { return TestReply{}; });
  // Two policies under one version, as a mistake in wiring would make them: the pool's key is the same.
  HttpSenderOptions options;
  options.names.lookup = [](const std::string&) -> LookupAnswer {
    return std::vector<IpAddress>{ip("127.0.0.1")};
  };
  Door door(options);
  const auto url = "http://name.example:" + std::to_string(server.port()) + "/";
  auto first = request_to(server.port());
  first.url = url;
  EXPECT_EQ(door.get(std::move(first)).outcome, OutboundOutcome::Responded);
  auto second = request_to(server.port());
  second.policy = plain_policy(1);
  second.url = url;
  EXPECT_EQ(door.get(std::move(second)).outcome, OutboundOutcome::Refused);
  EXPECT_EQ(server.requests(), 1);
}

TEST(HttpSender, PoolsAreBounded) {
  TestHttpServer server([](const std::string&) { return TestReply{}; });
  HttpSenderOptions options;
  options.max_pools = 2;
  Door door(options);
  for (std::uint64_t organization = 1; organization <= 5; ++organization)
    EXPECT_EQ(door.get(request_to(server.port(), {organization})).http_status, 204);
  EXPECT_EQ(door.sender->stats().pools, 2U);
  EXPECT_TRUE(door.get(request_to(server.port(), {5})).reused_connection);
  EXPECT_FALSE(door.get(request_to(server.port(), {1})).reused_connection);
}

TEST(HttpSenderTls, AReceiverIsTrustedByItsAuthorityAndItsName) {
  TempFolder folder;
  TestAuthority authority(folder.path);
  const auto right = authority.issue("right", "IP:127.0.0.1");
  const auto wrong = authority.issue("wrong", "DNS:other.example");
  TestHttpServer good([](const std::string&) { return TestReply{}; }, right);
  TestHttpServer impostor([](const std::string&) { return TestReply{}; }, wrong);
  HttpSenderOptions options;
  options.outlet.ca_file = authority.ca_file();
  const auto send = [&](Door& door, std::uint16_t port) {
    OutboundRequest request;
    request.policy = loopback_opened();
    request.url = "https://127.0.0.1:" + std::to_string(port) + "/";
    return door.get(std::move(request));
  };
  Door trusting(options);
  const auto first = send(trusting, good.port());
  EXPECT_EQ(first.outcome, OutboundOutcome::Responded);
  EXPECT_GT(first.timings.secured.count(), 0);
  EXPECT_TRUE(send(trusting, good.port()).reused_connection);
  const auto misnamed = send(trusting, impostor.port());
  EXPECT_EQ(misnamed.outcome, OutboundOutcome::Tls);
  EXPECT_FALSE(misnamed.request_sent);
  Door distrusting;
  const auto unknown = send(distrusting, good.port());
  EXPECT_EQ(unknown.outcome, OutboundOutcome::Tls);
  EXPECT_FALSE(unknown.request_sent);
  EXPECT_EQ(good.requests(), 2);
  EXPECT_EQ(impostor.requests(), 0);
}

TEST(HttpSenderTls, AReplacedAuthorityCountsForTheNextVersionOfAPolicy) {
  TempFolder old_folder;
  TempFolder new_folder;
  TestAuthority old_authority(old_folder.path);
  TestAuthority new_authority(new_folder.path);
  TestHttpServer before([](const std::string&) { return TestReply{}; },
                        old_authority.issue("before", "IP:127.0.0.1"));
  TestHttpServer after([](const std::string&) { return TestReply{}; },
                       new_authority.issue("after", "IP:127.0.0.1"));
  HttpSenderOptions options;
  options.outlet.ca_file = old_authority.ca_file();
  Door door(options);
  const auto send = [&](const TestHttpServer& server, std::uint64_t version) {
    OutboundRequest request;
    request.policy = loopback_opened({.version = version});
    request.url = "https://127.0.0.1:" + std::to_string(server.port()) + "/";
    return door.get(std::move(request)).outcome;
  };
  EXPECT_EQ(send(before, 1), OutboundOutcome::Responded);
  EXPECT_EQ(send(after, 1), OutboundOutcome::Tls);
  const auto bad = door.sender->replace_outlet({.ca_file = "/nonexistent/ca.pem", .proxy = {}});
  ASSERT_FALSE(bad.ok());
  EXPECT_EQ(bad.error(), HttpSenderError::Tls);
  EXPECT_EQ(send(before, 2), OutboundOutcome::Responded) << "what is no good changes nothing";
  ASSERT_TRUE(door.sender->replace_outlet({.ca_file = new_authority.ca_file(), .proxy = {}}).ok());
  EXPECT_EQ(send(before, 3), OutboundOutcome::Tls);
  EXPECT_EQ(send(after, 3), OutboundOutcome::Responded);
}

TEST(HttpSenderTls, AnUnreadableAuthorityFileIsRefusedAtStart) {
  HttpSenderOptions options;
  options.outlet.ca_file = "/nonexistent/ca.pem";
  SystemClock clock;
  const auto created = CurlHttpSender::create(options, clock);
  ASSERT_FALSE(created.ok());
  EXPECT_EQ(created.error(), HttpSenderError::Tls);
}

TEST(HttpSenderProxy, ConnectNamesTheJudgedAddressAndTheEnvironmentIsIgnored) {
  std::string connect;
  TestHttpServer proxy([&](const std::string& request) {
    if (!request.starts_with("CONNECT ")) return TestReply{};
    connect = request.substr(0, request.find("\r\n"));
    return TestReply{"HTTP/1.1 200 Connected\r\n\r\n"};
  });
  HttpSenderOptions options;
  options.names.lookup = [](const std::string&) -> LookupAnswer {
    return std::vector<IpAddress>{ip("127.0.0.1")};
  };
  // NOLINTBEGIN(concurrency-mt-unsafe): the servers' threads read no environment, and no sender runs yet
  setenv("http_proxy", "http://127.0.0.1:1", 1);
  setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
  {
    TestHttpServer server([](const std::string&) { return TestReply{}; });
    EXPECT_EQ(Door(options).get(request_to(server.port())).outcome, OutboundOutcome::Responded);
  }
  unsetenv("http_proxy");
  unsetenv("ALL_PROXY");
  // NOLINTEND(concurrency-mt-unsafe)
  options.outlet.proxy = SocketAddress{ip("127.0.0.1"), proxy.port()};
  Door door(options);
  auto request = request_to(4711);
  request.url = "http://behind.example:4711/";
  const auto result = door.get(std::move(request));
  EXPECT_EQ(result.outcome, OutboundOutcome::Responded);
  EXPECT_EQ(connect, "CONNECT 127.0.0.1:4711 HTTP/1.1");
  auto forbidden = request_to(4711);
  forbidden.url = "http://127.0.0.1:4712/";
  EXPECT_EQ(door.get(std::move(forbidden)).outcome, OutboundOutcome::Refused);
  EXPECT_EQ(proxy.requests(), 2);
}

}  // namespace
}  // namespace sealpost
