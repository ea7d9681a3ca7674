// One socket thread: its io_context, its connections, and the queue through which other threads answer.
// Answers from other threads are collected under a mutex and wake the thread once per burst, because a store
// that commits in groups answers in groups. Timeouts are deadlines inside the connections, compared by one
// tick; arming a timer per operation would cost more than the operation.
// Everything but answer(), dropped() and close_queue() happens on the loop's own thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "edge/http_server/internal/core.h"

namespace sealpost::http_internal {

class Connection;

class Loop final : public ResponseSink, public std::enable_shared_from_this<Loop> {
 public:
  explicit Loop(Core& core);
  ~Loop() override;

  // Serves until stop() was posted and all work has ended.
  void run();
  void begin_drain();
  void stop();
  // After run() returned: later answers go nowhere.
  void close_queue();
  [[nodiscard]] boost::asio::io_context& context() { return context_; }

  // ResponseSink; any thread.
  void answer(std::uint64_t ticket, HttpResponse&& response) override;
  void dropped(std::uint64_t ticket) override;

  // For connections.
  [[nodiscard]] Core& core() { return core_; }
  void adopt(std::shared_ptr<Connection> connection);
  void forget(std::uint64_t connection_id);
  [[nodiscard]] std::uint64_t next_connection_id() { return ++last_connection_id_; }
  // Hands a request to the handler. An answer given before handle() returns comes back at once.
  std::optional<HttpResponse> dispatch(HttpRequest&& request, std::uint64_t ticket);
  // The handler's refusal of a body that has not come, if it has one.
  [[nodiscard]] std::optional<HttpResponse> refuse_body(const HttpRequest& head);
  [[nodiscard]] HttpResponse protocol_error(ProtocolErrorKind kind, std::string_view request_id);
  // "Date: ...\r\n", formatted once a second.
  [[nodiscard]] std::string_view date_line();

 private:
  struct Completion {
    std::uint64_t ticket;
    std::optional<HttpResponse> response;  // none: dropped
  };
  void complete(Completion&& completion);
  void run_completions();
  void deliver(Completion&& completion);
  void schedule_tick();
  void tick();

  Core& core_;
  boost::asio::io_context context_{1};
  boost::asio::steady_timer ticker_{context_};
  std::chrono::nanoseconds tick_interval_;
  std::unordered_map<std::uint64_t, std::shared_ptr<Connection>> connections_;
  std::uint64_t last_connection_id_ = 0;
  bool stopping_ = false;

  std::uint64_t dispatching_ = 0;  // ticket of the request inside handle(), else 0
  std::optional<Completion> inline_answer_;

  std::string date_line_;
  std::int64_t date_second_ = -1;

  std::mutex mutex_;
  std::vector<Completion> completions_;  // guarded by mutex_
  bool closed_ = false;                  // guarded by mutex_
  std::vector<Completion> batch_;        // the loop's own, swapped with completions_
};

}  // namespace sealpost::http_internal
