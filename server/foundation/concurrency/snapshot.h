// Holds an immutable value that is replaced whole. A reader that took one keeps a consistent view for as long
// as it likes; the last holder frees it. Never null. Internally synchronised.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "foundation/result/result.h"

namespace sealpost {

template <class T>
class Snapshot final {
 public:
  using Pointer = std::shared_ptr<const T>;

  explicit Snapshot(Pointer first) : value_(std::move(first)) { SEALPOST_CHECK(value_ != nullptr); }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  [[nodiscard]] Pointer load() const {
    const std::scoped_lock lock(mutex_);
    return value_;
  }
  void store(Pointer next) {
    SEALPOST_CHECK(next != nullptr);
    {
      const std::scoped_lock lock(mutex_);
      value_.swap(next);
    }
    // The old value dies here, outside the lock, if nobody reads it any more.
  }

 private:
  // A mutex held for one copy of a pointer: std::atomic<std::shared_ptr> of GCC 12 is a spin lock inside too,
  // and the thread sanitizer reports it.
  mutable std::mutex mutex_;
  Pointer value_;
};

}  // namespace sealpost
