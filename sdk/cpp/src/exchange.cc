#include "exchange.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "domain/model/public_code.h"
#include "foundation/json/json.h"

namespace sealpost::sdk {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Whoever writes an answer must not fill the caller's log.
constexpr std::size_t kMaxText = 500;
constexpr std::size_t kMaxListed = 50;

ErrorCategory to_sdk(CodeCategory category) {
  switch (category) {
    case CodeCategory::Auth:
      return ErrorCategory::Auth;
    case CodeCategory::Signature:
    case CodeCategory::State:
      return ErrorCategory::State;
    case CodeCategory::Request:
      return ErrorCategory::Request;
    case CodeCategory::Limit:
      return ErrorCategory::Limit;
    case CodeCategory::Server:
    case CodeCategory::Delivery:
      return ErrorCategory::Server;
  }
  return ErrorCategory::Server;
}

ErrorCategory category_of_status(int status) {
  if (status == 401 || status == 403) return ErrorCategory::Auth;
  if (status == 409 || status == 410 || status == 412) return ErrorCategory::State;
  if (status == 408 || status == 413 || status == 429) return ErrorCategory::Limit;
  return status >= 500 ? ErrorCategory::Server : ErrorCategory::Request;
}

bool status_may_pass_later(int status) {
  return status == 408 || status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
}

// Printable text on one line, cut where it grows long.
std::string tame(std::string_view text) {
  std::string out(text.substr(0, kMaxText));
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return out;
}

std::string text_member(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? tame(value->get_string()) : std::string();
}

bool is_code(std::string_view text) {
  return !text.empty() && text.size() <= 64 &&
         std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

void read_lists(const json::object& problem, Error& error) {
  if (const auto* scopes = problem.if_contains("required_scopes"); scopes != nullptr && scopes->is_array())
    for (const json::value& scope : scopes->get_array())
      if (scope.is_string() && error.required_scopes.size() < kMaxListed)
        error.required_scopes.push_back(tame(scope.get_string()));
  if (const auto* fields = problem.if_contains("errors"); fields != nullptr && fields->is_array())
    for (const json::value& entry : fields->get_array())
      if (entry.is_object() && error.fields.size() < kMaxListed)
        error.fields.push_back(
            {text_member(entry.get_object(), "pointer"), text_member(entry.get_object(), "detail")});
}

Error from_transport(TransportError failure) {
  switch (failure) {
    case TransportError::Stopped:
      return {.category = ErrorCategory::Stopped,
              .code = "outcome_unknown",
              .retryable = true,
              .title = "Stopped"};
    case TransportError::Tls:
      return {.category = ErrorCategory::Connection,
              .code = "tls_failed",
              .title = "TLS failed",
              .detail = "The gateway's certificate does not verify, or no common version exists."};
    case TransportError::AnswerTooLarge:
      return {.category = ErrorCategory::Protocol,
              .code = "response_too_large",
              .title = "Answer too large",
              .detail = "The answer is longer than any that a gateway gives to this call."};
    case TransportError::TimedOut:
      return {.category = ErrorCategory::Connection,
              .code = "unreachable",
              .retryable = true,
              .title = "Gateway not reached",
              .detail = "No complete answer came in time."};
    case TransportError::ConnectionLost:
      return {.category = ErrorCategory::Connection,
              .code = "unreachable",
              .retryable = true,
              .title = "Gateway not reached",
              .detail = "The connection broke before an answer."};
    case TransportError::NotConnected:
    case TransportError::Failed:
      break;
  }
  return {.category = ErrorCategory::Connection,
          .code = "unreachable",
          .retryable = true,
          .title = "Gateway not reached",
          .detail = "No connection came about."};
}

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

template <class Number>
bool read_number(std::string_view text, Number& out) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), out);
  return problem == std::errc() && end == text.data() + text.size() && text.front() != '-';
}

}  // namespace

std::string_view name(ErrorCategory category) {
  switch (category) {
    case ErrorCategory::Configuration:
      return "configuration";
    case ErrorCategory::Connection:
      return "connection";
    case ErrorCategory::Protocol:
      return "protocol";
    case ErrorCategory::Stopped:
      return "stopped";
    case ErrorCategory::Auth:
      return "auth";
    case ErrorCategory::State:
      return "state";
    case ErrorCategory::Request:
      return "request";
    case ErrorCategory::Limit:
      return "limit";
    case ErrorCategory::Server:
      return "server";
  }
  return "unknown";
}

std::string to_string(const Error& error) {
  std::string out(name(error.category));
  out += ": " + error.code;
  if (error.status != 0) out += " (" + std::to_string(error.status) + ")";
  if (!error.title.empty()) out += ": " + error.title;
  if (!error.detail.empty()) out += ": " + error.detail;
  if (!error.request_id.empty()) out += " [" + error.request_id + "]";
  return out;
}

std::string_view field(const HttpAnswer& answer, std::string_view wanted) {
  for (const HttpField& header : answer.headers)
    if (same_name(header.name, wanted)) return header.value;
  return {};
}

Error wrong_use(std::string_view code, std::string detail) {
  return {.category = ErrorCategory::Configuration,
          .code = std::string(code),
          .title = "Nothing was sent",
          .detail = std::move(detail)};
}

Error not_understood(const HttpAnswer& answer) {
  return {.category = ErrorCategory::Protocol,
          .code = "outcome_unknown",
          .status = answer.status,
          .request_id = tame(field(answer, "Request-Id")),
          .retryable = true,
          .title = "Answer not understood",
          .detail = "The answer is none that a gateway gives to this call."};
}

Error read_error(int status, std::string_view request_id, std::string_view body) {
  Error error{.status = status, .request_id = tame(request_id)};
  const auto document = parse_json(body);
  const json::object* problem = document ? document->if_object() : nullptr;
  std::string code = problem != nullptr ? text_member(*problem, "code") : std::string();
  if (!is_code(code)) {
    // A proxy's page. A success that is none of ours may have been carried out.
    error.category = ErrorCategory::Protocol;
    error.code = "unreachable";
    error.retryable = status_may_pass_later(status);
    error.title = "Not the answer of a gateway";
    return error;
  }
  error.code = std::move(code);
  error.title = text_member(*problem, "title");
  error.detail = text_member(*problem, "detail");
  if (auto told = text_member(*problem, "request_id"); !told.empty()) error.request_id = std::move(told);
  read_lists(*problem, error);
  if (const auto known = find_public_code(error.code)) {
    const PublicCodeInfo& info = public_code_info(*known);
    error.category = to_sdk(info.category);
    error.retryable = info.retry == CodeRetry::Later;
  } else {
    error.category = category_of_status(status);
    error.retryable = status_may_pass_later(status);
  }
  return error;
}

std::optional<seconds> read_retry_after(std::string_view text, std::chrono::system_clock::time_point now) {
  if (text.empty()) return std::nullopt;
  std::int64_t count = 0;
  constexpr std::int64_t kLongest = std::int64_t{10} * 365 * 86'400;
  if (text.size() <= 12 && read_number(text, count)) return seconds(std::min(count, kLongest));
  // Sun, 06 Nov 1994 08:49:37 GMT
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT") return std::nullopt;
  constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto month = std::ranges::find(kMonths, text.substr(8, 3));
  int year = 0;
  unsigned day = 0, hour = 0, minute = 0, second = 0;
  if (month == kMonths.end() || !read_number(text.substr(5, 2), day) ||
      !read_number(text.substr(12, 4), year) || !read_number(text.substr(17, 2), hour) ||
      !read_number(text.substr(20, 2), minute) || !read_number(text.substr(23, 2), second))
    return std::nullopt;
  const std::chrono::year_month_day date{
      std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month - kMonths.begin()) + 1),
      std::chrono::day(day)};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const auto when =
      std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) + seconds(second);
  return std::max(seconds(0), when - std::chrono::floor<seconds>(now));
}

milliseconds backoff(const RetryRules& rules, int retry, double fraction) {
  const milliseconds most =
      std::min(rules.first_backoff * (1 << std::clamp(retry, 0, 10)), rules.longest_wait);
  return milliseconds(static_cast<std::int64_t>(std::floor(static_cast<double>(most.count()) * fraction)));
}

Outcome<HttpAnswer, Error> Exchange::once(const Call& call, const Secret& authorization,
                                          const std::stop_token& stop) const {
  HttpRequest request{.method = call.method,
                      .url = base_url_ + call.path,
                      .headers = {{"Accept", "application/json, application/problem+json"}},
                      .authorization = &authorization,
                      .body = call.body,
                      .max_answer_bytes = call.max_answer_bytes};
  if (!call.content_type.empty()) request.headers.push_back({"Content-Type", call.content_type});
  if (!call.idempotency_key.empty()) request.headers.push_back({"Idempotency-Key", call.idempotency_key});
  auto answer = transport_.exchange(request, stop);
  if (!answer) return from_transport(answer.error());
  if (answer->status == 200 || answer->status == 202) return std::move(*answer);
  Error error = read_error(answer->status, field(*answer, "Request-Id"), answer->body);
  error.retry_after = read_retry_after(field(*answer, "Retry-After"), pace_.wall_now());
  return error;
}

Outcome<HttpAnswer, Error> Exchange::repeat(const RetryRules& rules, const std::stop_token& stop,
                                            const AttemptOnce& attempt) const {
  for (int retry = 0;; ++retry) {
    auto answer = attempt();
    if (answer) return answer;
    Error error = answer.error();
    error.attempts = retry + 1;
    const bool repeatable = error.retryable && error.category != ErrorCategory::Stopped;
    if (!repeatable || retry >= rules.max_retries) return error;
    // Jitter on top, so that not all who were told the same second come back in it.
    const milliseconds pause =
        error.retry_after.value_or(seconds(0)) + backoff(rules, retry, pace_.fraction());
    if (error.retry_after && *error.retry_after > rules.longest_wait) return error;
    if (!pace_.wait(pause, stop)) {
      error.category = ErrorCategory::Stopped;
      return error;
    }
  }
}

}  // namespace sealpost::sdk
