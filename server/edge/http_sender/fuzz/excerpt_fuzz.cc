// Whatever a receiver answers: printable, bounded, and no stretch of our request in it. The first octet says
// how the rest is split into answer and request.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "edge/http_sender/excerpt.h"
#include "foundation/result/result.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sealpost;
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t split = std::min<std::size_t>(rest.size(), std::size_t{data[0]} * 4);
  const std::string_view request = rest.substr(split);
  OutboundRequest sent;
  sent.body.assign(as_bytes(request).begin(), as_bytes(request).end());
  sent.headers.push_back({"webhook-signature", std::string(request.substr(0, 100))});
  sent.url = "https://receiver.example/a?" + std::string(request.substr(0, 100));
  const std::string out = redacted_excerpt(rest.substr(0, split), sent, 200);
  SEALPOST_CHECK(out.size() <= 200);
  SEALPOST_CHECK(std::ranges::all_of(out, [](char c) { return c >= 0x20 && c <= 0x7e; }));
  SEALPOST_CHECK(out.find('@') == std::string::npos);
  return 0;
}
