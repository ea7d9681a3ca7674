// Requests that wait for a place, one line for each organization. Lines are served in turns and a line whose
// organization holds its share of places is passed over, so that one organization's slow receivers make
// nobody wait but that organization.
// Not thread-safe: its user guards it.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "edge/http_sender/internal/transfer.h"

namespace sealpost {

// Places held by each organization.
class HeldPlaces final {
 public:
  explicit HeldPlaces(std::size_t share) : share_(share) {}
  [[nodiscard]] bool room_for(OrganizationId organization) const {
    const auto found = held_.find(organization);
    return found == held_.end() || found->second < share_;
  }
  void take(OrganizationId organization) { ++held_[organization]; }
  void give_back(OrganizationId organization) {
    const auto found = held_.find(organization);
    SEALPOST_CHECK(found != held_.end());
    if (--found->second == 0) held_.erase(found);
  }

 private:
  const std::size_t share_;
  std::map<OrganizationId, std::size_t> held_;
};

class TurnQueue final {
 public:
  void push(Submission&& work);
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  // True if pop() would give one.
  [[nodiscard]] bool ready(const HeldPlaces& held) const;
  // The oldest of the next line that has room. Taking the place is left to the caller.
  [[nodiscard]] std::optional<Submission> pop(const HeldPlaces& held);
  // Takes out, in order within each line, what `covers` says yes to.
  template <typename Covers>
  [[nodiscard]] std::vector<Submission> extract(const Covers& covers);

 private:
  using Lines = std::map<OrganizationId, std::deque<Submission>>;
  Lines lines_;  // none is empty
  OrganizationId served_{};
  std::size_t size_ = 0;
};

template <typename Covers>
std::vector<Submission> TurnQueue::extract(const Covers& covers) {
  std::vector<Submission> taken;
  for (auto line = lines_.begin(); line != lines_.end();) {
    std::deque<Submission> kept;
    for (Submission& work : line->second) {
      if (covers(work)) {
        taken.push_back(std::move(work));
      } else {
        kept.push_back(std::move(work));
      }
    }
    line->second = std::move(kept);
    line = line->second.empty() ? lines_.erase(line) : std::next(line);
  }
  size_ -= taken.size();
  return taken;
}

}  // namespace sealpost
