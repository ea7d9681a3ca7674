// Keeps one access token fresh for all threads of a client. Renewal starts at four fifths of a token's life;
// meanwhile the others go on with the old one, and only who has no usable token waits. At most one fetch
// runs. Internally synchronised; the lock is never held during a fetch.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>

#include "sealpost/error.h"
#include "sealpost/outcome.h"
#include "sealpost/secret.h"
#include "sealpost/transport.h"

namespace sealpost::sdk {

using SteadyPoint = std::chrono::steady_clock::time_point;

struct FreshToken {
  Secret authorization;  // the value of the Authorization header
  std::chrono::seconds lifetime;
};

class AccessToken final {
 public:
  AccessToken(FreshToken fresh, SteadyPoint asked_at)
      : authorization_(std::move(fresh.authorization)),
        refresh_at_(asked_at + std::chrono::milliseconds(fresh.lifetime) * 4 / 5),
        expires_at_(asked_at + fresh.lifetime) {}
  [[nodiscard]] const Secret& authorization() const { return authorization_; }
  [[nodiscard]] SteadyPoint refresh_at() const { return refresh_at_; }
  [[nodiscard]] SteadyPoint expires_at() const { return expires_at_; }

 private:
  Secret authorization_;
  SteadyPoint refresh_at_;
  SteadyPoint expires_at_;
};
using TokenPtr = std::shared_ptr<const AccessToken>;

enum class Need { Early, Now };  // Early: a usable token is still there, so do not insist

class TokenSource final {
 public:
  using Fetch = std::function<Outcome<FreshToken, Error>(Need, const std::stop_token&)>;
  TokenSource(Pace& pace, Fetch fetch) : pace_(pace), fetch_(std::move(fetch)) {}

  [[nodiscard]] Outcome<TokenPtr, Error> get(const std::stop_token& stop);
  // The gateway refused this token; one that came after it stays.
  void discard(const TokenPtr& refused);

 private:
  [[nodiscard]] bool usable(SteadyPoint now) const { return token_ && now < token_->expires_at(); }
  Outcome<TokenPtr, Error> fly(std::unique_lock<std::mutex>& lock, Need need, const std::stop_token& stop);

  Pace& pace_;
  const Fetch fetch_;
  std::mutex mutex_;
  std::condition_variable_any landed_;
  TokenPtr token_;
  std::optional<SteadyPoint> no_early_before_;  // after an early fetch that failed
  bool flying_ = false;
  std::uint64_t flights_ = 0;        // that have landed
  std::optional<Error> last_error_;  // of the flight that landed last
};

}  // namespace sealpost::sdk
