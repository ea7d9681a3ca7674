#include "flow/delivery/internal/breakers.h"

#include <algorithm>

namespace sealpost::delivery {
namespace {

Milliseconds rest_of(std::uint32_t openings, std::uint64_t random) {
  Milliseconds rest = Breakers::kFirstRest;
  for (std::uint32_t i = 1; i < openings && rest < Breakers::kLongestRest; ++i) rest *= 2;
  rest = std::min(rest, Breakers::kLongestRest);
  const auto tenth = static_cast<std::uint64_t>(rest.count() / 10);
  return rest - Milliseconds(static_cast<std::int64_t>(random % (tenth + 1)));
}

// It began late, or never: other sends were before it.
bool waited_with_us(const OutboundResult& result, Milliseconds timeout) {
  const auto before = result.timings.resolved;
  return result.outcome == OutboundOutcome::Timeout &&
         (2 * before > timeout || (before.count() == 0 && !result.request_sent));
}

}  // namespace

ReceiverSign receiver_sign(std::optional<PublicCode> code, const OutboundResult& result,
                           Milliseconds timeout) {
  if (!code) return ReceiverSign::Answers;
  switch (*code) {
    case PublicCode::ReceiverTimeout:
    case PublicCode::ConnectFailed:
      return waited_with_us(result, timeout) ? ReceiverSign::None : ReceiverSign::Ails;
    case PublicCode::ReceiverThrottled:
    case PublicCode::NameNotResolved:
    case PublicCode::TlsFailed:
    case PublicCode::ConnectionLost:
      return ReceiverSign::Ails;
    case PublicCode::ReceiverError:
      return result.http_status >= 500 ? ReceiverSign::Ails : ReceiverSign::Answers;
    case PublicCode::ReceiverGone:
    case PublicCode::RedirectRefused:
    case PublicCode::ResponseTooLarge:
      return ReceiverSign::Answers;
    default:  // refused, aborted or never sent: it was not asked
      return ReceiverSign::None;
  }
}

std::uint32_t Breakers::most_under_way(Position endpoint, std::uint32_t concurrency, SteadyTime now) const {
  const auto it = breakers_.find(endpoint);
  if (it == breakers_.end() || it->second.openings == 0) return concurrency;
  return now < it->second.until ? 0 : 1;
}

Milliseconds Breakers::rest_left(Position endpoint, SteadyTime now) const {
  const auto it = breakers_.find(endpoint);
  if (it == breakers_.end() || it->second.openings == 0) return Milliseconds(0);
  return std::max(std::chrono::ceil<Milliseconds>(it->second.until - now), Milliseconds(0));
}

Breakers::Turn Breakers::note(const Tried& tried, ReceiverSign sign, SteadyTime now, std::uint64_t random) {
  if (sign == ReceiverSign::None) return Turn::None;
  auto it = breakers_.find(tried.endpoint);
  const bool known = it != breakers_.end();
  const bool was_open = known && it->second.openings > 0;
  if (sign == ReceiverSign::Answers || tried.threshold == 0) {
    if (known) erase(it);
    return was_open ? Turn::Closed : Turn::None;
  }
  if (known && it->second.version != tried.version) {
    erase(it);
    it = breakers_.end();
  }
  if (it == breakers_.end()) it = breakers_.try_emplace(tried.endpoint).first;
  Breaker& breaker = it->second;
  breaker.version = tried.version;
  ++breaker.failures;
  // What was under way when it opened says nothing new.
  if (breaker.openings > 0 && now < breaker.until) return Turn::None;
  if (breaker.openings == 0 && breaker.failures < tried.threshold) {
    look_at(*it, now + kForgottenAfter);
    return Turn::None;
  }
  if (breaker.openings == 0) ++open_;
  ++breaker.openings;
  breaker.until = now + rest_of(breaker.openings, random);
  look_at(*it, breaker.until);
  return Turn::Opened;
}

std::vector<Position> Breakers::rested(SteadyTime now) {
  std::vector<Position> out;
  while (!ends_.empty() && ends_.begin()->first <= now) {
    const auto it = breakers_.find(ends_.begin()->second);
    const bool rest_ended = it->second.openings > 0 && it->second.looked_at == it->second.until;
    if (rest_ended) {
      out.push_back(it->first);
      look_at(*it, it->second.until + kForgottenAfter);
    } else {
      erase(it);
    }
  }
  return out;
}

std::optional<SteadyTime> Breakers::next_end() const {
  return ends_.empty() ? std::nullopt : std::optional(ends_.begin()->first);
}

std::vector<Position> Breakers::resting(SteadyTime now) const {
  std::vector<Position> out;
  if (open_ == 0) return out;
  for (const auto& [endpoint, breaker] : breakers_)
    if (breaker.openings > 0 && now < breaker.until) out.push_back(endpoint);
  return out;
}

void Breakers::erase(Map::iterator it) {
  if (it->second.openings > 0) --open_;
  ends_.erase({it->second.looked_at, it->first});
  breakers_.erase(it);
}

void Breakers::look_at(Map::value_type& one, SteadyTime when) {
  ends_.erase({one.second.looked_at, one.first});
  one.second.looked_at = when;
  ends_.insert({when, one.first});
}

}  // namespace sealpost::delivery
