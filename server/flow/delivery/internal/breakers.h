// Circuit breakers: whether an endpoint is tried at all. After so many attempts in a row that say that the
// receiver can't be reached or is in trouble, its breaker opens. While it rests nothing is sent there and no
// delivery loses an attempt; then one goes ahead, and its end decides whether the others follow or a longer
// rest does. Kept in memory: a new process finds out again. The engine's thread only.
#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include "domain/model/ids.h"
#include "domain/model/public_code.h"
#include "foundation/system/clock.h"

namespace sealpost::delivery {

// What an attempt's end says of its receiver.
enum class ReceiverSign : std::uint8_t { None, Answers, Ails };

// `code`: nothing when it was delivered. An answer that refuses the message (4xx) is one of a receiver that
// works.
[[nodiscard]] ReceiverSign receiver_sign(std::optional<PublicCode> code, std::uint32_t http_status);

class Breakers final {
 public:
  // The first rest; each further one is twice as long, up to the longest. All shortened by up to a tenth, so
  // that endpoints of one receiver do not come back together.
  static constexpr Milliseconds kFirstRest{30'000};
  static constexpr Milliseconds kLongestRest{900'000};

  // How many of its deliveries may be under way: `concurrency` while it is closed, 0 while it rests, then 1.
  [[nodiscard]] std::uint32_t most_under_way(Position endpoint, std::uint32_t concurrency,
                                             SteadyTime now) const;
  // How much longer it rests.
  [[nodiscard]] std::optional<Milliseconds> rest_left(Position endpoint, SteadyTime now) const;

  // An attempt at this version of the endpoint has ended. `threshold`: how many failures in a row open the
  // breaker; 0 never does. Opened again after its rest counts as opened.
  enum class Turn : std::uint8_t { None, Opened, Closed };
  struct Tried {
    Position endpoint = 0;
    std::uint64_t version = 0;
    std::uint32_t threshold = 0;
  };
  Turn note(const Tried& tried, ReceiverSign sign, SteadyTime now, std::uint64_t random);

  // Those whose rest has ended since the last call, each once.
  [[nodiscard]] std::vector<Position> rested(SteadyTime now);
  [[nodiscard]] std::optional<SteadyTime> next_end() const { return next_end_; }
  // Endpoints whose breaker is not closed, resting or not.
  [[nodiscard]] std::vector<Position> open() const;
  [[nodiscard]] std::size_t open_count() const { return open_; }
  // Forgets some: what follows is judged anew. `is_other(endpoint, version)`.
  template <class IsOther>
  std::size_t forget(IsOther is_other) {
    const std::size_t before = open_;
    std::erase_if(breakers_, [&](const auto& one) {
      const bool gone = is_other(one.first, one.second.version);
      if (gone && one.second.openings > 0) --open_;
      return gone;
    });
    find_next_end();
    return before - open_;
  }

 private:
  struct Breaker {
    std::uint64_t version = 0;   // of the endpoint, at its last failure
    std::uint32_t failures = 0;  // in a row
    std::uint32_t openings = 0;  // in a row; 0: closed
    SteadyTime until{};
    bool resting = false;  // rested() has not told of its end yet
  };
  void find_next_end();
  std::unordered_map<Position, Breaker> breakers_;  // of endpoints that failed last
  std::size_t open_ = 0;
  std::optional<SteadyTime> next_end_;
};

}  // namespace sealpost::delivery
