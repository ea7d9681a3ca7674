#include "flow/upkeep/upkeep.h"

#include <semaphore>

#include <gtest/gtest.h>

#include "foundation/log/testing/captured_log.h"
#include "foundation/system/testing/fakes.h"

namespace sealpost {
namespace {

using std::chrono::hours;

struct UpkeepTest : ::testing::Test {
  FakeClock clock;
  CapturedLog log{clock};
  Logger logger{clock, log, LogLevel::Debug, LogFormat::Json};
  // Periods are far away: only wake() makes calls.
  Upkeep::Options options{.clock_period = hours(1),
                          .rest_after_step = std::chrono::minutes(10),
                          .pause_between_steps = Milliseconds(0)};
  Upkeep upkeep{clock, logger, options};
  std::counting_semaphore<64> called{0};

  bool was_called() { return called.try_acquire_for(std::chrono::seconds(10)); }
  void add_counting(std::string name, ChoreTrust trust, std::atomic<int>& count) {
    upkeep.add({.name = std::move(name), .period = hours(1), .trust = trust, .run = [&](std::stop_token) {
                  ++count;
                  called.release();
                  return ChoreOutcome::Done;
                }});
  }
};

TEST_F(UpkeepTest, CallsAChoreWhenWoken) {
  std::atomic<int> count{0};
  add_counting("one", ChoreTrust::AnyClock, count);
  upkeep.start();
  upkeep.wake("one");
  ASSERT_TRUE(was_called());
  upkeep.wake("another");
  upkeep.stop();
  EXPECT_EQ(count, 1);
}

TEST_F(UpkeepTest, MoreIsCalledAgainBeforeThePeriodIsOver) {
  std::atomic<int> steps{0};
  upkeep.add(
      {.name = "purge", .period = hours(1), .trust = ChoreTrust::SettledClock, .run = [&](std::stop_token) {
         if (++steps < 5) return ChoreOutcome::More;
         called.release();
         return ChoreOutcome::Done;
       }});
  upkeep.start();
  upkeep.wake("purge");
  ASSERT_TRUE(was_called());
  upkeep.stop();
  EXPECT_EQ(steps, 5);
}

TEST_F(UpkeepTest, AStopEndsAChoreThatAlwaysHasMore) {
  Upkeep::Options patient = options;
  patient.pause_between_steps = hours(1);
  Upkeep other(clock, logger, patient);
  other.add(
      {.name = "endless", .period = hours(1), .trust = ChoreTrust::AnyClock, .run = [&](std::stop_token) {
         called.release();
         return ChoreOutcome::More;
       }});
  other.start();
  other.wake("endless");
  ASSERT_TRUE(was_called());
  other.stop();
}

TEST_F(UpkeepTest, AfterAStepOfTheClockOnlyPurgingRests) {
  std::atomic<int> purged{0};
  std::atomic<int> flushed{0};
  std::counting_semaphore<64> looked{0};
  upkeep.add(
      {.name = "purge", .period = hours(1), .trust = ChoreTrust::SettledClock, .run = [&](std::stop_token) {
         ++purged;
         looked.release();
         return ChoreOutcome::Done;
       }});
  add_counting("flush", ChoreTrust::AnyClock, flushed);
  upkeep.start();
  upkeep.wake("purge");
  ASSERT_TRUE(looked.try_acquire_for(std::chrono::seconds(10)));

  clock.step_wall(hours(24 * 30));
  upkeep.wake("purge");
  // The chore itself sees the step, without waiting for the watcher.
  while (upkeep.clock_steps() == 0) std::this_thread::yield();
  EXPECT_TRUE(upkeep.resting());
  upkeep.wake("flush");
  ASSERT_TRUE(was_called());
  EXPECT_EQ(purged, 1);
  EXPECT_EQ(log.count("clock_stepped"), 1U);

  clock.advance(std::chrono::minutes(10));
  EXPECT_FALSE(upkeep.resting());
  upkeep.wake("purge");
  ASSERT_TRUE(looked.try_acquire_for(std::chrono::seconds(10)));
  upkeep.stop();
  EXPECT_EQ(purged, 2);
  EXPECT_EQ(upkeep.clock_steps(), 1U);
}

TEST_F(UpkeepTest, AStepInTheMiddleOfLongWorkStopsIt) {
  std::atomic<int> steps{0};
  upkeep.add(
      {.name = "purge", .period = hours(1), .trust = ChoreTrust::SettledClock, .run = [&](std::stop_token) {
         if (++steps == 3) clock.step_wall(hours(1));
         return ChoreOutcome::More;
       }});
  upkeep.start();
  upkeep.wake("purge");
  while (upkeep.clock_steps() == 0) std::this_thread::yield();
  upkeep.stop();
  EXPECT_EQ(steps, 3);
}

}  // namespace
}  // namespace sealpost
