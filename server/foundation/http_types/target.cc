#include "foundation/http_types/target.h"

#include <algorithm>

namespace sealpost {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

// pchar and '/' (RFC 3986 section 3.3); a query has '?' besides.
bool is_path_char(char c) {
  return is_unreserved(c) ||
         (c != '\0' && std::string_view("%!$&'()*+,;=:@/").find(c) != std::string_view::npos);
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// Escapes of slash and backslash must be seen before decoding: afterwards they look like separators.
bool escapes_separator(std::string_view raw) {
  for (std::size_t at = raw.find('%'); at != std::string_view::npos; at = raw.find('%', at + 1)) {
    const auto digits = raw.substr(at + 1, 2);
    if (digits == "2f" || digits == "2F" || digits == "5c" || digits == "5C") return true;
  }
  return false;
}

// "." and ".." are judged after decoding, because %2e is a dot to whoever decodes later.
bool has_ambiguous_segment(std::string_view path) {
  std::string_view rest = path.substr(1);
  while (!rest.empty()) {
    const auto slash = rest.find('/');
    const auto segment = rest.substr(0, slash);
    if (segment.empty() || segment == "." || segment == "..") return true;
    if (slash == std::string_view::npos) break;
    rest.remove_prefix(slash + 1);
  }
  return false;
}

Result<std::string, TargetError> decode_path(std::string_view raw) {
  if (!std::ranges::all_of(raw, is_path_char)) return fail(TargetError::Character);
  if (escapes_separator(raw)) return fail(TargetError::Ambiguous);
  auto decoded = percent_decode(raw);
  if (!decoded) return fail(TargetError::Escape);
  if (has_control(*decoded) || !is_utf8(*decoded) || has_ambiguous_segment(*decoded))
    return fail(TargetError::Ambiguous);
  return *std::move(decoded);
}

Result<std::string, TargetError> decode_query_part(std::string_view raw) {
  std::string spaced(raw);
  std::ranges::replace(spaced, '+', ' ');
  auto decoded = percent_decode(spaced);
  if (!decoded) return fail(TargetError::Escape);
  if (has_control(*decoded) || !is_utf8(*decoded)) return fail(TargetError::Ambiguous);
  return *std::move(decoded);
}

Result<std::vector<QueryParameter>, TargetError> decode_query(std::string_view raw) {
  std::vector<QueryParameter> parameters;
  const auto allowed = [](char c) { return is_path_char(c) || c == '?'; };
  if (!std::ranges::all_of(raw, allowed)) return fail(TargetError::Character);
  while (!raw.empty()) {
    const auto ampersand = raw.find('&');
    const auto pair = raw.substr(0, ampersand);
    raw = ampersand == std::string_view::npos ? std::string_view() : raw.substr(ampersand + 1);
    if (pair.empty()) continue;
    if (parameters.size() == kMaxQueryParameters) return fail(TargetError::Parameters);
    const auto equals = pair.find('=');
    SEALPOST_TRY(auto name, decode_query_part(pair.substr(0, equals)));
    std::string value;
    if (equals != std::string_view::npos) {
      SEALPOST_TRY(value, decode_query_part(pair.substr(equals + 1)));
    }
    parameters.push_back({.name = std::move(name), .value = std::move(value)});
  }
  return parameters;
}

bool is_authority(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_unreserved(c) || c == ':' || c == '[' || c == ']';
  });
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = hex_value(text[i + 1]);
    const int low = hex_value(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

bool is_utf8(std::string_view text) {
  std::size_t i = 0;
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  while (i < text.size()) {
    const unsigned first = byte(i);
    if (first < 0x80) {
      ++i;
      continue;
    }
    const std::size_t more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    if (first < 0xc2 || first > 0xf4 || text.size() - i <= more) return false;
    for (std::size_t k = 1; k <= more; ++k)
      if ((byte(i + k) & 0xc0) != 0x80) return false;
    const unsigned second = byte(i + 1);
    // Overlong forms, surrogates, and what lies beyond U+10FFFF show in the second octet.
    if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
        (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f))
      return false;
    i += more + 1;
  }
  return true;
}

Result<RequestTarget, TargetError> parse_target(std::string_view raw) {
  RequestTarget target;
  target.raw = raw;
  std::string_view rest = raw;
  if (!rest.starts_with('/')) {
    const auto scheme_end = rest.find("://");
    if (!rest.starts_with("http://") && !rest.starts_with("https://")) return fail(TargetError::Form);
    rest.remove_prefix(scheme_end + 3);
    const auto slash = rest.find('/');
    if (slash == std::string_view::npos) return fail(TargetError::Form);
    if (!is_authority(rest.substr(0, slash))) return fail(TargetError::Form);
    target.authority = rest.substr(0, slash);
    rest.remove_prefix(slash);
  }
  const auto question = rest.find('?');
  SEALPOST_TRY(target.path, decode_path(rest.substr(0, question)));
  if (question != std::string_view::npos) {
    SEALPOST_TRY(target.query, decode_query(rest.substr(question + 1)));
  }
  return target;
}

ParameterCount find_parameter(const RequestTarget& target, std::string_view name) {
  ParameterCount found;
  for (const auto& parameter : target.query) {
    if (parameter.name != name) continue;
    if (found.count == 0) found.first = parameter.value;
    ++found.count;
  }
  return found;
}

}  // namespace sealpost
