#include "foundation/http_types/headers.h"

#include <gtest/gtest.h>

#include <string>

namespace sealpost {
namespace {

TEST(Headers, CompareNamesWithoutCase) {
  EXPECT_TRUE(equal_ignoring_case("Webhook-ID", "webhook-id"));
  EXPECT_FALSE(equal_ignoring_case("webhook-id", "webhook_id"));
  EXPECT_FALSE(equal_ignoring_case("a", "ab"));
  EXPECT_FALSE(equal_ignoring_case("[", "{"));  // only letters have a case
}

TEST(Headers, CountRepetitions) {
  const HttpHeaders headers{{"A", "1"}, {"B", "2"}, {"a", "3"}};
  EXPECT_EQ(headers.find("a").count, 2U);
  EXPECT_EQ(headers.find("A").first, "1");
  EXPECT_EQ(headers.sole("A"), "");
  EXPECT_EQ(headers.sole("b"), "2");
  EXPECT_EQ(headers.find("c").count, 0U);
}

TEST(HttpHeaders, OwnWhatTheyHoldThroughCopiesMovesAndGrowth) {
  HttpHeaders headers;
  for (int i = 0; i < 200; ++i)
    headers.add("name-" + std::to_string(i), std::string(static_cast<std::size_t>(i), 'v'));
  headers.add(headers.view()[3].name, headers.view()[199].value);  // its own memory as argument
  HttpHeaders copy = headers;
  const HttpHeaders moved = std::move(headers);
  copy.set("NAME-3", "x");
  EXPECT_EQ(copy.find("name-3").count, 1U);
  EXPECT_EQ(copy.sole("name-3"), "x");
  EXPECT_EQ(moved.find("name-3").count, 2U);
  EXPECT_EQ(moved.sole("name-150"), std::string(150, 'v'));
  EXPECT_EQ(moved.view()[200].value.size(), 199U);
  copy = moved;
  EXPECT_EQ(copy.size(), 201U);
  EXPECT_EQ(copy.view()[200].name, "name-3");
}

TEST(Headers, JudgeNamesAndValues) {
  EXPECT_TRUE(is_header_name("X-a!#$%&'*+-.^_`|~09"));
  for (const std::string& bad : {std::string(), std::string("a b"), std::string("a:"), std::string("a\r"),
                                 std::string("a\0", 2), std::string("\xc3\xa9")})
    EXPECT_FALSE(is_header_name(bad)) << bad;
  for (const std::string good : {"", "a", "a b\tc", "\xc3\xa9"}) EXPECT_TRUE(is_header_value(good)) << good;
  for (const std::string& bad : {std::string(" a"), std::string("a\t"), std::string("a\r\nb"),
                                 std::string("a\nb"), std::string("a\0b", 3), std::string("\x7f")})
    EXPECT_FALSE(is_header_value(bad)) << bad;
}

}  // namespace
}  // namespace sealpost
