#include "edge/http_sender/header_rules.h"

#include <gtest/gtest.h>

#include <string>

namespace sealpost {
namespace {

std::string reason(const Result<void, HeaderRefusal>& result) {
  if (result.ok()) return "ok";
  switch (result.error()) {
    case HeaderRefusal::Name:
      return "name";
    case HeaderRefusal::Value:
      return "value";
    case HeaderRefusal::Reserved:
      return "reserved";
  }
  return "?";
}

TEST(HeaderRules, CustomHeaders) {
  struct Case {
    std::string name;
    std::string value;
    const char* expected;
  };
  const Case cases[] = {
      {"X-Team", "payments", "ok"},
      {"Authorization", "Bearer abc", "ok"},
      {"X-Empty", "", "ok"},
      {"X-Tab", "a\tb", "ok"},
      {"", "a", "name"},
      {"X Team", "a", "name"},
      {"X-Team:", "a", "name"},
      {"X-T\r\nHost", "a", "name"},
      {"X-T\xc3\xa4m", "a", "name"},
      {std::string(128, 'x'), "a", "ok"},
      {std::string(129, 'x'), "a", "name"},
      {"X-Team", "a\r\nHost: evil", "value"},
      {"X-Team", "a\n", "value"},
      {"X-Team", "a\r", "value"},
      {"X-Team", std::string("a\0b", 3), "value"},
      {"X-Team", "caf\xc3\xa9", "value"},
      {"X-Team", " a", "value"},
      {"X-Team", "a ", "value"},
      {"X-Team", std::string(4096, 'a'), "ok"},
      {"X-Team", std::string(4097, 'a'), "value"},
      {"Host", "evil", "reserved"},
      {"hOST", "evil", "reserved"},
      {"Content-Length", "1", "reserved"},
      {"Transfer-Encoding", "chunked", "reserved"},
      {"Connection", "close", "reserved"},
      {"Keep-Alive", "1", "reserved"},
      {"TE", "trailers", "reserved"},
      {"Trailer", "x", "reserved"},
      {"Upgrade", "h2c", "reserved"},
      {"Expect", "100-continue", "reserved"},
      {"HTTP2-Settings", "x", "reserved"},
      {"Proxy-Authorization", "x", "reserved"},
      {"X-Forwarded-For", "x", "reserved"},
      {"Content-Type", "text/plain", "reserved"},
      {"Content-Encoding", "gzip", "reserved"},
      {"webhook-id", "x", "reserved"},
      {"Webhook-Signature", "x", "reserved"},
      {"X-Sealpost-Hop", "x", "reserved"},
      {"webhooks", "x", "ok"},
  };
  for (const auto& c : cases) EXPECT_EQ(reason(judge_custom_header(c.name, c.value)), c.expected) << c.name;
}

TEST(HeaderRules, OwnHeadersMaySignButNotFrame) {
  EXPECT_EQ(reason(judge_own_header("webhook-id", "x")), "ok");
  EXPECT_EQ(reason(judge_own_header("Content-Type", "application/json")), "ok");
  EXPECT_EQ(reason(judge_own_header("Host", "x")), "reserved");
  EXPECT_EQ(reason(judge_own_header("Content-Length", "x")), "reserved");
  EXPECT_EQ(reason(judge_own_header("webhook-id", "a\nb")), "value");
}

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
