#include "domain/policy/retry_schedule.h"

#include <gtest/gtest.h>

namespace sealpost {
namespace {

TEST(RetrySchedule, FollowsTheDefaultWaitsWithBoundedJitter) {
  using std::chrono::hours;
  using std::chrono::minutes;
  const Milliseconds waits[] = {Seconds(5), minutes(5), minutes(30), hours(2),
                                hours(5),   hours(10),  hours(10)};
  for (std::uint32_t attempt = 1; attempt <= std::size(waits); ++attempt) {
    const Milliseconds base = waits[attempt - 1];
    for (const std::uint64_t random : {std::uint64_t{0}, std::uint64_t{123'456'789}, ~std::uint64_t{0}}) {
      const auto wait =
          next_wait({.attempts_made = attempt, .schedule_seconds = {}, .retry_after = {}, .random = random});
      ASSERT_TRUE(wait);
      EXPECT_GE(*wait, base);
      EXPECT_LE(*wait, base + base / 5);
    }
  }
}

TEST(RetrySchedule, EndsAfterTheLastWait) {
  EXPECT_FALSE(next_wait({.attempts_made = 8, .schedule_seconds = {}, .retry_after = {}, .random = 0}));
  EXPECT_FALSE(next_wait({.attempts_made = 0, .schedule_seconds = {}, .retry_after = {}, .random = 0}));
  const std::uint32_t own[] = {1};
  EXPECT_TRUE(next_wait({.attempts_made = 1, .schedule_seconds = own, .retry_after = {}, .random = 0}));
  EXPECT_FALSE(next_wait({.attempts_made = 2, .schedule_seconds = own, .retry_after = {}, .random = 0}));
}

TEST(RetrySchedule, NeverComesEarlierThanTheReceiverAsked) {
  const auto later =
      next_wait({.attempts_made = 1, .schedule_seconds = {}, .retry_after = Seconds(60), .random = 0});
  EXPECT_EQ(later, Milliseconds(60'000));
  const auto sooner =
      next_wait({.attempts_made = 1, .schedule_seconds = {}, .retry_after = Seconds(1), .random = 0});
  EXPECT_EQ(sooner, Milliseconds(5'000));
}

}  // namespace
}  // namespace sealpost
