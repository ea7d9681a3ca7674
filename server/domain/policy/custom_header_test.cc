#include "domain/policy/custom_header.h"

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

TEST(CustomHeader, CustomHeaders) {
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
      {std::string(64, 'x'), "a", "ok"},
      {std::string(65, 'x'), "a", "name"},
      {"X-Team", "a\r\nHost: evil", "value"},
      {"X-Team", "a\n", "value"},
      {"X-Team", "a\r", "value"},
      {"X-Team", std::string("a\0b", 3), "value"},
      {"X-Team", "caf\xc3\xa9", "value"},
      {"X-Team", " a", "value"},
      {"X-Team", "a ", "value"},
      {"X-Team", std::string(1024, 'a'), "ok"},
      {"X-Team", std::string(1025, 'a'), "value"},
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
      {"X_Forwarded_For", "x", "reserved"},
      {"Content_Type", "x", "reserved"},
      {"webhook_id", "x", "reserved"},
      {"Sealpost-Anything", "x", "reserved"},
      {"Date", "x", "reserved"},
      {"User-Agent", "x", "reserved"},
      {"Accept-Encoding", "x", "reserved"},
      {"Forwarded", "x", "reserved"},
      {"Via", "x", "reserved"},
      {"Client-Cert", "x", "reserved"},
      {"Client-Cert-Chain", "x", "reserved"},
      {"webhooks", "x", "ok"},
      {"X_Team", "x", "ok"},
  };
  for (const auto& c : cases) EXPECT_EQ(reason(judge_custom_header(c.name, c.value)), c.expected) << c.name;
}

TEST(CustomHeader, OwnHeadersMaySignButNotFrame) {
  EXPECT_EQ(reason(judge_own_header("webhook-id", "x")), "ok");
  EXPECT_EQ(reason(judge_own_header("Content-Type", "application/json")), "ok");
  EXPECT_EQ(reason(judge_own_header("Host", "x")), "reserved");
  EXPECT_EQ(reason(judge_own_header("Content-Length", "x")), "reserved");
  EXPECT_EQ(reason(judge_own_header("X_Forwarded_For", "x")), "reserved");
  EXPECT_EQ(reason(judge_own_header("webhook-id", "a\nb")), "value");
  EXPECT_EQ(reason(judge_own_header("webhook-signature", std::string(4096, 'a'))), "ok");
  EXPECT_EQ(reason(judge_own_header("webhook-signature", std::string(4097, 'a'))), "value");
}

}  // namespace
}  // namespace sealpost
