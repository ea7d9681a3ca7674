#include "domain/schemes/body_member.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

#include "foundation/result/result.h"

namespace sealpost {
namespace {

constexpr std::uint64_t kHighs = 0x8080808080808080U;
// Sixteen octets at once: most of a body is the inside of strings, and reading it octet by octet costs more
// than the HMAC over it.
using Octets = unsigned char __attribute__((vector_size(16)));
using Halves = std::uint64_t __attribute__((vector_size(16)));

Octets load(const char* at) {
  Octets octets;
  std::memcpy(&octets, at, sizeof octets);
  return octets;
}

// All ones where an octet is a quote, a backslash or a control character.
Octets specials(Octets octets) {
  return reinterpret_cast<Octets>((octets == '"') | (octets == '\\') | (octets < 0x20));
}

std::uint64_t any(Octets octets) {
  const auto halves = reinterpret_cast<Halves>(octets);
  return halves[0] | halves[1];
}

// How many octets stand before the first of all ones; there is one.
unsigned before_first(Octets marks) {
  const auto halves = reinterpret_cast<Halves>(marks);
  static_assert(std::endian::native == std::endian::little);
  const bool low = halves[0] != 0;
  return static_cast<unsigned>(std::countr_zero(low ? halves[0] : halves[1])) / 8 + (low ? 0 : 8);
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF.
bool is_utf8(std::string_view text) {
  std::size_t i = 0;
  const auto octet = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  while (i < text.size()) {
    const unsigned lead = octet(i);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    const std::size_t more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
    if (lead < 0xc2 || lead > 0xf4 || text.size() - i <= more) return false;
    const unsigned second = octet(i + 1);
    const unsigned low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (second < low || second > high) return false;
    for (std::size_t k = 2; k <= more; ++k)
      if ((octet(i + k) & 0xc0U) != 0x80U) return false;
    i += more + 1;
  }
  return true;
}

// A reader of one strict JSON text. Every take_ function advances over what it names or returns false.
class Scanner final {
 public:
  explicit Scanner(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  void skip_space() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }
  [[nodiscard]] bool at_end() const { return at_ == end_; }
  [[nodiscard]] bool saw_non_ascii() const { return (seen_ & kHighs) != 0; }
  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  bool take_string(std::string_view& token) {
    const char* const begin = at_;
    if (!take('"')) return false;
    for (;;) {
      skip_plain();
      if (at_ == end_) return false;
      const char c = *at_++;
      if (c == '"') break;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c == '\\' && !take_escape()) return false;
      seen_ |= static_cast<unsigned char>(c);
    }
    token = {begin, static_cast<std::size_t>(at_ - begin)};
    return true;
  }

  // `depth` counts the objects and arrays around the value.
  bool take_value(std::size_t depth, std::string_view& token) {
    const char* const begin = at_;
    if (at_ == end_) return false;
    std::string_view inner;
    bool good = false;
    switch (*at_) {
      case '"':
        good = take_string(inner);
        break;
      case '{':
        good = take_object(depth + 1);
        break;
      case '[':
        good = take_array(depth + 1);
        break;
      case 't':
        good = take_word("true");
        break;
      case 'f':
        good = take_word("false");
        break;
      case 'n':
        good = take_word("null");
        break;
      default:
        good = take_number();
    }
    token = {begin, static_cast<std::size_t>(at_ - begin)};
    return good;
  }

  // Calls member(name token, value token) for each member; at '{' on entry.
  template <class Member>
  bool take_members(std::size_t depth, Member&& member) {
    if (depth > kMaxJsonDepth || !take('{')) return false;
    skip_space();
    if (take('}')) return true;
    for (;;) {
      std::string_view key;
      std::string_view value;
      if (!take_string(key)) return false;
      skip_space();
      if (!take(':')) return false;
      skip_space();
      if (!take_value(depth, value)) return false;
      member(key, value);
      skip_space();
      if (take('}')) return true;
      if (!take(',')) return false;
      skip_space();
    }
  }

 private:
  // Works on copies: the compiler must assume that reading characters may touch the members. Octets behind
  // the place where it stops may be counted as seen; that only asks for a check that holds anyway.
  void skip_plain() {
    const char* at = at_;
    const char* const end = end_;
    Octets seen{};
    while (end - at >= 16) {
      const Octets octets = load(at);
      const Octets marks = specials(octets);
      seen |= octets;
      if (any(marks) != 0) {
        seen_ |= any(seen);
        at_ = at + before_first(marks);
        return;
      }
      at += 16;
      // Most strings have ended by now; one that has not is likely long.
      for (; end - at >= 64; at += 64) {
        const Octets a = load(at);
        const Octets b = load(at + 16);
        const Octets c = load(at + 32);
        const Octets d = load(at + 48);
        if (any((specials(a) | specials(b)) | (specials(c) | specials(d))) != 0) break;
        seen |= (a | b) | (c | d);
      }
    }
    std::uint64_t all = any(seen);
    while (at != end && *at != '"' && *at != '\\' && static_cast<unsigned char>(*at) >= 0x20)
      all |= static_cast<unsigned char>(*at++);
    seen_ |= all;
    at_ = at;
  }

  bool take_escape() {
    if (at_ == end_) return false;
    const char c = *at_++;
    if (c != 'u') return std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos;
    for (int i = 0; i < 4; ++i) {
      if (at_ == end_ || hex_value(*at_) < 0) return false;
      ++at_;
    }
    return true;
  }

  bool take_object(std::size_t depth) {
    return take_members(depth, [](std::string_view, std::string_view) {});
  }

  bool take_array(std::size_t depth) {
    if (depth > kMaxJsonDepth || !take('[')) return false;
    skip_space();
    if (take(']')) return true;
    for (;;) {
      std::string_view value;
      if (!take_value(depth, value)) return false;
      skip_space();
      if (take(']')) return true;
      if (!take(',')) return false;
      skip_space();
    }
  }

  bool take_word(std::string_view word) {
    if (static_cast<std::size_t>(end_ - at_) < word.size()) return false;
    if (std::string_view(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  bool take_digits() {
    const char* const begin = at_;
    while (at_ != end_ && *at_ >= '0' && *at_ <= '9') ++at_;
    return at_ != begin;
  }

  bool take_number() {
    take('-');
    if (!take('0') && !take_digits()) return false;
    if (take('.') && !take_digits()) return false;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      return take_digits();
    }
    return true;
  }

  const char* at_;
  const char* end_;
  std::uint64_t seen_ = 0;
};

void append_utf8(std::string& out, std::uint32_t point) {
  const auto put = [&](std::uint32_t octet) { out.push_back(static_cast<char>(octet)); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xc0U | (point >> 6));
    put(0x80U | (point & 0x3fU));
  } else if (point < 0x10000) {
    put(0xe0U | (point >> 12));
    put(0x80U | ((point >> 6) & 0x3fU));
    put(0x80U | (point & 0x3fU));
  } else {
    put(0xf0U | (point >> 18));
    put(0x80U | ((point >> 12) & 0x3fU));
    put(0x80U | ((point >> 6) & 0x3fU));
    put(0x80U | (point & 0x3fU));
  }
}

// The four digits behind \u; `text` begins with them.
std::optional<std::uint32_t> take_unit(std::string_view& text) {
  if (text.size() < 4) return std::nullopt;
  std::uint32_t unit = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const int digit = hex_value(text[i]);
    if (digit < 0) return std::nullopt;
    unit = unit * 16 + static_cast<std::uint32_t>(digit);
  }
  text.remove_prefix(4);
  return unit;
}

// A lone surrogate names no character, so the string has no value.
std::optional<std::uint32_t> take_point(std::string_view& text) {
  const auto first = take_unit(text);
  if (!first) return std::nullopt;
  if (*first < 0xd800 || *first > 0xdfff) return first;
  if (*first > 0xdbff || !text.starts_with("\\u")) return std::nullopt;
  text.remove_prefix(2);
  const auto second = take_unit(text);
  if (!second || *second < 0xdc00 || *second > 0xdfff) return std::nullopt;
  return 0x10000U + ((*first - 0xd800U) << 10) + (*second - 0xdc00U);
}

// True if the string token, quotes included, spells `wanted`.
bool spells(std::string_view token, std::string_view wanted) {
  const std::string_view inner = token.substr(1, token.size() - 2);
  if (inner == wanted) return wanted.find('\\') == std::string_view::npos;
  if (inner.size() <= wanted.size() || inner.find('\\') == std::string_view::npos) return false;
  const auto decoded = decode_string(token, wanted.size());
  return decoded && *decoded == wanted;
}

}  // namespace

bool find_members(ByteView json, std::span<const std::string_view> names,
                  std::span<std::string_view> values) {
  SEALPOST_CHECK(names.size() == values.size());
  std::ranges::fill(values, std::string_view());
  const std::string_view text = as_text(json);
  Scanner scanner(text);
  bool twice = false;
  scanner.skip_space();
  const bool object = scanner.take_members(1, [&](std::string_view key, std::string_view value) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (!spells(key, names[i])) continue;
      twice = twice || !values[i].empty();
      values[i] = value;
    }
  });
  scanner.skip_space();
  // Octets above 0x7f can only stand inside strings; the whole text is then checked once.
  if (object && !twice && scanner.at_end() && (!scanner.saw_non_ascii() || is_utf8(text))) return true;
  std::ranges::fill(values, std::string_view());
  return false;
}

std::optional<std::string> decode_string(std::string_view token, std::size_t max_bytes) {
  if (token.size() < 2 || token.front() != '"' || token.back() != '"') return std::nullopt;
  std::string_view rest = token.substr(1, token.size() - 2);
  bool plain = true;
  bool ascii = true;
  for (const char c : rest) {
    const auto octet = static_cast<unsigned char>(c);
    plain = plain && octet >= 0x20 && c != '"' && c != '\\';
    ascii = ascii && octet < 0x80;
  }
  if (plain)
    return rest.size() <= max_bytes && (ascii || is_utf8(rest)) ? std::optional(std::string(rest))
                                                                : std::nullopt;
  std::string out;
  out.reserve(std::min(rest.size(), max_bytes));
  while (!rest.empty() && out.size() <= max_bytes) {
    const char c = rest.front();
    rest.remove_prefix(1);
    if (c == '"' || static_cast<unsigned char>(c) < 0x20) return std::nullopt;
    if (c != '\\') {
      out.push_back(c);
      continue;
    }
    if (rest.empty()) return std::nullopt;
    const char escape = rest.front();
    rest.remove_prefix(1);
    if (escape == 'u') {
      const auto point = take_point(rest);
      if (!point) return std::nullopt;
      append_utf8(out, *point);
      continue;
    }
    constexpr std::string_view kFrom = "\"\\/bfnrt";
    constexpr std::string_view kTo = "\"\\/\b\f\n\r\t";
    const std::size_t which = kFrom.find(escape);
    if (which == std::string_view::npos) return std::nullopt;
    out.push_back(kTo[which]);
  }
  if (!rest.empty() || out.size() > max_bytes || !is_utf8(out)) return std::nullopt;
  return out;
}

std::optional<std::string> string_member(ByteView json, std::string_view name, std::size_t max_bytes) {
  std::string_view value;
  if (!find_members(json, {&name, 1}, {&value, 1}) || value.empty()) return std::nullopt;
  return decode_string(value, max_bytes);
}

}  // namespace sealpost
