#include "foundation/concurrency/thread_pool.h"

namespace sealpost {

ThreadPool::ThreadPool(std::size_t threads, std::size_t queue_capacity) : queue_(queue_capacity) {
  SEALPOST_CHECK(threads > 0);
  threads_.reserve(threads);
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

ThreadPool::~ThreadPool() { stop(); }

void ThreadPool::stop() {
  queue_.close();
  const std::scoped_lock lock(stopping_);
  threads_.clear();  // joins
}

void ThreadPool::work() noexcept {
  for (;;) {
    // One at a time: a batch would hold short tasks back behind a long one while other threads idle.
    std::vector<Task> taken = queue_.pop_all(std::stop_token(), std::chrono::hours(1), 1);
    if (!taken.empty())
      taken.front()();
    else if (queue_.closed())
      return;
  }
}

}  // namespace sealpost
