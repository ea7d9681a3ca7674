// The rules of a request head that a tolerant parser would bend: run over the raw bytes before anything else
// looks at them, and over the fields afterwards. Two parsers that disagree about where a request ends are
// what request smuggling is made of, so what could be read in two ways is refused here.
// Pure, no allocation but client_address(). Source: RFC 9112 sections 2.2, 3, 5, 6, 11.2; RFC 9110
// section 5.5.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "edge/http_server/http_handler.h"
#include "foundation/http_types/headers.h"
#include "foundation/http_types/ip_address.h"
#include "foundation/result/result.h"

namespace sealpost {

struct HeadLimits {
  std::size_t head_bytes = 16 * 1024;
  std::size_t target_bytes = 8 * 1024;
  std::size_t header_count = 100;
};

// Walks over a head as it arrives, each byte once. Accepts exactly
//   method SP target SP "HTTP/1." ("0" / "1") CRLF *( name ":" value CRLF ) CRLF
// with every line ended by CRLF, no folded lines, no blank before a colon, no control characters.
class HeadScanner final {
 public:
  explicit HeadScanner(const HeadLimits& limits) : limits_(limits) {}

  // `head` is all that arrived since the request began. Returns its length once the head is complete,
  // 0 while more is needed.
  Result<std::size_t, ProtocolErrorKind> scan(std::string_view head);
  [[nodiscard]] std::size_t field_count() const { return fields_; }

 private:
  enum class State : std::uint8_t { Method, Target, Version, LineStart, Name, Value, ValueLf, FinalLf };
  Result<void, ProtocolErrorKind> step(char c);
  Result<void, ProtocolErrorKind> step_version(char c);
  HeadLimits limits_;
  State state_ = State::Method;
  std::size_t at_ = 0;
  std::size_t in_part_ = 0;  // bytes of the current method, target or version
  std::size_t fields_ = 0;
  bool done_ = false;
};

// What the fields say about the message as a whole.
struct Framing {
  bool chunked = false;
  std::optional<std::uint64_t> content_length;
  bool keep_alive = true;
  bool expects_continue = false;
  std::string_view host;  // as sent, port included
};
// `minor_version` is 0 or 1. HTTP/1.0 closes after one answer, and may not be chunked.
Result<Framing, ProtocolErrorKind> judge_framing(int minor_version, std::span<const HeaderView> fields);

// The host without its port, or nothing if the text is no host[:port].
[[nodiscard]] std::optional<std::string_view> host_without_port(std::string_view host);
// An empty list allows the loopback names alone.
[[nodiscard]] bool host_allowed(std::string_view host_name, std::span<const std::string> allowed);

// Whom the request is from: the peer, or, where the peer is a trusted proxy, the rightmost hop of
// X-Forwarded-For that is not one. A hop that can't be read ends the search at the proxy that wrote it.
[[nodiscard]] IpAddress client_address(const IpAddress& peer, std::span<const HeaderView> fields,
                                       const NetworkSet& trusted_proxies);

}  // namespace sealpost
