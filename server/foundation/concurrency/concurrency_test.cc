#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <memory>
#include <numeric>
#include <semaphore>
#include <set>
#include <thread>
#include <vector>

#include "foundation/concurrency/bounded_queue.h"
#include "foundation/concurrency/snapshot.h"
#include "foundation/concurrency/thread_pool.h"
#include "foundation/concurrency/ticker.h"

namespace sealpost {
namespace {

using namespace std::chrono_literals;
constexpr auto kForever =
    std::chrono::hours(1);  // a test that gets here hangs and is ended by its time limit

TEST(BoundedQueue, KeepsOrderAndRefusesWhenFull) {
  BoundedQueue<int> queue(2);
  EXPECT_TRUE(queue.try_push(1));
  EXPECT_TRUE(queue.try_push(2));
  EXPECT_FALSE(queue.try_push(3));
  EXPECT_EQ(queue.size(), 2U);
  EXPECT_EQ(queue.pop_all({}, kForever), (std::vector<int>{1, 2}));
  EXPECT_TRUE(queue.try_push(4));
  EXPECT_EQ(queue.drain(), std::vector<int>{4});
  EXPECT_TRUE(queue.drain().empty());
}

TEST(BoundedQueue, LeavesARefusedItemWithItsOwner) {
  BoundedQueue<std::unique_ptr<int>> queue(1);
  EXPECT_TRUE(queue.try_push(std::make_unique<int>(1)));
  auto kept = std::make_unique<int>(2);
  EXPECT_FALSE(queue.try_push(std::move(kept)));
  ASSERT_NE(kept, nullptr);  // NOLINT(bugprone-use-after-move): that a refused one was not moved from
  EXPECT_EQ(*kept, 2);       // NOLINT(bugprone-use-after-move)
}

TEST(BoundedQueue, TakesNoMoreThanAskedFor) {
  BoundedQueue<int> queue(5);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(queue.try_push(i));
  EXPECT_EQ(queue.pop_all({}, kForever, 2), (std::vector<int>{0, 1}));
  EXPECT_EQ(queue.pop_all({}, kForever, 9), (std::vector<int>{2, 3, 4}));
}

TEST(BoundedQueue, ComesBackEmptyAfterTheTimeout) {
  BoundedQueue<int> queue(1);
  EXPECT_TRUE(queue.pop_all({}, 0ms).empty());
  EXPECT_TRUE(queue.pop_all({}, 1ms).empty());
}

TEST(BoundedQueue, AStopEndsAWaitAndLeavesTheItems) {
  BoundedQueue<int> queue(1);
  std::latch waiting(1);
  std::vector<int> taken{7};
  {
    std::jthread consumer([&](const std::stop_token& stop) {
      waiting.count_down();
      taken = queue.pop_all(stop);
    });
    waiting.wait();
  }
  EXPECT_TRUE(taken.empty());
  std::stop_source stopped;
  stopped.request_stop();
  EXPECT_TRUE(queue.try_push(1));
  EXPECT_TRUE(queue.pop_all(stopped.get_token()).empty());
  EXPECT_TRUE(queue.pop_all(stopped.get_token(), kForever).empty());
  EXPECT_EQ(queue.size(), 1U);
}

TEST(BoundedQueue, ClosingDrainsThenEnds) {
  BoundedQueue<int> queue(2);
  EXPECT_TRUE(queue.try_push(1));
  EXPECT_FALSE(queue.closed());
  queue.close();
  EXPECT_TRUE(queue.closed());
  EXPECT_FALSE(queue.try_push(2));
  EXPECT_EQ(queue.pop_all({}, kForever), std::vector<int>{1});
  EXPECT_TRUE(queue.pop_all({}, kForever).empty());
}

TEST(BoundedQueue, LosesAndDoublesNothingBetweenThreads) {
  constexpr int kProducers = 3;
  constexpr int kEach = 2000;
  BoundedQueue<int> queue(64);
  std::vector<std::vector<int>> taken(2);
  {
    std::vector<std::jthread> consumers;
    for (auto& mine : taken)
      consumers.emplace_back([&queue, &mine] {
        for (;;) {
          const auto batch = queue.pop_all({}, kForever, 8);
          if (batch.empty()) return;
          mine.insert(mine.end(), batch.begin(), batch.end());
        }
      });
    {
      std::vector<std::jthread> producers;
      for (int p = 0; p < kProducers; ++p)
        producers.emplace_back([&queue, p] {
          for (int i = 0; i < kEach; ++i)
            while (!queue.try_push(p * kEach + i)) std::this_thread::yield();
        });
    }
    queue.close();
  }
  std::set<int> all;
  for (const auto& mine : taken) all.insert(mine.begin(), mine.end());
  EXPECT_EQ(taken[0].size() + taken[1].size(), std::size_t{kProducers * kEach});
  EXPECT_EQ(all.size(), std::size_t{kProducers * kEach});
}

TEST(ThreadPool, RunsWhatItTookInAndThenStops) {
  std::atomic<int> ran = 0;
  ThreadPool pool(2, 100);
  for (int i = 0; i < 100; ++i) {
    while (!pool.try_submit([&ran, owned = std::make_unique<int>(1)] { ran += *owned; }))
      std::this_thread::yield();
  }
  pool.stop();
  EXPECT_EQ(ran, 100);
  EXPECT_FALSE(pool.try_submit([] {}));
  pool.stop();
}

TEST(ThreadPool, RefusesWhenItsQueueIsFull) {
  std::latch busy(1);
  std::binary_semaphore release(0);
  std::atomic<int> ran = 0;
  ThreadPool pool(1, 1);
  ASSERT_TRUE(pool.try_submit([&] {
    busy.count_down();
    release.acquire();
  }));
  busy.wait();
  EXPECT_TRUE(pool.try_submit([&ran] { ++ran; }));
  EXPECT_EQ(pool.queued(), 1U);
  EXPECT_FALSE(pool.try_submit([&ran] { ran += 100; }));
  release.release();
  pool.stop();
  EXPECT_EQ(ran, 1);
}

TEST(ThreadPool, RunsTasksSideBySide) {
  std::latch both(2);
  ThreadPool pool(2, 2);
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(pool.try_submit([&both] { both.arrive_and_wait(); }));
  pool.stop();  // hangs if one thread had to run both
}

TEST(Ticker, CallsEachPeriod) {
  std::counting_semaphore<> calls(0);
  Ticker ticker(1ms, [&calls](const std::stop_token&) { calls.release(); });
  for (int i = 0; i < 3; ++i) calls.acquire();
}

// Many times, because the stop meets the thread now before its wait and now inside it.
TEST(Ticker, StopsAtOnceInTheMiddleOfAPeriod) {
  for (int round = 0; round < 200; ++round) {
    std::counting_semaphore<> called(0);
    std::atomic<int> calls = 0;
    {
      Ticker ticker(kForever, [&](const std::stop_token&) {
        ++calls;
        called.release();
      });
      ticker.wake();
      called.acquire();
      for (int i = 0; i < round; ++i) std::this_thread::yield();
      ticker.stop();
      ticker.stop();
    }
    ASSERT_EQ(calls, 1);
  }
}

TEST(Ticker, WakesBeforeThePeriodEnds) {
  std::counting_semaphore<> calls(0);
  Ticker ticker(kForever, [&calls](const std::stop_token&) { calls.release(); });
  ticker.wake();
  calls.acquire();
  ticker.wake();
  calls.acquire();
  EXPECT_FALSE(calls.try_acquire());
}

TEST(Ticker, TellsTheCallToStop) {
  std::binary_semaphore started(0);
  bool told = false;
  {
    Ticker ticker(kForever, [&](const std::stop_token& stop) {
      std::binary_semaphore stopped(0);
      const std::stop_callback on_stop(stop, [&stopped] { stopped.release(); });
      started.release();
      stopped.acquire();
      told = true;
    });
    ticker.wake();
    started.acquire();
  }
  EXPECT_TRUE(told);
}

TEST(Snapshot, ReadersKeepWhatTheyTook) {
  Snapshot<int> snapshot(std::make_shared<const int>(1));
  const auto old = snapshot.load();
  snapshot.store(std::make_shared<const int>(2));
  EXPECT_EQ(*old, 1);
  EXPECT_EQ(*snapshot.load(), 2);
  EXPECT_EQ(old.use_count(), 1);
}

TEST(Snapshot, ReadersSeeWholeValuesOnly) {
  using Pair = std::pair<int, int>;
  Snapshot<Pair> snapshot(std::make_shared<const Pair>(0, 0));
  std::atomic<int> torn = 0;
  {
    std::vector<std::jthread> readers;
    for (int i = 0; i < 2; ++i)
      readers.emplace_back([&] {
        for (int last = 0; last < 1000;) {
          const auto seen = snapshot.load();
          if (seen->first != seen->second || seen->first < last) ++torn;
          last = seen->first;
        }
      });
    for (int i = 1; i <= 1000; ++i) snapshot.store(std::make_shared<const Pair>(i, i));
  }
  EXPECT_EQ(torn, 0);
}

TEST(SnapshotDeathTest, IsNeverNull) { EXPECT_DEATH(Snapshot<int>(nullptr), "invariant broken"); }

}  // namespace
}  // namespace sealpost
