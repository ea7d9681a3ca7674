// A receiver that costs little, for measuring senders: a child process with one epoll loop that answers each
// HTTP/1.1 request with 204 and keeps the connection. Counts what it answered. Tests and benches only; start
// it before any thread.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>

namespace sealpost {

class FastSink final {
 public:
  FastSink();
  ~FastSink();
  FastSink(const FastSink&) = delete;
  FastSink& operator=(const FastSink&) = delete;
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::uint64_t requests() const;
  [[nodiscard]] std::uint64_t connections() const;

 private:
  struct Counters {
    std::atomic<std::uint64_t> requests{0};
    std::atomic<std::uint64_t> connections{0};
  };
  [[noreturn]] void run(int listener);
  std::uint16_t port_ = 0;
  pid_t child_ = -1;
  Counters* shared_ = nullptr;  // a mapping that both processes see
};

}  // namespace sealpost
