// Every choice of a run comes from here, so that a seed is a run. One thread.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace sealpost::simulation {

class Dice final {
 public:
  explicit Dice(std::uint64_t seed) : generator_(seed * 0x9e3779b97f4a7c15U + 1) {}

  [[nodiscard]] std::uint64_t draw() { return generator_(); }
  // Of 0 .. count - 1. The distributions of <random> differ from library to library.
  [[nodiscard]] std::uint64_t below(std::uint64_t count) { return generator_() % count; }
  [[nodiscard]] std::uint32_t number(std::uint32_t from, std::uint32_t to) {
    return from + static_cast<std::uint32_t>(below(to - from + 1));
  }
  [[nodiscard]] bool one_in(std::uint64_t count) { return below(count) == 0; }
  template <class T>
  [[nodiscard]] const T& pick(const std::vector<T>& from) {
    return from[below(from.size())];
  }

 private:
  std::mt19937_64 generator_;
};

}  // namespace sealpost::simulation
