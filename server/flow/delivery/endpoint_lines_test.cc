#include "flow/delivery/internal/endpoint_lines.h"

#include <gtest/gtest.h>

namespace sealpost::delivery {
namespace {

TEST(EndpointLines, StartsAtMostAsManyAsTheEndpointTakesAndInOrder) {
  EndpointLines lines;
  for (SendTag tag = 1; tag <= 4; ++tag) EXPECT_TRUE(lines.enter(7, tag, 10));
  EXPECT_EQ(lines.begin_next(7, 2), 1U);
  EXPECT_EQ(lines.begin_next(7, 2), 2U);
  EXPECT_EQ(lines.begin_next(7, 2), std::nullopt);
  EXPECT_EQ(lines.waiting(), 2U);
  EXPECT_FALSE(lines.leave(7));
  EXPECT_EQ(lines.begin_next(7, 2), 3U);
  EXPECT_EQ(lines.begin_next(8, 2), std::nullopt);
}

TEST(EndpointLines, HoldsNoMoreThanItsBound) {
  EndpointLines lines;
  EXPECT_TRUE(lines.enter(7, 1, 2));
  EXPECT_EQ(lines.begin_next(7, 1), 1U);
  EXPECT_TRUE(lines.enter(7, 2, 2));
  EXPECT_FALSE(lines.enter(7, 3, 2));
  EXPECT_TRUE(lines.enter(8, 4, 2));
}

TEST(EndpointLines, TellsAClaimWhoHasLessRoom) {
  EndpointLines lines;
  EXPECT_TRUE(lines.rooms(16, [](Position) { return 4U; }).empty());
  for (SendTag tag = 1; tag <= 3; ++tag) EXPECT_TRUE(lines.enter(7, tag, 10));
  for (SendTag tag = 4; tag <= 9; ++tag) EXPECT_TRUE(lines.enter(8, tag, 10));
  auto rooms = lines.rooms(16, [](Position) { return 4U; });
  std::ranges::sort(rooms, {}, &ClaimWork::Room::target);
  ASSERT_EQ(rooms.size(), 2U);
  EXPECT_EQ(rooms[0].free, 1U);
  EXPECT_EQ(rooms[1].free, 0U);
  EXPECT_TRUE(lines.rooms(1, [](Position) { return 100U; }).empty());
}

TEST(EndpointLines, AsksForMoreOnceALineThatWasShortIsEmpty) {
  EndpointLines lines;
  EXPECT_TRUE(lines.enter(7, 1, 10));
  EXPECT_TRUE(lines.enter(7, 2, 10));
  EXPECT_EQ(lines.rooms(16, [](Position) { return 2U; }).size(), 1U);
  EXPECT_EQ(lines.begin_next(7, 1), 1U);
  EXPECT_FALSE(lines.leave(7));  // one still waits
  EXPECT_EQ(lines.begin_next(7, 1), 2U);
  EXPECT_TRUE(lines.leave(7));
  EXPECT_FALSE(lines.leave(7));
}

TEST(EndpointLines, TakesOutThoseThatMatch) {
  EndpointLines lines;
  for (SendTag tag = 1; tag <= 5; ++tag) EXPECT_TRUE(lines.enter(tag % 2, tag, 10));
  EXPECT_EQ(lines.begin_next(1, 1), 1U);
  EXPECT_EQ(lines.take_waiting([](SendTag tag) { return tag == 1 || tag == 4 || tag == 5; }),
            (std::vector<SendTag>{4, 5}));
  EXPECT_EQ(lines.waiting(), 2U);
  EXPECT_EQ(lines.begin_next(0, 5), 2U);
  EXPECT_EQ(lines.begin_next(0, 5), std::nullopt);
}

}  // namespace
}  // namespace sealpost::delivery
