// The sockets libcurl wants to hear of, on one epoll instance. Between two requests on a kept-alive
// connection libcurl forgets the socket; we leave it registered and only forget it once it says something
// unasked, which saves two system calls per request. All sockets are opened and closed through here, so the
// table never describes a descriptor that the kernel has given to someone else. One thread, but for wake().
#pragma once

#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace sealpost {

class ConnectionPool;

class SocketWatch final {
 public:
  struct Event {
    ConnectionPool* pool = nullptr;
    int socket = -1;
    std::uint32_t events = 0;
  };
  static std::unique_ptr<SocketWatch> create();
  ~SocketWatch();
  SocketWatch(const SocketWatch&) = delete;
  SocketWatch& operator=(const SocketWatch&) = delete;

  int open_socket(int family, int type, int protocol);  // -1 on failure
  int close_socket(int socket);
  // `events` as epoll takes them; 0: not interested for now.
  void want(int socket, ConnectionPool* pool, std::uint32_t events);
  void forget_pool(const ConnectionPool* pool);
  // Sleeps until something happens, wake() is called, or the time is over (-1: forever). The span lives until
  // the next call.
  std::span<const Event> wait(int timeout_ms);
  // Thread-safe: ends the current or the next wait().
  void wake();
  [[nodiscard]] std::uint64_t sockets_opened() const { return opened_.load(std::memory_order_relaxed); }

 private:
  struct Watched {
    ConnectionPool* pool = nullptr;
    std::uint32_t registered = 0;
    std::uint32_t wanted = 0;
  };
  SocketWatch(int epoll, int event) : epoll_(epoll), event_(event) {}
  Watched& at(int socket);

  int epoll_;
  int event_;
  std::vector<Watched> table_;
  std::array<epoll_event, 256> raw_{};
  std::vector<Event> events_;
  std::atomic<std::uint64_t> opened_{0};
};

}  // namespace sealpost
