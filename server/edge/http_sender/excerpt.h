// What is kept of a receiver's answer for people to read: short, one line's worth of plain text, and without
// what should not be stored. Receivers echo what they were sent, so every stretch that also stands in our
// request is masked; so are e-mail addresses, long digit runs and anything that looks like a token.
// Pure; thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "foundation/bytes/bytes.h"

namespace sealpost {

// How far beyond the limit the text should reach, so that a token the limit cuts is still seen as one.
inline constexpr std::size_t kExcerptMargin = 64;

// At most `limit` octets of printable ASCII. `request_body` is what we sent.
[[nodiscard]] std::string redacted_excerpt(std::string_view response, ByteView request_body,
                                           std::size_t limit);

}  // namespace sealpost
