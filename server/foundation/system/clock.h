// Time as the rest of the program sees it. Wall time names moments in records and is compared with what
// others signed; steady time measures durations and deadlines. Only this module asks the machine.
// Implementations are thread-safe.
#pragma once

#include <chrono>
#include <cstdint>

namespace sealpost {

using Milliseconds = std::chrono::milliseconds;
using Seconds = std::chrono::seconds;
// UTC, to the millisecond: what records and the wire carry.
using WallTime = std::chrono::sys_time<Milliseconds>;
using SteadyTime = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual WallTime wall_now() const = 0;
  [[nodiscard]] virtual SteadyTime steady_now() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] WallTime wall_now() const override;
  [[nodiscard]] SteadyTime steady_now() const override;
};

[[nodiscard]] inline std::int64_t to_unix_ms(WallTime t) { return t.time_since_epoch().count(); }
[[nodiscard]] inline WallTime from_unix_ms(std::int64_t ms) { return WallTime(Milliseconds(ms)); }
[[nodiscard]] inline std::int64_t to_unix_seconds(WallTime t) {
  return std::chrono::floor<Seconds>(t).time_since_epoch().count();
}

}  // namespace sealpost
