#include "trust/replay_guard/claims.h"

#include <algorithm>
#include <array>

namespace sealpost {
namespace {

using Eight = std::array<std::uint8_t, 8>;
Eight eight_octets(std::uint64_t value) {
  Eight out;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::uint8_t>(value >> (56 - 8 * i));
  return out;
}

// How a second comer is to be judged, in the store's words (judge_replay() in domain/schemes is the table).
ClaimMeaning meaning_of(const ReplayIdentity& identity) {
  // With a signed time, equal bytes hold an equal time: the store's "same or older time" refuses them.
  if (identity.timestamp) return ClaimMeaning::SignedId;
  if (identity.kind == ReplayIdentity::Kind::SignedBytes) return ClaimMeaning::SignedBytes;
  // A signed id without a time: the same body is a duplicate, another body is a Mismatch, told as `replayed`.
  return ClaimMeaning::IdempotencyKey;
}

}  // namespace

Milliseconds claim_horizon(const Source& source, bool has_signed_time) {
  const Milliseconds by_default = has_signed_time ? kClaimHorizonWithTime : kClaimHorizonWithoutTime;
  Milliseconds horizon = source.claim_horizon_hours == 0
                             ? by_default
                             : Milliseconds(std::chrono::hours(source.claim_horizon_hours));
  // What is asked for again at its end is not asked for every day.
  if (source.claims_until_key_retired) horizon = std::max(horizon, kClaimHorizonWithoutTime);
  // A request dated one window ahead can verify until two windows from now.
  const Milliseconds windows = 2 * Milliseconds(Seconds(source.window_seconds));
  return has_signed_time ? std::max(windows, horizon) : horizon;
}

Claim make_replay_claim(const OrganizationKeys& keys, const Source& source, const SignatureFacts& facts,
                        ByteView body, WallTime now) {
  SEALPOST_CHECK(facts.signature == SignatureFinding::Match);
  const ReplayIdentity& identity = facts.replay;
  const Eight owner = eight_octets(source.head.position);
  const bool by_id = identity.kind == ReplayIdentity::Kind::SignedId;
  const ByteView named = by_id ? as_bytes(identity.id) : ByteView(identity.signed_sha256);
  return {.meaning = meaning_of(identity),
          .owner = source.head.position,
          .key = keys.short_tag(OrganizationTag::ReplayKey, {owner, as_bytes(by_id ? "id" : "bytes"), named}),
          .body = keys.short_tag(OrganizationTag::ReplayBody, {owner, sha256(body)}),
          .signed_ms = identity.timestamp.value_or(0) * 1000,
          .keep_until = now + claim_horizon(source, identity.timestamp.has_value())};
}

bool is_idempotency_key(std::string_view text) {
  const auto visible = [](char c) { return c > ' ' && c < '\x7f'; };
  return !text.empty() && text.size() <= kMaxIdempotencyKeyBytes && std::ranges::all_of(text, visible);
}

Claim make_idempotency_claim(const OrganizationKeys& keys, const IdempotentCall& call, WallTime now) {
  SEALPOST_CHECK(is_idempotency_key(call.key));
  const Eight caller = eight_octets(call.caller);
  const std::array<std::uint8_t, 1> environment = {static_cast<std::uint8_t>(call.tenancy.environment)};
  const ByteView route = as_bytes(call.route);
  return {.meaning = ClaimMeaning::IdempotencyKey,
          .owner = call.caller,
          .key = keys.short_tag(OrganizationTag::IdempotencyKey,
                                {caller, environment, route, as_bytes(call.key)}),
          .body = keys.short_tag(OrganizationTag::IdempotencyBody,
                                 {caller, environment, route, sha256(call.body)}),
          .signed_ms = 0,
          .keep_until = now + kIdempotencyHorizon};
}

}  // namespace sealpost
