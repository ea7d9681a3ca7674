#include "edge/rest_api/internal/request_reading.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "foundation/json/json.h"

namespace sealpost {
namespace {

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

}  // namespace

std::optional<std::uint64_t> read_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool plain = text == "0" || (!text.empty() && text.front() >= '1' && text.front() <= '9');
  if (error != std::errc{} || end != text.data() + text.size() || !plain) return std::nullopt;
  return number;
}

bool is_json(std::string_view content_type) {
  const std::size_t semicolon = content_type.find(';');
  std::string_view type = content_type.substr(0, semicolon);
  while (type.ends_with(' ')) type.remove_suffix(1);
  if (!equal_ignoring_case(type, "application/json")) return false;
  if (semicolon == std::string_view::npos) return true;
  std::string_view parameter = content_type.substr(semicolon + 1);
  while (parameter.starts_with(' ')) parameter.remove_prefix(1);
  return equal_ignoring_case(parameter, "charset=utf-8") ||
         equal_ignoring_case(parameter, "charset=\"utf-8\"");
}

Result<std::uint64_t, PublicCode> read_if_match(const HttpHeaders& headers) {
  const HeaderCount header = headers.find("If-Match");
  if (header.count == 0) return fail(PublicCode::PreconditionRequired);
  if (header.count > 1) return fail(PublicCode::MalformedRequest);
  // Only an ETag that we gave can match: strong, of a version. Lists and `*` name no version to change.
  const std::string_view text = header.first;
  const bool quoted = text.size() > 2 && text.front() == '"' && text.back() == '"';
  const auto version = quoted ? read_number(text.substr(1, text.size() - 2)) : std::nullopt;
  if (!version || *version == 0) return fail(PublicCode::PreconditionFailed);
  return *version;
}

Result<std::string_view, PublicCode> read_idempotency_key(const HttpHeaders& headers) {
  const HeaderCount header = headers.find("Idempotency-Key");
  if (header.count == 0) return std::string_view();
  const bool readable = header.count == 1 && !header.first.empty() &&
                        header.first.size() <= kMaxIdempotencyKey &&
                        std::ranges::all_of(header.first, [](char c) { return c >= '!' && c <= '~'; });
  if (!readable) return fail(PublicCode::InvalidIdempotencyKey);
  return header.first;
}

FieldErrors judge_query(const RequestTarget& target, std::string_view known) {
  if (known == "*") return {};
  const auto names = words_of(known);
  FieldErrors errors;
  for (const QueryParameter& one : target.query) {
    FieldError error{
        .pointer = "?" + one.name, .message = "No such parameter.", .nearest = {}, .unknown = true};
    if (std::ranges::find(names, one.name) == names.end()) {
      if (const auto near = nearest_name(one.name, names)) error.nearest = *near;
      errors.push_back(std::move(error));
    } else if (find_parameter(target, one.name).count > 1) {
      errors.push_back({.pointer = error.pointer, .message = "This parameter is given more than once."});
    }
  }
  return errors;
}

}  // namespace sealpost
