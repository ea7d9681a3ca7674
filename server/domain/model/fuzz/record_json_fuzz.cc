// Any text as a stored record of any kind: what is readable is written again in one form. The first octet
// chooses the kind.
#include <cstddef>
#include <cstdint>

#include "domain/model/record_json.h"
#include "domain/model/records.h"
#include "foundation/bytes/bytes.h"

namespace sealpost {
namespace {

template <class Record>
void check(std::string_view text) {
  const auto record = record_from_text<Record>({}, text);
  if (!record) return;
  const std::string written = record_to_text(*record);
  const auto again = record_from_text<Record>({}, written);
  SEALPOST_CHECK(again.ok() && record_to_text(*again) == written);
}

constexpr void (*kChecks[])(std::string_view) = {
    check<Organization>, check<Workspace>,    check<Integration>, check<Source>,     check<Endpoint>,
    check<Channel>,      check<Subscription>, check<Grant>,       check<Credential>, check<SigningKey>,
};

}  // namespace
}  // namespace sealpost

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sealpost;
  if (size == 0) return 0;
  kChecks[data[0] % std::size(kChecks)](as_text({data, size}).substr(1));
  return 0;
}
