// Token buckets, one per source, credential, integration or organization. Taking is refused with the time
// after which one more is there; what counts against several takes from all of them or from none. Buckets
// that nobody asked for in ten minutes are dropped, so that memory follows what is busy. Internally
// synchronised; takes the steady clock's now from the caller.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <unordered_map>

#include "domain/model/ids.h"
#include "foundation/system/clock.h"

namespace sealpost {

struct RateLimit {
  double per_second = 1000;
  double burst = 2000;
};

// The buckets that one request counts against, its own first: its source or credential, then the integration
// and the organization, which others share.
class RateShares final {
 public:
  static constexpr std::size_t kMost = 3;
  struct Share {
    Position owner = 0;
    RateLimit limit;
  };
  void add(Position owner, const RateLimit& limit) { shares_.at(count_++) = {owner, limit}; }
  [[nodiscard]] std::span<const Share> all() const { return std::span(shares_).first(count_); }

 private:
  std::array<Share, kMost> shares_{};
  std::size_t count_ = 0;
};

class RateLimiter final {
 public:
  explicit RateLimiter(std::size_t max_buckets = 100'000) : max_buckets_(max_buckets) {}

  // Takes `count` from the bucket. Nothing: taken. Else the wait until that many would be there, at least 1
  // s.
  [[nodiscard]] std::optional<Seconds> take(Position owner, const RateLimit& limit, double count,
                                            SteadyTime now);
  // Takes one from each. Else the longest wait.
  [[nodiscard]] std::optional<Seconds> take(const RateShares& shares, SteadyTime now);
  // Gives back what was taken for something that then did not happen.
  void give_back(Position owner, const RateLimit& limit, double count);
  void give_back(const RateShares& shares) { give_back(shares.all()); }
  // To all but its own: what a repeated request costs is nobody else's.
  void give_back_shared(const RateShares& shares) {
    if (!shares.all().empty()) give_back(shares.all().subspan(1));
  }

 private:
  struct Bucket {
    double level = 0;
    SteadyTime at{};
  };
  void give_back(std::span<const RateShares::Share> shares);
  bool make_room(std::size_t more, SteadyTime now);
  // Filled up to now; nothing when there is no room for one more. Under the mutex.
  Bucket* bucket_of(Position owner, const RateLimit& limit, SteadyTime now);
  static Seconds wait_for(const Bucket& bucket, const RateLimit& limit, double count);
  void drop_idle(SteadyTime now);
  const std::size_t max_buckets_;
  std::mutex mutex_;
  std::unordered_map<Position, Bucket> buckets_;
  std::optional<SteadyTime> dropped_at_;
};

}  // namespace sealpost
