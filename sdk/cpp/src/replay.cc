#include "sealpost/replay.h"

#include <algorithm>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace sealpost::sdk {

struct MemoryReplayStore::State {
  struct Commit {
    TimePoint when;
    std::string id;
  };
  explicit State(Options o) : options(o) {}

  // Commits are in the order in which they expire, because all are kept equally long.
  void drop_expired(TimePoint now) {
    while (!commits.empty() && now - commits.front().when > options.keep) {
      ids.erase(commits.front().id);
      commits.pop_front();
    }
  }

  const Options options;
  mutable std::mutex mutex;
  std::unordered_map<std::string, bool> ids;  // true: committed
  std::deque<Commit> commits;
};

MemoryReplayStore::MemoryReplayStore(Options options) : state_(std::make_unique<State>(options)) {}
MemoryReplayStore::~MemoryReplayStore() = default;

ClaimResult MemoryReplayStore::claim(std::string_view id, TimePoint now) {
  const std::lock_guard lock(state_->mutex);
  state_->drop_expired(now);
  const std::string key(id);
  if (const auto found = state_->ids.find(key); found != state_->ids.end())
    return found->second ? ClaimResult::Committed : ClaimResult::InProgress;
  if (state_->ids.size() >= state_->options.capacity) return ClaimResult::Full;
  state_->ids.emplace(key, false);
  return ClaimResult::Claimed;
}

void MemoryReplayStore::commit(std::string_view id, TimePoint now) {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->ids.find(std::string(id));
  if (found == state_->ids.end() || found->second) return;
  found->second = true;
  // A clock that stepped back must not let an older commit hide behind a younger one.
  const TimePoint when = state_->commits.empty() ? now : std::max(now, state_->commits.back().when);
  state_->commits.push_back({when, found->first});
}

void MemoryReplayStore::release(std::string_view id) {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->ids.find(std::string(id));
  if (found != state_->ids.end() && !found->second) state_->ids.erase(found);
}

std::size_t MemoryReplayStore::size() const {
  const std::lock_guard lock(state_->mutex);
  return state_->ids.size();
}

}  // namespace sealpost::sdk
