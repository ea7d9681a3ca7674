// Any text as a time: what is accepted is a moment that is written again with the same digits, to the
// millisecond.
#include <string>

#include "domain/wire/time_text.h"
#include "foundation/bytes/bytes.h"
#include "foundation/result/result.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sealpost;
  const std::string_view text = as_text(ByteView(data, size));
  const auto time = from_rfc3339(text);
  if (!time) return 0;
  constexpr std::size_t kSeconds = std::string_view("2026-01-02T03:04:05").size();
  SEALPOST_CHECK(text.size() >= kSeconds + 1 && text.size() <= kSeconds + 11 && text.ends_with('Z'));
  std::string fraction(text.substr(kSeconds, text.size() - kSeconds - 1));
  if (fraction.empty()) fraction = ".";
  fraction.resize(4, '0');  // dot and milliseconds; finer digits are dropped
  const std::string again = std::string(text.substr(0, kSeconds)) + fraction + 'Z';
  SEALPOST_CHECK(to_rfc3339(*time) == again);
  SEALPOST_CHECK(from_rfc3339(again) == time);
  return 0;
}
