#include "edge/http_sender/excerpt.h"

#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace sealpost {
namespace {

// A stretch this long that also stands in our request is an echo, not an accident.
constexpr std::size_t kEcho = 10;
// Hash multiplier of the rolling window; any odd number spreads well enough, the bytes are compared after.
constexpr std::uint64_t kBase = 0x9E3779B97F4A7C15ULL;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alnum(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_token_char(char c) {
  return is_alnum(c) || std::string_view("-_+/=.~").find(c) != std::string_view::npos;
}

std::uint64_t window_hash(const std::uint8_t* bytes) {
  std::uint64_t hash = 0;
  for (std::size_t i = 0; i < kEcho; ++i) hash = hash * kBase + bytes[i];
  return hash;
}

std::uint64_t power_of_base() {
  std::uint64_t power = 1;
  for (std::size_t i = 1; i < kEcho; ++i) power *= kBase;
  return power;
}

using Mask = std::vector<bool>;

void cover(Mask& mask, std::size_t from, std::size_t to) {
  std::fill(mask.begin() + static_cast<std::ptrdiff_t>(from), mask.begin() + static_cast<std::ptrdiff_t>(to),
            true);
}

void mask_echoes(std::string_view text, ByteView request, Mask& mask) {
  if (text.size() < kEcho || request.size() < kEcho) return;
  const ByteView bytes = as_bytes(text);
  std::unordered_multimap<std::uint64_t, std::size_t> windows;
  windows.reserve(text.size());
  for (std::size_t i = 0; i + kEcho <= bytes.size(); ++i) windows.emplace(window_hash(&bytes[i]), i);

  static const std::uint64_t kOldest = power_of_base();
  std::uint64_t hash = window_hash(request.data());
  for (std::size_t i = 0;; ++i) {
    const auto [first, last] = windows.equal_range(hash);
    for (auto it = first; it != last; ++it)
      if (std::equal(&bytes[it->second], &bytes[it->second] + kEcho, &request[i]))
        cover(mask, it->second, it->second + kEcho);
    // Each place is found once; a request of one repeated byte must not cost its square.
    windows.erase(first, last);
    if (i + kEcho >= request.size()) return;
    hash = (hash - request[i] * kOldest) * kBase + request[i + kEcho];
  }
}

// Tokens, keys, ids, e-mail addresses: runs of token characters that are long and not plain words.
void mask_tokens(std::string_view text, Mask& mask) {
  for (std::size_t i = 0; i < text.size();) {
    if (!is_token_char(text[i]) && text[i] != '@') {
      ++i;
      continue;
    }
    std::size_t end = i;
    std::size_t digits = 0;
    bool at = false;
    while (end < text.size() && (is_token_char(text[end]) || text[end] == '@')) {
      digits += is_digit(text[end]) ? 1U : 0U;
      at = at || text[end] == '@';
      ++end;
    }
    const std::size_t length = end - i;
    if (at || digits >= 6 || (length >= 16 && digits > 0) || length >= 32) cover(mask, i, end);
    i = end;
  }
}

}  // namespace

std::string redacted_excerpt(std::string_view response, ByteView request_body, std::size_t limit) {
  const std::string_view text = response.substr(0, limit + kExcerptMargin);
  Mask mask(text.size(), false);
  mask_echoes(text, request_body, mask);
  mask_tokens(text, mask);
  std::string out;
  out.reserve(std::min(limit, text.size()));
  for (std::size_t i = 0; i < text.size() && out.size() < limit; ++i) {
    if (mask[i]) {
      if (out.empty() || out.back() != '*') out += '*';
    } else if (text[i] >= 0x20 && text[i] <= 0x7e) {
      out += text[i];
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  return out;
}

}  // namespace sealpost
