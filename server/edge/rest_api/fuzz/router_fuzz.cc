// Whatever the path is: what is found has non-empty parameters inside the path, without slash or colon.
#include <cstdlib>

#include "edge/rest_api/router.h"
#include "foundation/bytes/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sealpost;
  static const Router router(route_table());
  const std::string_view path = as_text(ByteView(data, size));
  for (const HttpMethod method : {HttpMethod::Get, HttpMethod::Post, HttpMethod::Delete}) {
    const RouteMatch match = router.find(method, path);
    if (match.route == nullptr) continue;
    for (std::size_t i = 0; i < match.parameter_count; ++i) {
      const std::string_view value = match.parameters[i];
      const bool inside =
          value.data() >= path.data() && value.data() + value.size() <= path.data() + path.size();
      if (value.empty() || !inside || value.contains('/') || value.contains(':')) std::abort();
    }
  }
  return 0;
}
