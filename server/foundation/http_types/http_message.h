// A request once it was read whole, and an answer before it is written. Plain values: the socket module makes
// requests and writes responses, everything above only reads and returns them.
// Framing belongs to the socket module: it ignores Content-Length, Transfer-Encoding, Connection, Keep-Alive
// and Date in HttpResponse::headers, and answers 500 instead of writing a header with a line break in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "foundation/bytes/bytes.h"
#include "foundation/http_types/headers.h"
#include "foundation/http_types/ip_address.h"
#include "foundation/http_types/target.h"

namespace sealpost {

enum class HttpMethod : std::uint8_t { Get, Head, Post, Put, Patch, Delete, Options, Other };

// Methods are case-sensitive (RFC 9110 section 9.1): "get" is Other.
[[nodiscard]] HttpMethod to_http_method(std::string_view text);

// What the kernel says about the process at the other end of a Unix socket (unix(7), SO_PEERCRED).
struct PeerCredentials {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::int32_t pid = 0;
};

struct Peer {
  IpAddress address;  // of the connection, unmapped; 0.0.0.0 for a Unix socket
  std::uint16_t port = 0;
  std::optional<PeerCredentials> credentials;  // Unix socket only
};

struct TlsInfo {
  std::string version;  // "TLSv1.3"
  std::string cipher;
  std::string server_name;  // SNI, empty if none was sent
};

struct HttpRequest {
  HttpMethod method = HttpMethod::Get;
  std::string method_text;
  RequestTarget target;
  HttpHeaders headers{};
  Bytes body;  // exactly as sent, chunked framing removed; content codings untouched
  Peer peer;
  IpAddress client;  // the peer, or whom a trusted proxy names
  std::optional<TlsInfo> tls;
  std::string request_id;
  std::size_t listener = 0;  // index into the server's list of listeners
};

struct HttpResponse {
  int status = 200;
  HttpHeaders headers{};
  std::string body{};

  static HttpResponse empty(int status);
  static HttpResponse with_body(int status, std::string_view content_type, std::string body);
  static HttpResponse json(int status, std::string body);     // application/json
  static HttpResponse problem(int status, std::string body);  // application/problem+json, RFC 9457
  static HttpResponse text(int status, std::string body);     // text/plain; charset=utf-8
};

// The reason phrase of RFC 9110 section 15, "Unknown" for others.
[[nodiscard]] std::string_view reason_phrase(int status);

}  // namespace sealpost
