#include "domain/policy/retry_schedule.h"

#include <algorithm>

namespace sealpost {

std::optional<Milliseconds> next_wait(const RetryQuestion& question) {
  const std::span<const std::uint32_t> schedule = question.schedule_seconds.empty()
                                                      ? std::span<const std::uint32_t>(kDefaultRetrySeconds)
                                                      : question.schedule_seconds;
  if (question.attempts_made == 0 || question.attempts_made > schedule.size()) return std::nullopt;
  const std::int64_t base_ms = std::int64_t{schedule[question.attempts_made - 1]} * 1000;
  const std::int64_t spread = base_ms / 5 + 1;
  Milliseconds wait(base_ms +
                    static_cast<std::int64_t>(question.random % static_cast<std::uint64_t>(spread)));
  if (question.retry_after) wait = std::max(wait, Milliseconds(*question.retry_after));
  return wait;
}

}  // namespace sealpost
