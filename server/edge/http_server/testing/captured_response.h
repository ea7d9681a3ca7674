// A Responder whose answer a test can look at, without a server. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "edge/http_server/responder.h"

namespace sealpost {

class CapturedResponse final : public ResponseSink, public std::enable_shared_from_this<CapturedResponse> {
 public:
  CapturedResponse();
  ~CapturedResponse() override;
  static std::shared_ptr<CapturedResponse> create();
  [[nodiscard]] Responder responder();

  void answer(std::uint64_t, HttpResponse&& response) override;
  void dropped(std::uint64_t) override;

  // Blocks until the Responder was used or dropped.
  HttpResponse wait();
  [[nodiscard]] bool was_dropped() const;
  [[nodiscard]] bool answered() const;

 private:
  void settle(HttpResponse&& response, bool dropped);
  mutable std::mutex mutex_;
  std::condition_variable settled_;
  std::optional<HttpResponse> response_;
  bool dropped_ = false;
};

}  // namespace sealpost
