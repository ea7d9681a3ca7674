#include "edge/http_sender/internal/socket_watch.h"

#include <sys/eventfd.h>
#include <unistd.h>

namespace sealpost {

std::unique_ptr<SocketWatch> SocketWatch::create() {
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0) return nullptr;
  const int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (event < 0) {
    ::close(epoll);
    return nullptr;
  }
  std::unique_ptr<SocketWatch> watch(new SocketWatch(epoll, event));
  epoll_event wanted{};
  wanted.events = EPOLLIN;
  wanted.data.fd = event;
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, event, &wanted) != 0) return nullptr;
  return watch;
}

SocketWatch::~SocketWatch() {
  ::close(event_);
  ::close(epoll_);
}

SocketWatch::Watched& SocketWatch::at(int socket) {
  const auto index = static_cast<std::size_t>(socket);
  if (index >= table_.size()) table_.resize(index + 64);
  return table_[index];
}

int SocketWatch::open_socket(int family, int type, int protocol) {
  const int socket = ::socket(family, type | SOCK_CLOEXEC, protocol);
  if (socket < 0) return -1;
  at(socket) = {};
  opened_.fetch_add(1, std::memory_order_relaxed);
  return socket;
}

int SocketWatch::close_socket(int socket) {
  if (socket >= 0) at(socket) = {};
  return ::close(socket);
}

void SocketWatch::want(int socket, ConnectionPool* pool, std::uint32_t events) {
  Watched& watched = at(socket);
  watched.pool = pool;
  watched.wanted = events;
  if (events == 0 || events == watched.registered) return;
  epoll_event change{};
  change.events = events;
  change.data.fd = socket;
  const int how = watched.registered == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  if (epoll_ctl(epoll_, how, socket, &change) == 0) watched.registered = events;
}

void SocketWatch::forget_pool(const ConnectionPool* pool) {
  for (auto& watched : table_)
    if (watched.pool == pool) watched.pool = nullptr;
}

std::span<const SocketWatch::Event> SocketWatch::wait(int timeout_ms) {
  events_.clear();
  const int count = epoll_wait(epoll_, raw_.data(), static_cast<int>(raw_.size()), timeout_ms);
  for (int i = 0; i < count; ++i) {
    const epoll_event& raw = raw_[static_cast<std::size_t>(i)];
    if (raw.data.fd == event_) {
      std::uint64_t ignored = 0;
      // Only resets the counter; an empty one means that another wait() was first, and is as good.
      [[maybe_unused]] const auto got = ::read(event_, &ignored, sizeof ignored);
      continue;
    }
    Watched& watched = at(raw.data.fd);
    if (watched.wanted == 0 || watched.pool == nullptr) {
      // An idle connection was closed or talks out of turn: libcurl finds out when it next looks at it.
      epoll_ctl(epoll_, EPOLL_CTL_DEL, raw.data.fd, nullptr);
      watched.registered = 0;
      continue;
    }
    events_.push_back({watched.pool, raw.data.fd, raw.events});
  }
  return events_;
}

void SocketWatch::wake() {
  const std::uint64_t one = 1;
  // Fails only when the counter is full, and then a wake-up is pending anyway.
  [[maybe_unused]] const auto put = ::write(event_, &one, sizeof one);
}

}  // namespace sealpost
