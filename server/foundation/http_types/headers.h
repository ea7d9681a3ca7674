// Header fields as they came: names compare without case (RFC 9110 section 5.1), order and repetition are
// kept, because a repeated signature header is evidence of tampering and must be seen.
// HeaderView borrows; HttpHeaders owns. Value types.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sealpost {

struct HeaderView {
  std::string_view name;
  std::string_view value;
};

// ASCII only, as header names are.
[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b);

// How often `name` occurs, and its first value. Callers that rely on a header refuse count > 1.
struct HeaderCount {
  std::size_t count = 0;
  std::string_view first;
};
[[nodiscard]] HeaderCount find_header(std::span<const HeaderView> headers, std::string_view name);

}  // namespace sealpost
