#include "edge/http_server/internal/listening.h"

#include <netinet/in.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace sealpost::http_internal {
namespace {

constexpr int kBacklog = 4096;

SocketName tcp_name(const IpAddress& address, std::uint16_t port) {
  SocketName out;
  const auto octets = address.octets();
  if (address.family() == IpAddress::Family::V4) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    std::memcpy(&in.sin_addr, octets.data(), octets.size());
    std::memcpy(&out.storage, &in, sizeof(in));
    out.size = sizeof(in);
  } else {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(port);
    std::memcpy(&in.sin6_addr, octets.data(), octets.size());
    std::memcpy(&out.storage, &in, sizeof(in));
    out.size = sizeof(in);
  }
  return out;
}

Failure<HttpServerError> bind_failed(const std::string& where) {
  return fail(HttpServerError{.fault = HttpServerFault::BindFailed,
                              .detail = where + ": " + std::generic_category().message(errno)});
}

std::string describe(const HttpListener& listener) {
  return listener.address.to_string() + " port " + std::to_string(listener.port);
}

Result<FileDescriptor, HttpServerError> bind_tcp(const HttpListener& listener) {
  auto name = tcp_name(listener.address, listener.port);
  FileDescriptor fd(::socket(name.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (fd.get() < 0) return bind_failed(describe(listener));
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (name.storage.ss_family == AF_INET6) ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
  if (::bind(fd.get(), name.get(), name.size) != 0) return bind_failed(describe(listener));
  return fd;
}

// Refused when the directory is open to others, or the path too long for a socket.
Result<SocketName, HttpServerError> unix_name(const std::filesystem::path& path) {
  struct stat directory{};
  const auto parent = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  if (::stat(parent.c_str(), &directory) != 0) return bind_failed(parent.string());
  if ((directory.st_mode & 077) != 0) {
    return fail(HttpServerError{.fault = HttpServerFault::InsecureSocketDirectory,
                                .detail = parent.string() + " is open to others (chmod 700)"});
  }
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (path.native().size() >= sizeof(name.sun_path)) return errno = ENAMETOOLONG, bind_failed(path.string());
  std::memcpy(name.sun_path, path.c_str(), path.native().size());
  SocketName out;
  std::memcpy(&out.storage, &name, sizeof(name));
  out.size = sizeof(name);
  return out;
}

// A socket file that nobody listens on is what a crash leaves behind.
enum class AtPath : std::uint8_t { Nothing, Stale, Taken };

// `errno` says by what it is taken.
AtPath look_at(SocketName& name, const std::filesystem::path& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) return errno == ENOENT ? AtPath::Nothing : AtPath::Taken;
  if (!S_ISSOCK(status.st_mode)) return errno = EEXIST, AtPath::Taken;
  const FileDescriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(probe.get(), name.get(), name.size) == 0) return errno = EADDRINUSE, AtPath::Taken;
  return errno == ECONNREFUSED ? AtPath::Stale : AtPath::Taken;
}

}  // namespace

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) ::close(fd_);
}

void read_tcp_name(const SocketName& from, IpAddress& address, std::uint16_t& port) {
  if (from.storage.ss_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &from.storage, sizeof(in));
    std::array<std::uint8_t, 4> octets{};
    std::memcpy(octets.data(), &in.sin_addr, octets.size());
    address = IpAddress::v4(octets);
    port = ntohs(in.sin_port);
  } else if (from.storage.ss_family == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, &from.storage, sizeof(in));
    std::array<std::uint8_t, 16> octets{};
    std::memcpy(octets.data(), &in.sin6_addr, octets.size());
    address = IpAddress::v6(octets).unmapped();
    port = ntohs(in.sin6_port);
  }
}

Result<FileDescriptor, HttpServerError> listen_tcp(const HttpListener& listener) {
  SEALPOST_TRY(auto fd, bind_tcp(listener));
  if (::listen(fd.get(), kBacklog) != 0) return bind_failed(describe(listener));
  return fd;
}

Result<void, HttpServerError> try_tcp(const HttpListener& listener) {
  SEALPOST_TRY_VOID(bind_tcp(listener));
  return {};
}

Result<FileDescriptor, HttpServerError> listen_unix(const HttpListener& listener) {
  const auto& path = listener.socket_path;
  SEALPOST_TRY(auto name, unix_name(path));
  const AtPath found = look_at(name, path);
  if (found == AtPath::Taken || (found == AtPath::Stale && ::unlink(path.c_str()) != 0))
    return bind_failed(path.string());
  FileDescriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (fd.get() < 0) return bind_failed(path.string());
  // Linux gives the file the mode of the socket, so there is no moment at which others may connect.
  if (::fchmod(fd.get(), 0600) != 0 || ::bind(fd.get(), name.get(), name.size) != 0 ||
      ::chmod(path.c_str(), 0600) != 0 || ::listen(fd.get(), kBacklog) != 0)
    return bind_failed(path.string());
  return fd;
}

Result<void, HttpServerError> try_unix(const HttpListener& listener) {
  SEALPOST_TRY(auto name, unix_name(listener.socket_path));
  if (look_at(name, listener.socket_path) == AtPath::Taken) return bind_failed(listener.socket_path.string());
  return {};
}

}  // namespace sealpost::http_internal
