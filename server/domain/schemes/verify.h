// Inbound verification in two steps. gather() looks at one request and states facts; decide() alone knows
// which fact is told first:
//
//   size -> format -> time -> signature -> replay -> key state -> event type -> network -> grant -> quota
//
// Nothing that depends on stored state is told before a valid signature, and acceptance calls decide() again
// inside its transaction with the state as it is there.
//
//   const auto facts = gather(settings, headers, body, keys, now);
//   if (auto refusal = decide(facts, {})) ...;               // before any look-up
//   context.replay = judge_replay(facts.replay, prior);      // after it
//   if (auto refusal = decide(facts, context)) ...;
//
// Pure functions of their arguments; nothing is kept. Never throws for what a sender controls.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "domain/schemes/refusal.h"
#include "domain/schemes/scheme.h"
#include "foundation/bytes/bytes.h"
#include "foundation/bytes/secret_bytes.h"
#include "foundation/crypto/crypto.h"
#include "foundation/http_types/headers.h"

namespace sealpost {

// UTC to the millisecond: the same type as foundation/system's WallTime, without that module.
using VerificationTime = std::chrono::sys_time<std::chrono::milliseconds>;

inline constexpr std::size_t kMaxSignatures = 8;
inline constexpr std::size_t kMaxVerificationKeys = 5;
// Each Ed25519 check hashes the whole message, and nobody has proven anything yet: a large body gets fewer.
inline constexpr std::size_t kMaxEd25519Checks = 8;
inline constexpr std::size_t kLargeEd25519Body = std::size_t{64} * 1024;  // above it:
inline constexpr std::size_t kMaxEd25519ChecksOfLargeBody = 2;
[[nodiscard]] constexpr std::size_t max_ed25519_checks(std::size_t body_size) {
  return body_size > kLargeEd25519Body ? kMaxEd25519ChecksOfLargeBody : kMaxEd25519Checks;
}
// A key retired longer ago than this is as if it had never been.
inline constexpr std::chrono::days kRetiredKeyMemory{90};

enum class VerificationKeyState : std::uint8_t { Active, Retiring, Retired, Compromised, Pending };

// One key of a source. A pending key takes no part: until its activation it is as if it were not there.
// HmacSha256 holds its key schedule, so keep these alive over many requests.
struct VerificationKey {
  std::string id;
  VerificationKeyState state = VerificationKeyState::Active;
  std::optional<VerificationTime> retired_at{};                      // of a Retired key
  std::variant<HmacSha256, Ed25519PublicKey, SecretBytes> material;  // SecretBytes: a static token
};

enum class FormatFinding : std::uint8_t { Readable, UnsupportedEncoding, MissingSignature, MalformedHeader };
enum class TimeFinding : std::uint8_t { NoSignedTime, InWindow, Expired, InFuture };
enum class SignatureFinding : std::uint8_t { NotChecked, NoMatch, UnknownKey, Match };

// What makes two requests the same one to the replay guard.
struct ReplayIdentity {
  enum class Kind : std::uint8_t { SignedId, SignedBytes };
  Kind kind = Kind::SignedBytes;
  std::string id{};                         // SignedId
  std::optional<std::int64_t> timestamp{};  // Unix seconds; absent where no time is signed
  Hash256 signed_sha256{};                  // SignedBytes: SHA-256 of the signed string
};

struct SignatureFacts {
  Scheme scheme = Scheme::StandardV1;
  bool body_fits = false;
  FormatFinding format = FormatFinding::Readable;
  TimeFinding time = TimeFinding::NoSignedTime;
  SignatureFinding signature = SignatureFinding::NotChecked;
  std::optional<std::int64_t> timestamp{};           // signed, Unix seconds
  std::optional<std::int64_t> clock_difference_s{};  // now - timestamp, in whole seconds

  // From here on: filled only when the signature matched.
  std::string key_id{};
  VerificationKeyState key_state = VerificationKeyState::Active;
  std::string signed_id{};  // webhook-id, Stripe's body id, Slack's event_id; empty if the scheme signs none
  std::string unsigned_id{};  // X-GitHub-Delivery and the like: a secondary index, never a replay key
  std::string event_type{};   // empty if the request tells none
  bool event_type_authenticated = false;
  bool event_type_fits_body = true;  // false: an unsigned type contradicts the signed body
  ReplayIdentity replay{};
};

// Keys beyond kMaxVerificationKeys are not tried; usable ones come first (active, retiring, retired,
// compromised). Stops at the first step that decides alone: nothing is hashed for an oversize body.
[[nodiscard]] SignatureFacts gather(const SchemeSettings& settings, std::span<const HeaderView> headers,
                                    ByteView body, std::span<const VerificationKey> keys,
                                    VerificationTime now);

enum class ReplayFinding : std::uint8_t {
  Fresh,
  GenuineRetry,  // answered with the first receipt; no new message
  Duplicate,     // the same, of a scheme without signed time; the receipt is marked `duplicate`
  Replayed,
};
// What the guard remembers of the first acceptance under the same identity.
struct PriorClaim {
  std::optional<std::int64_t> timestamp{};
  bool same_body = false;
};
// The replay table of contract/signing.md.
[[nodiscard]] ReplayFinding judge_replay(const ReplayIdentity& now, const std::optional<PriorClaim>& prior);

enum class GrantFinding : std::uint8_t { Active, NotActive, Suspended };

// The state-dependent side. A default-made context objects to nothing.
struct DecisionContext {
  ReplayFinding replay = ReplayFinding::Fresh;
  bool event_type_allowed = true;
  bool network_allowed = true;
  GrantFinding grant = GrantFinding::Active;
  bool quota_left = true;
};

// The one place that knows the order. Empty: nothing speaks against the request.
[[nodiscard]] std::optional<Refusal> decide(const SignatureFacts& facts, const DecisionContext& context);

// What an authorised reader may see of a refusal; never a secret or an expected signature. Made on
// demand, since hashing the body again would cost as much as verifying it.
struct VerificationTrace {
  std::vector<std::string> headers_seen{};  // names, of those that the scheme reads
  std::size_t body_length = 0;
  Hash256 body_sha256{};
  std::optional<std::size_t> signed_length{};  // absent if the headers don't yield a signed string
  std::optional<Hash256> signed_sha256{};
  std::vector<std::string> key_ids_tried{};
  std::optional<std::int64_t> clock_difference_s{};
};
[[nodiscard]] VerificationTrace explain(const SchemeSettings& settings, std::span<const HeaderView> headers,
                                        ByteView body, std::span<const VerificationKey> keys,
                                        VerificationTime now);

// Slack's url_verification, from a body whose signature is already verified.
struct SlackChallenge {
  bool asked = false;               // the body is a challenge
  std::optional<std::string> text;  // what may be echoed: 1..256 of [A-Za-z0-9_-]
};
[[nodiscard]] SlackChallenge slack_challenge(ByteView body);

}  // namespace sealpost
