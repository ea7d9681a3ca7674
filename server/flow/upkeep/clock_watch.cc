#include "flow/upkeep/clock_watch.h"

namespace sealpost {

std::optional<Milliseconds> clock_step(WallTime wall_before, SteadyTime steady_before, WallTime wall_now,
                                       SteadyTime steady_now) {
  const auto steady = std::chrono::round<Milliseconds>(steady_now - steady_before);
  const Milliseconds step = (wall_now - wall_before) - steady;
  if (step <= kClockStepTolerance && step >= -kClockStepTolerance) return std::nullopt;
  return step;
}

ClockWatch::ClockWatch(const Clock& clock)
    : clock_(clock), wall_(clock.wall_now()), steady_(clock.steady_now()) {}

std::optional<Milliseconds> ClockWatch::look() {
  const WallTime wall = clock_.wall_now();
  const SteadyTime steady = clock_.steady_now();
  const auto step = clock_step(wall_, steady_, wall, steady);
  wall_ = wall;
  steady_ = steady;
  return step;
}

}  // namespace sealpost
