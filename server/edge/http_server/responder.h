// The right to answer one request, once, from any thread. A Responder that dies unanswered answers 500, so no
// request is ever left hanging by a forgotten path. It may outlive the connection and the server: the answer
// then goes nowhere.
// Move-only; one thread at a time per object.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "foundation/http_types/http_message.h"

namespace sealpost {

// Where answers go. The server is one; tests of routes have another in testing/.
class ResponseSink {
 public:
  virtual ~ResponseSink() = default;
  // Called at most once per ticket, from any thread.
  virtual void answer(std::uint64_t ticket, HttpResponse&& response) = 0;
  virtual void dropped(std::uint64_t ticket) = 0;
};

class Responder final {
 public:
  Responder(std::shared_ptr<ResponseSink> sink, std::uint64_t ticket)
      : sink_(std::move(sink)), ticket_(ticket) {}
  Responder(Responder&&) noexcept = default;
  Responder& operator=(Responder&& other) noexcept {
    if (this != &other) {
      drop();
      sink_ = std::move(other.sink_);
      ticket_ = other.ticket_;
    }
    return *this;
  }
  Responder(const Responder&) = delete;
  Responder& operator=(const Responder&) = delete;
  ~Responder() { drop(); }

  // The second call, or one on a moved-from Responder, does nothing.
  void send(HttpResponse&& response) {
    if (const auto sink = std::move(sink_)) sink->answer(ticket_, std::move(response));
  }

 private:
  void drop() {
    if (const auto sink = std::move(sink_)) sink->dropped(ticket_);
  }
  std::shared_ptr<ResponseSink> sink_;
  std::uint64_t ticket_;
};

}  // namespace sealpost
