// When a delivery is tried again. Pure: given what happened and how often, answers the wait, or that it is
// over. The default waits follow the Standard Webhooks advice: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 10 h.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "foundation/system/clock.h"

namespace sealpost {

inline constexpr std::uint32_t kDefaultRetrySeconds[] = {5, 300, 1'800, 7'200, 18'000, 36'000, 36'000};
// A schedule of an endpoint's own: at most this many waits, none longer than this.
inline constexpr std::size_t kMaxRetries = 20;
inline constexpr std::uint32_t kMaxRetrySeconds = 7 * 24 * 3600;

struct RetryQuestion {
  std::uint32_t attempts_made = 1;                  // including the one that just failed
  std::span<const std::uint32_t> schedule_seconds;  // empty: the default
  std::optional<Seconds> retry_after;               // what the receiver asked for, already capped
  std::uint64_t random = 0;                         // any 64 random bits: the jitter
};

// The wait before the next attempt: the schedule's, lengthened at random by up to a fifth so that a crowd
// does not come back as one, and never shorter than the receiver asked for. Nothing when all attempts are
// used up.
[[nodiscard]] std::optional<Milliseconds> next_wait(const RetryQuestion& question);

}  // namespace sealpost
