#include "app/cli/operator_client.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>

#include <fmt/format.h>

#include "app/cli/internal/operator_answer.h"

namespace sealpost {
namespace {

constexpr std::size_t kMaxAnswer = std::size_t{16} << 20;

class Connection final {
 public:
  explicit Connection(int fd) : fd_(fd) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

bool clean(std::string_view text) {
  return text.find_first_of("\r\n") == std::string_view::npos && !text.empty();
}

bool send_all(int fd, std::string_view data) {
  while (!data.empty()) {
    const ssize_t sent = ::send(fd, data.data(), data.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    data.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

}  // namespace

Result<OperatorResponse, OperatorClientError> ask_gateway(const std::filesystem::path& socket,
                                                          const OperatorRequest& request) {
  if (!clean(request.method) || !clean(request.target) || !std::ranges::all_of(request.headers, clean))
    return fail(OperatorClientError::BadRequest);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = socket.string();
  if (path.size() >= sizeof(address.sun_path)) return fail(OperatorClientError::Unreachable);
  std::ranges::copy(path, address.sun_path);
  const Connection connection(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval patience{.tv_sec = 30, .tv_usec = 0};
  ::setsockopt(connection.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  ::setsockopt(connection.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  if (::connect(connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
    return fail(OperatorClientError::Unreachable);

  std::string text =
      fmt::format("{} {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n",
                  request.method, request.target, request.body.size());
  if (!request.body.empty()) text += "Content-Type: application/json\r\n";
  for (const std::string& header : request.headers) text += header + "\r\n";
  text += "\r\n" + request.body;
  if (!send_all(connection.get(), text)) return fail(OperatorClientError::Broken);
  std::string raw;
  char block[16384];
  for (;;) {
    const ssize_t got = ::recv(connection.get(), block, sizeof(block), 0);
    if (got < 0) return fail(OperatorClientError::Broken);
    if (got == 0) break;
    raw.append(block, static_cast<std::size_t>(got));
    if (raw.size() > kMaxAnswer) return fail(OperatorClientError::Broken);
  }
  return parse_answer(request.method, raw);
}

}  // namespace sealpost
