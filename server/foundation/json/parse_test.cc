#include <gtest/gtest.h>

#include <limits>

#include "foundation/json/json.h"

namespace sealpost {
namespace {

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }
std::string nested_objects(std::size_t depth) {
  std::string out;
  for (std::size_t i = 0; i < depth; ++i) out += "{\"a\":";
  return out + "0" + std::string(depth, '}');
}

struct GoodRow {
  const char* name;
  std::string text;
  std::string written;
};

TEST(ParseJson, ReadsWhatIsUnambiguous) {
  const GoodRow rows[] = {
      {"object", R"({"b":1,"a":[true,false,null]})", R"({"b":1,"a":[true,false,null]})"},
      {"space around", " \t\r\n{ } \t\r\n", "{}"},
      {"scalar", "7", "7"},
      {"largest", "18446744073709551615", "18446744073709551615"},
      {"smallest", "-9223372036854775808", "-9223372036854775808"},
      {"escapes", R"("\u0041\n\ud83d\ude00")", "\"A\\n\xf0\x9f\x98\x80\""},
      {"empty names in siblings", R"([{"":1},{"":2}])", R"([{"":1},{"":2}])"},
      {"a name again one level down", R"({"a":{"a":{"a":1}},"b":2})", R"({"a":{"a":{"a":1}},"b":2})"},
      {"a name again after a nested object", R"({"x":{"a":1,"b":2},"a":1,"b":{"x":3}})",
       R"({"x":{"a":1,"b":2},"a":1,"b":{"x":3}})"},
      {"names differ in case", R"({"a":1,"A":2})", R"({"a":1,"A":2})"},
  };
  for (const auto& row : rows) {
    const auto parsed = parse_json(row.text);
    ASSERT_TRUE(parsed) << row.name << ": " << describe(parsed.error());
    EXPECT_EQ(boost::json::serialize(*parsed), row.written) << row.name;
  }
}

struct BadRow {
  const char* name;
  std::string text;
  JsonProblem problem;
};

TEST(ParseJson, RefusesWhatIsNot) {
  const BadRow rows[] = {
      {"nothing", "", JsonProblem::Malformed},
      {"space only", "  ", JsonProblem::Malformed},
      {"open object", "{\"a\":1", JsonProblem::Malformed},
      {"trailing word", "{} x", JsonProblem::Malformed},
      {"second value", "1 2", JsonProblem::Malformed},
      {"trailing zero octet", std::string("{}\0", 3), JsonProblem::Malformed},
      {"trailing comma", "[1,]", JsonProblem::Malformed},
      {"comment", "/*x*/1", JsonProblem::Malformed},
      {"byte order mark", "\xef\xbb\xbf{}", JsonProblem::Malformed},
      {"single quotes", "{'a':1}", JsonProblem::Malformed},
      {"leading zero", "01", JsonProblem::Malformed},
      {"leading plus", "+1", JsonProblem::Malformed},
      {"NaN", "NaN", JsonProblem::Malformed},
      {"Infinity", "-Infinity", JsonProblem::Malformed},
      {"control character", "\"a\nb\"", JsonProblem::Malformed},
      {"invalid UTF-8", "\"\xff\"", JsonProblem::Malformed},
      {"overlong UTF-8", "\"\xc0\x80\"", JsonProblem::Malformed},
      {"surrogate in UTF-8", "\"\xed\xa0\x80\"", JsonProblem::Malformed},
      {"cut UTF-8 in a name", "{\"\xc3\":1}", JsonProblem::Malformed},
      {"lone high surrogate", R"("\ud800")", JsonProblem::Malformed},
      {"lone low surrogate", R"("\udc00")", JsonProblem::Malformed},
      {"integer beyond 64 bits", "18446744073709551616", JsonProblem::Malformed},
      {"negative beyond 64 bits", "-9223372036854775809", JsonProblem::Malformed},
      {"very long integer", std::string(400, '9'), JsonProblem::Malformed},
      {"double beyond its range", "1e400", JsonProblem::Malformed},
      {"negative double beyond its range", "[-1.5e999]", JsonProblem::Malformed},
      {"exponent beyond all", "1e99999999999", JsonProblem::Malformed},
      {"duplicate", R"({"a":1,"a":2})", JsonProblem::DuplicateName},
      {"duplicate with equal values", R"({"a":1,"b":0,"a":1})", JsonProblem::DuplicateName},
      {"duplicate by escape", R"({"a":1,"\u0061":2})", JsonProblem::DuplicateName},
      {"duplicate of the empty name", R"({"":1,"":2})", JsonProblem::DuplicateName},
      {"duplicate deep inside", R"([{"x":[{"k":1,"j":{},"k":2}]}])", JsonProblem::DuplicateName},
      {"duplicate around a nested object", R"({"a":{"a":1},"a":2})", JsonProblem::DuplicateName},
      {"duplicate with a zero inside", R"({"a\u0000":1,"a\u0000":2})", JsonProblem::DuplicateName},
  };
  for (const auto& row : rows) {
    const auto parsed = parse_json(row.text);
    ASSERT_FALSE(parsed) << row.name;
    EXPECT_EQ(parsed.error().problem, row.problem) << row.name;
    EXPECT_LE(parsed.error().offset, row.text.size()) << row.name;
  }
}

TEST(ParseJson, FindsDuplicatesInLargeObjects) {
  std::string text = "{";
  for (int i = 0; i < 1000; ++i) text += "\"name" + std::to_string(i) + "\":0,";
  EXPECT_TRUE(parse_json(text + "\"last\":0}"));
  const auto twice = parse_json(text + "\"name500\":0}");
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().problem, JsonProblem::DuplicateName);
}

TEST(ParseJson, HoldsTheDepthExactly) {
  EXPECT_TRUE(parse_json(nested(64)));
  EXPECT_TRUE(parse_json(nested_objects(64)));
  for (const std::string& text : {nested(65), nested_objects(65), nested(100'000)}) {
    const auto parsed = parse_json(text);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().problem, JsonProblem::TooDeep);
  }
  EXPECT_TRUE(parse_json("[1]", {.max_depth = 1}));
  EXPECT_FALSE(parse_json("[[1]]", {.max_depth = 1}));
  EXPECT_TRUE(parse_json("1", {.max_depth = 0}));
  EXPECT_FALSE(parse_json("[]", {.max_depth = 0}));
}

TEST(ParseJson, HoldsTheSizeExactly) {
  EXPECT_TRUE(parse_json("[1,2]", {.max_bytes = 5}));
  const auto parsed = parse_json("[1,2]", {.max_bytes = 4});
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().problem, JsonProblem::TooLarge);
}

TEST(ParseJson, TellsWhereItStopped) {
  EXPECT_EQ(parse_json("[1,x]").error().offset, 3U);
  EXPECT_EQ(parse_json("{} x").error().offset, 3U);
  EXPECT_EQ(parse_json(R"([{"a":1,"a":2},3])").error().offset, 13U);
  EXPECT_EQ(describe(parse_json("[1,x]").error()), "The body is not valid JSON in UTF-8 (at octet 3).");
}

TEST(NearestName, FindsTheLikelyMeaning) {
  constexpr std::string_view known[] = {"name", "description", "url", "event_types", "enabled"};
  struct Row {
    const char* typed;
    const char* meant;  // null: no suggestion
  };
  constexpr Row rows[] = {{"nmae", "name"},      {"Name", "name"},     {"descripton", "description"},
                          {"urls", "url"},       {"uri", "url"},       {"eventTypes", "event_types"},
                          {"enable", "enabled"}, {"colour", nullptr},  {"x", nullptr},
                          {"", nullptr},         {"zzzzzzzz", nullptr}};
  for (const auto& row : rows) {
    const auto near = nearest_name(row.typed, known);
    if (row.meant == nullptr)
      EXPECT_FALSE(near) << row.typed;
    else
      EXPECT_EQ(near, row.meant) << row.typed;
  }
  EXPECT_FALSE(nearest_name(std::string(65, 'n'), known));
  EXPECT_FALSE(nearest_name("name", {}));
}

}  // namespace
}  // namespace sealpost
