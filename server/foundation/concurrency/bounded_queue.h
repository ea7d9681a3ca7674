// A first-in first-out queue between threads that refuses instead of growing. Producers never wait: what to
// do when it is full is their decision (shed, answer "busy"). Consumers take everything that is there at
// once, which is how one commit serves many records. Life: close() lets consumers drain what is left and then
// tells them to end. Internally synchronised.
#pragma once

#include <chrono>
#include <concepts>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <limits>
#include <mutex>
#include <stop_token>
#include <utility>
#include <vector>

#include "foundation/result/result.h"

namespace sealpost {

template <class T>
class BoundedQueue final {
 public:
  explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) { SEALPOST_CHECK(capacity > 0); }
  BoundedQueue(const BoundedQueue&) = delete;
  BoundedQueue& operator=(const BoundedQueue&) = delete;

  // False when full or closed; `item` is then untouched.
  [[nodiscard]] bool try_push(T&& item) {
    {
      const std::scoped_lock lock(mutex_);
      if (closed_ || items_.size() >= capacity_) return false;
      items_.push_back(std::move(item));
    }
    ready_.notify_one();
    return true;
  }
  [[nodiscard]] bool try_push(const T& item)
    requires std::copy_constructible<T>
  {
    return try_push(T(item));
  }

  // Waits until there is something, then takes up to `most` items. Empty after the timeout, on a stop
  // request, or when the queue is closed and drained; a stop request leaves what is queued where it is.
  [[nodiscard]] std::vector<T> pop_all(std::stop_token stop, std::chrono::steady_clock::duration timeout,
                                       std::size_t most = std::numeric_limits<std::size_t>::max()) {
    std::unique_lock lock(mutex_);
    ready_.wait_for(lock, stop, timeout, [this] { return !items_.empty() || closed_; });
    return stop.stop_requested() ? pass_on(lock) : take(lock, most);
  }
  // The same without a timeout.
  [[nodiscard]] std::vector<T> pop_all(std::stop_token stop) {
    std::unique_lock lock(mutex_);
    ready_.wait(lock, stop, [this] { return !items_.empty() || closed_; });
    return stop.stop_requested() ? pass_on(lock) : take(lock, std::numeric_limits<std::size_t>::max());
  }
  // Whatever is there now, without waiting.
  [[nodiscard]] std::vector<T> drain() {
    std::unique_lock lock(mutex_);
    return take(lock, std::numeric_limits<std::size_t>::max());
  }

  void close() {
    {
      const std::scoped_lock lock(mutex_);
      closed_ = true;
    }
    ready_.notify_all();
  }
  [[nodiscard]] bool closed() const {
    const std::scoped_lock lock(mutex_);
    return closed_;
  }
  [[nodiscard]] std::size_t size() const {
    const std::scoped_lock lock(mutex_);
    return items_.size();
  }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

 private:
  // The stopped consumer may be the one a push woke: another must hear of the items.
  std::vector<T> pass_on(std::unique_lock<std::mutex>& lock) {
    const bool more = !items_.empty();
    lock.unlock();
    if (more) ready_.notify_one();
    return {};
  }

  std::vector<T> take(std::unique_lock<std::mutex>& lock, std::size_t most) {
    std::vector<T> out;
    while (!items_.empty() && out.size() < most) {
      out.push_back(std::move(items_.front()));
      items_.pop_front();
    }
    const bool more = !items_.empty();
    lock.unlock();
    // Each push woke one consumer; one that took less than there was hands the rest on.
    if (more) ready_.notify_one();
    return out;
  }

  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable_any ready_;  // with items_ and closed_
  std::deque<T> items_;
  bool closed_ = false;
};

}  // namespace sealpost
