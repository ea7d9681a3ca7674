#include "flow/acceptance/rate_limiter.h"

#include <algorithm>
#include <cmath>

namespace sealpost {

std::optional<Seconds> RateLimiter::take(Position owner, const RateLimit& limit, double count,
                                         SteadyTime now) {
  const std::scoped_lock lock(mutex_);
  if (buckets_.size() >= max_buckets_ && !buckets_.contains(owner)) drop_idle(now);
  // Full of busy buckets: refuse rather than forget somebody's limit.
  if (buckets_.size() >= max_buckets_ && !buckets_.contains(owner)) return Seconds(1);
  auto [it, fresh] = buckets_.try_emplace(owner, Bucket{limit.burst, now});
  Bucket& bucket = it->second;
  if (!fresh) {
    const double elapsed = std::chrono::duration<double>(now - bucket.at).count();
    bucket.level = std::min(limit.burst, bucket.level + std::max(0.0, elapsed) * limit.per_second);
    bucket.at = now;
  }
  if (bucket.level >= count) {
    bucket.level -= count;
    return std::nullopt;
  }
  const double wait = (std::min(count, limit.burst) - bucket.level) / std::max(limit.per_second, 0.001);
  return Seconds(std::clamp<std::int64_t>(static_cast<std::int64_t>(std::ceil(wait)), 1, 3600));
}

void RateLimiter::give_back(Position owner, const RateLimit& limit, double count) {
  const std::scoped_lock lock(mutex_);
  if (const auto it = buckets_.find(owner); it != buckets_.end())
    it->second.level = std::min(limit.burst, it->second.level + count);
}

void RateLimiter::drop_idle(SteadyTime now) {
  std::erase_if(buckets_,
                [&](const auto& entry) { return now - entry.second.at > std::chrono::minutes(10); });
}

}  // namespace sealpost
