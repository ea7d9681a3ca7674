// What the parsers of this module share: one way to write a number, one idea of text.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sealpost::tlog_internal {

// Decimal without sign, space or leading zero, at most `max`.
[[nodiscard]] std::optional<std::uint64_t> parse_decimal(std::string_view text, std::uint64_t max);
// RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view text);
// How many octets at the front stand for themselves in a JSON string and are ASCII: no control octet, quote
// or backslash, nothing above 0x7f.
[[nodiscard]] std::size_t plain_prefix(std::string_view text);
// A key name of a signed note: UTF-8, not empty, no white space of Unicode, no plus sign, no control byte.
[[nodiscard]] bool is_key_name(std::string_view name);
// 1 to `max` of a-z 0-9 . _ - , beginning with a letter or a digit: needs no escaping anywhere.
[[nodiscard]] bool is_plain_id(std::string_view id, std::size_t max);
// Splits off the text before the first `end`; without one, nothing.
[[nodiscard]] std::optional<std::string_view> take_until(std::string_view& rest, char end);
// Removes `literal` from the front, if it is there.
[[nodiscard]] bool take(std::string_view& rest, std::string_view literal);

}  // namespace sealpost::tlog_internal
