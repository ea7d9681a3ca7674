// A blocking HTTP client that sends exactly the bytes it is given, over TCP, TLS or a Unix socket. Tests
// only. Reads give up after 20 seconds, so that a broken server fails a test instead of hanging it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "foundation/http_types/http_message.h"

struct ssl_st;
struct ssl_ctx_st;

namespace sealpost {

struct TlsClientOptions {
  int max_version = 0;    // OpenSSL's number; 0: the newest
  std::string ciphers{};  // TLS 1.2 list; empty: the default
  std::string alpn{};     // one protocol name; empty: none offered
  std::string server_name = "localhost";
};

class RawClient final {
 public:
  static RawClient tcp(std::uint16_t port);
  static RawClient unix_socket(const std::filesystem::path& path);
  // Verifies nothing; peer_certificate_serial() tells which certificate was shown. Check connected().
  static RawClient tls(std::uint16_t port, const TlsClientOptions& options = {});

  RawClient(RawClient&& other) noexcept;
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  RawClient& operator=(RawClient&&) = delete;
  ~RawClient();

  [[nodiscard]] bool connected() const { return connected_; }
  // False if the peer is gone.
  bool send(std::string_view bytes);
  void half_close();
  // One response with its body, by Content-Length (none for `head_request`). Empty if the connection ended.
  std::optional<HttpResponse> read_response(bool head_request = false);
  // send() and read_response().
  std::optional<HttpResponse> exchange(std::string_view bytes);
  // True once the server has closed; bytes before that are skipped.
  bool read_until_closed();
  // TLS: true if the server refused to renegotiate.
  bool renegotiation_refused();
  [[nodiscard]] std::string peer_certificate_serial() const;
  [[nodiscard]] std::string negotiated_protocol() const;

 private:
  explicit RawClient(int fd) : fd_(fd), connected_(fd >= 0) {}
  bool fill();
  int fd_;
  ssl_ctx_st* context_ = nullptr;
  ssl_st* session_ = nullptr;
  bool connected_;
  std::string buffer_;
};

}  // namespace sealpost
