#include "storage/store_sqlite/internal/due_targets.h"

namespace sealpost::store_sqlite {

// Steps from one (integration, target) to the next: one seek each, however long their backlogs are.
StoreResult<DueTargets> DueTargets::load(Database& database) {
  DueTargets targets;
  Position integration = 0;
  Position target = 0;
  for (;;) {
    auto query = database.query(
        "SELECT integration, target, next_ms, organization FROM delivery INDEXED BY delivery_waiting"
        " WHERE state = 0 AND (integration, target) > (?, ?) ORDER BY integration, target, next_ms LIMIT 1",
        integration, target);
    SEALPOST_TRY(const bool row, query.step());
    if (!row) return targets;
    integration = query.integer(0);
    target = query.integer(1);
    targets.note({query.integer(3), integration, target}, query.time(2));
  }
}

void DueTargets::note(const DueTarget& target, WallTime due) {
  const auto [place, fresh] = due_.try_emplace(target, due);
  if (!fresh && place->second <= due) return;
  settle(target, due);
}

void DueTargets::settle(const DueTarget& target, std::optional<WallTime> next) {
  ByTime& times = organizations_[target.organization];
  const auto known = due_.find(target);
  if (known != due_.end()) {
    times.erase({known->second, target});
    due_.erase(known);
  }
  if (next) {
    due_.emplace(target, *next);
    times.emplace(*next, target);
  } else if (times.empty()) {
    organizations_.erase(target.organization);
  }
}

std::vector<DueTarget> DueTargets::ready(WallTime now, const Full& full, std::size_t most) {
  struct Walk {
    ByTime::const_iterator at, end;
  };
  std::vector<Walk> walks;
  const auto add = [&](auto from, auto to) {
    for (; from != to; ++from)
      if (!full.organizations.contains(from->first))
        walks.push_back({from->second.begin(), from->second.end()});
  };
  const auto first = organizations_.upper_bound(turn_);
  add(first, organizations_.end());
  add(organizations_.begin(), first);
  if (!organizations_.empty())
    turn_ = first == organizations_.end() ? organizations_.begin()->first : first->first;

  std::vector<DueTarget> found;
  for (bool more = true; more && found.size() < most;) {
    more = false;
    for (Walk& walk : walks) {
      while (walk.at != walk.end && walk.at->first <= now && full.targets.contains(walk.at->second.target))
        ++walk.at;
      if (walk.at == walk.end || walk.at->first > now || found.size() >= most) continue;
      found.push_back(walk.at->second);
      ++walk.at;
      more = true;
    }
  }
  return found;
}

std::optional<WallTime> DueTargets::next_due(const Full& full) const {
  std::optional<WallTime> earliest;
  for (const auto& [organization, times] : organizations_) {
    if (full.organizations.contains(organization)) continue;
    for (const auto& [time, target] : times) {
      if (full.targets.contains(target.target)) continue;
      if (!earliest || time < *earliest) earliest = time;
      break;
    }
  }
  return earliest;
}

std::vector<DueTarget> DueTargets::of_integration(Position organization, Position integration) const {
  std::vector<DueTarget> found;
  for (auto at = due_.lower_bound({organization, integration, 0});
       at != due_.end() && at->first.organization == organization && at->first.integration == integration;
       ++at)
    found.push_back(at->first);
  return found;
}

std::vector<DueTarget> DueTargets::of_target(Position organization, Position target) const {
  std::vector<DueTarget> found;
  for (auto at = due_.lower_bound({organization, 0, 0});
       at != due_.end() && at->first.organization == organization; ++at)
    if (at->first.target == target) found.push_back(at->first);
  return found;
}

}  // namespace sealpost::store_sqlite
