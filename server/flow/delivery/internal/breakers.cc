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

}  // namespace

ReceiverSign receiver_sign(std::optional<PublicCode> code, std::uint32_t http_status) {
  if (!code) return ReceiverSign::Answers;
  switch (*code) {
    case PublicCode::ReceiverTimeout:
    case PublicCode::ReceiverThrottled:
    case PublicCode::ConnectFailed:
    case PublicCode::NameNotResolved:
    case PublicCode::TlsFailed:
    case PublicCode::ConnectionLost:
      return ReceiverSign::Ails;
    case PublicCode::ReceiverError:
      return http_status >= 500 ? ReceiverSign::Ails : ReceiverSign::Answers;
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

std::optional<Milliseconds> Breakers::rest_left(Position endpoint, SteadyTime now) const {
  const auto it = breakers_.find(endpoint);
  if (it == breakers_.end() || it->second.openings == 0 || now >= it->second.until) return std::nullopt;
  return std::chrono::ceil<Milliseconds>(it->second.until - now);
}

Breakers::Turn Breakers::note(const Tried& tried, ReceiverSign sign, SteadyTime now, std::uint64_t random) {
  if (sign == ReceiverSign::None) return Turn::None;
  if (sign == ReceiverSign::Answers || tried.threshold == 0) {
    const auto it = breakers_.find(tried.endpoint);
    if (it == breakers_.end()) return Turn::None;
    const bool was_open = it->second.openings > 0;
    breakers_.erase(it);
    if (!was_open) return Turn::None;
    --open_;
    find_next_end();
    return Turn::Closed;
  }
  Breaker& breaker = breakers_[tried.endpoint];
  breaker.version = tried.version;
  ++breaker.failures;
  // What was under way when it opened says nothing new.
  if (breaker.openings > 0 && now < breaker.until) return Turn::None;
  if (breaker.openings == 0 && breaker.failures < tried.threshold) return Turn::None;
  if (breaker.openings == 0) ++open_;
  ++breaker.openings;
  breaker.until = now + rest_of(breaker.openings, random);
  breaker.resting = true;
  find_next_end();
  return Turn::Opened;
}

std::vector<Position> Breakers::rested(SteadyTime now) {
  std::vector<Position> out;
  if (!next_end_ || now < *next_end_) return out;
  for (auto& [endpoint, breaker] : breakers_) {
    if (!breaker.resting || now < breaker.until) continue;
    breaker.resting = false;
    out.push_back(endpoint);
  }
  find_next_end();
  return out;
}

void Breakers::find_next_end() {
  next_end_.reset();
  if (open_ == 0) return;
  for (const auto& [endpoint, breaker] : breakers_)
    if (breaker.resting && (!next_end_ || breaker.until < *next_end_)) next_end_ = breaker.until;
}

std::vector<Position> Breakers::open() const {
  std::vector<Position> out;
  if (open_ == 0) return out;
  for (const auto& [endpoint, breaker] : breakers_)
    if (breaker.openings > 0) out.push_back(endpoint);
  return out;
}

}  // namespace sealpost::delivery
