// What the client asks of the machine: one exchange over HTTP, and the time. Both have an implementation in
// the SDK; give another Transport to send through an HTTP library that a program already has. Requests carry
// a secret in `authorization`: an implementation neither logs nor keeps it.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "sealpost/outcome.h"
#include "sealpost/secret.h"

namespace sealpost::sdk {

struct HttpField {
  std::string name;
  std::string value;
};

struct HttpRequest {
  std::string method;
  std::string url;
  std::vector<HttpField> headers{};         // without Authorization
  const Secret* authorization = nullptr;    // the value of that header; outlives the exchange
  std::string body{};                       // sent when the method is POST
  std::size_t max_answer_bytes = 1U << 20;  // of the answer's body
};

struct HttpAnswer {
  int status = 0;
  std::vector<HttpField> headers{};
  std::string body{};
};

enum class TransportError {
  NotConnected,    // no address, refused, or not within the connect timeout: nothing was sent
  Tls,             // no trusted connection; nothing was sent
  ConnectionLost,  // broke before the answer was complete
  TimedOut,        // no complete answer within the read timeout
  AnswerTooLarge,  // above max_answer_bytes
  Stopped,         // by the stop token
  Failed,          // anything else, for instance no memory
};

// Thread-safe; throws nothing. Follows no redirect, and adds no credentials of its own.
class Transport {
 public:
  virtual ~Transport() = default;
  [[nodiscard]] virtual Outcome<HttpAnswer, TransportError> exchange(const HttpRequest& request,
                                                                     const std::stop_token& stop) = 0;
};

struct CurlOptions {
  std::filesystem::path ca_file{};  // PEM, and then only what it lists is trusted; empty: the system's store
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds read_timeout{30'000};  // both together bound the whole exchange
};

// libcurl: TLS 1.2 or later with certificate and host name always verified, connections kept for reuse, no
// plain http through proxies.
[[nodiscard]] std::unique_ptr<Transport> make_curl_transport(const CurlOptions& options = {});

// Thread-safe.
class Pace {
 public:
  virtual ~Pace() = default;
  [[nodiscard]] virtual std::chrono::steady_clock::time_point steady_now() = 0;
  [[nodiscard]] virtual std::chrono::system_clock::time_point wall_now() = 0;
  // False: stopped before the time was over.
  [[nodiscard]] virtual bool wait(std::chrono::milliseconds duration, const std::stop_token& stop) = 0;
  // Evenly spread over 0 <= x < 1.
  [[nodiscard]] virtual double fraction() = 0;
};
[[nodiscard]] std::unique_ptr<Pace> make_system_pace();

}  // namespace sealpost::sdk
