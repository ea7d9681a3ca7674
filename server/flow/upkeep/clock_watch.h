// Has somebody moved the wall clock? Compares how far wall and steady time came since the last look; slewing
// by a time service stays far below the tolerance, a step does not. One thread.
#pragma once

#include <optional>

#include "foundation/system/clock.h"

namespace sealpost {

inline constexpr Milliseconds kClockStepTolerance{2'000};

// How far the wall clock moved beside the steady one between two looks, signed; nothing within the tolerance.
[[nodiscard]] std::optional<Milliseconds> clock_step(WallTime wall_before, SteadyTime steady_before,
                                                     WallTime wall_now, SteadyTime steady_now);

class ClockWatch final {
 public:
  explicit ClockWatch(const Clock& clock);
  // The step since the last look.
  [[nodiscard]] std::optional<Milliseconds> look();

 private:
  const Clock& clock_;
  WallTime wall_;
  SteadyTime steady_;
};

}  // namespace sealpost
