// The part of the suite that says who is given work, and how much of it. Comes with store_contract_suite.h.
#pragma once

#include <algorithm>

#include "storage/store/testing/store_contract.h"

namespace sealpost {

TEST_P(StoreContract, ClaimingIsFairAndLeavesFullTargetsAlone) {
  for (int i = 0; i < 20; ++i) {
    auto hanging = message(kLiveA);
    ASSERT_EQ(accept(hanging).status, AcceptStatus::Accepted);
  }
  ASSERT_EQ(accept(message(kLiveB)).status, AcceptStatus::Accepted);
  auto other = message(kLiveA);
  other.deliveries[0].target = endpoint_of(kLiveA, 1);
  ASSERT_EQ(accept(other).status, AcceptStatus::Accepted);
  auto work = claim_work(64, 8, {{endpoint_of(kLiveA), 0}});
  EXPECT_EQ(work.deliveries.size(), 2U);
  EXPECT_FALSE(work.next_due) << "what has no room must not wake anybody";
  work = claim_work(64, 8);
  EXPECT_EQ(work.deliveries.size(), 8U);
  work = claim_work(64, 8, {{endpoint_of(kLiveA), 3}});
  EXPECT_EQ(work.deliveries.size(), 3U);
  EXPECT_EQ(work.next_due, clock_.wall_now());
}

TEST_P(StoreContract, AnOrganizationIsGivenItsShareAndNoMore) {
  for (int i = 0; i < 6; ++i) {
    auto one = message(kLiveA);
    one.deliveries[0].target = endpoint_of(kLiveA, static_cast<Position>(i % 3));
    ASSERT_EQ(accept(one).status, AcceptStatus::Accepted);
  }
  ASSERT_EQ(accept(message(kLiveB, 2)).status, AcceptStatus::Accepted);
  const auto claim = [&](std::vector<ClaimWork::Share> shares, std::uint32_t most = 64) {
    ClaimWork request;
    request.now = clock_.wall_now();
    request.most = most;
    request.picture = present_picture();
    request.shares = std::move(shares);
    return claim_work(std::move(request));
  };
  const auto of = [](const ClaimedWork& work, OrganizationId organization) {
    return std::ranges::count_if(
        work.deliveries, [&](const LeasedDelivery& one) { return one.tenancy.organization == organization; });
  };
  auto work = claim({{kLiveA.organization, 0}}, 1);
  EXPECT_EQ(of(work, kLiveA.organization), 0);
  EXPECT_EQ(of(work, kLiveB.organization), 1);
  EXPECT_EQ(work.next_due, clock_.wall_now()) << "the other one waits still";
  // Fewer than it has targets, so that some of one round go without.
  work = claim({{kLiveA.organization, 2}});
  EXPECT_EQ(of(work, kLiveA.organization), 2);
  EXPECT_EQ(of(work, kLiveB.organization), 1);
  EXPECT_FALSE(work.next_due) << "who has used up its share must not wake anybody";
  work = claim({{kLiveA.organization, 0}, {kLiveB.organization, 0}});
  EXPECT_TRUE(work.deliveries.empty());
  EXPECT_FALSE(work.next_due);
  work = claim({{kLiveA.organization, 10}});
  EXPECT_EQ(of(work, kLiveA.organization), 4);
  EXPECT_FALSE(work.next_due);
}

TEST_P(StoreContract, NoMoreThanItsShareOfAnOrganizationIsBornLeased) {
  room_ = 100;
  shares_[kLiveA.organization.position] = 2;
  std::vector<AcceptMessage> batch{message(kLiveA, 2), message(kLiveA, 3), message(kLiveB, 3)};
  // Rolled back alone, it gives back what it had taken.
  batch[0].deliveries[1].target = endpoint_of(kLiveB);
  const auto outcomes = accept(std::move(batch));
  EXPECT_EQ(outcomes[0].error, StoreError::Conflict);
  EXPECT_EQ(outcomes[1].status, AcceptStatus::Accepted);
  const auto leased = std::ranges::count_if(handed_over_, [](const LeasedDelivery& one) {
    return one.tenancy.organization == kLiveA.organization;
  });
  EXPECT_EQ(leased, 2);
  EXPECT_EQ(handed_over_.size(), 5U);
  EXPECT_EQ(claim_work().deliveries.size(), 1U) << "the third one waits";
}

}  // namespace sealpost
