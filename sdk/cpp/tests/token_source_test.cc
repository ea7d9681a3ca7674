#include "token_source.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <semaphore>
#include <thread>
#include <vector>

#include "testing/test_gateway.h"

namespace sealpost::sdk {
namespace {

using std::chrono::seconds;

FreshToken fresh(int number) { return {Secret::copy_of("Bearer " + std::to_string(number)), seconds(600)}; }

TEST(TokenSource, OneFlightForAllWhoWait) {
  FakePace pace;
  std::atomic<int> fetches{0};
  std::counting_semaphore<> release(0);
  TokenSource source(pace, [&](Need, const std::stop_token&) -> Outcome<FreshToken, Error> {
    const int number = ++fetches;
    release.acquire();
    return fresh(number);
  });
  constexpr int kThreads = 6;
  std::latch asked(kThreads);
  std::atomic<int> served{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i)
      threads.emplace_back([&] {
        asked.count_down();
        const auto token = source.get({});
        if (token && (*token)->authorization().reveal_secret_text() == "Bearer 1") ++served;
      });
    asked.wait();
    release.release();
  }
  EXPECT_EQ(fetches, 1);
  EXPECT_EQ(served, kThreads);
}

TEST(TokenSource, NobodyWaitsForAnEarlyRenewal) {
  FakePace pace;
  std::atomic<int> fetches{0};
  std::binary_semaphore flying(0), release(0);
  TokenSource source(pace, [&](Need need, const std::stop_token&) -> Outcome<FreshToken, Error> {
    const int number = ++fetches;
    if (need == Need::Early) {
      flying.release();
      release.acquire();
    }
    return fresh(number);
  });
  EXPECT_TRUE(source.get({}));
  pace.advance(seconds(480));
  std::jthread renewing(
      [&] { EXPECT_EQ((*source.get({}))->authorization().reveal_secret_text(), "Bearer 2"); });
  flying.acquire();
  EXPECT_EQ((*source.get({}))->authorization().reveal_secret_text(), "Bearer 1");
  release.release();
  renewing.join();
  EXPECT_EQ((*source.get({}))->authorization().reveal_secret_text(), "Bearer 2");
  EXPECT_EQ(fetches, 2);
}

TEST(TokenSource, AFailureIsSharedAndNotKept) {
  FakePace pace;
  int fetches = 0;
  TokenSource source(pace, [&](Need, const std::stop_token&) -> Outcome<FreshToken, Error> {
    if (++fetches == 1) return Error{.code = "overloaded"};
    return fresh(fetches);
  });
  EXPECT_EQ(source.get({}).error().code, "overloaded");
  EXPECT_TRUE(source.get({}));
}

TEST(TokenSource, WhoStopsDecidesForItselfAlone) {
  FakePace pace;
  std::atomic<int> fetches{0};
  std::binary_semaphore flying(0), release(0);
  TokenSource source(pace, [&](Need, const std::stop_token& stop) -> Outcome<FreshToken, Error> {
    if (++fetches > 1) return fresh(fetches);
    flying.release();
    release.acquire();
    return Error{.category = stop.stop_requested() ? ErrorCategory::Stopped : ErrorCategory::Server};
  });
  std::stop_source stop;
  std::jthread first([&] { EXPECT_FALSE(source.get(stop.get_token())); });
  flying.acquire();
  std::jthread second([&] { EXPECT_TRUE(source.get({})); });
  stop.request_stop();
  std::stop_source impatient;
  impatient.request_stop();
  EXPECT_EQ(source.get(impatient.get_token()).error().category, ErrorCategory::Stopped);
  release.release();
  first.join();
  second.join();
}

TEST(TokenSource, OnlyTheRefusedTokenIsDropped) {
  FakePace pace;
  int fetches = 0;
  TokenSource source(
      pace, [&](Need, const std::stop_token&) -> Outcome<FreshToken, Error> { return fresh(++fetches); });
  const TokenPtr first = *source.get({});
  source.discard(first);
  const TokenPtr second = *source.get({});
  EXPECT_NE(first, second);
  source.discard(first);
  EXPECT_EQ(*source.get({}), second);
  pace.advance(seconds(600));
  EXPECT_NE(*source.get({}), second);
  EXPECT_EQ(fetches, 3);
}

}  // namespace
}  // namespace sealpost::sdk
