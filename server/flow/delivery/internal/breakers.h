// Circuit breakers: whether an endpoint is tried at all. After so many attempts in a row that say that the
// receiver can't be reached or is in trouble, its breaker opens. While it rests nothing is sent there and no
// delivery loses an attempt; then one goes ahead, and its end decides whether the others follow or a longer
// rest does. Kept in memory, for an hour after the last failure: a new process finds out again. The engine's
// thread only.
#pragma once

#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "domain/model/ids.h"
#include "domain/model/public_code.h"
#include "domain/policy/outbound_http.h"
#include "foundation/system/clock.h"

namespace sealpost::delivery {

// What an attempt's end says of its receiver.
enum class ReceiverSign : std::uint8_t { None, Answers, Ails };

// `code`: nothing when it was delivered. An answer that refuses the message (4xx) is one of a receiver that
// works; a timeout that mostly passed in the sender's queue is no sign of anything.
[[nodiscard]] ReceiverSign receiver_sign(std::optional<PublicCode> code, const OutboundResult& result,
                                         Milliseconds timeout);

class Breakers final {
 public:
  // The first rest; each further one is twice as long, up to the longest. All shortened by up to a tenth, so
  // that endpoints of one receiver do not come back together.
  static constexpr Milliseconds kFirstRest{30'000};
  static constexpr Milliseconds kLongestRest{900'000};
  static constexpr Milliseconds kForgottenAfter{3'600'000};

  // How many of its deliveries may be under way: `concurrency` while it is closed, 0 while it rests, then 1.
  [[nodiscard]] std::uint32_t most_under_way(Position endpoint, std::uint32_t concurrency,
                                             SteadyTime now) const;
  [[nodiscard]] bool rests(Position endpoint, SteadyTime now) const {
    return most_under_way(endpoint, 1, now) == 0;
  }
  [[nodiscard]] Milliseconds rest_left(Position endpoint, SteadyTime now) const;

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
  // When to call rested() next.
  [[nodiscard]] std::optional<SteadyTime> next_end() const;
  // Endpoints that rest.
  [[nodiscard]] std::vector<Position> resting(SteadyTime now) const;
  // Those that rest or wait for the one that goes ahead.
  [[nodiscard]] std::size_t open_count() const { return open_; }
  // Forgets some, and returns those of them whose breaker was open: what follows is judged anew.
  // `is_other(endpoint, version)`.
  template <class IsOther>
  std::vector<Position> forget(IsOther is_other) {
    std::vector<Position> closed;
    for (auto it = breakers_.begin(); it != breakers_.end();) {
      const auto next = std::next(it);
      if (is_other(it->first, it->second.version)) {
        if (it->second.openings > 0) closed.push_back(it->first);
        erase(it);
      }
      it = next;
    }
    return closed;
  }

 private:
  struct Breaker {
    std::uint64_t version = 0;   // of the endpoint, at its last failure
    std::uint32_t failures = 0;  // in a row
    std::uint32_t openings = 0;  // in a row; 0: closed
    SteadyTime until{};          // of the rest
    SteadyTime looked_at{};      // its place in ends_
  };
  using Map = std::unordered_map<Position, Breaker>;
  void erase(Map::iterator it);
  void look_at(Map::value_type& one, SteadyTime when);

  Map breakers_;                                    // of endpoints that failed last
  std::set<std::pair<SteadyTime, Position>> ends_;  // of rests; where none is on, when it is forgotten
  std::size_t open_ = 0;
};

}  // namespace sealpost::delivery
