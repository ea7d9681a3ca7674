// What the HTTP server asks of those above it. All functions are called on socket threads, several at a
// time when there are several such threads, and must not block.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "edge/http_server/responder.h"
#include "foundation/http_types/http_message.h"

namespace sealpost {

// Why the server itself refuses a request. Closed: a table above maps each onto a public error code.
enum class ProtocolErrorKind : std::uint8_t {
  Malformed,           // 400 syntax of request line, fields, target or chunks
  AmbiguousFraming,    // 400 Content-Length with Transfer-Encoding, twice, or not a number
  BadHost,             // 400 Host missing, repeated or not a host
  HeadTimeout,         // 408
  BodyTimeout,         // 408
  BodyTooLarge,        // 413
  TargetTooLong,       // 414
  ExpectationFailed,   // 417
  Misdirected,         // 421 Host is none of ours
  HeadTooLarge,        // 431 bytes or number of fields
  Unanswered,          // 500 the handler gave no answer, or one that can't be written
  UnsupportedCoding,   // 501 a transfer coding other than chunked
  TooBusy,             // 503 requests in flight or bytes of bodies at their bound
  UnsupportedVersion,  // 505
};
inline constexpr std::size_t kProtocolErrorKinds = 14;

[[nodiscard]] int status_of(ProtocolErrorKind kind);
// snake_case, for metrics.
[[nodiscard]] std::string_view name_of(ProtocolErrorKind kind);

class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  // The largest body this route takes, asked before any of it is read; `path` is decoded. 0: none.
  [[nodiscard]] virtual std::size_t body_limit(std::string_view method, std::string_view path) = 0;
  // Asked once about a request whose head is whole and whose body has not come yet. An answer ends it there,
  // and the connection with it: not a byte of the body is kept. Requests without a body, or whose body is
  // taken, go to handle(), which judges them again.
  [[nodiscard]] virtual std::optional<HttpResponse> refuse_body(const HttpRequest& /*head*/) {
    return std::nullopt;
  }
  // An exception that leaves handle() is counted, and the dropped Responder answers 500.
  virtual void handle(HttpRequest&& request, Responder responder) = 0;
  // The body of a refusal; its status should be status_of(kind). The server adds Retry-After to a 503 that
  // has none, and closes the connection after all but Unanswered.
  [[nodiscard]] virtual HttpResponse protocol_error(ProtocolErrorKind kind, std::string_view request_id) = 0;
};

}  // namespace sealpost
