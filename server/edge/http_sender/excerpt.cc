#include "edge/http_sender/excerpt.h"

#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "foundation/http_types/headers.h"

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

// A text of ours that comes back whole, as often as it does. What is shorter than this says nothing about the
// value and stands in many texts by accident.
constexpr std::size_t kWhole = 4;

void mask_whole(std::string_view text, std::string_view sent, Mask& mask) {
  if (sent.size() < kWhole) return;
  for (std::size_t at = text.find(sent); at != std::string_view::npos; at = text.find(sent, at + 1))
    cover(mask, at, at + sent.size());
}

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Percent-encoding undone, and the plus of forms.
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low >= 0) {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

void mask_text(std::string_view text, std::string_view sent, Mask& mask) {
  mask_whole(text, sent, mask);
  mask_echoes(text, as_bytes(sent), mask);
}

// What we call ourselves and the body is no secret; every other value may be one. Of several signatures, or
// of a scheme with its credentials, each counts.
void mask_header(std::string_view text, const OutboundHeader& header, Mask& mask) {
  if (equal_ignoring_case(header.name, "content-type") || equal_ignoring_case(header.name, "user-agent"))
    return;
  mask_text(text, header.value, mask);
  std::string_view rest = header.value;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find_first_of(" ,;="), rest.size());
    mask_whole(text, rest.substr(0, end), mask);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

// Path and query may be secret. The query as it stands in the URL, and as a receiver reads it.
void mask_url(std::string_view text, std::string_view url, Mask& mask) {
  const std::size_t authority = url.find("://");
  if (authority == std::string_view::npos) return;
  const std::size_t path = url.find_first_of("/?#", authority + 3);
  if (path == std::string_view::npos) return;
  url = url.substr(0, url.find('#'));
  const std::size_t begin = url.find('?');
  mask_echoes(text, as_bytes(url.substr(path, begin - path)), mask);
  if (begin == std::string_view::npos) return;
  std::string_view query = url.substr(begin + 1);
  mask_text(text, query, mask);
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    const std::size_t equals = pair.find('=');
    const std::string_view value = equals == std::string_view::npos ? pair : pair.substr(equals + 1);
    mask_text(text, value, mask);
    mask_text(text, unescaped(value), mask);
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

std::string redacted_excerpt(std::string_view response, const OutboundRequest& request, std::size_t limit) {
  const std::string_view text = response.substr(0, limit + kExcerptMargin);
  Mask mask(text.size(), false);
  mask_echoes(text, request.body, mask);
  for (const OutboundHeader& header : request.headers) mask_header(text, header, mask);
  mask_url(text, request.url, mask);
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
