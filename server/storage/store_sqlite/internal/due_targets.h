// Which targets have deliveries waiting, and since when one may be due: what a claim starts from, so that the
// backlog of a capped or hanging endpoint is never scanned. Times are lower bounds: one that is too early
// costs a look and is then corrected, so a rolled-back change does no harm. Organizations take turns, and
// inside one the target that has waited longest comes first. Rebuilt from the waiting index at open. Writer
// thread only.
#pragma once

#include <map>
#include <set>

#include "storage/store_sqlite/internal/database.h"

namespace sealpost::store_sqlite {

struct DueTarget {
  Position organization = 0;
  Position integration = 0;
  Position target = 0;
  friend auto operator<=>(const DueTarget&, const DueTarget&) = default;
};

class DueTargets final {
 public:
  static StoreResult<DueTargets> load(Database& database);

  // Something waits there from `due` on.
  void note(const DueTarget& target, WallTime due);
  // What is known after looking: the next one's time, or nothing.
  void settle(const DueTarget& target, std::optional<WallTime> next);

  // Who is to be passed over.
  struct Full {
    std::set<Position> organizations;
    std::set<Position> targets;
  };
  // The targets due at `now`: one organization after the other, each contributing one per turn. The
  // organization that the last call began with comes last.
  [[nodiscard]] std::vector<DueTarget> ready(WallTime now, const Full& full, std::size_t most);
  // The earliest time anything else waits for.
  [[nodiscard]] std::optional<WallTime> next_due(const Full& full) const;

  [[nodiscard]] std::vector<DueTarget> of_integration(Position organization, Position integration) const;
  [[nodiscard]] std::vector<DueTarget> of_target(Position organization, Position target) const;

 private:
  using ByTime = std::set<std::pair<WallTime, DueTarget>>;
  std::map<DueTarget, WallTime> due_;
  std::map<Position, ByTime> organizations_;
  Position turn_ = 0;
};

}  // namespace sealpost::store_sqlite
