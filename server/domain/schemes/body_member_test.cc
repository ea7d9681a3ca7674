#include "domain/schemes/body_member.h"

#include <gtest/gtest.h>

namespace sealpost {
namespace {

std::optional<std::string> type_of(std::string_view json) { return string_member(as_bytes(json), "type"); }

bool is_object(std::string_view json) { return find_members(as_bytes(json), {}, {}); }

TEST(BodyMember, FindsTopLevelStringsOnly) {
  EXPECT_EQ(type_of(R"({"type":"a"})"), "a");
  EXPECT_EQ(type_of(" \r\n\t{ \"x\" : [1,{\"type\":\"inner\"}] , \"type\" : \"a\" } \n"), "a");
  EXPECT_EQ(type_of(R"({"x":{"type":"inner"}})"), std::nullopt);
  EXPECT_EQ(type_of(R"({"type":1})"), std::nullopt);
  EXPECT_EQ(type_of(R"({"type":null})"), std::nullopt);
  EXPECT_EQ(type_of(R"({"Type":"a"})"), std::nullopt);
  EXPECT_EQ(type_of(R"(["type","a"])"), std::nullopt);
  EXPECT_EQ(type_of(R"("type")"), std::nullopt);
  EXPECT_EQ(type_of(""), std::nullopt);
}

TEST(BodyMember, NameTwiceYieldsNothing) {
  EXPECT_EQ(type_of(R"({"type":"a","type":"a"})"), std::nullopt);
  EXPECT_EQ(type_of(R"({"type":"a","\u0074ype":"b"})"), std::nullopt);
  EXPECT_EQ(type_of(R"({"type":"a","x":1,"x":2})"), "a");
}

TEST(BodyMember, EscapedNamesAndValues) {
  EXPECT_EQ(type_of(R"({"\u0074\u0079pe":"a"})"), "a");
  EXPECT_EQ(type_of(R"({"type":"\"\\\/\b\f\n\r\t"})"), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(type_of(R"({"type":"\u00e9\u20AC\ud83d\uDE00"})"), "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
  EXPECT_EQ(type_of(R"({"type":"\ud83d"})"), std::nullopt);
  EXPECT_EQ(type_of(R"({"type":"\ude00\ud83d"})"), std::nullopt);
  EXPECT_EQ(type_of(R"({"type":"\ud83d\u0041"})"), std::nullopt);
  EXPECT_EQ(type_of(R"({"type":"\x41"})"), std::nullopt);
  EXPECT_EQ(type_of(R"({"type":"\u00g0"})"), std::nullopt);
  EXPECT_EQ(type_of(R"({"type":"\u00)"), std::nullopt);
}

TEST(BodyMember, LengthIsBounded) {
  const std::string at = "{\"type\":\"" + std::string(256, 'a') + "\"}";
  const std::string above = "{\"type\":\"" + std::string(257, 'a') + "\"}";
  EXPECT_TRUE(type_of(at).has_value());
  EXPECT_FALSE(type_of(above).has_value());
  EXPECT_EQ(string_member(as_bytes("{\"type\":\"abc\"}"), "type", 3), "abc");
  EXPECT_EQ(string_member(as_bytes("{\"type\":\"abcd\"}"), "type", 3), std::nullopt);
}

TEST(BodyMember, DepthIsBounded) {
  const auto nested = [](std::size_t depth) {
    return "{\"a\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
  };
  EXPECT_TRUE(is_object(nested(64)));
  EXPECT_FALSE(is_object(nested(65)));
  EXPECT_FALSE(is_object("{\"a\":" + std::string(100'000, '[')));
}

TEST(BodyMember, Grammar) {
  for (const std::string_view good : {"{}", R"({"a":0})", R"({"a":-0})", R"({"a":10.5e+3})", R"({"a":1E-2})",
                                      R"({"a":[]})", R"({"a":[1, 2]})", R"({"a":true,"b":false,"c":null})",
                                      R"({"":""})", "{\"a\":\"\xc3\xa9\"}", "{\"a\":\"\x7f\"}"})
    EXPECT_TRUE(is_object(good)) << good;
  for (const std::string_view bad : {"{",
                                     "}",
                                     "{}{}",
                                     "{} x",
                                     "{,}",
                                     R"({"a"})",
                                     R"({"a":})",
                                     R"({"a":1,})",
                                     R"({a:1})",
                                     R"({'a':1})",
                                     R"({"a":01})",
                                     R"({"a":+1})",
                                     R"({"a":.5})",
                                     R"({"a":1.})",
                                     R"({"a":1e})",
                                     R"({"a":-})",
                                     R"({"a":tru})",
                                     R"({"a":True})",
                                     R"({"a":NaN})",
                                     R"({"a":[1,]})",
                                     R"({"a":[1 2]})",
                                     R"({"a":"b)",
                                     "{\"a\":\"\n\"}",
                                     "{\"a\":\"0123456789\x01\"}",
                                     R"({"a":1 "b":2})",
                                     "{\"a\":1}\xef\xbb\xbf",
                                     "\xef\xbb\xbf{}"})
    EXPECT_FALSE(is_object(bad)) << bad;
}

TEST(BodyMember, TextMustBeUtf8) {
  for (const std::string_view bad : {"\xff", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80",
                                     "\xf4\x90\x80\x80", "\xf0\x80\x80\x80", "\x80", "\xe2\x82"}) {
    const std::string inside = "{\"x\":\"" + std::string(bad) + "\",\"type\":\"a\"}";
    EXPECT_EQ(type_of(inside), std::nullopt) << to_hex(as_bytes(bad));
  }
}

// Every special character at every offset of the eight-octet steps.
TEST(BodyMember, LongStringsAreReadToTheirTrueEnd) {
  for (std::size_t length = 0; length < 40; ++length) {
    const std::string filler(length, 'x');
    EXPECT_EQ(type_of("{\"f\":\"" + filler + "\",\"type\":\"a\"}"), "a") << length;
    EXPECT_EQ(type_of("{\"f\":\"" + filler + "\\\",\\\"type\\\":\\\"b\",\"type\":\"a\"}"), "a") << length;
    EXPECT_EQ(type_of("{\"f\":\"" + filler + "\x1f\",\"type\":\"a\"}"), std::nullopt) << length;
  }
}

TEST(BodyMember, SeveralNamesInOneReading) {
  const std::array<std::string_view, 3> names{"a", "b", "c"};
  std::array<std::string_view, 3> values{};
  ASSERT_TRUE(find_members(as_bytes(R"({"c":{"a":2},"a":[1]})"), names, values));
  EXPECT_EQ(values[0], "[1]");
  EXPECT_EQ(values[1], "");
  EXPECT_EQ(values[2], R"({"a":2})");
  EXPECT_FALSE(find_members(as_bytes(R"({"a":1)"), names, values));
  EXPECT_EQ(values[0], "");
}

TEST(BodyMember, DecodeRefusesWhatIsNoStringToken) {
  for (const std::string_view bad : {"", "\"", "a", "\"a", "a\"", "\"a\"b\"", "\"\\\"", "\"\n\"", "\"\xff\""})
    EXPECT_EQ(decode_string(bad), std::nullopt) << bad;
}

}  // namespace
}  // namespace sealpost
