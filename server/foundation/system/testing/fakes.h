// A clock that stands until it is told to move, and entropy that repeats for a seed. Tests only.
#pragma once

#include <mutex>
#include <random>

#include "foundation/system/clock.h"
#include "foundation/system/entropy.h"

namespace sealpost {

class FakeClock final : public Clock {
 public:
  explicit FakeClock(WallTime start = from_unix_ms(1'800'000'000'000)) : wall_(start) {}
  [[nodiscard]] WallTime wall_now() const override {
    const std::scoped_lock lock(mutex_);
    return wall_;
  }
  [[nodiscard]] SteadyTime steady_now() const override {
    const std::scoped_lock lock(mutex_);
    return steady_;
  }
  void advance(Milliseconds by) {
    const std::scoped_lock lock(mutex_);
    wall_ += by;
    steady_ += by;
  }
  // Moves the wall alone, as an administrator or a leap would.
  void step_wall(Milliseconds by) {
    const std::scoped_lock lock(mutex_);
    wall_ += by;
  }

 private:
  mutable std::mutex mutex_;
  WallTime wall_;
  SteadyTime steady_{std::chrono::hours(1)};
};

class SeededEntropy final : public Entropy {
 public:
  explicit SeededEntropy(std::uint64_t seed = 1) : generator_(seed) {}
  void fill(std::span<std::uint8_t> out) override {
    const std::scoped_lock lock(mutex_);
    for (auto& byte : out) byte = static_cast<std::uint8_t>(generator_());
  }

 private:
  std::mutex mutex_;
  std::mt19937_64 generator_;
};

}  // namespace sealpost
