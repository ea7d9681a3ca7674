#include "flow/upkeep/clock_watch.h"

#include <gtest/gtest.h>

#include "foundation/system/testing/fakes.h"

namespace sealpost {
namespace {

TEST(ClockWatch, OnlyMoreThanTwoSecondsApartIsAStep) {
  struct Row {
    std::int64_t wall_ms;
    std::int64_t steady_ms;
    std::optional<std::int64_t> step_ms;
  };
  const Row rows[] = {{0, 0, {}},
                      {60'000, 60'000, {}},
                      {2'000, 0, {}},
                      {2'001, 0, 2'001},
                      {-2'000, 0, {}},
                      {-2'001, 0, -2'001},
                      {3'600'000, 500, 3'599'500},
                      {500, 3'600'000, -3'599'500},
                      {0, 2'000, {}},
                      {0, 2'001, -2'001}};
  const WallTime wall = from_unix_ms(1'800'000'000'000);
  const SteadyTime steady{std::chrono::hours(5)};
  for (const Row& row : rows) {
    const auto step =
        clock_step(wall, steady, wall + Milliseconds(row.wall_ms), steady + Milliseconds(row.steady_ms));
    EXPECT_EQ(step.has_value(), row.step_ms.has_value()) << row.wall_ms << " " << row.steady_ms;
    if (step && row.step_ms) {
      EXPECT_EQ(step->count(), *row.step_ms);
    }
  }
}

TEST(ClockWatch, TellsAStepOnce) {
  FakeClock clock;
  ClockWatch watch(clock);
  clock.advance(Seconds(100));
  EXPECT_EQ(watch.look(), std::nullopt);
  clock.step_wall(Seconds(-30));
  clock.advance(Seconds(1));
  EXPECT_EQ(watch.look(), Milliseconds(-30'000));
  clock.advance(Seconds(1));
  EXPECT_EQ(watch.look(), std::nullopt);
}

}  // namespace
}  // namespace sealpost
