// The life of a signing key: pending → active → retiring → retired → destroyed, and compromised from any
// state before destroyed. During `retiring` old and new both sign and both verify; until its end the step can
// be taken back. Each function takes the record and gives the next one, or says why not. Pure, thread-safe.
#pragma once

#include <optional>
#include <string_view>

#include "domain/model/records.h"
#include "foundation/result/result.h"

namespace sealpost {

enum class KeyLifeError : std::uint8_t {
  NoSuchStep,  // the state it is in has no such step
  BadTime,     // an end before now, or a beginning after it
  BadOverlap,  // negative, or above kMaxKeyOverlap
};

inline constexpr Milliseconds kDefaultKeyOverlap = std::chrono::hours(24);
inline constexpr Milliseconds kMaxKeyOverlap = std::chrono::hours(30 * 24);

Result<SigningKey, KeyLifeError> activate_key(SigningKey key, WallTime now);
// An overlap of zero retires at once.
Result<SigningKey, KeyLifeError> begin_retirement(SigningKey key, Milliseconds overlap, WallTime now);
Result<SigningKey, KeyLifeError> take_back_retirement(SigningKey key, WallTime now);
Result<SigningKey, KeyLifeError> finish_retirement(SigningKey key, WallTime now);
// Its material is to be deleted in the same transaction.
Result<SigningKey, KeyLifeError> destroy_key(SigningKey key, WallTime now);
Result<SigningKey, KeyLifeError> mark_compromised(SigningKey key, WallTime since, WallTime now);

// The state that counts at `now`: a retiring key past its overlap, or any key past its expiry, is retired
// although nobody has written it down yet.
[[nodiscard]] KeyState effective_state(const SigningKey& key, WallTime now);
// When that will next differ from what it is; nothing when time alone changes nothing.
[[nodiscard]] std::optional<WallTime> next_change_at(const SigningKey& key, WallTime now);
// When it stopped (or will have stopped) being current, for the 90 days of `retired_key`.
[[nodiscard]] std::optional<WallTime> retired_since(const SigningKey& key, WallTime now);
// Rotation is due: `rotate_every_days` after activation.
[[nodiscard]] bool rotation_due(const SigningKey& key, WallTime now);

}  // namespace sealpost
