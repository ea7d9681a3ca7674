#include "foundation/json/object_reader.h"

#include <gtest/gtest.h>

#include "foundation/json/json.h"

namespace sealpost {
namespace {

boost::json::value parse(std::string_view text) { return parse_json(text).value(); }

TEST(ObjectReader, ReadsWhatIsThere) {
  const auto document = parse(
      R"({"name":"caf\u00e9","note":"n","count":3,"on":true,"list":[1,2],"tags":["a","b"],"raw":{"x":1},
          "retry":{"attempts":5},"rules":[{"path":"/a"},{"path":"/b"}],"cleared":null})");
  ObjectReader reader(document.as_object());
  EXPECT_EQ(reader.string("name", {.min = 4, .max = 4}), "caf\xc3\xa9")
      << "characters are counted, not octets";
  EXPECT_EQ(reader.optional_string("note", {}), "n");
  EXPECT_EQ(reader.integer("count", {3, 3}), 3);
  EXPECT_TRUE(reader.boolean("on"));
  ASSERT_NE(reader.array("list", {.min = 2, .max = 2}), nullptr);
  EXPECT_EQ(reader.strings("tags", {}, {.max = 1}), (std::vector<std::string_view>{"a", "b"}));
  ASSERT_NE(reader.raw_object("raw"), nullptr);
  EXPECT_TRUE(reader.is_null("cleared"));
  std::int64_t attempts = 0;
  EXPECT_TRUE(reader.object("retry", [&](ObjectReader& retry) { attempts = retry.integer("attempts"); }));
  EXPECT_EQ(attempts, 5);
  std::string paths;
  reader.each_object("rules", {.max = 2}, [&](ObjectReader& rule) { paths += rule.string("path", {}); });
  EXPECT_EQ(paths, "/a/b");
  EXPECT_TRUE(reader.finish());
}

TEST(ObjectReader, OptionalMembersMayBeAbsent) {
  const auto document = parse("{}");
  ObjectReader reader(document.as_object());
  EXPECT_FALSE(reader.optional_string("a", {}));
  EXPECT_FALSE(reader.optional_integer("b"));
  EXPECT_FALSE(reader.optional_boolean("c"));
  EXPECT_EQ(reader.optional_array("d", {}), nullptr);
  EXPECT_EQ(reader.optional_raw_object("e"), nullptr);
  EXPECT_FALSE(reader.optional_strings("f", {}, {}));
  EXPECT_FALSE(reader.optional_object("g", [](ObjectReader&) { FAIL() << "there is nothing to read"; }));
  EXPECT_FALSE(reader.is_null("h"));
  EXPECT_FALSE(reader.has("a"));
  EXPECT_TRUE(reader.finish());
}

using Read = void (*)(ObjectReader&);
struct ProblemRow {
  const char* name;
  const char* text;
  Read read;
  const char* pointer;
  const char* message;
};

const ProblemRow kProblems[] = {
    {"missing text", "{}", [](ObjectReader& r) { EXPECT_EQ(r.string("a", {}), ""); }, "/a",
     "This field is required."},
    {"missing number", "{}", [](ObjectReader& r) { EXPECT_EQ(r.integer("a"), 0); }, "/a",
     "This field is required."},
    {"missing flag", "{}", [](ObjectReader& r) { EXPECT_FALSE(r.boolean("a")); }, "/a",
     "This field is required."},
    {"missing array", "{}", [](ObjectReader& r) { EXPECT_EQ(r.array("a", {}), nullptr); }, "/a",
     "This field is required."},
    {"missing object", "{}", [](ObjectReader& r) { EXPECT_FALSE(r.object("a", [](ObjectReader&) {})); }, "/a",
     "This field is required."},
    {"text of another type", R"({"a":1})", [](ObjectReader& r) { (void)r.string("a", {}); }, "/a",
     "This field takes a text."},
    {"null is no text", R"({"a":null})", [](ObjectReader& r) { (void)r.optional_string("a", {}); }, "/a",
     "This field takes a text."},
    {"short text", R"({"a":""})", [](ObjectReader& r) { (void)r.string("a", {.min = 1, .max = 3}); }, "/a",
     "This text must have 1 to 3 characters."},
    {"long text", R"({"a":"1234"})", [](ObjectReader& r) { (void)r.string("a", {.max = 3}); }, "/a",
     "This text must have at most 3 characters."},
    {"text of a fixed size", R"({"a":"1234"})",
     [](ObjectReader& r) { (void)r.string("a", {.min = 3, .max = 3}); }, "/a",
     "This text must have exactly 3 characters."},
    {"text with a lower bound", R"({"a":""})", [](ObjectReader& r) { (void)r.string("a", {.min = 1}); }, "/a",
     "This text must have at least 1 characters."},
    {"fraction", R"({"a":1.5})", [](ObjectReader& r) { (void)r.integer("a"); }, "/a",
     "This field takes a whole number."},
    {"number in a text", R"({"a":"1"})", [](ObjectReader& r) { (void)r.integer("a"); }, "/a",
     "This field takes a whole number."},
    {"small number", R"({"a":0})", [](ObjectReader& r) { (void)r.integer("a", {1, 5}); }, "/a",
     "This number must lie between 1 and 5."},
    {"large number", R"({"a":6})", [](ObjectReader& r) { (void)r.optional_integer("a", {1, 5}); }, "/a",
     "This number must lie between 1 and 5."},
    {"huge number", R"({"a":18446744073709551615})", [](ObjectReader& r) { (void)r.integer("a", {1, 5}); },
     "/a", "This number must lie between 1 and 5."},
    {"flag of another type", R"({"a":1})", [](ObjectReader& r) { (void)r.boolean("a"); }, "/a",
     "This field takes true or false."},
    {"array of another type", R"({"a":{}})", [](ObjectReader& r) { (void)r.array("a", {}); }, "/a",
     "This field takes an array."},
    {"long array", R"({"a":[1,2]})", [](ObjectReader& r) { (void)r.array("a", {.max = 1}); }, "/a",
     "This array must have at most 1 items."},
    {"text in an array", R"({"a":["x",2]})", [](ObjectReader& r) { (void)r.strings("a", {}, {}); }, "/a/1",
     "This field takes a text."},
    {"object of another type", R"({"a":[]})", [](ObjectReader& r) { (void)r.raw_object("a"); }, "/a",
     "This field takes an object."},
    {"item of another type", R"({"a":[{},3]})",
     [](ObjectReader& r) { r.each_object("a", {}, [](ObjectReader&) {}); }, "/a/1",
     "This field takes an object."},
    {"nested problem", R"({"a":{"b":"x"}})",
     [](ObjectReader& r) { r.object("a", [](ObjectReader& n) { (void)n.integer("b"); }); }, "/a/b",
     "This field takes a whole number."},
    {"nested unknown", R"({"a":[{"b":1}]})",
     [](ObjectReader& r) { r.each_object("a", {}, [](ObjectReader&) {}); }, "/a/0/b", "No such field."},
    {"unknown", R"({"b":1})", [](ObjectReader&) {}, "/b", "No such field."},
    {"misspelt", R"({"nmae":"x"})", [](ObjectReader& r) { (void)r.optional_string("name", {}); }, "/nmae",
     "No such field. Did you mean \"name\"?"},
    {"name with slash and tilde", R"({"a/~b":1})", [](ObjectReader&) {}, "/a~1~0b", "No such field."},
    {"the caller's own", R"({"a":"x"})",
     [](ObjectReader& r) {
       (void)r.string("a", {});
       r.problem("a", "This is no URL.");
     },
     "/a", "This is no URL."},
};

TEST(ObjectReader, NamesEachProblemWithItsPlace) {
  for (const auto& row : kProblems) {
    const auto document = parse(row.text);
    ObjectReader reader(document.as_object());
    row.read(reader);
    const auto done = reader.finish();
    ASSERT_FALSE(done) << row.name;
    ASSERT_EQ(done.error().size(), 1U) << row.name;
    EXPECT_EQ(done.error()[0].pointer, row.pointer) << row.name;
    EXPECT_EQ(done.error()[0].message, row.message) << row.name;
  }
}

TEST(ObjectReader, CollectsAllProblemsUpToABound) {
  const auto document = parse(R"({"a":1,"b":"x"})");
  ObjectReader reader(document.as_object());
  (void)reader.string("a", {});
  (void)reader.integer("b");
  (void)reader.string("c", {});
  const auto done = reader.finish();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().size(), 3U);

  std::string many = "{\"x\":0";
  for (int i = 0; i < 100; ++i) many += ",\"unknown" + std::to_string(i) + "\":0";
  const auto crowded = parse(many + "}");
  ObjectReader second(crowded.as_object());
  EXPECT_EQ(second.finish().error().size(), 20U);
}

TEST(ObjectReader, CutsLongNamesBetweenCharacters) {
  const auto document = parse("{\"" + std::string(63, 'n') + "\xc3\xa9\":1}");
  ObjectReader reader(document.as_object());
  const auto done = reader.finish();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error()[0].pointer, "/" + std::string(63, 'n') + "...");
}

}  // namespace
}  // namespace sealpost
