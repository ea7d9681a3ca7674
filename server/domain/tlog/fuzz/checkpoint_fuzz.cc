// parse_checkpoint() and LogOrigin::parse(): what is accepted has one spelling.
#include "domain/tlog/checkpoint.h"
#include "domain/tlog/origin.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sealpost;
  const std::string_view text = as_text({data, size});
  if (const auto checkpoint = parse_checkpoint(text); checkpoint) {
    const auto again = marshal_checkpoint(*checkpoint);
    SEALPOST_CHECK(again.ok() && *again == text);
  }
  if (const auto origin = LogOrigin::parse(text); origin) SEALPOST_CHECK(origin->text() == text);
  return 0;
}
