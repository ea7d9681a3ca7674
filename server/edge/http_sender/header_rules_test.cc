#include "edge/http_sender/header_rules.h"

#include <gtest/gtest.h>

#include <string>

namespace sealpost {
namespace {

TEST(RetryAfter, SecondsAndDatesUnderACap) {
  const WallTime now = from_unix_ms(784'111'777'000);  // Sun, 06 Nov 1994 08:49:37 GMT
  const auto parse = [&](std::string_view text) -> std::int64_t {
    const auto got = parse_retry_after(text, now, Seconds(3600));
    return got ? got->count() : -1;
  };
  struct Case {
    const char* text;
    std::int64_t expected;  // -1: not understood
  };
  const Case cases[] = {
      {"0", 0},
      {"120", 120},
      {" 120\t", 120},
      {"3600", 3600},
      {"3601", 3600},
      {"99999999999999999999999999", 3600},
      {"-1", -1},
      {"+1", -1},
      {"1.5", -1},
      {"1s", -1},
      {"", -1},
      {"Sun, 06 Nov 1994 08:50:37 GMT", 60},
      {"Sun, 06 Nov 1994 08:49:37 GMT", 0},
      {"Sat, 05 Nov 1994 08:49:37 GMT", 0},
      {"Mon, 07 Nov 1994 08:49:37 GMT", 3600},
      {"Sunday, 06-Nov-94 08:50:37 GMT", 60},
      {"Sunday, 06-Nov-45 08:50:37 GMT", 0},
      {"Sunday, 06-Nov-44 08:50:37 GMT", 3600},
      {"Sun Nov  6 08:50:37 1994", 60},
      {"Sun Nov 16 08:50:37 1994", 3600},
      {"Sun, 31 Feb 1994 08:49:37 GMT", -1},
      {"Sun, 06 Nov 1994 24:00:00 GMT", -1},
      {"Sun, 06 Nov 1994 08:60:00 GMT", -1},
      {"Sun, 06 Nov 1994 08:49:37", -1},
      {"Sun, 06 Nov 1994 08:49:37 GMT+1", -1},
      {"Sun, 6 Nov 1994 08:49:37 GMT", -1},
      {"tomorrow", -1},
  };
  for (const auto& c : cases) EXPECT_EQ(parse(c.text), c.expected) << c.text;
}

}  // namespace
}  // namespace sealpost
