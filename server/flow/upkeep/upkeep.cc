#include "flow/upkeep/upkeep.h"

#include <algorithm>

#include "foundation/result/result.h"

namespace sealpost {

struct Upkeep::Runner {
  Chore chore;
  std::unique_ptr<Ticker> ticker;
};

Upkeep::Upkeep(const Clock& clock, Logger& log, Options options)
    : clock_(clock), log_(log), options_(options), watch_(clock) {}

Upkeep::~Upkeep() { stop(); }

void Upkeep::add(Chore chore) {
  auto runner = std::make_unique<Runner>();
  runner->chore = std::move(chore);
  runners_.push_back(std::move(runner));
}

void Upkeep::start() {
  auto watcher = std::make_unique<Runner>();
  watcher->chore = {.name = "clock_watch",
                    .period = options_.clock_period,
                    .trust = ChoreTrust::AnyClock,
                    .run = [this](std::stop_token) {
                      watch_clock();
                      return ChoreOutcome::Done;
                    }};
  runners_.push_back(std::move(watcher));
  for (auto& runner : runners_) {
    Chore& chore = runner->chore;
    runner->ticker =
        std::make_unique<Ticker>(chore.period, [this, &chore](std::stop_token stop) { call(chore, stop); });
  }
}

void Upkeep::stop() {
  for (auto& runner : runners_)
    if (runner->ticker) runner->ticker->stop();
}

void Upkeep::wake(std::string_view name) {
  for (auto& runner : runners_)
    if (runner->chore.name == name && runner->ticker) runner->ticker->wake();
}

void Upkeep::wake_all() {
  for (auto& runner : runners_)
    if (runner->ticker) runner->ticker->wake();
}

bool Upkeep::resting() const {
  const std::scoped_lock lock(mutex_);
  return rest_until_ && clock_.steady_now() < *rest_until_;
}

void Upkeep::watch_clock() {
  std::optional<Milliseconds> step;
  {
    const std::scoped_lock lock(mutex_);
    step = watch_.look();
    if (!step) return;
    rest_until_ = clock_.steady_now() + options_.rest_after_step;
  }
  log_.warn("clock_stepped",
            {{"by_ms", step->count()},
             {"purging_rests_s", std::chrono::floor<Seconds>(options_.rest_after_step).count()}});
  steps_.fetch_add(1, std::memory_order_release);  // what is counted has been told
}

void Upkeep::call(Chore& chore, const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (chore.trust == ChoreTrust::SettledClock) {
      // Looks itself: the step may be younger than the watcher's last look.
      watch_clock();
      if (resting()) return;
    }
    if (chore.run(stop) == ChoreOutcome::Done) return;
    std::unique_lock lock(mutex_);
    pause_.wait_for(lock, stop, options_.pause_between_steps, [] { return false; });
  }
}

}  // namespace sealpost
