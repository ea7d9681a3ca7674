#include "foundation/concurrency/ticker.h"

#include <utility>

namespace sealpost {

Ticker::Ticker(std::chrono::steady_clock::duration period, Call call)
    : period_(period), call_(std::move(call)), thread_([this](const std::stop_token& stop) { run(stop); }) {}

Ticker::~Ticker() { stop(); }

void Ticker::wake() {
  {
    const std::scoped_lock lock(mutex_);
    woken_ = true;
  }
  changed_.notify_one();
}

void Ticker::stop() {
  const std::scoped_lock lock(stopping_);
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

void Ticker::run(const std::stop_token& stop) noexcept {
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, stop, period_, [this] { return woken_; });
      woken_ = false;
    }
    if (stop.stop_requested()) return;
    call_(stop);
  }
}

}  // namespace sealpost
