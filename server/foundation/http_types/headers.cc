#include "foundation/http_types/headers.h"

namespace sealpost {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

HeaderCount find_header(std::span<const HeaderView> headers, std::string_view name) {
  HeaderCount found;
  for (const auto& header : headers) {
    if (!equal_ignoring_case(header.name, name)) continue;
    if (found.count == 0) found.first = header.value;
    ++found.count;
  }
  return found;
}

}  // namespace sealpost
