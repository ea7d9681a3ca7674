#include "foundation/log/log.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "foundation/bytes/secret_bytes.h"
#include "foundation/log/testing/captured_log.h"
#include "foundation/system/testing/fakes.h"

namespace sealpost {
namespace {

// What may become a field, and that a secret, raw bytes, a pointer or a fraction may not.
static_assert(std::is_constructible_v<LogField, const char*, std::string>);
static_assert(std::is_constructible_v<LogField, const char*, const char*>);
static_assert(std::is_constructible_v<LogField, const char*, int>);
static_assert(std::is_constructible_v<LogField, const char*, bool>);
static_assert(!std::is_constructible_v<LogField, const char*, SecretBytes>);
static_assert(!std::is_constructible_v<LogField, const char*, const SecretBytes&>);
static_assert(!std::is_constructible_v<LogField, const char*, Bytes>);
static_assert(!std::is_constructible_v<LogField, const char*, ByteView>);
static_assert(!std::is_constructible_v<LogField, const char*, const void*>);
static_assert(!std::is_constructible_v<LogField, const char*, double>);

std::string line(LogFormat format, std::initializer_list<LogField> fields) {
  return format_log_line(format, from_unix_ms(1'800'000'000'007), LogLevel::Info, "event_name", fields);
}
std::string json(std::string_view value) {
  const std::string all = line(LogFormat::Json, {{"v", value}});
  const std::size_t begin = all.find("\"v\":") + 4;
  return all.substr(begin, all.size() - begin - 1);
}

TEST(LogLine, IsOneJsonObject) {
  const std::string text = "x";
  EXPECT_EQ(
      line(LogFormat::Json,
           {{"a", text}, {"b", "y"}, {"c", -5}, {"d", ~std::uint64_t{0}}, {"e", true}, {"f", false}}),
      R"({"time":"2027-01-15T08:00:00.007Z","level":"info","event":"event_name","a":"x","b":"y","c":-5,)"
      R"("d":18446744073709551615,"e":true,"f":false})");
}

TEST(LogLine, IsLogfmtForATerminal) {
  EXPECT_EQ(line(LogFormat::Logfmt, {{"a", "plain"}, {"b", "two words"}, {"c", ""}, {"d", "x=1"}, {"e", 7}}),
            "time=2027-01-15T08:00:00.007Z level=info event=event_name a=plain b=\"two words\" c=\"\" "
            "d=\"x=1\" e=7");
}

struct EscapeRow {
  const char* name;
  std::string_view raw;
  const char* written;
};

TEST(LogLine, ValuesCannotForgeLinesOrMoveATerminal) {
  constexpr std::string_view zero("a\0b", 3);
  const EscapeRow rows[] = {
      {"quote", "a\"b", R"("a\"b")"},
      {"backslash", "a\\b", R"("a\\b")"},
      {"line feed", "a\nb", R"("a\u000ab")"},
      {"carriage return", "a\rb", R"("a\u000db")"},
      {"zero", zero, R"("a\u0000b")"},
      {"escape sequence", "\x1b[2J", R"("\u001b[2J")"},
      {"delete", "\x7f", R"("\u007f")"},
      {"C1 control", "\xc2\x9b", R"("\u009b")"},
      {"first after C1", "\xc2\xa0", "\"\xc2\xa0\""},
      {"line separator", "\xe2\x80\xa8", R"("\u2028")"},
      {"right-to-left override", "\xe2\x80\xae", R"("\u202e")"},
      {"isolate", "\xe2\x81\xa6", R"("\u2066")"},
      {"dash beside them", "\xe2\x80\x94", "\"\xe2\x80\x94\""},
      {"letters", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
      {"no UTF-8",
       "a\xff"
       "b",
       "\"a\xef\xbf\xbd"
       "b\""},
      {"overlong", "\xc0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
      {"cut short", "\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
      {"surrogate", "\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
  };
  for (const auto& row : rows) EXPECT_EQ(json(row.raw), row.written) << row.name;
}

TEST(LogLine, ValuesAreBounded) {
  EXPECT_EQ(json(std::string(1024, 'x')), "\"" + std::string(1024, 'x') + "\"");
  EXPECT_EQ(json(std::string(1025, 'x')), "\"" + std::string(1024, 'x') + "...\"");
  EXPECT_EQ(json(std::string(1'000'000, 'x')).size(), 1024U + 5);
  EXPECT_EQ(json(std::string(1023, 'x') + "\xc3\xa9"), "\"" + std::string(1023, 'x') + "...\"");
  EXPECT_LE(line(LogFormat::Logfmt, {{"v", std::string(5000, 'x')}}).size(), 1200U);
}

TEST(Logger, WritesWhatReachesItsThreshold) {
  const FakeClock clock;
  CapturedLog sink(clock);
  const Logger quiet(clock, sink, LogLevel::Warn, LogFormat::Json);
  quiet.debug("one");
  quiet.info("two");
  EXPECT_TRUE(sink.lines().empty());
  quiet.warn("three");
  quiet.error("four", {{"why", "x"}});
  ASSERT_EQ(sink.lines().size(), 2U);
  EXPECT_EQ(sink.lines()[0], R"({"time":"2027-01-15T08:00:00.000Z","level":"warn","event":"three"})");
  EXPECT_EQ(sink.count(R"("level":"error","event":"four","why":"x")"), 1U);
  const Logger off(clock, sink, LogLevel::Off, LogFormat::Json);
  off.error("five");
  EXPECT_EQ(sink.lines().size(), 2U);
  sink.logger().debug("six");
  EXPECT_EQ(sink.count("six"), 1U);
}

TEST(Logger, LinesOfManyThreadsReachStandardErrorWhole) {
  const FakeClock clock;
  testing::internal::CaptureStderr();
  {
    const auto sink = make_stderr_sink();
    const Logger log(clock, *sink, LogLevel::Info, LogFormat::Json);
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&log] {
        for (int j = 0; j < 50; ++j) log.info("tick", {{"braces", "{} %v"}});
      });
  }
  const std::string written = testing::internal::GetCapturedStderr();
  const std::string expected =
      "{\"time\":\"2027-01-15T08:00:00.000Z\",\"level\":\"info\",\"event\":\"tick\",\"braces\":\"{} %v\"}\n";
  std::string all;
  for (int i = 0; i < 200; ++i) all += expected;
  EXPECT_EQ(written, all);
}

}  // namespace
}  // namespace sealpost
