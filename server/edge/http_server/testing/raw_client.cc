#include "edge/http_server/testing/raw_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstring>
#include <utility>

namespace sealpost {
namespace {

void bound_waiting(int fd) {
  const timeval limit{.tv_sec = 20, .tv_usec = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

int connect_to(int family, const void* address, socklen_t size) {
  const int fd = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  bound_waiting(fd);
  sockaddr_storage storage{};
  std::memcpy(&storage, address, size);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&storage), size) == 0) return fd;
  ::close(fd);
  return -1;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  return text;
}

}  // namespace

RawClient RawClient::tcp(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return RawClient(connect_to(AF_INET, &address, sizeof(address)));
}

RawClient RawClient::unix_socket(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  return RawClient(connect_to(AF_UNIX, &address, sizeof(address)));
}

RawClient RawClient::tls(std::uint16_t port, const TlsClientOptions& options) {
  RawClient client = tcp(port);
  if (!client.connected_) return client;
  client.context_ = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_security_level(client.context_, 0);
  if (options.max_version != 0) SSL_CTX_set_max_proto_version(client.context_, options.max_version);
  if (!options.ciphers.empty()) SSL_CTX_set_cipher_list(client.context_, options.ciphers.c_str());
  client.session_ = SSL_new(client.context_);
  std::string name = options.server_name;
  SSL_ctrl(client.session_, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
  if (!options.alpn.empty()) {
    const std::string wire = static_cast<char>(options.alpn.size()) + options.alpn;
    SSL_set_alpn_protos(client.session_, reinterpret_cast<const unsigned char*>(wire.data()),
                        static_cast<unsigned>(wire.size()));
  }
  SSL_set_fd(client.session_, client.fd_);
  client.connected_ = SSL_connect(client.session_) == 1;
  return client;
}

RawClient::RawClient(RawClient&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      context_(std::exchange(other.context_, nullptr)),
      session_(std::exchange(other.session_, nullptr)),
      connected_(std::exchange(other.connected_, false)),
      buffer_(std::move(other.buffer_)) {}

RawClient::~RawClient() {
  SSL_free(session_);
  SSL_CTX_free(context_);
  if (fd_ >= 0) ::close(fd_);
}

bool RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = session_ != nullptr ? SSL_write(session_, bytes.data(), static_cast<int>(bytes.size()))
                                          : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void RawClient::half_close() { ::shutdown(fd_, SHUT_WR); }

bool RawClient::fill() {
  std::array<char, 16384> chunk{};
  const auto got = session_ != nullptr ? SSL_read(session_, chunk.data(), static_cast<int>(chunk.size()))
                                       : ::recv(fd_, chunk.data(), chunk.size(), 0);
  if (got <= 0) return false;
  buffer_.append(chunk.data(), static_cast<std::size_t>(got));
  return true;
}

std::optional<HttpResponse> RawClient::read_response(bool head_request) {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos)
    if (!fill()) return std::nullopt;
  HttpResponse response;
  std::string_view head = std::string_view(buffer_).substr(0, end + 2);
  std::from_chars(head.data() + 9, head.data() + 12, response.status);
  head.remove_prefix(head.find("\r\n") + 2);
  std::size_t length = 0;
  while (!head.empty()) {
    const auto line = head.substr(0, head.find("\r\n"));
    head.remove_prefix(line.size() + 2);
    const auto colon = line.find(':');
    const auto value = trimmed(line.substr(colon + 1));
    response.headers.add(line.substr(0, colon), value);
    if (equal_ignoring_case(line.substr(0, colon), "Content-Length"))
      std::from_chars(value.data(), value.data() + value.size(), length);
  }
  buffer_.erase(0, end + 4);
  if (head_request) return response;
  while (buffer_.size() < length)
    if (!fill()) return std::nullopt;
  response.body = buffer_.substr(0, length);
  buffer_.erase(0, length);
  return response;
}

std::optional<HttpResponse> RawClient::exchange(std::string_view bytes) {
  if (!send(bytes)) return std::nullopt;
  return read_response();
}

bool RawClient::read_until_closed() {
  while (fill()) {
  }
  if (session_ != nullptr) return true;
  char byte = 0;
  const auto got = ::recv(fd_, &byte, 1, 0);
  return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
}

bool RawClient::renegotiation_refused() {
  if (SSL_renegotiate(session_) != 1) return true;
  return SSL_do_handshake(session_) != 1;
}

std::string RawClient::peer_certificate_serial() const {
  X509* certificate = SSL_get1_peer_certificate(session_);
  if (certificate == nullptr) return {};
  const auto serial = ASN1_INTEGER_get(X509_get_serialNumber(certificate));
  X509_free(certificate);
  return std::to_string(serial);
}

std::string RawClient::negotiated_protocol() const {
  const unsigned char* name = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(session_, &name, &length);
  return {reinterpret_cast<const char*>(name), length};
}

}  // namespace sealpost
