// The part of the contract suite that speaks of claims beyond their term. Included by store_contract_suite.h
// alone.
#pragma once

#include "storage/store/testing/store_contract.h"

namespace sealpost {

using std::chrono::hours;

TEST_P(StoreContract, ClaimsThatAreNeededOutliveTheirTerm) {
  const auto offer = [&](std::uint8_t key, Position owner) {
    auto one = message(kLiveA, 0);
    one.claims = {claim(ClaimMeaning::SignedBytes, key, 1, 0)};
    one.claims[0].owner = owner;
    one.claims[0].keep_until = clock_.wall_now() + hours(30 * 24);
    return accept(one).status;
  };
  const WallTime made = clock_.wall_now();
  for (std::uint8_t key = 1; key <= 40; ++key) ASSERT_EQ(offer(key, 77), AcceptStatus::Accepted);
  bool needed = true;
  const auto needs = [&](Position owner, WallTime made_by) {
    EXPECT_GE(made_by, made);
    return needed && owner == 77;
  };
  for (int month = 0; month < 3; ++month) {
    clock_.advance(hours(40 * 24));
    ASSERT_EQ(offer(static_cast<std::uint8_t>(100 + month), 78), AcceptStatus::Accepted);
    purge(needs);
    reopen();
    for (std::uint8_t key = 1; key <= 16; ++key)
      ASSERT_EQ(offer(key, 77), AcceptStatus::Repeated) << int{key};
  }
  EXPECT_EQ(offer(100, 78), AcceptStatus::Accepted) << "whose claims nobody needs end as ever";
  needed = false;
  clock_.advance(hours(40 * 24));
  purge(needs);
  EXPECT_EQ(offer(1, 77), AcceptStatus::Accepted);
}

// However long nothing came before them, claims count as made when they were made.
TEST_P(StoreContract, ClaimsAfterALongSilenceAreAskedForByTheirTime) {
  clock_.advance(hours(60 * 24));
  const WallTime made = clock_.wall_now();
  auto one = message(kLiveA, 0);
  one.claims = {claim(ClaimMeaning::SignedBytes, 1, 1, 0)};
  one.claims[0].keep_until = made + hours(30 * 24);
  ASSERT_EQ(accept(one).status, AcceptStatus::Accepted);
  clock_.advance(hours(20 * 24));
  ASSERT_EQ(accept(message(kLiveA, 0)).status, AcceptStatus::Accepted);
  clock_.advance(hours(20 * 24));
  int asked = 0;
  purge([&](Position owner, WallTime made_by) {
    EXPECT_EQ(owner, 77U);
    EXPECT_GE(made_by, made);
    ++asked;
    return true;
  });
  EXPECT_EQ(asked, 1);
}

}  // namespace sealpost
