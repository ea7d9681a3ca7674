#include "domain/policy/life_cycle.h"

#include <gtest/gtest.h>

#include <set>

namespace sealpost {
namespace {

using S = IntegrationState;
constexpr S kStates[] = {S::Draft, S::Active, S::Suspended, S::Revoked, S::Decommissioned};

TEST(LifeCycle, AllowsExactlyTheSevenSteps) {
  const std::set<std::pair<S, S>> allowed = {{S::Draft, S::Active},          {S::Draft, S::Revoked},
                                             {S::Active, S::Suspended},      {S::Active, S::Revoked},
                                             {S::Suspended, S::Active},      {S::Suspended, S::Revoked},
                                             {S::Revoked, S::Decommissioned}};
  for (const S from : kStates)
    for (const S to : kStates) EXPECT_EQ(step_exists(from, to), allowed.contains({from, to}));
}

TEST(LifeCycle, OnlyLeavingActiveNarrows) {
  EXPECT_TRUE(narrows_access(S::Active, S::Suspended));
  EXPECT_TRUE(narrows_access(S::Active, S::Revoked));
  EXPECT_FALSE(narrows_access(S::Suspended, S::Active));
  EXPECT_FALSE(narrows_access(S::Draft, S::Active));
}

TEST(LifeCycle, NamesEachMissingConditionOnItsOwn) {
  const ReadinessFacts all{true, true, true, true, true, true};
  EXPECT_TRUE(missing_for_activation(all).empty());
  bool ReadinessFacts::* const members[] = {
      &ReadinessFacts::has_owner,         &ReadinessFacts::has_environment,
      &ReadinessFacts::has_active_grant,  &ReadinessFacts::has_signing_key,
      &ReadinessFacts::every_secret_ends, &ReadinessFacts::rehearsal_passed};
  std::set<std::string> names;
  for (const auto member : members) {
    ReadinessFacts facts = all;
    facts.*member = false;
    const auto missing = missing_for_activation(facts);
    ASSERT_EQ(missing.size(), 1U);
    names.insert(missing.front());
  }
  EXPECT_EQ(names.size(), std::size(members));
}

}  // namespace
}  // namespace sealpost
