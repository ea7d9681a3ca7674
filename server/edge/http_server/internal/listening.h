// Sockets that listen: their names, how they are bound, and what is refused before that. Pure functions over
// the system's sockets; errors name the listener.
#pragma once

#include <sys/socket.h>

#include <utility>

#include "edge/http_server/http_server.h"

namespace sealpost::http_internal {

class FileDescriptor final {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  FileDescriptor& operator=(FileDescriptor&&) = delete;
  ~FileDescriptor();
  [[nodiscard]] int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

// What the sockets interface wants: any address family behind one pointer type.
struct SocketName {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

// Leaves both alone when the name is of another family. A mapped address comes out unmapped.
void read_tcp_name(const SocketName& from, IpAddress& address, std::uint16_t& port);

Result<FileDescriptor, HttpServerError> listen_tcp(const HttpListener& listener);
Result<FileDescriptor, HttpServerError> listen_unix(const HttpListener& listener);
// The first steps of the two above. Bound and not listening, an address takes no connection and is in
// nobody's way; a socket's path is looked at alone.
Result<void, HttpServerError> try_tcp(const HttpListener& listener);
Result<void, HttpServerError> try_unix(const HttpListener& listener);

}  // namespace sealpost::http_internal
