// Whatever a receiver writes into Retry-After: the answer is nothing, or between zero and the cap.
#include <cstdint>
#include <string_view>

#include "edge/http_sender/header_rules.h"
#include "foundation/result/result.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sealpost;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto wait = parse_retry_after(text, from_unix_ms(1'800'000'000'000), Seconds(3600));
  SEALPOST_CHECK(!wait || (wait->count() >= 0 && wait->count() <= 3600));
  return 0;
}
