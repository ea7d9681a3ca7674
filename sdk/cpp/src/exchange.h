// One call of the client on the wire: attempts, waits between them, and what an answer means. Thread-safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "sealpost/error.h"
#include "sealpost/outcome.h"
#include "sealpost/transport.h"

namespace sealpost::sdk {

// Every call is a read, is repeatable by nature (a token), or has an idempotency key: each may be repeated.
struct Call {
  std::string method;
  std::string path;
  std::string content_type{};
  std::string body{};
  std::string idempotency_key{};
  std::size_t max_answer_bytes = std::size_t{1} << 20;
};

struct RetryRules {
  int max_retries = 2;
  std::chrono::milliseconds first_backoff{500};
  std::chrono::milliseconds longest_wait{60'000};
};

// One attempt: an answer with a status of success, or why not.
using AttemptOnce = std::function<Outcome<HttpAnswer, Error>()>;

class Exchange final {
 public:
  Exchange(std::string base_url, Transport& transport, Pace& pace)
      : base_url_(std::move(base_url)), transport_(transport), pace_(pace) {}

  [[nodiscard]] Outcome<HttpAnswer, Error> once(const Call& call, const Secret& authorization,
                                                const std::stop_token& stop) const;
  // Repeats what may pass later; an error says how many attempts were made.
  [[nodiscard]] Outcome<HttpAnswer, Error> repeat(const RetryRules& rules, const std::stop_token& stop,
                                                  const AttemptOnce& attempt) const;

 private:
  const std::string base_url_;
  Transport& transport_;
  Pace& pace_;
};

// What the answer's body says; without a proper problem, what its status says.
[[nodiscard]] Error read_error(int status, std::string_view request_id, std::string_view body);

// Seconds or an HTTP-date of the form in use (RFC 9110 sections 10.2.3 and 5.6.7); a date gone by is zero.
[[nodiscard]] std::optional<std::chrono::seconds> read_retry_after(std::string_view text,
                                                                   std::chrono::system_clock::time_point now);

// How long to wait before repetition number `retry` (from 0). `fraction` is the jitter: 0 <= x < 1.
[[nodiscard]] std::chrono::milliseconds backoff(const RetryRules& rules, int retry, double fraction);

// The answer broke off or is none that a gateway gives, so both outcomes are possible.
[[nodiscard]] Error not_understood(const HttpAnswer& answer);
[[nodiscard]] std::string_view field(const HttpAnswer& answer, std::string_view name);
[[nodiscard]] Error wrong_use(std::string_view code, std::string detail);

}  // namespace sealpost::sdk
