// What is read from the header section of an answer. Pure, thread-safe.
#pragma once

#include <optional>
#include <string_view>

#include "foundation/system/clock.h"

namespace sealpost {

// Retry-After (RFC 9110 section 10.2.3): seconds, or an HTTP-date in any of its three forms. A date in the
// past is zero; anything over `cap` is `cap`; what is neither is nothing.
[[nodiscard]] std::optional<Seconds> parse_retry_after(std::string_view value, WallTime now, Seconds cap);

}  // namespace sealpost
