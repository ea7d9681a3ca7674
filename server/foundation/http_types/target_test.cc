#include "foundation/http_types/target.h"

#include <gtest/gtest.h>

#include <vector>

#include "foundation/http_types/http_message.h"

namespace sealpost {
namespace {

TEST(ParseTarget, TakesTargetsApart) {
  struct Row {
    std::string raw;
    std::string path;
    std::vector<QueryParameter> query;
    std::string authority;
  };
  const std::vector<Row> rows = {
      {"/", "/", {}, ""},
      {"/v1/in/src_1", "/v1/in/src_1", {}, ""},
      {"/a/", "/a/", {}, ""},
      {"/a%20b%C3%A9", "/a b\xc3\xa9", {}, ""},
      {"/a+b", "/a+b", {}, ""},
      {"/%7Euser", "/~user", {}, ""},
      {"/...", "/...", {}, ""},
      {"/a?", "/a", {}, ""},
      {"/a?x=1&y=2&x=3", "/a", {{"x", "1"}, {"y", "2"}, {"x", "3"}}, ""},
      {"/a?x=a+b%2Bc&flag&e=", "/a", {{"x", "a b+c"}, {"flag", ""}, {"e", ""}}, ""},
      {"/a?&&x=%2e%2e/?=", "/a", {{"x", "../?="}}, ""},
      {"/a?%26=%3d", "/a", {{"&", "="}}, ""},
      {"http://host:80/a?b=c", "/a", {{"b", "c"}}, "host:80"},
      {"https://[::1]/", "/", {}, "[::1]"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.raw);
    const auto target = parse_target(row.raw);
    ASSERT_TRUE(target.ok());
    EXPECT_EQ(target->raw, row.raw);
    EXPECT_EQ(target->path, row.path);
    EXPECT_EQ(target->query, row.query);
    EXPECT_EQ(target->authority, row.authority);
  }
}

TEST(ParseTarget, RefusesWhatTwoReadersCouldReadDifferently) {
  const std::vector<std::pair<std::string, TargetError>> rows = {
      {"", TargetError::Form},
      {"*", TargetError::Form},
      {"a", TargetError::Form},
      {"host:443", TargetError::Form},
      {"http://host", TargetError::Form},
      {"http:///a", TargetError::Form},
      {"http://u@host/a", TargetError::Form},
      {"ftp://host/a", TargetError::Form},
      {"/a#b", TargetError::Character},
      {"/a b", TargetError::Character},
      {"/a\\b", TargetError::Character},
      {"/\xc3\xa9", TargetError::Character},
      {std::string("/\0", 2), TargetError::Character},
      {"/a?b c", TargetError::Character},
      {"/a?b#c", TargetError::Character},
      {"/%", TargetError::Escape},
      {"/%2", TargetError::Escape},
      {"/%zz", TargetError::Escape},
      {"/%u0041", TargetError::Escape},
      {"/a?b=%f", TargetError::Escape},
      {"//a", TargetError::Ambiguous},
      {"/a//b", TargetError::Ambiguous},
      {"/a//", TargetError::Ambiguous},
      {"/.", TargetError::Ambiguous},
      {"/a/../b", TargetError::Ambiguous},
      {"/a/%2E%2e", TargetError::Ambiguous},
      {"/a/.%2e/b", TargetError::Ambiguous},
      {"/a%2Fb", TargetError::Ambiguous},
      {"/a%5cb", TargetError::Ambiguous},
      {"/a%00", TargetError::Ambiguous},
      {"/a%0a", TargetError::Ambiguous},
      {"/a%7F", TargetError::Ambiguous},
      {"/a%C0%AF", TargetError::Ambiguous},
      {"/a%ff", TargetError::Ambiguous},
      {"/a?b=%00", TargetError::Ambiguous},
      {"/a?%ff=b", TargetError::Ambiguous},
  };
  for (const auto& [raw, error] : rows) {
    SCOPED_TRACE(raw);
    const auto target = parse_target(raw);
    ASSERT_FALSE(target.ok());
    EXPECT_EQ(target.error(), error);
  }
}

TEST(ParseTarget, BoundsTheNumberOfParameters) {
  std::string raw = "/a?";
  for (std::size_t i = 0; i < kMaxQueryParameters; ++i) raw += "x=1&";
  EXPECT_EQ(find_parameter(*parse_target(raw), "x").count, kMaxQueryParameters);
  EXPECT_EQ(parse_target(raw + "x=1").error(), TargetError::Parameters);
}

TEST(Percent, DecodesStrictlyAndEncodesBack) {
  EXPECT_EQ(percent_decode("a%2Fb%00+"), std::string("a/b\0+", 5));
  EXPECT_FALSE(percent_decode("%").has_value());
  EXPECT_FALSE(percent_decode("%4").has_value());
  EXPECT_FALSE(percent_decode("%+1").has_value());
  EXPECT_EQ(percent_encode("a b/\xc3\xa9~"), "a%20b%2F%C3%A9~");
}

TEST(Utf8, FollowsTheRfc) {
  for (const std::string good : {"", "a", "\xc2\x80", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                                 "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"})
    EXPECT_TRUE(is_utf8(good));
  for (const std::string bad :
       {"\x80", "\xc1\xbf", "\xc2", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80", "\xe2\x28\xa1", "a\xff"})
    EXPECT_FALSE(is_utf8(bad));
}

TEST(HttpMessage, NamesMethodsAndReasons) {
  EXPECT_EQ(to_http_method("POST"), HttpMethod::Post);
  EXPECT_EQ(to_http_method("post"), HttpMethod::Other);
  EXPECT_EQ(to_http_method(""), HttpMethod::Other);
  EXPECT_EQ(reason_phrase(202), "Accepted");
  EXPECT_EQ(reason_phrase(299), "Unknown");
  const auto problem = HttpResponse::problem(400, "{}");
  EXPECT_EQ(problem.headers.sole("content-type"), "application/problem+json");
  EXPECT_EQ(problem.status, 400);
}

}  // namespace
}  // namespace sealpost
