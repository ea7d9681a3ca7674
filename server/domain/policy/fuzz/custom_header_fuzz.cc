// Any field as a person may set it on an endpoint: what is accepted is one line of the request, and touches
// neither framing nor signature, whatever the spelling. The first line is the name, the rest the value.
#include <algorithm>
#include <string>

#include "domain/policy/custom_header.h"
#include "foundation/bytes/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sealpost;
  const std::string_view text = as_text(ByteView(data, size));
  const std::size_t line = std::min(text.find('\n'), text.size());
  const std::string_view name = text.substr(0, line);
  const std::string_view value = text.substr(std::min(line + 1, text.size()));
  if (!judge_custom_header(name, value)) return 0;
  SEALPOST_CHECK(judge_own_header(name, value).ok());
  SEALPOST_CHECK(!name.empty() && name.size() <= kMaxCustomHeaderName &&
                 value.size() <= kMaxCustomHeaderValue);
  const auto printable = [](char c) { return c >= ' ' && c <= '~'; };
  const auto in_value = [&](char c) { return c == '\t' || printable(c); };  // RFC 9110 section 5.5
  SEALPOST_CHECK(std::ranges::all_of(name, printable) && std::ranges::all_of(value, in_value));
  SEALPOST_CHECK(name.find_first_of(" :\"(),/;<=>?@[\\]{}") == std::string_view::npos);
  SEALPOST_CHECK(value.empty() || (printable(value.front()) && value.front() != ' '));
  SEALPOST_CHECK(value.empty() || (printable(value.back()) && value.back() != ' '));
  // As a receiver may read it: without case, an underscore for a hyphen.
  std::string read(name);
  for (char& c : read) c = c == '_' ? '-' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  for (const std::string_view ours : {"webhook-", "sealpost-", "x-forwarded-", "proxy-"})
    SEALPOST_CHECK(!read.starts_with(ours));
  for (const std::string_view ours : {"host", "content-length", "transfer-encoding", "connection", "te",
                                      "upgrade", "expect", "content-type", "content-encoding"})
    SEALPOST_CHECK(read != ours);
  return 0;
}
