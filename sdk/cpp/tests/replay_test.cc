#include "sealpost/replay.h"

#include <gtest/gtest.h>

#include <string>

namespace sealpost::sdk {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

const TimePoint kNow{seconds(1'700'000'000)};

TEST(MemoryReplayStore, ClaimCommitRelease) {
  MemoryReplayStore store;
  EXPECT_EQ(store.claim("a", kNow), ClaimResult::Claimed);
  EXPECT_EQ(store.claim("a", kNow), ClaimResult::InProgress);
  store.release("a");
  EXPECT_EQ(store.claim("a", kNow), ClaimResult::Claimed);
  store.commit("a", kNow);
  EXPECT_EQ(store.claim("a", kNow), ClaimResult::Committed);
  store.release("a");
  EXPECT_EQ(store.claim("a", kNow), ClaimResult::Committed) << "a committed id can't be released";
  store.commit("never claimed", kNow);
  EXPECT_EQ(store.size(), 1U);
}

TEST(MemoryReplayStore, KeepsForTheStatedTime) {
  MemoryReplayStore store({.capacity = 10, .keep = hours(72)});
  (void)store.claim("a", kNow);
  store.commit("a", kNow);
  EXPECT_EQ(store.claim("a", kNow + hours(72)), ClaimResult::Committed);
  EXPECT_EQ(store.claim("a", kNow + hours(72) + seconds(1)), ClaimResult::Claimed);
}

TEST(MemoryReplayStore, FullRefusesAndForgetsNothing) {
  MemoryReplayStore store({.capacity = 2, .keep = hours(1)});
  (void)store.claim("a", kNow);
  store.commit("a", kNow);
  (void)store.claim("b", kNow);
  EXPECT_EQ(store.claim("c", kNow), ClaimResult::Full);
  EXPECT_EQ(store.claim("a", kNow), ClaimResult::Committed);
  EXPECT_EQ(store.claim("c", kNow + hours(2)), ClaimResult::Claimed) << "the expired id made room";
}

TEST(MemoryReplayStore, AClockThatStepsBackShortensNothing) {
  MemoryReplayStore store({.capacity = 10, .keep = hours(1)});
  (void)store.claim("a", kNow);
  store.commit("a", kNow);
  (void)store.claim("b", kNow - hours(10));
  store.commit("b", kNow - hours(10));
  EXPECT_EQ(store.claim("b", kNow), ClaimResult::Committed);
}

}  // namespace
}  // namespace sealpost::sdk
