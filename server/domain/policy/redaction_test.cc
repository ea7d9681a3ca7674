#include "domain/policy/redaction.h"

#include <gtest/gtest.h>

namespace sealpost {
namespace {

using T = FieldTreatment;

struct Row {
  const char* name;
  std::vector<FieldRule> fields;
  const char* body;
  const char* summary;
};

const Row kRows[] = {
    {"nothing named, nothing kept", {}, R"({"a":1})", "{}"},
    {"keeps what is named", {{"/a", T::Keep}}, R"({"a":1,"b":"secret"})", R"({"a":1})"},
    {"keeps in its place", {{"/a/b", T::Keep}}, R"({"a":{"b":true,"c":2}})", R"({"a":{"b":true}})"},
    {"masks", {{"/mail", T::Mask}}, R"({"mail":"x@example.com"})", R"({"mail":"[masked]"})"},
    {"masks a whole object", {{"/user", T::Mask}}, R"({"user":{"mail":"x"}})", R"({"user":"[masked]"})"},
    {"drop beats keep", {{"/a", T::Keep}, {"/a", T::Drop}}, R"({"a":1})", "{}"},
    {"mask beats keep", {{"/a", T::Keep}, {"/a", T::Mask}}, R"({"a":1})", R"({"a":"[masked]"})"},
    {"star takes every element",
     {{"/list/*/id", T::Keep}},
     R"({"list":[{"id":1,"s":2},{"id":3}]})",
     R"({"list":[{"id":1},{"id":3}]})"},
    {"star takes every member",
     {{"/m/*", T::Keep}},
     R"({"m":{"x":1,"y":2},"n":3})",
     R"({"m":{"x":1,"y":2}})"},
    {"a stricter rule below a kept object",
     {{"/u", T::Keep}, {"/u/mail", T::Drop}},
     R"({"u":{"id":1,"mail":"x"}})",
     R"({"u":{"id":1}})"},
    {"escaped tokens",
     {{"/a~1b", T::Keep}, {"/c~0d", T::Keep}},
     R"({"a/b":1,"c~d":2,"e":3})",
     R"({"a/b":1,"c~d":2})"},
    {"an absent member", {{"/zzz", T::Keep}}, R"({"a":1})", "{}"},
    {"a body that is no object", {{"/0", T::Keep}}, R"([1,2])", R"({"value":[1]})"},
    {"the root itself", {{"", T::Mask}}, R"({"a":1})", R"({"value":"[masked]"})"},
};

TEST(Redaction, FollowsItsRules) {
  for (const Row& row : kRows) {
    const auto plan =
        RedactionPlan::create({{.event_type = "", .fields = row.fields, .keep_payload_days = 0}});
    ASSERT_TRUE(plan) << row.name;
    EXPECT_EQ(plan->summarise("any", boost::json::parse(row.body)), row.summary) << row.name;
  }
}

TEST(Redaction, AnEventTypeOfItsOwnGoesBeforeTheGeneralRule) {
  const auto plan = RedactionPlan::create({{"", {{"/a", T::Keep}}, 0}, {"x", {{"/b", T::Keep}}, 9}});
  ASSERT_TRUE(plan);
  const auto body = boost::json::parse(R"({"a":1,"b":2})");
  EXPECT_EQ(plan->summarise("x", body), R"({"b":2})");
  EXPECT_EQ(plan->summarise("y", body), R"({"a":1})");
  EXPECT_EQ(plan->keep_payload_days("x"), 9U);
  EXPECT_EQ(plan->keep_payload_days("y"), 0U);
}

TEST(Redaction, RefusesPlansThatMeanNothing) {
  const auto with = [](const char* pointer) {
    return RedactionPlan::create({{"", {{pointer, T::Keep}}, 0}});
  };
  for (const char* bad : {"a", "/a~", "/a~2", "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17"})
    EXPECT_FALSE(with(bad)) << bad;
  EXPECT_EQ(RedactionPlan::create({{"x", {}, 0}, {"x", {}, 0}}).error(), RedactionError::DuplicateType);
  EXPECT_EQ(RedactionPlan::create({{"", std::vector<FieldRule>(65, {"/a", T::Keep}), 0}}).error(),
            RedactionError::TooManyRules);
}

TEST(Redaction, BoundsWhatItKeeps) {
  const auto plan = RedactionPlan::create({{"", {{"/*", T::Keep}}, 0}});
  ASSERT_TRUE(plan);
  boost::json::object one{{"a", std::string(1000, 'x')}};
  EXPECT_LT(plan->summarise("", one).size(), 300U);
  std::string umlauts = "x";
  for (int i = 0; i < 500; ++i) umlauts += "ä";
  const auto cut = boost::json::parse(plan->summarise("", boost::json::object{{"a", umlauts}}));
  EXPECT_TRUE(cut.as_object().at("a").is_string());
  boost::json::object many;
  for (int i = 0; i < 100; ++i) many.emplace(std::to_string(i), std::string(200, 'x'));
  EXPECT_EQ(plan->summarise("", many), R"({"truncated":true})");
}

}  // namespace
}  // namespace sealpost
