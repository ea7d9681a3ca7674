// Whatever a header or a query holds: what is accepted stands there in its one form, and once. The first line
// is the value of a header, the second the target of a request.
#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include "edge/rest_api/authenticator.h"
#include "edge/rest_api/internal/request_reading.h"
#include "edge/rest_api/route.h"
#include "foundation/bytes/bytes.h"

namespace sealpost {
namespace {

bool is_visible(char c) { return c >= '!' && c <= '~'; }

void read_header(std::string_view value) {
  const HttpHeaders one{{"If-Match", value}, {"Idempotency-Key", value}};
  const HttpHeaders two{
      {"If-Match", value}, {"Idempotency-Key", value}, {"if-match", value}, {"idempotency-key", value}};
  if (const auto version = read_if_match(one)) {
    SEALPOST_CHECK(*version > 0 && value == '"' + std::to_string(*version) + '"');
  } else {
    SEALPOST_CHECK(version.error() == PublicCode::PreconditionFailed);
  }
  SEALPOST_CHECK(read_if_match(two).error() == PublicCode::MalformedRequest);
  const bool readable =
      !value.empty() && value.size() <= kMaxIdempotencyKey && std::ranges::all_of(value, is_visible);
  const auto key = read_idempotency_key(one);
  SEALPOST_CHECK(key.ok() == readable && (!readable || *key == value));
  SEALPOST_CHECK(!read_idempotency_key(two));
  if (const auto number = read_number(value)) SEALPOST_CHECK(value == std::to_string(*number));
  // Behind the media type stands nothing, or a charset whose only name is that of UTF-8.
  if (is_json(value)) {
    constexpr std::string_view kJson = "application/json";
    SEALPOST_CHECK(equal_ignoring_case(value.substr(0, kJson.size()), kJson));
    const auto behind = value.substr(kJson.size());
    SEALPOST_CHECK(behind.find_first_not_of(' ') == std::string_view::npos ||
                   value.size() >= kJson.size() + 14);
    SEALPOST_CHECK(std::ranges::all_of(value, [](char c) { return c == ' ' || is_visible(c); }));
  }
}

void read_query(const RequestTarget& target, std::string_view known) {
  const FieldErrors errors = judge_query(target, known);
  SEALPOST_CHECK(errors.size() <= target.query.size());
  const std::string words = ' ' + std::string(known) + ' ';
  const auto is_known = [&](const std::string& name) {
    return !name.empty() && name.find(' ') == std::string::npos && words.contains(' ' + name + ' ');
  };
  for (const FieldError& error : errors) {
    SEALPOST_CHECK(error.pointer.starts_with('?') && !error.message.empty());
    SEALPOST_CHECK(error.unknown != is_known(error.pointer.substr(1)));
    SEALPOST_CHECK(error.nearest.empty() || is_known(error.nearest));
  }
  const bool clean = std::ranges::all_of(target.query, [&](const QueryParameter& one) {
    return is_known(one.name) && find_parameter(target, one.name).count == 1;
  });
  SEALPOST_CHECK(known == "*" ? errors.empty() : errors.empty() == clean);
}

}  // namespace
}  // namespace sealpost

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sealpost;
  const std::string_view text = as_text(ByteView(data, size));
  const std::size_t line = std::min(text.find('\n'), text.size());
  read_header(text.substr(0, line));
  const auto target = parse_target(text.substr(std::min(line + 1, text.size())));
  if (!target) return 0;
  static const std::set<std::string_view> lists = [] {
    std::set<std::string_view> out;
    for (const Route& route : route_table()) out.insert(route.query);
    return out;
  }();
  for (const std::string_view known : lists) read_query(*target, known);
  for (const QueryParameter& one : target->query)
    if (one.name == "access_token" || one.value.starts_with("spt_live_"))
      SEALPOST_CHECK(has_token_in_query(*target));
  return 0;
}
