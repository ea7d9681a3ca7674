// Small strict readers of header text. Pure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sealpost {

inline constexpr std::size_t kMaxIdLength = 256;
inline constexpr std::size_t kMaxTimestampDigits = 12;

[[nodiscard]] constexpr bool is_visible_ascii(char c) { return c >= '\x21' && c <= '\x7e'; }

// 1..256 visible ASCII characters without `separator`, which would let the signed string be cut elsewhere.
[[nodiscard]] inline bool is_message_id(std::string_view text, std::optional<char> separator) {
  if (text.empty() || text.size() > kMaxIdLength) return false;
  // A character that is no visible one stands for "no separator": it is refused anyway.
  const char forbidden = separator.value_or(' ');
  bool good = true;
  for (const char c : text) good &= is_visible_ascii(c) && c != forbidden;
  return good;
}

// 1..128 printable ASCII characters; GitLab's types hold spaces.
[[nodiscard]] inline bool is_event_type(std::string_view text) {
  if (text.empty() || text.size() > 128) return false;
  return std::ranges::all_of(text, [](char c) { return is_visible_ascii(c) || c == ' '; });
}

// Decimal digits only: no sign, no leading zero, no fraction, at most 12 digits.
[[nodiscard]] inline std::optional<std::int64_t> parse_timestamp(std::string_view text) {
  if (text.empty() || text.size() > kMaxTimestampDigits) return std::nullopt;
  if (text.front() == '0' && text.size() > 1) return std::nullopt;
  std::int64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

}  // namespace sealpost
