// Any bytes as what a peer sends: the head rules first, then the parser behind them, in one piece and in
// two. Both ways must end alike, bodies stay inside their limit, and budget is charged for what is held.
#include <cstdint>
#include <cstdlib>

#include "edge/http_server/internal/message_parser.h"
#include "edge/http_server/request_head.h"

namespace {

using namespace sealpost;
using http_internal::Budget;
using http_internal::MessageParser;

constexpr std::size_t kLimit = 512;

struct Outcome {
  int end = 0;  // 0 incomplete, 1 complete, 2 refused
  Bytes body;
  bool operator==(const Outcome&) const = default;
};

Outcome read_message(std::string_view bytes, std::size_t split) {
  Outcome outcome;
  HeadScanner scanner({.head_bytes = 4096, .target_bytes = 1024, .header_count = 20});
  const auto size = scanner.scan(bytes);
  if (!size) return outcome.end = 2, outcome;
  if (*size == 0) return outcome;
  std::vector<HeaderView> fields;
  MessageParser parser(fields);
  parser.header_limit(static_cast<std::uint32_t>(*size + 1));
  parser.body_limit(boost::none);
  parser.eager(true);
  MessageParser::ErrorCode ec;
  const auto used = parser.put(boost::asio::const_buffer(bytes.data(), *size), ec);
  if (ec || used != *size || !parser.is_header_done()) return outcome.end = 2, outcome;
  const auto framing = judge_framing(parser.minor_version(), fields);
  if (!framing || framing->chunked != parser.chunked()) return outcome.end = 2, outcome;
  if (fields.size() != scanner.field_count()) std::abort();
  for (const auto& field : fields)
    if (!is_header_name(field.name) || !is_header_value(field.value)) std::abort();
  static_cast<void>(parse_target(parser.target()));
  static_cast<void>(host_without_port(framing->host));
  static_cast<void>(client_address({}, fields, *NetworkSet::parse(std::vector<std::string>{"0.0.0.0/0"})));
  if (framing->content_length.value_or(0) > kLimit) return outcome.end = 2, outcome;
  Budget budget(kLimit);
  parser.set_body(outcome.body, kLimit, budget);
  std::string held;
  std::string_view rest = bytes.substr(*size);
  const std::string_view parts[] = {rest.substr(0, split), rest.substr(std::min(split, rest.size()))};
  for (const auto part : parts) {
    held += part;
    if (part.empty()) continue;  // the server parses again only when more has come
    while (!held.empty() && !parser.is_done() && parser.can_parse_body(held.size())) {
      const auto taken = parser.put(boost::asio::const_buffer(held.data(), held.size()), ec);
      held.erase(0, taken);
      const bool more = ec == boost::beast::http::error::need_more;
      if (ec && !more) return outcome.body.clear(), outcome.end = 2, outcome;
      if (more || taken == 0) break;
    }
  }
  if (outcome.body.size() > kLimit || budget.used() != outcome.body.size()) std::abort();
  if (parser.is_done()) outcome.end = 1;
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto whole = read_message(bytes, bytes.size());
  const auto parts = read_message(bytes, data[0]);
  if (whole.end != parts.end || (whole.end == 1 && whole.body != parts.body)) std::abort();
  return 0;
}
