#include "foundation/json/raw_json.h"

#include <gtest/gtest.h>

#include "foundation/json/json.h"

namespace sealpost {
namespace {

TEST(RawMember, GivesTheValueAsItCame) {
  struct Case {
    std::string_view title, text, name;
    std::optional<std::string_view> value;
  };
  for (const Case& c : {
           Case{"number", R"({"a":1,"data":1.50,"b":2})", "data", "1.50"},
           Case{"spaces around", "{ \"data\" \t:\r\n 1e3 }", "data", "1e3"},
           Case{"object with brackets in texts", R"({"data":{"x":"}]","y":[{"z":"\"}"}]},"b":1})", "data",
                R"({"x":"}]","y":[{"z":"\"}"}]})"},
           Case{"array", R"({"data":[1, 2 ,[3]]})", "data", "[1, 2 ,[3]]"},
           Case{"text with a quote", R"({"data":"a\"b","c":1})", "data", R"("a\"b")"},
           Case{"text that ends in a backslash", R"({"data":"a\\","c":1})", "data", R"("a\\")"},
           Case{"name of the same member inside", R"({"x":{"data":1},"data":2})", "data", "2"},
           Case{"name inside a text", R"({"x":"\"data\":1","data":2})", "data", "2"},
           Case{"escaped name", R"({"d\u0061ta":7})", "data", "7"},
           Case{"literal", R"({"data":null})", "data", "null"},
           Case{"absent", R"({"a":1})", "data", std::nullopt},
           Case{"empty object", "{}", "data", std::nullopt},
           Case{"no object", "[1]", "data", std::nullopt},
       }) {
    SCOPED_TRACE(c.title);
    ASSERT_TRUE(parse_json(c.text).ok());
    EXPECT_EQ(raw_member(c.text, c.name), c.value);
  }
}

TEST(RawMember, StaysInsideWhatIsNoJson) {
  for (const std::string_view text : {"", "{", "{\"", "{\"data", "{\"data\"", "{\"data\":", "{\"data\":\"\\",
                                      "{\"data\":[", "{\"data\":]", "{\"data\":,}", "{\"\\u\":1}"}) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(parse_json(text).ok());
    if (const auto value = raw_member(text, "data"); value && !value->empty()) {
      EXPECT_GE(value->data(), text.data());
      EXPECT_LE(value->data() + value->size(), text.data() + text.size());
    }
  }
}

TEST(RawItems, GivesEachItemAsItCame) {
  const std::string_view text = R"( [ {"a":"],["} ,1.0, "x,y" ,[], null ] )";
  ASSERT_TRUE(parse_json(text).ok());
  const auto items = raw_items(text);
  ASSERT_EQ(items.size(), 5U);
  EXPECT_EQ(items[0], R"({"a":"],["})");
  EXPECT_EQ(items[1], "1.0");
  EXPECT_EQ(items[2], R"("x,y")");
  EXPECT_EQ(items[3], "[]");
  EXPECT_EQ(items[4], "null");
  EXPECT_TRUE(raw_items("[]").empty());
  EXPECT_TRUE(raw_items("{}").empty());
}

}  // namespace
}  // namespace sealpost
