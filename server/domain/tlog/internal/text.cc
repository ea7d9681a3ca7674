#include "domain/tlog/internal/text.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace sealpost::tlog_internal {
namespace {

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t length = 0;  // 0: not UTF-8
};

CodePoint first_code_point(std::string_view text) {
  const auto byte = [&](std::size_t i) -> std::uint32_t { return static_cast<std::uint8_t>(text[i]); };
  const std::uint32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return {};
  std::uint32_t value = lead & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    value = value << 6 | (byte(i) & 0x3F);
  }
  constexpr std::array<std::uint32_t, 5> kSmallest{0, 0, 0x80, 0x800, 0x10000};
  if (value < kSmallest[length] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return {};
  return {value, length};
}

// The White_Space property of Unicode.
bool is_space(std::uint32_t c) {
  return c == 0x20 || (c >= 0x09 && c <= 0x0D) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

bool is_plain(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

constexpr auto kPlainIdOctets = [] {
  std::array<bool, 256> table{};
  for (const char c : std::string_view("abcdefghijklmnopqrstuvwxyz0123456789._-"))
    table[static_cast<std::uint8_t>(c)] = true;
  return table;
}();

}  // namespace

std::optional<std::uint64_t> parse_decimal(std::string_view text, std::uint64_t max) {
  if (text.empty() || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (digit > max || value > (max - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

std::size_t plain_prefix(std::string_view text) {
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  constexpr std::uint64_t kHighs = 0x80 * kOnes;
  // Sets the high bit of each octet that is zero; where none is, of none.
  const auto zeros = [](std::uint64_t word) { return (word - kOnes) & ~word & kHighs; };
  std::size_t at = 0;
  for (; text.size() - at >= sizeof(std::uint64_t); at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, sizeof word);
    const std::uint64_t below_space = (word - 0x20 * kOnes) & ~word & kHighs;
    if ((below_space | (word & kHighs) | zeros(word ^ ('"' * kOnes)) | zeros(word ^ ('\\' * kOnes))) != 0)
      break;
  }
  while (at < text.size()) {
    const auto octet = static_cast<std::uint8_t>(text[at]);
    if (octet < 0x20 || octet > 0x7f || octet == '"' || octet == '\\') break;
    ++at;
  }
  return at;
}

bool is_utf8(std::string_view text) {
  unsigned seen = 0;
  for (const char c : text) seen |= static_cast<std::uint8_t>(c);
  if (seen < 0x80) return true;  // plain ASCII, as nearly all of it is
  while (!text.empty()) {
    const auto next = first_code_point(text);
    if (next.length == 0) return false;
    text.remove_prefix(next.length);
  }
  return true;
}

bool is_key_name(std::string_view name) {
  if (name.empty()) return false;
  while (!name.empty()) {
    const auto next = first_code_point(name);
    if (next.length == 0 || next.value < 0x20 || next.value == '+' || is_space(next.value)) return false;
    name.remove_prefix(next.length);
  }
  return true;
}

bool is_plain_id(std::string_view id, std::size_t max) {
  if (id.empty() || id.size() > max || !is_plain(id.front())) return false;
  return std::all_of(id.begin(), id.end(),
                     [](char c) { return kPlainIdOctets[static_cast<std::uint8_t>(c)]; });
}

std::optional<std::string_view> take_until(std::string_view& rest, char end) {
  const auto at = rest.find(end);
  if (at == std::string_view::npos) return std::nullopt;
  const auto head = rest.substr(0, at);
  rest.remove_prefix(at + 1);
  return head;
}

bool take(std::string_view& rest, std::string_view literal) {
  if (!rest.starts_with(literal)) return false;
  rest.remove_prefix(literal.size());
  return true;
}

}  // namespace sealpost::tlog_internal
