// Calls a function each period on a thread of its own: first after one period, then one period after the last
// call ended, so that a slow call delays the next and never piles up. Life: runs from construction to stop()
// or destruction, which wait for a call under way and for nothing else. The function may look at the stop
// token to end early. Internally synchronised.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

namespace sealpost {

class Ticker final {
 public:
  using Call = std::move_only_function<void(std::stop_token)>;

  Ticker(std::chrono::steady_clock::duration period, Call call);
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;
  ~Ticker();

  // Makes the next call now instead of at the period's end. Several wishes before it starts are one.
  void wake();
  // Not from inside the call.
  void stop();

 private:
  void run(const std::stop_token& stop) noexcept;

  const std::chrono::steady_clock::duration period_;
  Call call_;  // the thread's own
  std::mutex mutex_;
  std::condition_variable_any changed_;  // with woken_
  bool woken_ = false;
  std::mutex stopping_;  // guards thread_ against two stop() at once
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace sealpost
