// A fixed set of threads behind a bounded queue of tasks. A full queue refuses the task, so that load shows
// where it can be answered instead of as memory. Life: stop() refuses new tasks, finishes those already taken
// in, and joins; the destructor stops. A task must not call stop() on its own pool. Internally synchronised.
#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "foundation/concurrency/bounded_queue.h"

namespace sealpost {

// Runs once and may own what cannot be copied.
using Task = std::move_only_function<void()>;

class ThreadPool final {
 public:
  ThreadPool(std::size_t threads, std::size_t queue_capacity);
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  ~ThreadPool();

  // False when the queue is full or the pool is stopping; `task` is then untouched. A task that lets an
  // exception out ends the process.
  [[nodiscard]] bool try_submit(Task&& task) { return queue_.try_push(std::move(task)); }
  void stop();
  // Tasks that no thread has taken yet.
  [[nodiscard]] std::size_t queued() const { return queue_.size(); }

 private:
  void work() noexcept;

  BoundedQueue<Task> queue_;
  std::mutex stopping_;  // guards threads_ against two stop() at once
  std::vector<std::jthread> threads_;
};

}  // namespace sealpost
