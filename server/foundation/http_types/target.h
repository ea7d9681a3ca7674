// The request target (RFC 9112 section 3.2), taken apart so that there is one way to read it. Accepted are
// the origin form ("/path?query") and the absolute form, whose authority must then agree with Host.
// Refused instead of repaired, because two readers could disagree: dot segments, empty segments, encoded
// slashes or backslashes, control characters, text that is not UTF-8, half percent escapes, fragments.
// Pure functions; source: RFC 3986 sections 2.1, 3.3, 3.4.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/result/result.h"

namespace sealpost {

enum class TargetError : std::uint8_t {
  Form,        // neither "/..." nor "http[s]://authority/..."
  Character,   // outside of what RFC 3986 allows unescaped
  Escape,      // '%' without two hexadecimal digits
  Ambiguous,   // escaped slash, backslash or control character; dot or empty segment; not UTF-8
  Parameters,  // more than kMaxQueryParameters
};

struct QueryParameter {
  std::string name;
  std::string value;
  bool operator==(const QueryParameter&) const = default;
};

struct RequestTarget {
  std::string raw;
  std::string path;                   // decoded
  std::string authority;              // of the absolute form, else empty
  std::vector<QueryParameter> query;  // decoded, in order, repetitions kept; '+' is a space
};

inline constexpr std::size_t kMaxQueryParameters = 64;

// Every escape becomes its octet; '%' must be followed by two hexadecimal digits. Nothing else is judged.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);
// Escapes all but the unreserved characters of RFC 3986 section 2.3.
[[nodiscard]] std::string percent_encode(std::string_view text);
// RFC 3629: no overlong forms, no surrogates.
[[nodiscard]] bool is_utf8(std::string_view text);

Result<RequestTarget, TargetError> parse_target(std::string_view raw);

// How often a parameter occurs, and its first value. Callers refuse count > 1.
struct ParameterCount {
  std::size_t count = 0;
  std::string_view first;
};
[[nodiscard]] ParameterCount find_parameter(const RequestTarget& target, std::string_view name);

}  // namespace sealpost
