#include "domain/schemes/verify.h"

#include <algorithm>
#include <array>

#include "domain/schemes/body_member.h"
#include "domain/schemes/internal/event.h"
#include "domain/schemes/internal/request.h"

namespace sealpost {
namespace {

using KeyList = std::array<const VerificationKey*, kMaxVerificationKeys>;

bool takes_part(const VerificationKey& key, VerificationTime now) {
  if (key.state == VerificationKeyState::Pending) return false;
  if (key.state != VerificationKeyState::Retired) return true;
  // Without its moment a retired key could be remembered for ever.
  return key.retired_at && now - *key.retired_at <= kRetiredKeyMemory;
}

bool fits_scheme(const VerificationKey& key, Scheme scheme) {
  switch (scheme) {
    case Scheme::GitLabToken:
      return std::holds_alternative<SecretBytes>(key.material);
    case Scheme::StandardV1a:
      return std::holds_alternative<Ed25519PublicKey>(key.material);
    case Scheme::StandardV1:
      return !std::holds_alternative<SecretBytes>(key.material);
    default:
      return std::holds_alternative<HmacSha256>(key.material);
  }
}

// The keys to try, best state first, so that the bound never shuts out a current key for a retired one.
std::size_t choose_keys(Scheme scheme, std::span<const VerificationKey> keys, VerificationTime now,
                        KeyList& chosen) {
  std::size_t count = 0;
  for (const auto state : {VerificationKeyState::Active, VerificationKeyState::Retiring,
                           VerificationKeyState::Retired, VerificationKeyState::Compromised}) {
    for (const VerificationKey& key : keys) {
      if (key.state != state || !takes_part(key, now) || !fits_scheme(key, scheme)) continue;
      if (count < chosen.size()) chosen[count++] = &key;
    }
  }
  return count;
}

TimeFinding judge_time(const SchemeSettings& settings, std::int64_t difference_s) {
  const std::int64_t window = settings.window().count();
  if (difference_s > window) return TimeFinding::Expired;
  if (difference_s < -window) return TimeFinding::InFuture;
  return TimeFinding::InWindow;
}

std::int64_t whole_seconds(VerificationTime now) {
  return std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
}

// Tries keys against signatures within the bounds of work: one HMAC per key, and so many Ed25519 checks in
// all as the body's size allows.
class Matcher final {
 public:
  Matcher(const RequestReading& reading, std::size_t body_size)
      : reading_(reading), ed25519_checks_left_(max_ed25519_checks(body_size)) {}

  bool matches(const VerificationKey& key) {
    if (const auto* hmac = std::get_if<HmacSha256>(&key.material)) return hmac_matches(*hmac);
    if (const auto* ed25519 = std::get_if<Ed25519PublicKey>(&key.material)) return ed25519_matches(*ed25519);
    return std::get<SecretBytes>(key.material).equals(as_bytes(reading_.token));
  }

 private:
  [[nodiscard]] std::span<const SentSignature> sent() const {
    return std::span(reading_.signatures).first(reading_.signature_count);
  }

  bool hmac_matches(const HmacSha256& key) const {
    const auto is_hmac = [](const SentSignature& s) { return s.kind == SentSignature::Kind::Hmac; };
    if (std::ranges::none_of(sent(), is_hmac)) return false;
    const auto& p = reading_.parts;
    const Hash256 tag = key.tag({p[0], p[1], p[2], p[3], p[4], p[5], p[6]});
    bool found = false;
    for (const SentSignature& signature : sent())
      if (is_hmac(signature)) found |= constant_time_equal(tag, signature.bytes());
    return found;
  }

  bool ed25519_matches(const Ed25519PublicKey& key) {
    for (const SentSignature& signature : sent()) {
      if (signature.kind != SentSignature::Kind::Ed25519) continue;
      if (ed25519_checks_left_ == 0) return false;
      --ed25519_checks_left_;
      if (message_.empty()) message_ = joined(reading_);
      if (key.verify(message_, signature.bytes())) return true;
    }
    return false;
  }

  const RequestReading& reading_;
  Bytes message_{};
  std::size_t ed25519_checks_left_;
};

void fill_replay_identity(const RequestReading& reading, SignatureFacts& facts) {
  facts.replay.timestamp = facts.timestamp;
  if (facts.signed_id.empty()) {
    facts.replay.kind = ReplayIdentity::Kind::SignedBytes;
    facts.replay.signed_sha256 = signed_sha256(reading);
    return;
  }
  facts.replay.kind = ReplayIdentity::Kind::SignedId;
  facts.replay.id = facts.signed_id;
}

}  // namespace

SignatureFacts gather(const SchemeSettings& settings, std::span<const HeaderView> headers, ByteView body,
                      std::span<const VerificationKey> keys, VerificationTime now) {
  SignatureFacts facts;
  facts.scheme = settings.scheme();
  facts.body_fits = body.size() <= settings.max_body_bytes();
  if (!facts.body_fits) return facts;

  const RequestReading reading = read_request(settings, headers, body);
  facts.format = reading.format;
  if (facts.format != FormatFinding::Readable) return facts;

  if (reading.timestamp) {
    facts.timestamp = reading.timestamp;
    facts.clock_difference_s = whole_seconds(now) - *reading.timestamp;
    facts.time = judge_time(settings, *facts.clock_difference_s);
    if (facts.time != TimeFinding::InWindow) return facts;
  }

  KeyList chosen{};
  const std::size_t count = choose_keys(settings.scheme(), keys, now, chosen);
  Matcher matcher(reading, body.size());
  const auto tried = std::span(chosen).first(count);
  const auto found =
      std::ranges::find_if(tried, [&](const VerificationKey* k) { return matcher.matches(*k); });
  facts.signature = found == tried.end() ? SignatureFinding::NoMatch : SignatureFinding::Match;
  if (facts.signature != SignatureFinding::Match) return facts;

  facts.key_id = (*found)->id;
  facts.key_state = (*found)->state;
  facts.signed_id = reading.signed_id;
  facts.unsigned_id = reading.unsigned_id;
  read_event(settings, reading, body, facts);
  fill_replay_identity(reading, facts);
  return facts;
}

ReplayFinding judge_replay(const ReplayIdentity& now, const std::optional<PriorClaim>& prior) {
  if (!prior) return ReplayFinding::Fresh;
  if (now.kind == ReplayIdentity::Kind::SignedId && !prior->same_body) return ReplayFinding::Replayed;
  if (!now.timestamp) return ReplayFinding::Duplicate;
  // Identical signed bytes hold an identical time: the very request came again.
  if (now.kind == ReplayIdentity::Kind::SignedBytes) return ReplayFinding::Replayed;
  const bool newer = prior->timestamp && *now.timestamp > *prior->timestamp;
  return newer ? ReplayFinding::GenuineRetry : ReplayFinding::Replayed;
}

VerificationTrace explain(const SchemeSettings& settings, std::span<const HeaderView> headers, ByteView body,
                          std::span<const VerificationKey> keys, VerificationTime now) {
  VerificationTrace trace;
  for (const std::string_view wanted : headers_read(settings))
    if (find_header(headers, wanted).count > 0) trace.headers_seen.emplace_back(wanted);
  trace.body_length = body.size();
  if (body.size() > settings.max_body_bytes()) return trace;
  trace.body_sha256 = sha256(body);
  const RequestReading reading = read_request(settings, headers, body);
  if (reading.format != FormatFinding::Readable) return trace;
  trace.signed_length = signed_length(reading);
  trace.signed_sha256 = signed_sha256(reading);
  if (reading.timestamp) trace.clock_difference_s = whole_seconds(now) - *reading.timestamp;
  if (reading.timestamp && judge_time(settings, *trace.clock_difference_s) != TimeFinding::InWindow)
    return trace;
  KeyList chosen{};
  const std::size_t count = choose_keys(settings.scheme(), keys, now, chosen);
  for (const VerificationKey* key : std::span(chosen).first(count)) trace.key_ids_tried.push_back(key->id);
  return trace;
}

SlackChallenge slack_challenge(ByteView body) {
  constexpr std::array<std::string_view, 2> names{"type", "challenge"};
  std::array<std::string_view, 2> values{};
  if (!find_members(body, names, values)) return {};
  if (decode_string(values[0]) != "url_verification") return {};
  auto challenge = decode_string(values[1]);
  const auto echoable = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
  };
  if (!challenge || challenge->empty() || !std::ranges::all_of(*challenge, echoable)) challenge.reset();
  return {.asked = true, .text = std::move(challenge)};
}

}  // namespace sealpost
