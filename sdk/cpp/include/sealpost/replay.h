// Once only: a signature proves who sent a message, not that it comes for the first time. A store remembers
// ids: claim one before the work, commit it when the work is done, release it when the work failed and the
// sender's retry is wanted. A committed id must be kept longer than the sender retries (Sealpost: 28 hours).
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string_view>

namespace sealpost::sdk {

using TimePoint = std::chrono::system_clock::time_point;

enum class ClaimResult {
  Claimed,     // the caller owns the id now, and must commit or release it
  InProgress,  // another call owns it
  Committed,   // done before
  Full,        // the store has no room; refusing is safe, accepting is not
};

// Implement this over Redis or SQL for several processes: claim() is one atomic insert-if-absent, and an
// unfinished claim of a dead process must end by itself. Thread-safe.
class ReplayStore {
 public:
  virtual ~ReplayStore() = default;
  [[nodiscard]] virtual ClaimResult claim(std::string_view id, TimePoint now) = 0;
  virtual void commit(std::string_view id, TimePoint now) = 0;
  virtual void release(std::string_view id) = 0;
};

// For one process; what it remembers ends with it. Bounded: expired ids make room, others never.
class MemoryReplayStore final : public ReplayStore {
 public:
  struct Options {
    std::size_t capacity = 100'000;
    std::chrono::hours keep{72};
  };
  MemoryReplayStore() : MemoryReplayStore(Options()) {}
  explicit MemoryReplayStore(Options options);
  ~MemoryReplayStore() override;
  [[nodiscard]] ClaimResult claim(std::string_view id, TimePoint now) override;
  void commit(std::string_view id, TimePoint now) override;
  void release(std::string_view id) override;
  [[nodiscard]] std::size_t size() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sealpost::sdk
