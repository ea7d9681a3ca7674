// What is kept of a receiver's answer for people to read: short, one line's worth of plain text, and without
// what should not be stored. Receivers echo what they were sent, so every stretch that also stands in our
// body or in the URL's path is masked; so is every header value and every part of the URL's query that comes
// back whole, and any longer stretch of them; so are e-mail addresses, long digit runs and anything that
// looks like a token. Pure; thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "domain/policy/outbound_http.h"

namespace sealpost {

// How far beyond the limit the text should reach, so that a token the limit cuts is still seen as one.
inline constexpr std::size_t kExcerptMargin = 64;

// At most `limit` octets of printable ASCII; `request` is what we sent.
[[nodiscard]] std::string redacted_excerpt(std::string_view response, const OutboundRequest& request,
                                           std::size_t limit);

}  // namespace sealpost
