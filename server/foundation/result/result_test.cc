#include "foundation/result/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace sealpost {
namespace {

enum class Trouble { Small, Large };

Result<int, Trouble> half(int n) {
  if (n % 2 != 0) return fail(Trouble::Small);
  return n / 2;
}
Result<std::string, Trouble> quarter(int n) {
  SEALPOST_TRY(const int once, half(n));
  SEALPOST_TRY(const int twice, half(once));
  return std::to_string(twice);
}
Result<void, Trouble> must_be_even(int n) {
  SEALPOST_TRY(const int ignored, half(n));
  static_cast<void>(ignored);
  return {};
}

TEST(Result, CarriesAValueOrAnError) {
  EXPECT_EQ(*quarter(8), "2");
  EXPECT_EQ(quarter(6).error(), Trouble::Small);
  EXPECT_TRUE(must_be_even(2).ok());
  EXPECT_EQ(must_be_even(3).error(), Trouble::Small);
}

TEST(Result, HoldsMoveOnlyValues) {
  Result<std::unique_ptr<int>, Trouble> r = std::make_unique<int>(7);
  auto taken = *std::move(r);
  EXPECT_EQ(*taken, 7);
}

TEST(ResultDeathTest, ReadingTheWrongSideEndsTheProcess) {
  EXPECT_DEATH(static_cast<void>(half(1).value()), "holds an error");
  EXPECT_DEATH(static_cast<void>(half(2).error()), "holds a value");
}

}  // namespace
}  // namespace sealpost
