// What a run did, one line per event: the last lines are shown when an invariant does not hold, and all of
// them are hashed, so that two runs of one seed can be compared. One thread.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace sealpost::simulation {

// Thrown by whoever sees an invariant broken; ends the run.
struct Violation {
  std::string what;
};
template <class... Values>
[[noreturn]] void violated(fmt::format_string<Values...> format, Values&&... values) {
  throw Violation{fmt::format(format, std::forward<Values>(values)...)};
}

class Trace final {
 public:
  void begin_step(std::uint32_t step) { step_ = step; }
  [[nodiscard]] std::uint32_t step() const { return step_; }
  template <class... Values>
  void add(fmt::format_string<Values...> format, Values&&... values) {
    keep(fmt::format("{:>5}  {}", step_, fmt::format(format, std::forward<Values>(values)...)));
  }
  [[nodiscard]] std::uint64_t hash() const { return hash_; }
  [[nodiscard]] const std::deque<std::string>& last() const { return last_; }

 private:
  static constexpr std::size_t kKept = 40;
  // FNV-1a: nobody attacks it.
  void keep(std::string line) {
    line += '\n';
    for (const char c : line) hash_ = (hash_ ^ static_cast<std::uint8_t>(c)) * 0x100000001b3U;
    last_.push_back(std::move(line));
    if (last_.size() > kKept) last_.pop_front();
  }

  std::uint32_t step_ = 0;
  std::uint64_t hash_ = 0xcbf29ce484222325U;
  std::deque<std::string> last_;
};

}  // namespace sealpost::simulation
