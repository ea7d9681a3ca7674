// How many deliveries of each organization are in hand, and how many more one may have: a quarter of all that
// may be held, so that one organization's hanging receivers leave room for the others. Of that, a quarter
// stays for those that wait in the store.
// Not thread-safe: the inbox guards it.
#pragma once

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <vector>

#include "storage/store/commands.h"

namespace sealpost::delivery {

class OrganizationShares final {
 public:
  explicit OrganizationShares(std::uint32_t held_by_all)
      : share_(std::max<std::uint32_t>(held_by_all / 4, 1)),
        born_share_(std::max<std::uint32_t>(share_ - share_ / 4, 1)),
        handful_(std::clamp<std::uint32_t>(share_ / 8, 1, 16)) {}

  void take(OrganizationId organization) {
    Held& held = held_[organization.position];
    ++held.count;
    if (held.least_free) held.least_free = std::min(*held.least_free, free_of(share_, held.count));
  }
  // True when a claim may bring more of it: the last one was told to leave some in the store, and a handful
  // of places has come free since.
  [[nodiscard]] bool give_back(OrganizationId organization) {
    const auto it = held_.find(organization.position);
    if (it == held_.end()) return false;
    Held& held = it->second;
    --held.count;
    const bool has_room =
        held.least_free && (held.count == 0 || free_of(share_, held.count) >= *held.least_free + handful_);
    if (has_room) held.least_free.reset();
    if (held.count == 0) held_.erase(it);
    return has_room;
  }
  // How many more may be born leased.
  [[nodiscard]] std::uint32_t born_room(OrganizationId organization) const {
    const auto it = held_.find(organization.position);
    return free_of(born_share_, it == held_.end() ? 0 : it->second.count);
  }
  [[nodiscard]] std::uint32_t share() const { return share_; }
  // Organizations with less room than a claim asks for, which must be no more than a share: who holds nothing
  // is not listed. There are few: each holds much of its share.
  [[nodiscard]] std::vector<ClaimWork::Share> for_claim(std::uint32_t most) {
    std::vector<ClaimWork::Share> out;
    for (auto& [organization, held] : held_) {
      const std::uint32_t free = free_of(share_, held.count);
      if (free >= most) continue;
      held.least_free = free;
      out.push_back({{organization}, free});
    }
    return out;
  }

 private:
  struct Held {
    std::uint32_t count = 0;
    std::optional<std::uint32_t> least_free;  // since a claim was told to leave some in the store
  };
  static std::uint32_t free_of(std::uint32_t share, std::uint32_t count) {
    return count >= share ? 0 : share - count;
  }
  std::uint32_t share_;
  std::uint32_t born_share_;
  std::uint32_t handful_;
  std::unordered_map<Position, Held> held_;  // none is empty-handed
};

}  // namespace sealpost::delivery
