// Which header fields an outbound request may carry: what a person sets on an endpoint, and what our own code
// adds. One rule for the endpoint that is made, the delivery that is signed and the sender that writes it.
// Pure, thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "foundation/result/result.h"

namespace sealpost {

inline constexpr std::size_t kMaxCustomHeaderName = 64;
inline constexpr std::size_t kMaxCustomHeaderValue = 1024;

enum class HeaderRefusal : std::uint8_t {
  Name,      // not a token of RFC 9110 section 5.6.2, or too long
  Value,     // not ASCII, a control character (CR, LF and NUL among them), white space at an end, or too long
  Reserved,  // decides framing, routing or identity, describes the body, or belongs to the signature
};

// For header fields that a person configures on an endpoint.
[[nodiscard]] Result<void, HeaderRefusal> judge_custom_header(std::string_view name, std::string_view value);

// For header fields our own code sets: may carry webhook-* and describe the body, never framing or routing.
[[nodiscard]] Result<void, HeaderRefusal> judge_own_header(std::string_view name, std::string_view value);

}  // namespace sealpost
