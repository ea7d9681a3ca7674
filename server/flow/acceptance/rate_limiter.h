// Token buckets, one per source, integration or credential. Taking is refused with the time after which one
// more is there. Buckets that are full again carry no information and are dropped, so that memory follows
// what is busy. Internally synchronised; takes the steady clock's now from the caller.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "domain/model/ids.h"
#include "foundation/system/clock.h"

namespace sealpost {

struct RateLimit {
  double per_second = 1000;
  double burst = 2000;
};

class RateLimiter final {
 public:
  explicit RateLimiter(std::size_t max_buckets = 100'000) : max_buckets_(max_buckets) {}

  // Takes `count` from the bucket. Nothing: taken. Else the wait until that many would be there, at least 1
  // s.
  [[nodiscard]] std::optional<Seconds> take(Position owner, const RateLimit& limit, double count,
                                            SteadyTime now);
  // Gives back what was taken for something that then did not happen.
  void give_back(Position owner, const RateLimit& limit, double count);

 private:
  struct Bucket {
    double level = 0;
    SteadyTime at{};
  };
  void drop_idle(SteadyTime now);
  const std::size_t max_buckets_;
  std::mutex mutex_;
  std::unordered_map<Position, Bucket> buckets_;
};

}  // namespace sealpost
