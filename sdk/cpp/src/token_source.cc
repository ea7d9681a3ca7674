#include "token_source.h"

#include <utility>

namespace sealpost::sdk {
namespace {

// Between early fetches that fail, so that a token service in trouble is not asked with every message.
constexpr std::chrono::seconds kEarlyPause{5};

Error stopped() {
  return {
      .category = ErrorCategory::Stopped, .code = "outcome_unknown", .retryable = true, .title = "Stopped"};
}

}  // namespace

Outcome<TokenPtr, Error> TokenSource::get(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  for (;;) {
    const SteadyPoint now = pace_.steady_now();
    if (usable(now)) {
      const bool early = now >= token_->refresh_at() && (!no_early_before_ || now >= *no_early_before_);
      if (!early || flying_) return token_;
      const TokenPtr present = token_;
      auto fresh = fly(lock, Need::Early, stop);
      return fresh ? fresh : Outcome<TokenPtr, Error>(present);
    }
    if (!flying_) return fly(lock, Need::Now, stop);
    const std::uint64_t awaited = flights_ + 1;
    if (!landed_.wait(lock, stop, [&] { return flights_ >= awaited; })) return stopped();
    // Whoever stopped its own fetch decides nothing for the others.
    if (flights_ == awaited && last_error_ && last_error_->category != ErrorCategory::Stopped)
      return *last_error_;
  }
}

Outcome<TokenPtr, Error> TokenSource::fly(std::unique_lock<std::mutex>& lock, Need need,
                                          const std::stop_token& stop) {
  flying_ = true;
  lock.unlock();
  const SteadyPoint asked_at = pace_.steady_now();
  auto fresh = fetch_(need, stop);
  lock.lock();
  flying_ = false;
  ++flights_;
  last_error_.reset();
  no_early_before_.reset();
  landed_.notify_all();
  if (fresh) return token_ = std::make_shared<const AccessToken>(std::move(*fresh), asked_at);
  if (need == Need::Early) no_early_before_ = pace_.steady_now() + kEarlyPause;
  last_error_ = fresh.error();
  return fresh.error();
}

void TokenSource::discard(const TokenPtr& refused) {
  const std::lock_guard lock(mutex_);
  if (token_ == refused) token_.reset();
}

}  // namespace sealpost::sdk
