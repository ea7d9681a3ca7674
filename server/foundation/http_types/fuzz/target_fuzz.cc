// Any text as a request target: what is accepted keeps the promises of target.h.
#include "foundation/http_types/target.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sealpost;
  const std::string_view raw(reinterpret_cast<const char*>(data), size);
  if (percent_decode(percent_encode(raw)) != raw) std::abort();
  const auto target = parse_target(raw);
  if (!target.ok()) return 0;
  const auto& path = target->path;
  if (path.empty() || path.front() != '/' || !is_utf8(path)) std::abort();
  if ((path + "/").find("/../") != std::string::npos || path.find("//") != std::string::npos) std::abort();
  if (path.find('\\') != std::string::npos || path.find('\0') != std::string::npos) std::abort();
  if (target->query.size() > kMaxQueryParameters) std::abort();
  // Encoding each segment again leads to the same path.
  std::string again;
  for (const char c : path) again += c == '/' ? std::string("/") : percent_encode(std::string_view(&c, 1));
  const auto second = parse_target(again);
  if (!second.ok() || second->path != path) std::abort();
  return 0;
}
