// Draws positions. Several threads may draw at once; every draw is larger than all before it, also over
// restarts, because the store hands over the highest position it has promised never to repeat. A wall
// clock that steps back does not matter: the sequence then runs ahead of it.
#pragma once

#include <atomic>

#include "domain/model/ids.h"

namespace sealpost {

class PositionAllocator final {
 public:
  PositionAllocator(const Clock& clock, Position highest_used) : clock_(clock), last_(highest_used) {}

  // The first of `count` neighbouring positions: a message and its deliveries lie side by side.
  [[nodiscard]] Position draw(std::uint32_t count = 1) {
    const Position now = first_position_at(clock_.wall_now());
    Position last = last_.load(std::memory_order_relaxed);
    for (;;) {
      const Position first = last + 1 > now ? last + 1 : now;
      if (last_.compare_exchange_weak(last, first + count - 1, std::memory_order_relaxed)) return first;
    }
  }
  [[nodiscard]] Position last() const { return last_.load(std::memory_order_relaxed); }

 private:
  const Clock& clock_;
  std::atomic<Position> last_;
};

}  // namespace sealpost
