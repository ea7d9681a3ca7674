#include "trust/signing/key_life.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace sealpost {
namespace {

using std::chrono::days;
using std::chrono::hours;
using enum KeyState;
const WallTime kNow = from_unix_ms(1'800'000'000'000);

SigningKey key_in(KeyState state) {
  SigningKey key;
  key.state = state;
  key.activated_at = kNow - days(10);
  if (state == Retiring) key.retires_at = kNow + hours(1);
  if (state == Retired || state == Destroyed) key.retired_at = kNow - days(1);
  if (state == Compromised) key.compromised_since = kNow - days(2);
  return key;
}

TEST(KeyLife, StepsByState) {
  const KeyState all[] = {Pending, Active, Retiring, Retired, Destroyed, Compromised};
  const struct {
    const char* name;
    Result<SigningKey, KeyLifeError> (*step)(SigningKey);
    std::vector<KeyState> from;
    KeyState to;
  } rows[] = {
      {"activate", [](SigningKey k) { return activate_key(std::move(k), kNow); }, {Pending}, Active},
      {"retire",
       [](SigningKey k) { return begin_retirement(std::move(k), hours(1), kNow); },
       {Active},
       Retiring},
      {"retire at once",
       [](SigningKey k) { return begin_retirement(std::move(k), hours(0), kNow); },
       {Active},
       Retired},
      {"take back",
       [](SigningKey k) { return take_back_retirement(std::move(k), kNow); },
       {Retiring},
       Active},
      {"finish", [](SigningKey k) { return finish_retirement(std::move(k), kNow); }, {Retiring}, Retired},
      {"destroy",
       [](SigningKey k) { return destroy_key(std::move(k), kNow); },
       {Pending, Retired, Compromised},
       Destroyed},
      {"compromise",
       [](SigningKey k) { return mark_compromised(std::move(k), kNow - hours(1), kNow); },
       {Pending, Active, Retiring, Retired, Compromised},
       Compromised},
  };
  for (const auto& row : rows) {
    for (const KeyState state : all) {
      const bool allowed = std::ranges::find(row.from, state) != row.from.end();
      const auto next = row.step(key_in(state));
      ASSERT_EQ(next.ok(), allowed) << row.name << " from " << static_cast<int>(state);
      if (allowed) {
        EXPECT_EQ(next->state, row.to) << row.name;
      } else {
        EXPECT_EQ(next.error(), KeyLifeError::NoSuchStep) << row.name;
      }
    }
  }
}

TEST(KeyLife, OverlapIsBounded) {
  EXPECT_EQ(begin_retirement(key_in(Active), kMaxKeyOverlap + Milliseconds(1), kNow).error(),
            KeyLifeError::BadOverlap);
  EXPECT_EQ(begin_retirement(key_in(Active), Milliseconds(-1), kNow).error(), KeyLifeError::BadOverlap);
  EXPECT_EQ(begin_retirement(key_in(Active), kMaxKeyOverlap, kNow)->retires_at, kNow + kMaxKeyOverlap);
  const auto at_once = begin_retirement(key_in(Active), Milliseconds(0), kNow);
  EXPECT_EQ(at_once->retired_at, kNow);
}

TEST(KeyLife, TheOverlapEndsByTheClockWhateverIsStored) {
  const SigningKey key = key_in(Retiring);
  EXPECT_EQ(effective_state(key, kNow + hours(1) - Milliseconds(1)), Retiring);
  EXPECT_EQ(effective_state(key, kNow + hours(1)), Retired);
  EXPECT_EQ(next_change_at(key, kNow), kNow + hours(1));
  EXPECT_EQ(next_change_at(key, kNow + hours(1)), std::nullopt);
  EXPECT_EQ(retired_since(key, kNow), std::nullopt);
  EXPECT_EQ(retired_since(key, kNow + hours(5)), kNow + hours(1));
  EXPECT_TRUE(take_back_retirement(key, kNow).ok());
  EXPECT_FALSE(take_back_retirement(key, kNow + hours(1)).ok()) << "after the cut there is no way back";
}

TEST(KeyLife, TakingBackForgetsTheEnd) {
  const auto back = take_back_retirement(key_in(Retiring), kNow);
  EXPECT_EQ(back->retires_at, std::nullopt);
  EXPECT_EQ(effective_state(*back, kNow + days(100)), Active);
}

TEST(KeyLife, RetirementIsDatedWhenItHappenedNotWhenItWasWritten) {
  EXPECT_EQ(finish_retirement(key_in(Retiring), kNow + hours(9))->retired_at, kNow + hours(1));
  EXPECT_EQ(finish_retirement(key_in(Retiring), kNow)->retired_at, kNow) << "cut short on purpose";
}

TEST(KeyLife, ExpiryEndsPendingActiveAndRetiringKeys) {
  for (const KeyState state : {Pending, Active, Retiring}) {
    SigningKey key = key_in(state);
    key.expires_at = kNow + Milliseconds(10);
    EXPECT_EQ(effective_state(key, kNow), state);
    EXPECT_EQ(next_change_at(key, kNow), kNow + Milliseconds(10));
    EXPECT_EQ(effective_state(key, kNow + Milliseconds(10)), Retired);
    EXPECT_EQ(retired_since(key, kNow + days(1)), kNow + Milliseconds(10));
    const auto finished = finish_retirement(key, kNow + days(1));
    ASSERT_TRUE(finished.ok());
    EXPECT_EQ(finished->retired_at, kNow + Milliseconds(10));
  }
  for (const KeyState state : {Retired, Destroyed, Compromised}) {
    SigningKey key = key_in(state);
    key.expires_at = kNow - days(1);
    EXPECT_EQ(effective_state(key, kNow), state);
    EXPECT_EQ(next_change_at(key, kNow - days(5)), std::nullopt);
  }
}

TEST(KeyLife, AnExpiredKeyIsNotActivatedOrRetiredAnew) {
  SigningKey key = key_in(Pending);
  key.expires_at = kNow;
  EXPECT_EQ(activate_key(key, kNow).error(), KeyLifeError::BadTime);
  key.expires_at = kNow + Milliseconds(1);
  EXPECT_EQ(activate_key(key, kNow)->activated_at, kNow);
  key = key_in(Active);
  key.expires_at = kNow;
  EXPECT_EQ(begin_retirement(key, hours(1), kNow).error(), KeyLifeError::NoSuchStep);
  EXPECT_TRUE(destroy_key(key, kNow).ok()) << "expired counts as retired";
}

TEST(KeyLife, SuspicionOnlyGrows) {
  const SigningKey key = key_in(Compromised);  // since two days
  EXPECT_EQ(mark_compromised(key, kNow - days(1), kNow)->compromised_since, kNow - days(2));
  EXPECT_EQ(mark_compromised(key, kNow - days(9), kNow)->compromised_since, kNow - days(9));
  EXPECT_EQ(mark_compromised(key_in(Active), kNow + Milliseconds(1), kNow).error(), KeyLifeError::BadTime);
  EXPECT_EQ(mark_compromised(key_in(Active), kNow, kNow)->compromised_since, kNow);
}

TEST(KeyLife, DestroyingKeepsWhenItEnded) {
  EXPECT_EQ(destroy_key(key_in(Retired), kNow)->retired_at, kNow - days(1));
  EXPECT_EQ(destroy_key(key_in(Pending), kNow)->retired_at, kNow);
}

TEST(KeyLife, RotationIsDueByItsOwnPolicy) {
  SigningKey key = key_in(Active);  // active for ten days
  EXPECT_FALSE(rotation_due(key, kNow)) << "no policy";
  key.rotate_every_days = 10;
  EXPECT_TRUE(rotation_due(key, kNow));
  key.rotate_every_days = 11;
  EXPECT_FALSE(rotation_due(key, kNow));
  key = key_in(Retired);
  key.rotate_every_days = 1;
  EXPECT_FALSE(rotation_due(key, kNow));
  key = key_in(Active);
  key.rotate_every_days = 1;
  key.activated_at.reset();
  EXPECT_FALSE(rotation_due(key, kNow));
}

}  // namespace
}  // namespace sealpost
