#include "edge/http_sender/testing/fast_sink.h"

#include <netinet/in.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <map>
#include <new>
#include <string>

#include "foundation/result/result.h"

namespace sealpost {
namespace {

constexpr std::string_view kAnswer = "HTTP/1.1 204 No Content\r\n\r\n";

// The length of the first whole request in `bytes`, or 0.
std::size_t whole_request(const std::string& bytes) {
  const auto end = bytes.find("\r\n\r\n");
  if (end == std::string::npos) return 0;
  const auto at = bytes.find("Content-Length: ");
  const std::size_t body = at < end ? std::strtoull(bytes.c_str() + at + 16, nullptr, 10) : 0;
  return bytes.size() >= end + 4 + body ? end + 4 + body : 0;
}

void watch(int epoll, int socket) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = socket;
  SEALPOST_CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event) == 0);
}

}  // namespace

FastSink::FastSink() {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  SEALPOST_CHECK(::bind(listener, raw, size) == 0 && ::listen(listener, 1024) == 0);
  SEALPOST_CHECK(::getsockname(listener, raw, &size) == 0);
  port_ = ntohs(address.sin_port);
  void* memory = ::mmap(nullptr, sizeof(Counters), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  SEALPOST_CHECK(memory != MAP_FAILED);
  shared_ = new (memory) Counters;
  child_ = ::fork();
  SEALPOST_CHECK(child_ >= 0);
  if (child_ == 0) run(listener);
  ::close(listener);
}

FastSink::~FastSink() {
  ::kill(child_, SIGKILL);
  ::waitpid(child_, nullptr, 0);
  ::munmap(shared_, sizeof(Counters));
}

std::uint64_t FastSink::requests() const { return shared_->requests; }
std::uint64_t FastSink::connections() const { return shared_->connections; }

void FastSink::run(int listener) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int epoll = epoll_create1(0);
  watch(epoll, listener);
  std::map<int, std::string> buffers;
  std::array<epoll_event, 256> events{};
  std::array<char, 65536> chunk{};
  while (true) {
    const int count = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      const int socket = events[static_cast<std::size_t>(i)].data.fd;
      if (socket == listener) {
        const int accepted = ::accept(listener, nullptr, nullptr);
        if (accepted < 0) continue;
        shared_->connections++;
        watch(epoll, accepted);
        continue;
      }
      const auto got = ::recv(socket, chunk.data(), chunk.size(), 0);
      if (got <= 0) {
        buffers.erase(socket);
        ::close(socket);
        continue;
      }
      std::string& buffer = buffers[socket];
      buffer.append(chunk.data(), static_cast<std::size_t>(got));
      for (std::size_t length = whole_request(buffer); length != 0; length = whole_request(buffer)) {
        buffer.erase(0, length);
        shared_->requests++;
        [[maybe_unused]] const auto put = ::send(socket, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL);
      }
    }
  }
}

}  // namespace sealpost
