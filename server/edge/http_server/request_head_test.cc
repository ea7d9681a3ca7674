#include "edge/http_server/request_head.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sealpost {
namespace {

using Kind = ProtocolErrorKind;

struct HeadCase {
  const char* name;
  std::string head;
  std::optional<Kind> refusal;  // none: complete
};

std::vector<HeadCase> head_cases() {
  const std::string get = "GET / HTTP/1.1\r\n";
  return {
      {"smallest", get + "\r\n", std::nullopt},
      {"http 1.0", "GET / HTTP/1.0\r\n\r\n", std::nullopt},
      {"empty value", get + "A:\r\n\r\n", std::nullopt},
      {"tabs and high octets in a value", get + "A: \tb\xc3\xa9\r\n\r\n", std::nullopt},
      {"bare LF after request line", "GET / HTTP/1.1\n\r\n", Kind::Malformed},
      {"bare LF after field", get + "A: b\n\r\n", Kind::Malformed},
      {"bare LF at the end", get + "A: b\r\n\n", Kind::Malformed},
      {"bare CR in value", get + "A: b\rc\r\n\r\n", Kind::Malformed},
      {"folded line", get + "A: b\r\n c\r\n\r\n", Kind::Malformed},
      {"folded line by tab", get + "A: b\r\n\tc\r\n\r\n", Kind::Malformed},
      {"blank before colon", get + "A : b\r\n\r\n", Kind::Malformed},
      {"empty name", get + ": b\r\n\r\n", Kind::Malformed},
      {"no colon", get + "Abc\r\n\r\n", Kind::Malformed},
      {"NUL in value", get + std::string("A: b\0c\r\n\r\n", 10), Kind::Malformed},
      {"NUL in name", get + std::string("A\0: b\r\n\r\n", 9), Kind::Malformed},
      {"DEL in value", get + "A: \x7f\r\n\r\n", Kind::Malformed},
      {"high octet in name", get + "\xc3\xa9: b\r\n\r\n", Kind::Malformed},
      {"leading empty line", "\r\n" + get + "\r\n", Kind::Malformed},
      {"leading blank", " " + get + "\r\n", Kind::Malformed},
      {"two blanks", "GET  / HTTP/1.1\r\n\r\n", Kind::Malformed},
      {"tab as separator", "GET\t/ HTTP/1.1\r\n\r\n", Kind::Malformed},
      {"blank after version", "GET / HTTP/1.1 \r\n\r\n", Kind::Malformed},
      {"http 0.9", "GET /\r\n", Kind::Malformed},
      {"control in target", "GET /\x01 HTTP/1.1\r\n\r\n", Kind::Malformed},
      {"high octet in target", "GET /\xc3\xa9 HTTP/1.1\r\n\r\n", Kind::Malformed},
      {"lower-case version", "GET / http/1.1\r\n\r\n", Kind::Malformed},
      {"no dot in version", "GET / HTTP/111\r\n\r\n", Kind::Malformed},
      {"long version", "GET / HTTP/1.11\r\n\r\n", Kind::Malformed},
      {"http 1.2", "GET / HTTP/1.2\r\n\r\n", Kind::UnsupportedVersion},
      {"http 2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Kind::UnsupportedVersion},
      {"tls hello", "\x16\x03\x01\x02", Kind::Malformed},
      {"long method", std::string(33, 'A') + " / HTTP/1.1\r\n\r\n", Kind::Malformed},
      {"target at bound", "GET /" + std::string(99, 'a') + " HTTP/1.1\r\n\r\n", std::nullopt},
      {"target over bound", "GET /" + std::string(100, 'a') + " HTTP/1.1\r\n\r\n", Kind::TargetTooLong},
      {"fields at bound", get + "A:1\r\nB:2\r\nC:3\r\n\r\n", std::nullopt},
      {"fields over bound", get + "A:1\r\nB:2\r\nC:3\r\nD:4\r\n\r\n", Kind::HeadTooLarge},
      {"head at bound", get + "A:" + std::string(400 - 16 - 2 - 4, 'x') + "\r\n\r\n", std::nullopt},
      {"head over bound", get + "A:" + std::string(401 - 16 - 2 - 4, 'x') + "\r\n\r\n", Kind::HeadTooLarge},
      {"endless value", get + "A:" + std::string(1000, 'x'), Kind::HeadTooLarge},
  };
}

constexpr HeadLimits kSmall{.head_bytes = 400, .target_bytes = 100, .header_count = 3};

TEST(HeadScanner, JudgesEachHeadTheSameWholeAndByteByByte) {
  for (const auto& row : head_cases()) {
    SCOPED_TRACE(row.name);
    HeadScanner whole(kSmall);
    const auto result = whole.scan(row.head);
    HeadScanner slow(kSmall);
    Result<std::size_t, Kind> stepwise = std::size_t{0};
    for (std::size_t i = 1; i <= row.head.size(); ++i) {
      stepwise = slow.scan(std::string_view(row.head).substr(0, i));
      if (!stepwise || *stepwise != 0) break;
    }
    ASSERT_EQ(result.ok(), !row.refusal.has_value());
    ASSERT_EQ(stepwise.ok(), result.ok());
    if (row.refusal) {
      EXPECT_EQ(result.error(), *row.refusal);
      EXPECT_EQ(stepwise.error(), *row.refusal);
    } else {
      EXPECT_EQ(*result, row.head.size());
      EXPECT_EQ(*stepwise, row.head.size());
    }
  }
}

TEST(HeadScanner, WaitsForMoreAndLeavesWhatFollows) {
  HeadScanner scanner(kSmall);
  EXPECT_EQ(*scanner.scan("GET / HTTP/1.1\r\nA: b\r"), 0U);
  EXPECT_EQ(*scanner.scan("GET / HTTP/1.1\r\nA: b\r\n\r\nGET /next"), 24U);
}

struct FramingCase {
  const char* name;
  int minor_version;
  std::vector<HeaderView> fields;
  std::optional<Kind> refusal;
};

TEST(JudgeFraming, RefusesWhatCouldBeReadInTwoWays) {
  const HeaderView host{"Host", "a"};
  const std::vector<FramingCase> rows = {
      {"none", 1, {host}, std::nullopt},
      {"length", 1, {host, {"Content-Length", "12"}}, std::nullopt},
      {"chunked", 1, {host, {"Transfer-Encoding", "Chunked"}}, std::nullopt},
      {"both", 1, {host, {"Content-Length", "1"}, {"Transfer-Encoding", "chunked"}}, Kind::AmbiguousFraming},
      {"both, unknown coding",
       1,
       {host, {"Transfer-Encoding", "x"}, {"content-length", "1"}},
       Kind::AmbiguousFraming},
      {"same length twice",
       1,
       {host, {"Content-Length", "1"}, {"Content-Length", "1"}},
       Kind::AmbiguousFraming},
      {"list of lengths", 1, {host, {"Content-Length", "1, 1"}}, Kind::AmbiguousFraming},
      {"sign", 1, {host, {"Content-Length", "+1"}}, Kind::AmbiguousFraming},
      {"negative", 1, {host, {"Content-Length", "-1"}}, Kind::AmbiguousFraming},
      {"empty length", 1, {host, {"Content-Length", ""}}, Kind::AmbiguousFraming},
      {"hexadecimal", 1, {host, {"Content-Length", "0x1"}}, Kind::AmbiguousFraming},
      {"too long", 1, {host, {"Content-Length", "1111111111111111111"}}, Kind::AmbiguousFraming},
      {"coding twice",
       1,
       {host, {"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "chunked"}},
       Kind::AmbiguousFraming},
      {"gzip", 1, {host, {"Transfer-Encoding", "gzip"}}, Kind::UnsupportedCoding},
      {"gzip, chunked", 1, {host, {"Transfer-Encoding", "gzip, chunked"}}, Kind::UnsupportedCoding},
      {"chunked, chunked", 1, {host, {"Transfer-Encoding", "chunked, chunked"}}, Kind::UnsupportedCoding},
      {"identity", 1, {host, {"Transfer-Encoding", "identity"}}, Kind::UnsupportedCoding},
      {"vertical tab",
       1,
       {host,
        {"Transfer-Encoding",
         "\x0b"
         "chunked"}},
       Kind::UnsupportedCoding},
      {"chunked in 1.0", 0, {host, {"Transfer-Encoding", "chunked"}}, Kind::AmbiguousFraming},
      {"no host", 1, {}, Kind::BadHost},
      {"no host in 1.0", 0, {}, std::nullopt},
      {"two hosts", 1, {host, host}, Kind::BadHost},
      {"expect", 1, {host, {"Expect", "100-Continue"}}, std::nullopt},
      {"other expectation", 1, {host, {"Expect", "200-ok"}}, Kind::ExpectationFailed},
      {"two expectations",
       1,
       {host, {"Expect", "100-continue"}, {"Expect", "100-continue"}},
       Kind::ExpectationFailed},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    const auto framing = judge_framing(row.minor_version, row.fields);
    ASSERT_EQ(framing.ok(), !row.refusal.has_value());
    if (row.refusal) {
      EXPECT_EQ(framing.error(), *row.refusal);
    }
  }
}

TEST(JudgeFraming, ReadsLengthCodingAndPersistence) {
  const HeaderView host{"Host", "a:1"};
  EXPECT_EQ(judge_framing(1, std::vector<HeaderView>{host, {"Content-Length", "12"}})->content_length, 12U);
  EXPECT_TRUE(judge_framing(1, std::vector<HeaderView>{host, {"Transfer-Encoding", "chunked"}})->chunked);
  EXPECT_TRUE(judge_framing(1, std::vector<HeaderView>{host})->keep_alive);
  EXPECT_EQ(judge_framing(1, std::vector<HeaderView>{host})->host, "a:1");
  EXPECT_FALSE(judge_framing(1, std::vector<HeaderView>{host, {"Connection", "x, CLOSE"}})->keep_alive);
  EXPECT_FALSE(judge_framing(0, std::vector<HeaderView>{host, {"Connection", "keep-alive"}})->keep_alive);
  EXPECT_TRUE(judge_framing(1, std::vector<HeaderView>{host, {"Expect", "100-continue"}})->expects_continue);
  EXPECT_FALSE(judge_framing(0, std::vector<HeaderView>{host, {"Expect", "100-continue"}})->expects_continue);
}

TEST(Host, LosesItsPortOrIsRefused) {
  const std::vector<std::pair<std::string, std::optional<std::string>>> rows = {
      {"example.com", "example.com"}, {"example.com:443", "example.com"},
      {"127.0.0.1:1", "127.0.0.1"},   {"[::1]", "[::1]"},
      {"[::1]:8080", "[::1]"},        {"", std::nullopt},
      {":80", std::nullopt},          {"a:b", std::nullopt},
      {"a:", std::nullopt},           {"a:123456", std::nullopt},
      {"a/b", std::nullopt},          {"u@a", std::nullopt},
      {"a b", std::nullopt},          {"[::1", std::nullopt},
      {"[::1]x", std::nullopt},       {"[1.2.3.4]", std::nullopt},
      {"::1", std::nullopt},          {"a,b", std::nullopt},
  };
  for (const auto& [host, expected] : rows) {
    SCOPED_TRACE(host);
    const auto name = host_without_port(host);
    ASSERT_EQ(name.has_value(), expected.has_value());
    if (expected) {
      EXPECT_EQ(*name, *expected);
    }
  }
}

TEST(Host, MustBeOneOfOurs) {
  const std::vector<std::string> ours{"gateway.example"};
  EXPECT_TRUE(host_allowed("GateWay.example", ours));
  EXPECT_FALSE(host_allowed("gateway.example.evil", ours));
  EXPECT_FALSE(host_allowed("localhost", ours));
  EXPECT_TRUE(host_allowed("LocalHost", {}));
  EXPECT_TRUE(host_allowed("[::1]", {}));
  EXPECT_FALSE(host_allowed("rebound.example", {}));
}

TEST(ClientAddress, IsTheRightmostUntrustedHop) {
  const auto proxies = *NetworkSet::parse(std::vector<std::string>{"10.0.0.0/8", "127.0.0.1"});
  const auto address = [](const char* text) { return *IpAddress::parse(text); };
  struct Row {
    const char* name;
    const char* peer;
    std::vector<HeaderView> fields;
    const char* expected;
  };
  const std::vector<Row> rows = {
      {"untrusted peer", "192.0.2.1", {{"X-Forwarded-For", "1.1.1.1"}}, "192.0.2.1"},
      {"no header", "10.0.0.1", {}, "10.0.0.1"},
      {"one hop", "10.0.0.1", {{"x-forwarded-for", "1.1.1.1"}}, "1.1.1.1"},
      {"forged left part", "10.0.0.1", {{"X-Forwarded-For", "6.6.6.6, 1.1.1.1, 10.0.0.2"}}, "1.1.1.1"},
      {"two headers",
       "10.0.0.1",
       {{"X-Forwarded-For", "6.6.6.6"}, {"X-Forwarded-For", "1.1.1.1"}},
       "1.1.1.1"},
      {"all trusted", "10.0.0.1", {{"X-Forwarded-For", "10.0.0.3, 10.0.0.2"}}, "10.0.0.3"},
      {"unreadable hop", "10.0.0.1", {{"X-Forwarded-For", "1.1.1.1, unknown"}}, "10.0.0.1"},
      {"empty hop", "10.0.0.1", {{"X-Forwarded-For", "1.1.1.1,"}}, "10.0.0.1"},
      {"mapped hop", "10.0.0.1", {{"X-Forwarded-For", "1.1.1.1, ::ffff:10.0.0.2"}}, "1.1.1.1"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    EXPECT_EQ(client_address(address(row.peer), row.fields, proxies), address(row.expected));
  }
  EXPECT_EQ(client_address(address("10.0.0.1"), std::vector<HeaderView>{{"X-Forwarded-For", "1.1.1.1"}}, {}),
            address("10.0.0.1"));
}

}  // namespace
}  // namespace sealpost
