// Once only: what a message must claim before it may be accepted. The claims carry keyed tags, never ids or
// bodies, and outlive the window in which the same request could verify again; the store finds them and the
// transaction that accepts is the one that claims (security.md, "Replay table", "Claims outlive the window").
// Pure functions, thread-safe.
#pragma once

#include <string_view>

#include "domain/model/records.h"
#include "domain/schemes/verify.h"
#include "storage/store/commands.h"
#include "trust/vault/organization_keys.h"

namespace sealpost {

inline constexpr Milliseconds kClaimHorizonWithTime = std::chrono::hours(7 * 24);
inline constexpr Milliseconds kClaimHorizonWithoutTime = std::chrono::hours(30 * 24);
inline constexpr Milliseconds kIdempotencyHorizon = std::chrono::hours(24);
inline constexpr std::size_t kMaxIdempotencyKeyBytes = 255;

// How long this source's claims live: max(2 × window, horizon). Shown on the source.
[[nodiscard]] Milliseconds claim_horizon(const Source& source, bool has_signed_time);

// For a request whose signature matched. `body` is what was signed as the body.
[[nodiscard]] Claim make_replay_claim(const OrganizationKeys& keys, const Source& source,
                                      const SignatureFacts& facts, ByteView body, WallTime now);

// 1 to 255 visible ASCII characters.
[[nodiscard]] bool is_idempotency_key(std::string_view text);

struct IdempotentCall {
  Tenancy tenancy;
  Position caller = 0;     // the credential; for an operator its uid + 1
  std::string_view route;  // the method and the route's template with the ids filled in
  std::string_view key;    // is_idempotency_key() holds
  ByteView body;
};
[[nodiscard]] Claim make_idempotency_claim(const OrganizationKeys& keys, const IdempotentCall& call,
                                           WallTime now);

}  // namespace sealpost
