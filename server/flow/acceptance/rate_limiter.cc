#include "flow/acceptance/rate_limiter.h"

#include <algorithm>
#include <cmath>

namespace sealpost {

RateLimiter::Bucket* RateLimiter::bucket_of(Position owner, const RateLimit& limit, SteadyTime now) {
  auto it = buckets_.find(owner);
  if (it == buckets_.end()) {
    if (!make_room(1, now)) return nullptr;
    it = buckets_.emplace(owner, Bucket{limit.burst, now}).first;
  }
  Bucket& bucket = it->second;
  const double elapsed = std::chrono::duration<double>(now - bucket.at).count();
  bucket.level = std::min(limit.burst, bucket.level + std::max(0.0, elapsed) * limit.per_second);
  bucket.at = now;
  return &bucket;
}

// Full of busy buckets: refuse rather than forget somebody's limit. Looked for once a second at most.
bool RateLimiter::make_room(std::size_t more, SteadyTime now) {
  if (buckets_.size() + more <= max_buckets_) return true;
  if (!dropped_at_ || now - *dropped_at_ >= Seconds(1)) {
    dropped_at_ = now;
    drop_idle(now);
  }
  return buckets_.size() + more <= max_buckets_;
}

Seconds RateLimiter::wait_for(const Bucket& bucket, const RateLimit& limit, double count) {
  const double wait = (std::min(count, limit.burst) - bucket.level) / std::max(limit.per_second, 0.001);
  return Seconds(std::clamp<std::int64_t>(static_cast<std::int64_t>(std::ceil(wait)), 1, 3600));
}

std::optional<Seconds> RateLimiter::take(Position owner, const RateLimit& limit, double count,
                                         SteadyTime now) {
  const std::scoped_lock lock(mutex_);
  Bucket* bucket = bucket_of(owner, limit, now);
  if (bucket == nullptr) return Seconds(1);
  if (bucket->level < count) return wait_for(*bucket, limit, count);
  bucket->level -= count;
  return std::nullopt;
}

std::optional<Seconds> RateLimiter::take(const RateShares& shares, SteadyTime now) {
  const std::scoped_lock lock(mutex_);
  const auto unknown = [&](const RateShares::Share& share) { return !buckets_.contains(share.owner); };
  if (!make_room(static_cast<std::size_t>(std::ranges::count_if(shares.all(), unknown)), now))
    return Seconds(1);
  // Nodes of the map stay where they are.
  std::array<Bucket*, RateShares::kMost> buckets{};
  std::optional<Seconds> wait;
  for (std::size_t i = 0; const auto& [owner, limit] : shares.all()) {
    Bucket* bucket = buckets.at(i++) = bucket_of(owner, limit, now);
    if (bucket != nullptr && bucket->level >= 1) continue;
    const Seconds alone = bucket == nullptr ? Seconds(1) : wait_for(*bucket, limit, 1);
    wait = std::max(wait.value_or(alone), alone);
  }
  if (wait) return wait;
  for (Bucket* bucket : buckets)
    if (bucket != nullptr) bucket->level -= 1;
  return std::nullopt;
}

// The limit may have been raised since: never takes away.
void RateLimiter::give_back(Position owner, const RateLimit& limit, double count) {
  const std::scoped_lock lock(mutex_);
  if (const auto it = buckets_.find(owner); it != buckets_.end())
    it->second.level = std::max(it->second.level, std::min(limit.burst, it->second.level + count));
}

void RateLimiter::give_back(std::span<const RateShares::Share> shares) {
  for (const auto& [owner, limit] : shares) give_back(owner, limit, 1);
}

void RateLimiter::drop_idle(SteadyTime now) {
  std::erase_if(buckets_,
                [&](const auto& entry) { return now - entry.second.at > std::chrono::minutes(10); });
}

}  // namespace sealpost
