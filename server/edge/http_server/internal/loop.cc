#include "edge/http_server/internal/loop.h"

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <chrono>
#include <cstdio>

#include "edge/http_server/internal/connection.h"

namespace sealpost::http_internal {
namespace {

thread_local const Loop* current_loop = nullptr;

std::chrono::nanoseconds tick_for(const HttpLimits& limits) {
  const auto shortest = std::min({limits.head_timeout, limits.body_timeout, limits.idle_timeout,
                                  limits.write_timeout, limits.linger_timeout, limits.drain_idle_grace});
  return std::clamp(shortest / 4, Milliseconds(5), Milliseconds(250));
}

}  // namespace

Loop::Loop(Core& core) : core_(core), tick_interval_(tick_for(core.options.limits)) {}
Loop::~Loop() = default;

void Loop::run() {
  current_loop = this;
  schedule_tick();
  context_.run();
  current_loop = nullptr;
}

void Loop::schedule_tick() {
  ticker_.expires_after(tick_interval_);
  ticker_.async_wait([this](boost::system::error_code ec) {
    if (ec || stopping_) return;
    tick();
    schedule_tick();
  });
}

void Loop::tick() {
  const auto now = core_.clock.steady_now();
  // A connection that expires leaves the map, so the walk is over a copy of those that might.
  std::vector<std::shared_ptr<Connection>> all;
  all.reserve(connections_.size());
  for (const auto& [id, connection] : connections_) all.push_back(connection);
  for (const auto& connection : all) connection->expire(now);
}

void Loop::begin_drain() {
  for (const auto& [id, connection] : connections_) connection->begin_drain();
}

void Loop::stop() {
  stopping_ = true;
  ticker_.cancel();
  auto all = std::move(connections_);
  connections_.clear();
  for (const auto& [id, connection] : all) connection->close();
}

void Loop::close_queue() {
  std::vector<Completion> left;
  const std::scoped_lock lock(mutex_);
  closed_ = true;
  left.swap(completions_);
}

void Loop::adopt(std::shared_ptr<Connection> connection) {
  if (stopping_) return connection->close();
  auto& kept = connections_[connection->id()];
  kept = std::move(connection);
  const auto self = kept;  // start() may close, and closing forgets
  self->start();
  if (core_.draining.load(std::memory_order_relaxed)) self->begin_drain();
}

void Loop::forget(std::uint64_t connection_id) { connections_.erase(connection_id); }

void Loop::answer(std::uint64_t ticket, HttpResponse&& response) {
  complete({.ticket = ticket, .response = std::move(response)});
}

void Loop::dropped(std::uint64_t ticket) { complete({.ticket = ticket, .response = std::nullopt}); }

void Loop::complete(Completion&& completion) {
  if (current_loop == this && dispatching_ == completion.ticket) {
    inline_answer_ = std::move(completion);
    return;
  }
  const std::scoped_lock lock(mutex_);
  if (closed_) return;
  completions_.push_back(std::move(completion));
  if (completions_.size() > 1) return;  // somebody has woken the loop already
  // Not a shared pointer: what the context still holds after run() would keep this object, and so itself.
  boost::asio::post(context_, [this] { run_completions(); });
}

void Loop::run_completions() {
  {
    const std::scoped_lock lock(mutex_);
    batch_.swap(completions_);
  }
  for (auto& completion : batch_) deliver(std::move(completion));
  batch_.clear();
}

void Loop::deliver(Completion&& completion) {
  const auto found = connections_.find(Connection::connection_of(completion.ticket));
  if (found == connections_.end()) return;
  const auto connection = found->second;
  connection->on_answer(completion.ticket, std::move(completion.response));
}

std::optional<HttpResponse> Loop::dispatch(HttpRequest&& request, std::uint64_t ticket) {
  dispatching_ = ticket;
  inline_answer_.reset();
  const std::string request_id = request.request_id;
  try {
    core_.handler.handle(std::move(request), Responder(shared_from_this(), ticket));
  } catch (...) {
    count(core_.counters.handler_exceptions);  // the Responder died on the way, which is an answer
  }
  dispatching_ = 0;
  if (!inline_answer_) return std::nullopt;
  auto response = std::move(inline_answer_->response);
  inline_answer_.reset();
  if (!response) response = protocol_error(ProtocolErrorKind::Unanswered, request_id);
  return response;
}

std::optional<HttpResponse> Loop::refuse_body(const HttpRequest& head) {
  try {
    return core_.handler.refuse_body(head);
  } catch (...) {
    count(core_.counters.handler_exceptions);
    return protocol_error(ProtocolErrorKind::Unanswered, head.request_id);
  }
}

HttpResponse Loop::protocol_error(ProtocolErrorKind kind, std::string_view request_id) {
  count(core_.counters.protocol_errors[static_cast<std::size_t>(kind)]);
  HttpResponse response;
  try {
    response = core_.handler.protocol_error(kind, request_id);
  } catch (...) {
    count(core_.counters.handler_exceptions);
    response = HttpResponse::empty(status_of(kind));
  }
  if (response.status == 503 && response.headers.find("Retry-After").count == 0)
    response.headers.add("Retry-After", "1");
  return response;
}

std::string_view Loop::date_line() {
  const auto now = core_.clock.wall_now();
  const auto second = to_unix_seconds(now);
  if (second == date_second_) return date_line_;
  date_second_ = second;
  // IMF-fixdate (RFC 9110 section 5.6.7), independent of the locale.
  static constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(now);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(std::chrono::floor<Seconds>(now - day));
  std::array<char, 64> text{};
  const int size = std::snprintf(
      text.data(), text.size(), "Date: %s, %02u %s %04d %02d:%02d:%02d GMT\r\n",
      kDays[std::chrono::weekday(day).c_encoding()], unsigned{date.day()},
      kMonths[unsigned{date.month()} - 1], int{date.year()}, static_cast<int>(time.hours().count()),
      static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()));
  date_line_.assign(text.data(), static_cast<std::size_t>(size));
  return date_line_;
}

}  // namespace sealpost::http_internal
