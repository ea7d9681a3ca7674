#include "flow/acceptance/rate_limiter.h"

#include <gtest/gtest.h>

namespace sealpost {
namespace {

constexpr RateLimit kLimit{.per_second = 10, .burst = 5};
SteadyTime at(int ms) { return SteadyTime(Milliseconds(ms)); }

TEST(RateLimiter, AllowsTheBurstThenTheRate) {
  RateLimiter limiter;
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(limiter.take(1, kLimit, 1, at(0)));
  EXPECT_EQ(limiter.take(1, kLimit, 1, at(0)), Seconds(1));
  EXPECT_FALSE(limiter.take(1, kLimit, 1, at(100)));
  EXPECT_TRUE(limiter.take(1, kLimit, 1, at(100)));
}

TEST(RateLimiter, KeepsOwnersApart) {
  RateLimiter limiter;
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(limiter.take(1, kLimit, 1, at(0)));
  EXPECT_FALSE(limiter.take(2, kLimit, 1, at(0)));
}

TEST(RateLimiter, GivesBack) {
  RateLimiter limiter;
  EXPECT_FALSE(limiter.take(1, kLimit, 5, at(0)));
  limiter.give_back(1, kLimit, 1);
  EXPECT_FALSE(limiter.take(1, kLimit, 1, at(0)));
  EXPECT_TRUE(limiter.take(1, kLimit, 1, at(0)));
}

TEST(RateLimiter, TellsHowLongToWaitForABatch) {
  RateLimiter limiter;
  EXPECT_FALSE(limiter.take(1, {.per_second = 1, .burst = 10}, 10, at(0)));
  EXPECT_EQ(limiter.take(1, {.per_second = 1, .burst = 10}, 7, at(0)), Seconds(7));
}

TEST(RateLimiter, IsBoundedAndForgetsOnlyTheIdle) {
  RateLimiter limiter(2);
  EXPECT_FALSE(limiter.take(1, kLimit, 1, at(0)));
  EXPECT_FALSE(limiter.take(2, kLimit, 1, at(0)));
  EXPECT_TRUE(limiter.take(3, kLimit, 1, at(1)));
  EXPECT_FALSE(limiter.take(3, kLimit, 1, at(11 * 60 * 1000)));
}

}  // namespace
}  // namespace sealpost
