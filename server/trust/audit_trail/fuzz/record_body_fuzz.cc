// The stored body of an audit record: what parses is written again byte for byte.
#include "foundation/result/result.h"
#include "trust/audit_trail/record_body.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto groups = sealpost::parse_body({data, size});
  if (!groups) return 0;
  sealpost::Bytes again = sealpost::begin_body(groups->size());
  for (const auto& group : *groups) sealpost::append_group(again, group);
  SEALPOST_CHECK(sealpost::constant_time_equal(again, {data, size}));
  return 0;
}
