#include "flow/delivery/internal/organization_shares.h"

#include <gtest/gtest.h>

namespace sealpost::delivery {
namespace {

constexpr OrganizationId kOne{1};
constexpr OrganizationId kOther{2};

TEST(OrganizationShares, OneHoldsAQuarterOfAllAndLeavesAQuarterOfThatToTheStore) {
  OrganizationShares shares(64);
  EXPECT_EQ(shares.born_room(kOne), 12U);
  for (int i = 0; i < 14; ++i) shares.take(kOne);
  EXPECT_EQ(shares.born_room(kOne), 0U);
  EXPECT_EQ(shares.born_room(kOther), 12U);
  shares.take(kOther);
  const auto few = shares.for_claim(8);
  ASSERT_EQ(few.size(), 1U) << "who has room for the whole claim is not listed";
  EXPECT_EQ(few[0].organization, kOne);
  EXPECT_EQ(few[0].free, 2U);
  for (int i = 0; i < 3; ++i) shares.take(kOne);  // handed over while a claim was under way
  EXPECT_EQ(shares.for_claim(8).at(0).free, 0U);
}

TEST(OrganizationShares, AClaimIsWorthwhileOnceAHandfulIsFree) {
  OrganizationShares shares(64);  // a handful of 16 is 2
  for (int i = 0; i < 16; ++i) shares.take(kOne);
  EXPECT_FALSE(shares.give_back(kOne)) << "no claim left anything behind";
  shares.take(kOne);
  ASSERT_EQ(shares.for_claim(8).size(), 1U);
  EXPECT_FALSE(shares.give_back(kOne));
  EXPECT_TRUE(shares.give_back(kOne));
  EXPECT_FALSE(shares.give_back(kOne)) << "told once";
}

TEST(OrganizationShares, AClaimThatTookAllItWasGivenIsFollowedByTheNext) {
  OrganizationShares shares(64);
  shares.take(kOne);
  ASSERT_EQ(shares.for_claim(64).at(0).free, 15U);
  for (int i = 0; i < 15; ++i) shares.take(kOne);
  EXPECT_FALSE(shares.give_back(kOne));
  EXPECT_TRUE(shares.give_back(kOne)) << "two of sixteen are a handful";
  // And one that took nothing is not followed at each place that comes free.
  ASSERT_EQ(shares.for_claim(64).at(0).free, 2U);
  EXPECT_FALSE(shares.give_back(kOne));
  EXPECT_TRUE(shares.give_back(kOne));
  EXPECT_FALSE(shares.give_back(kOne));
}

TEST(OrganizationShares, TheSmallestHoldHasRoomForOneOfEach) {
  OrganizationShares shares(1);
  EXPECT_EQ(shares.born_room(kOne), 1U);
  shares.take(kOne);
  EXPECT_EQ(shares.for_claim(1).at(0).free, 0U);
  EXPECT_TRUE(shares.give_back(kOne));
  EXPECT_TRUE(shares.for_claim(1).empty());
  EXPECT_FALSE(shares.give_back(kOther)) << "nothing of it is held";
}

}  // namespace
}  // namespace sealpost::delivery
