// What the client meets in tests: a pace without real time, and a gateway that answers from a script over
// real sockets and keeps what it was sent.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "edge/http_sender/testing/test_http_server.h"
#include "sealpost/client.h"

namespace sealpost::sdk {

class FakePace final : public Pace {
 public:
  std::chrono::steady_clock::time_point steady_now() override {
    const std::lock_guard lock(mutex_);
    return now_;
  }
  std::chrono::system_clock::time_point wall_now() override {
    return std::chrono::system_clock::time_point(
        std::chrono::seconds(784'111'777));  // 6 November 1994 08:49:37
  }
  bool wait(std::chrono::milliseconds duration, const std::stop_token& stop) override {
    const std::lock_guard lock(mutex_);
    if (stop.stop_requested()) return false;
    waits_.push_back(duration);
    now_ += duration;
    return true;
  }
  double fraction() override { return 0.5; }

  void advance(std::chrono::milliseconds by) {
    const std::lock_guard lock(mutex_);
    now_ += by;
  }
  std::vector<std::chrono::milliseconds> waits() {
    const std::lock_guard lock(mutex_);
    return waits_;
  }

 private:
  std::mutex mutex_;
  std::chrono::steady_clock::time_point now_{std::chrono::hours(1)};
  std::vector<std::chrono::milliseconds> waits_;
};

inline std::string http(int status, std::string_view body, std::string_view headers = {}) {
  return "HTTP/1.1 " + std::to_string(status) +
         " Told\r\nRequest-Id: req_1\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(headers) + "\r\n" + std::string(body);
}
inline std::string problem(int status, std::string_view code, std::string_view headers = {}) {
  return http(status,
              R"({"type":"/docs","title":"A title","status":)" + std::to_string(status) + R"(,"code":")" +
                  std::string(code) + R"(","request_id":"req_1"})",
              headers);
}

inline constexpr std::string_view kAccepted =
    R"({"message_id":"msg_1","duplicate":false,"accepted_at":"2026-01-02T03:04:05.678Z","deliveries":2,)"
    R"("receipt":"/v1/messages/msg_1","audit":{"log_origin":"example/log","index":null}})";

class TestGateway final {
 public:
  TestGateway() : server_([this](const std::string& request) { return answer(request); }) {}

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(server_.port()); }
  // The next answer to a call, or to a token request. Without a script: success.
  void script(std::string reply) { push(replies_, {std::move(reply)}); }
  void script_break() { push(replies_, {"", TestReply::Then::Reset}); }
  void script_token(std::string reply) { push(token_replies_, {std::move(reply)}); }

  std::vector<std::string> calls() {
    const std::lock_guard lock(mutex_);
    return calls_;
  }
  std::vector<std::string> token_requests() {
    const std::lock_guard lock(mutex_);
    return token_requests_;
  }

 private:
  void push(std::deque<TestReply>& to, TestReply reply) {
    const std::lock_guard lock(mutex_);
    to.push_back(std::move(reply));
  }
  static TestReply take(std::deque<TestReply>& from, const std::string& otherwise) {
    if (from.empty()) return {otherwise};
    TestReply out = std::move(from.front());
    from.pop_front();
    return out;
  }
  TestReply answer(const std::string& request) {
    const std::lock_guard lock(mutex_);
    if (!request.starts_with("POST /v1/oauth/token ")) {
      calls_.push_back(request);
      return take(replies_, http(202, kAccepted));
    }
    token_requests_.push_back(request);
    const std::string token = "test-token-" + std::to_string(token_requests_.size());
    return take(token_replies_,
                http(200, R"({"access_token":")" + token +
                              R"(","token_type":"Bearer","expires_in":600,"scope":"messages:write"})"));
  }

  std::mutex mutex_;
  std::deque<TestReply> replies_;
  std::deque<TestReply> token_replies_;
  std::vector<std::string> calls_;
  std::vector<std::string> token_requests_;
  TestHttpServer server_;  // last: its threads use the rest
};

inline std::string header_of(const std::string& request, std::string_view name) {
  const std::string wanted = "\r\n" + std::string(name) + ": ";
  const std::size_t begin = request.find(wanted);
  if (begin == std::string::npos) return {};
  const std::size_t from = begin + wanted.size();
  return request.substr(from, request.find("\r\n", from) - from);
}
inline std::string body_of(const std::string& request) {
  return request.substr(request.find("\r\n\r\n") + 4);
}

// Has characters that HTTP Basic must carry encoded (RFC 6749 section 2.3.1).
inline constexpr std::string_view kSecretWord = "example-value/+";

inline Client client_of(const std::string& url, std::shared_ptr<Pace> pace) {
  ClientOptions options;
  options.url = url;
  options.client_id = "crd_1";
  options.client_secret = Secret::copy_of(kSecretWord);
  options.use_environment = false;
  options.pace = std::move(pace);
  return *Client::create(std::move(options));
}

}  // namespace sealpost::sdk
