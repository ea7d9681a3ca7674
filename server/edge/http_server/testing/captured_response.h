// A Responder whose answer a test can look at, without a server. Thread-safe.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>

#include "edge/http_server/responder.h"

namespace sealpost {

class CapturedResponse final : public ResponseSink, public std::enable_shared_from_this<CapturedResponse> {
 public:
  static std::shared_ptr<CapturedResponse> create() { return std::make_shared<CapturedResponse>(); }
  [[nodiscard]] Responder responder() { return {shared_from_this(), 1}; }

  void answer(std::uint64_t, HttpResponse&& response) override { settle(std::move(response), false); }
  void dropped(std::uint64_t) override { settle(HttpResponse::empty(500), true); }

  // Blocks until the Responder was used or dropped.
  HttpResponse wait() {
    std::unique_lock lock(mutex_);
    settled_.wait(lock, [this] { return response_.has_value(); });
    return *response_;
  }
  [[nodiscard]] bool was_dropped() const {
    const std::scoped_lock lock(mutex_);
    return dropped_;
  }
  [[nodiscard]] bool answered() const {
    const std::scoped_lock lock(mutex_);
    return response_.has_value() && !dropped_;
  }

 private:
  void settle(HttpResponse&& response, bool dropped) {
    const std::scoped_lock lock(mutex_);
    response_ = std::move(response);
    dropped_ = dropped;
    settled_.notify_all();
  }
  mutable std::mutex mutex_;
  std::condition_variable settled_;
  std::optional<HttpResponse> response_;
  bool dropped_ = false;
};

}  // namespace sealpost
