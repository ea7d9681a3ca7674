#include "edge/http_sender/internal/turn_queue.h"

#include <algorithm>

namespace sealpost {

void TurnQueue::push(Submission&& work) {
  const OrganizationId organization = work.request.policy->tenancy().organization;
  lines_[organization].push_back(std::move(work));
  ++size_;
}

bool TurnQueue::ready(const HeldPlaces& held) const {
  return std::ranges::any_of(lines_, [&](const auto& line) { return held.room_for(line.first); });
}

std::optional<Submission> TurnQueue::pop(const HeldPlaces& held) {
  auto line = lines_.upper_bound(served_);
  for (std::size_t looked_at = 0; looked_at < lines_.size(); ++looked_at, ++line) {
    if (line == lines_.end()) line = lines_.begin();
    if (!held.room_for(line->first)) continue;
    served_ = line->first;
    Submission work = std::move(line->second.front());
    line->second.pop_front();
    if (line->second.empty()) lines_.erase(line);
    --size_;
    return work;
  }
  return std::nullopt;
}

}  // namespace sealpost
