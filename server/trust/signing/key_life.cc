#include "trust/signing/key_life.h"

#include <algorithm>
#include <utility>

namespace sealpost {
namespace {

void earliest(std::optional<WallTime>& best, std::optional<WallTime> candidate) {
  if (candidate && (!best || *candidate < *best)) best = candidate;
}

// The moment from which the key is no longer current, by its overlap or its expiry.
std::optional<WallTime> end_of(const SigningKey& key) {
  std::optional<WallTime> end;
  if (key.state == KeyState::Retiring) earliest(end, key.retires_at);
  if (key.state == KeyState::Pending || key.state == KeyState::Active || key.state == KeyState::Retiring)
    earliest(end, key.expires_at);
  return end;
}

}  // namespace

Result<SigningKey, KeyLifeError> activate_key(SigningKey key, WallTime now) {
  if (key.state != KeyState::Pending) return fail(KeyLifeError::NoSuchStep);
  if (key.expires_at && *key.expires_at <= now) return fail(KeyLifeError::BadTime);
  key.state = KeyState::Active;
  key.activated_at = now;
  return key;
}

Result<SigningKey, KeyLifeError> begin_retirement(SigningKey key, Milliseconds overlap, WallTime now) {
  if (effective_state(key, now) != KeyState::Active) return fail(KeyLifeError::NoSuchStep);
  if (overlap < Milliseconds(0) || overlap > kMaxKeyOverlap) return fail(KeyLifeError::BadOverlap);
  key.state = KeyState::Retiring;
  key.retires_at = now + overlap;
  if (overlap == Milliseconds(0)) return finish_retirement(std::move(key), now);
  return key;
}

Result<SigningKey, KeyLifeError> take_back_retirement(SigningKey key, WallTime now) {
  // Judged by the clock, not by the stored word: after the cut there is no way back.
  if (effective_state(key, now) != KeyState::Retiring) return fail(KeyLifeError::NoSuchStep);
  key.state = KeyState::Active;
  key.retires_at.reset();
  return key;
}

Result<SigningKey, KeyLifeError> finish_retirement(SigningKey key, WallTime now) {
  const bool current = key.state == KeyState::Active || key.state == KeyState::Pending;
  const bool over = end_of(key) && *end_of(key) <= now;
  // By the end of its overlap or of its time; or cut short on purpose while retiring.
  if (key.state != KeyState::Retiring && !(current && over)) return fail(KeyLifeError::NoSuchStep);
  key.retired_at = over ? std::min(*end_of(key), now) : now;
  key.state = KeyState::Retired;
  return key;
}

Result<SigningKey, KeyLifeError> destroy_key(SigningKey key, WallTime now) {
  const KeyState state = effective_state(key, now);
  const bool out_of_use =
      state == KeyState::Retired || state == KeyState::Compromised || state == KeyState::Pending;
  if (!out_of_use) return fail(KeyLifeError::NoSuchStep);
  if (!key.retired_at) key.retired_at = retired_since(key, now).value_or(now);
  key.state = KeyState::Destroyed;
  return key;
}

Result<SigningKey, KeyLifeError> mark_compromised(SigningKey key, WallTime since, WallTime now) {
  if (key.state == KeyState::Destroyed) return fail(KeyLifeError::NoSuchStep);
  if (since > now) return fail(KeyLifeError::BadTime);
  // Said again, the earlier time counts: suspicion only grows.
  key.compromised_since = key.compromised_since ? std::min(*key.compromised_since, since) : since;
  key.state = KeyState::Compromised;
  return key;
}

KeyState effective_state(const SigningKey& key, WallTime now) {
  const auto end = end_of(key);
  return end && *end <= now ? KeyState::Retired : key.state;
}

std::optional<WallTime> next_change_at(const SigningKey& key, WallTime now) {
  const auto end = end_of(key);
  if (!end || *end <= now) return std::nullopt;
  return end;
}

std::optional<WallTime> retired_since(const SigningKey& key, WallTime now) {
  if (key.retired_at) return key.retired_at;
  const auto end = end_of(key);
  if (!end || *end > now) return std::nullopt;
  return end;
}

bool rotation_due(const SigningKey& key, WallTime now) {
  if (key.rotate_every_days == 0 || !key.activated_at || effective_state(key, now) != KeyState::Active)
    return false;
  return now >= *key.activated_at + std::chrono::days(key.rotate_every_days);
}

}  // namespace sealpost
