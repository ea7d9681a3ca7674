#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <thread>

#include "testing/test_gateway.h"

namespace sealpost::sdk {
namespace {

using std::chrono::milliseconds;

struct Folder {
  Folder()
      : path(std::filesystem::temp_directory_path() / ("sealpost_sdk_tls_" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(path);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

// While it lives, threads are born with SIGPIPE blocked. The test server's OpenSSL writes to sockets that a
// client has left, which would end the program; the client's own thread stays open to the signal, so that a
// client that raises it is still found out.
class QuietBirths final {
 public:
  QuietBirths() {
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, &before_);
  }
  QuietBirths(const QuietBirths&) = delete;
  QuietBirths& operator=(const QuietBirths&) = delete;
  ~QuietBirths() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

std::string outcome_of(Transport& transport, const std::string& url, std::size_t max_bytes = 1000) {
  const Secret secret = Secret::copy_of("Bearer test-token");
  const auto answer = transport.exchange(
      {.method = "GET", .url = url, .authorization = &secret, .max_answer_bytes = max_bytes}, {});
  if (answer) return std::to_string(answer->status) + " " + answer->body;
  switch (answer.error()) {
    case TransportError::NotConnected:
      return "not_connected";
    case TransportError::Tls:
      return "tls";
    case TransportError::ConnectionLost:
      return "connection_lost";
    case TransportError::TimedOut:
      return "timed_out";
    case TransportError::AnswerTooLarge:
      return "too_large";
    case TransportError::Stopped:
      return "stopped";
    case TransportError::Failed:
      return "failed";
  }
  return "?";
}

TEST(CurlTransport, TrustsOnlyTheGivenAuthorityAndTheRightName) {
  const Folder folder;
  TestAuthority authority(folder.path);
  std::filesystem::create_directories(folder.path / "other");
  TestAuthority other(folder.path / "other");
  auto births = std::make_optional<QuietBirths>();
  TestHttpServer server([](const std::string&) { return TestReply{http(200, "hello")}; },
                        authority.issue("localhost", "DNS:localhost"));
  births.reset();
  const std::string by_name = "https://localhost:" + std::to_string(server.port());
  const std::string by_address = "https://127.0.0.1:" + std::to_string(server.port());
  const auto trusting = make_curl_transport({.ca_file = authority.ca_file()});
  EXPECT_EQ(outcome_of(*trusting, by_name), "200 hello");
  EXPECT_EQ(outcome_of(*trusting, by_address), "tls");
  EXPECT_EQ(outcome_of(*make_curl_transport(), by_name), "tls");
  EXPECT_EQ(outcome_of(*make_curl_transport({.ca_file = other.ca_file()}), by_name), "tls");
  EXPECT_EQ(outcome_of(*make_curl_transport({.ca_file = folder.path / "none.pem"}), by_name), "tls");
  EXPECT_EQ(server.requests(), 1);
}

TEST(CurlTransport, NamesItsFailures) {
  TestHttpServer server([](const std::string& request) {
    if (request.starts_with("GET /hang")) return TestReply{"", TestReply::Then::Hang};
    if (request.starts_with("GET /reset")) return TestReply{"", TestReply::Then::Reset};
    if (request.starts_with("GET /cut"))
      return TestReply{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", TestReply::Then::Close};
    if (request.starts_with("GET /moved"))
      return TestReply{http(302, "", "Location: http://127.0.0.1:1/\r\n")};
    return TestReply{http(200, std::string(500, 'x'))};
  });
  const std::string url = "http://127.0.0.1:" + std::to_string(server.port());
  const auto transport =
      make_curl_transport({.connect_timeout = milliseconds(150), .read_timeout = milliseconds(150)});
  EXPECT_EQ(outcome_of(*transport, url + "/hang"), "timed_out");
  EXPECT_EQ(outcome_of(*transport, url + "/reset"), "connection_lost");
  EXPECT_EQ(outcome_of(*transport, url + "/cut"), "connection_lost");
  EXPECT_EQ(outcome_of(*transport, url + "/moved"), "302 ");
  EXPECT_EQ(outcome_of(*transport, url + "/large", 499), "too_large");
  EXPECT_EQ(outcome_of(*transport, url + "/large", 500), "200 " + std::string(500, 'x'));
  EXPECT_EQ(outcome_of(*transport, "ftp://127.0.0.1/"), "failed");
  EXPECT_EQ(outcome_of(*transport, "http://127.0.0.1:1/"), "not_connected");
}

TEST(CurlTransport, KeepsConnectionsAndStaysOffProxies) {
  TestHttpServer server([](const std::string&) { return TestReply{http(200, "hello")}; });
  const std::string url = "http://127.0.0.1:" + std::to_string(server.port());
  const auto transport = make_curl_transport();
  // NOLINTBEGIN(concurrency-mt-unsafe): the server's thread reads no environment
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(outcome_of(*transport, url), "200 hello");
  ::unsetenv("http_proxy");
  // NOLINTEND(concurrency-mt-unsafe)
  EXPECT_EQ(server.accepted(), 1);
}

TEST(CurlTransport, EndsWhenStopped) {
  TestHttpServer server([](const std::string&) { return TestReply{"", TestReply::Then::Hang}; });
  const auto transport = make_curl_transport();
  std::stop_source stop;
  const std::jthread stopper([&] {
    server.wait_for_requests(1);
    stop.request_stop();
  });
  const auto answer = transport->exchange(
      {.method = "GET", .url = "http://127.0.0.1:" + std::to_string(server.port())}, stop.get_token());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error(), TransportError::Stopped);
}

TEST(SystemPace, StopsWaitingAndDrawsFractions) {
  const auto pace = make_system_pace();
  EXPECT_TRUE(pace->wait(milliseconds(1), {}));
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(pace->wait(std::chrono::hours(1), stop.get_token()));
  double sum = 0;
  for (int i = 0; i < 2000; ++i) {
    const double drawn = pace->fraction();
    ASSERT_GE(drawn, 0.0);
    ASSERT_LT(drawn, 1.0);
    sum += drawn;
  }
  EXPECT_NEAR(sum / 2000, 0.5, 0.1);
}

}  // namespace
}  // namespace sealpost::sdk
