// The line before each endpoint: how many of its deliveries are under way, and who waits for a place. A line
// exists as long as something is in it. The engine's thread only.
#pragma once

#include <algorithm>
#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

#include "domain/policy/outbound_http.h"
#include "storage/store/commands.h"

namespace sealpost::delivery {

class EndpointLines final {
 public:
  struct Line {
    std::deque<SendTag> waiting;
    std::uint32_t under_way = 0;
    bool short_of_room = false;  // the last claim was told to leave some of its deliveries in the store
    [[nodiscard]] std::size_t held() const { return waiting.size() + under_way; }
  };

  // False when the line holds `bound` already.
  [[nodiscard]] bool enter(Position endpoint, SendTag tag, std::size_t bound) {
    Line& line = lines_[endpoint];
    if (line.held() >= bound) return false;
    line.waiting.push_back(tag);
    ++waiting_;
    return true;
  }
  // The next one whose turn it is, which is under way from now on.
  [[nodiscard]] std::optional<SendTag> begin_next(Position endpoint, std::uint32_t concurrency) {
    const auto it = lines_.find(endpoint);
    if (it == lines_.end() || it->second.under_way >= concurrency || it->second.waiting.empty())
      return std::nullopt;
    const SendTag tag = it->second.waiting.front();
    it->second.waiting.pop_front();
    --waiting_;
    ++it->second.under_way;
    return tag;
  }
  // One that was under way has left. True when a claim may bring more for this endpoint.
  [[nodiscard]] bool leave(Position endpoint) {
    const auto it = lines_.find(endpoint);
    if (it == lines_.end()) return false;
    if (it->second.under_way > 0) --it->second.under_way;
    const bool has_room = it->second.short_of_room && it->second.waiting.empty();
    if (has_room) it->second.short_of_room = false;
    if (it->second.held() == 0) lines_.erase(it);
    return has_room;
  }
  // Takes all that wait out of one line.
  std::vector<SendTag> take_waiting_of(Position endpoint) {
    const auto it = lines_.find(endpoint);
    if (it == lines_.end()) return {};
    std::vector<SendTag> out(it->second.waiting.begin(), it->second.waiting.end());
    it->second.waiting.clear();
    waiting_ -= out.size();
    if (it->second.held() == 0) lines_.erase(it);
    return out;
  }
  // Takes those that wait and match out of all lines.
  template <class Predicate>
  std::vector<SendTag> take_waiting(Predicate matches) {
    std::vector<SendTag> out;
    for (auto it = lines_.begin(); it != lines_.end();) {
      auto& waiting = it->second.waiting;
      const auto keep =
          std::stable_partition(waiting.begin(), waiting.end(), [&](SendTag tag) { return !matches(tag); });
      out.insert(out.end(), keep, waiting.end());
      waiting.erase(keep, waiting.end());
      it = it->second.held() == 0 ? lines_.erase(it) : std::next(it);
    }
    waiting_ -= out.size();
    return out;
  }
  // Endpoints with less room than `full_room`, for a claim; `capacity` says how many of an endpoint's a line
  // should hold.
  template <class Capacity>
  std::vector<ClaimWork::Room> rooms(std::uint32_t full_room, Capacity capacity) {
    std::vector<ClaimWork::Room> out;
    for (auto& [endpoint, line] : lines_) {
      const std::size_t most = capacity(endpoint);
      const std::size_t free = line.held() >= most ? 0 : most - line.held();
      if (free >= full_room) continue;
      line.short_of_room = true;
      out.push_back({endpoint, static_cast<std::uint32_t>(free)});
    }
    return out;
  }
  [[nodiscard]] bool has(Position endpoint) const { return lines_.contains(endpoint); }
  [[nodiscard]] std::size_t waiting() const { return waiting_; }

 private:
  std::unordered_map<Position, Line> lines_;
  std::size_t waiting_ = 0;
};

}  // namespace sealpost::delivery
