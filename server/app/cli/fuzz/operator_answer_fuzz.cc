// Whatever comes over the operator's socket: an answer that is accepted has a status and its whole body; cut
// short or with something behind it, it is none.
#include "app/cli/internal/operator_answer.h"
#include "foundation/bytes/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sealpost;
  const std::string_view raw = as_text(ByteView(data, size));
  const auto answer = parse_answer("GET", raw);
  if (!answer) {
    SEALPOST_CHECK(answer.error() == OperatorClientError::Broken);
    return 0;
  }
  SEALPOST_CHECK(answer->status >= 100 && answer->status <= 599);
  SEALPOST_CHECK(raw.starts_with("HTTP/1.1 " + std::to_string(answer->status)));
  const std::size_t head = raw.find("\r\n\r\n") + 4;
  SEALPOST_CHECK(raw.substr(head) == answer->body);
  SEALPOST_CHECK(!parse_answer("GET", raw.substr(0, size - 1)));
  SEALPOST_CHECK(!parse_answer("GET", std::string(raw) + "x"));
  SEALPOST_CHECK(parse_answer("HEAD", raw).ok() == answer->body.empty());
  SEALPOST_CHECK(parse_answer("HEAD", raw.substr(0, head))->status == answer->status);
  return 0;
}
