// Whatever the octets are: a form that is accepted has no name twice, and is bounded.
#include <cstdlib>
#include <set>

#include "edge/rest_api/form_body.h"
#include "foundation/bytes/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sealpost;
  const auto form = FormBody::parse(as_text(ByteView(data, size)));
  if (!form) return 0;
  const auto names = form->names();
  if (names.size() > FormBody::kMaxFields) std::abort();
  if (std::set<std::string_view>(names.begin(), names.end()).size() != names.size()) std::abort();
  for (const auto name : names)
    if (const auto value = form->find(name); value && value->empty()) std::abort();
  return 0;
}
