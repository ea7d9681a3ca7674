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

TEST(RateLimiter, TakesFromAllOrFromNone) {
  RateLimiter limiter;
  RateShares wide;
  wide.add(1, {.per_second = 1, .burst = 10});
  wide.add(2, {.per_second = 0.25, .burst = 1});
  wide.add(3, {.per_second = 0.5, .burst = 1});
  EXPECT_FALSE(limiter.take(wide, at(0)));
  EXPECT_EQ(limiter.take(wide, at(0)), Seconds(4)) << "the longest wait";
  EXPECT_EQ(limiter.take(wide, at(2'000)), Seconds(2)) << "that of the one that is still empty";
  RateShares first;
  first.add(1, {.per_second = 0.001, .burst = 10});
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(limiter.take(first, at(2'000))) << i;
  EXPECT_TRUE(limiter.take(first, at(2'000))) << "refusals took nothing";
  EXPECT_FALSE(limiter.take(wide, at(4'000)));
  limiter.give_back(wide);
  EXPECT_FALSE(limiter.take(wide, at(4'000)));
}

TEST(RateLimiter, WithoutRoomForAllOfItsBucketsARequestTakesNothing) {
  RateLimiter limiter(2);
  RateShares three;
  for (Position owner : {1U, 2U, 3U}) three.add(owner, kLimit);
  EXPECT_EQ(limiter.take(three, at(0)), Seconds(1));
  RateShares two;
  for (Position owner : {1U, 2U}) two.add(owner, kLimit);
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(limiter.take(two, at(0)));
  EXPECT_TRUE(limiter.take(two, at(0)));
}

TEST(RateLimiter, GivingBackNeverTakes) {
  RateLimiter limiter;
  RateShares narrow;
  narrow.add(1, {.per_second = 1, .burst = 2});
  EXPECT_FALSE(limiter.take(narrow, at(0)));
  const RateLimit raised{.per_second = 100, .burst = 100};
  EXPECT_FALSE(limiter.take(1, raised, 1, at(500)));
  limiter.give_back(narrow);
  EXPECT_FALSE(limiter.take(1, raised, 50, at(500)));
}

TEST(RateLimiter, WhatIsSharedIsGivenBackWithoutItsOwn) {
  RateLimiter limiter;
  RateShares shares;
  for (Position owner : {1U, 2U, 3U}) shares.add(owner, {.per_second = 0.001, .burst = 1});
  EXPECT_FALSE(limiter.take(shares, at(0)));
  limiter.give_back_shared(shares);
  EXPECT_TRUE(limiter.take(1, {.per_second = 0.001, .burst = 1}, 1, at(0)));
  EXPECT_FALSE(limiter.take(2, {.per_second = 0.001, .burst = 1}, 1, at(0)));
  EXPECT_FALSE(limiter.take(3, {.per_second = 0.001, .burst = 1}, 1, at(0)));
  limiter.give_back_shared({});
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
