// Pure rules for what goes into and what is read from the header section of an outbound request.
// Thread-safe.
#pragma once

#include <optional>
#include <string_view>

#include "foundation/result/result.h"
#include "foundation/system/clock.h"

namespace sealpost {

enum class HeaderRefusal : std::uint8_t {
  Name,      // not a token of RFC 9110 section 5.6.2, or longer than 128 octets
  Value,     // control characters (CR, LF and NUL among them), white space at an end, or over 4,096 octets
  Reserved,  // decides framing, routing or identity, or belongs to the signature: Host, Content-Length,
             // webhook-*, ...
};

// For header fields that a person configures on an endpoint.
[[nodiscard]] Result<void, HeaderRefusal> judge_custom_header(std::string_view name, std::string_view value);

// For header fields our own code sets: may carry webhook-* and Authorization, never framing or routing.
[[nodiscard]] Result<void, HeaderRefusal> judge_own_header(std::string_view name, std::string_view value);

// Retry-After (RFC 9110 section 10.2.3): seconds, or an HTTP-date in any of its three forms. A date in the
// past is zero; anything over `cap` is `cap`; what is neither is nothing.
[[nodiscard]] std::optional<Seconds> parse_retry_after(std::string_view value, WallTime now, Seconds cap);

}  // namespace sealpost
