#include "app/cli/internal/operator_answer.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

#include "foundation/http_types/headers.h"

namespace sealpost {
namespace {

constexpr std::string_view kVersion = "HTTP/1.1 ";
constexpr std::string_view kLineEnd = "\r\n";

// Digits alone, all of them.
std::optional<std::uint64_t> read_digits(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<int> read_status(std::string_view line) {
  if (!line.starts_with(kVersion)) return std::nullopt;
  line.remove_prefix(kVersion.size());
  const auto status = read_digits(line.substr(0, 3));
  if (!status || *status < 100 || *status > 599 || (line.size() > 3 && line[3] != ' ')) return std::nullopt;
  return static_cast<int>(*status);
}

struct Announced {
  bool clear = true;  // no line that can't be read, and no second length
  std::optional<std::uint64_t> length;
};

Announced read_fields(std::string_view lines) {
  Announced out;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find(kLineEnd), lines.size());
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + kLineEnd.size(), lines.size()));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return {.clear = false, .length = {}};
    if (!equal_ignoring_case(line.substr(0, colon), "Content-Length")) continue;
    std::string_view value = line.substr(colon + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    const auto length = read_digits(value);
    if (!length || out.length) return {.clear = false, .length = {}};
    out.length = length;
  }
  return out;
}

}  // namespace

Result<OperatorResponse, OperatorClientError> parse_answer(std::string_view method, std::string_view raw) {
  const std::size_t head_end = raw.find("\r\n\r\n");
  if (head_end == std::string_view::npos) return fail(OperatorClientError::Broken);
  const std::string_view head = raw.substr(0, head_end);
  const std::string_view body = raw.substr(head_end + 4);
  const std::size_t line_end = std::min(head.find(kLineEnd), head.size());
  const auto status = read_status(head.substr(0, line_end));
  const auto announced = read_fields(head.substr(std::min(line_end + kLineEnd.size(), head.size())));
  if (!status || !announced.clear) return fail(OperatorClientError::Broken);
  // The gateway tells the length of every body that it sends.
  const std::uint64_t expected = method == "HEAD" ? 0 : announced.length.value_or(0);
  if (body.size() != expected) return fail(OperatorClientError::Broken);
  return OperatorResponse{.status = *status, .body = std::string(body)};
}

}  // namespace sealpost
