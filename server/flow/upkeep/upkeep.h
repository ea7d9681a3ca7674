// Runs chores: named functions with a period each, on a thread each. A chore that says More is called again
// after a short pause instead of its period, so that long work is done in bounded steps. Chores that act by
// the wall clock's word (purging) rest for a while after the clock was seen to step by more than two seconds,
// forwards or back: a wrong date must not delete. Life cycle: add() everything, start(), stop() (or the
// destructor), which waits for calls under way and for nothing else. Internally synchronised after start().
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "flow/upkeep/clock_watch.h"
#include "foundation/concurrency/ticker.h"
#include "foundation/log/log.h"

namespace sealpost {

enum class ChoreOutcome : std::uint8_t { Done, More };
enum class ChoreTrust : std::uint8_t {
  AnyClock,
  SettledClock,  // rests after a step of the wall clock
};

struct Chore {
  std::string name;  // a literal of the program: what logs call it
  Milliseconds period{1'000};
  ChoreTrust trust = ChoreTrust::AnyClock;
  // May wait; looks at the token when it takes long.
  std::function<ChoreOutcome(std::stop_token)> run;
};

class Upkeep final {
 public:
  struct Options {
    Milliseconds clock_period{500};
    Milliseconds rest_after_step = std::chrono::minutes(10);
    Milliseconds pause_between_steps{20};
  };
  Upkeep(const Clock& clock, Logger& log, Options options);
  Upkeep(const Clock& clock, Logger& log) : Upkeep(clock, log, Options{}) {}
  ~Upkeep();
  Upkeep(const Upkeep&) = delete;
  Upkeep& operator=(const Upkeep&) = delete;

  // Before start().
  void add(Chore chore);
  void start();
  void stop();

  // The next call of a chore, now.
  void wake(std::string_view name);
  void wake_all();
  // Chores with ChoreTrust::SettledClock rest at this moment.
  [[nodiscard]] bool resting() const;
  [[nodiscard]] std::uint64_t clock_steps() const { return steps_.load(std::memory_order_relaxed); }

 private:
  struct Runner;
  void watch_clock();
  void call(Chore& chore, const std::stop_token& stop);

  const Clock& clock_;
  Logger& log_;
  const Options options_;
  mutable std::mutex mutex_;
  std::condition_variable_any pause_;  // nobody notifies it: stop requests end the pauses
  ClockWatch watch_;                   // with mutex_
  std::optional<SteadyTime> rest_until_;
  std::atomic<std::uint64_t> steps_{0};
  std::vector<std::unique_ptr<Runner>> runners_;
};

}  // namespace sealpost
