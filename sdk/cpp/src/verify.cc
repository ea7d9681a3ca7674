#include "sealpost/verify.h"

#include <algorithm>
#include <array>
#include <utility>

#include "domain/schemes/body_member.h"
#include "domain/schemes/key_text.h"
#include "domain/schemes/verify.h"

namespace sealpost::sdk {
namespace {

namespace core = ::sealpost;

core::VerificationTime to_core(TimePoint time) { return std::chrono::floor<std::chrono::milliseconds>(time); }

RefusalCode to_sdk(core::Refusal refusal) {
  switch (refusal) {
    case core::Refusal::BodyTooLarge:
      return RefusalCode::BodyTooLarge;
    case core::Refusal::UnsupportedEncoding:
      return RefusalCode::UnsupportedEncoding;
    case core::Refusal::MissingSignature:
      return RefusalCode::MissingSignature;
    case core::Refusal::MalformedHeader:
      return RefusalCode::MalformedHeader;
    case core::Refusal::TimestampExpired:
      return RefusalCode::TimestampExpired;
    case core::Refusal::TimestampInFuture:
      return RefusalCode::TimestampInFuture;
    case core::Refusal::RetiredKey:
      return RefusalCode::RetiredKey;
    case core::Refusal::KeyCompromised:
      return RefusalCode::KeyCompromised;
    // The rest depends on a gateway's state, which decide() is not given here.
    default:
      return RefusalCode::BadSignature;
  }
}

core::VerificationKeyState to_core(KeyState state) {
  switch (state) {
    case KeyState::Active:
      return core::VerificationKeyState::Active;
    case KeyState::Retiring:
      return core::VerificationKeyState::Retiring;
    case KeyState::Retired:
      return core::VerificationKeyState::Retired;
    case KeyState::Compromised:
      return core::VerificationKeyState::Compromised;
  }
  return core::VerificationKeyState::Compromised;
}

std::optional<core::VerificationKey> to_core(Key& key) {
  const std::string_view text = key.material.reveal_secret_text();
  core::VerificationKey out{.id = std::move(key.id), .state = to_core(key.state), .material = SecretBytes()};
  if (key.retired_at) out.retired_at = to_core(*key.retired_at);
  if (auto secret = core::parse_hmac_secret(text))
    out.material.emplace<HmacSha256>(*secret);
  else if (auto pub = core::parse_public_key(text))
    out.material.emplace<Ed25519PublicKey>(std::move(*pub));
  else
    return std::nullopt;
  return out;
}

}  // namespace

struct Verifier::State {
  Options options;
  SchemeSettings settings;
  std::vector<VerificationKey> keys;

  // Empty: the signed body says what the receiver expects.
  [[nodiscard]] std::optional<RefusalCode> audience_objection(std::string_view body,
                                                              const std::string& type) const {
    const std::array<std::pair<std::string_view, const std::optional<std::string>*>, 3> expected{
        std::pair{std::string_view("organization"), &options.organization},
        std::pair{std::string_view("environment"), &options.environment},
        std::pair{std::string_view("endpoint"), &options.endpoint}};
    for (const auto& [member, wanted] : expected)
      if (*wanted && string_member(as_bytes(body), member) != **wanted)
        return RefusalCode::UnexpectedAudience;
    if (!options.event_types.empty() &&
        std::ranges::find(options.event_types, type) == options.event_types.end())
      return RefusalCode::EventTypeNotAllowed;
    return std::nullopt;
  }
};

std::string_view name(RefusalCode code) {
  switch (code) {
    case RefusalCode::BodyTooLarge:
      return "body_too_large";
    case RefusalCode::UnsupportedEncoding:
      return "unsupported_encoding";
    case RefusalCode::MissingSignature:
      return "missing_signature";
    case RefusalCode::MalformedHeader:
      return "malformed_header";
    case RefusalCode::TimestampExpired:
      return "timestamp_expired";
    case RefusalCode::TimestampInFuture:
      return "timestamp_in_future";
    case RefusalCode::BadSignature:
      return "bad_signature";
    case RefusalCode::RetiredKey:
      return "retired_key";
    case RefusalCode::KeyCompromised:
      return "key_compromised";
    case RefusalCode::UnexpectedAudience:
      return "unexpected_audience";
    case RefusalCode::EventTypeNotAllowed:
      return "event_type_not_allowed";
    case RefusalCode::Replayed:
      return "replayed";
    case RefusalCode::Overloaded:
      return "overloaded";
  }
  return "unknown";
}

int suggested_status(const Refusal& refusal) {
  switch (refusal.code) {
    case RefusalCode::BodyTooLarge:
      return 413;
    case RefusalCode::UnsupportedEncoding:
      return 415;
    case RefusalCode::MalformedHeader:
      return 400;
    case RefusalCode::UnexpectedAudience:
    case RefusalCode::EventTypeNotAllowed:
      return 403;
    case RefusalCode::Replayed:
      return refusal.already_processed ? 204 : 409;
    case RefusalCode::Overloaded:
      return 503;
    default:
      return 401;
  }
}

std::string_view name(VerifierError error) {
  switch (error) {
    case VerifierError::NoKeys:
      return "no_keys";
    case VerifierError::TooManyKeys:
      return "too_many_keys";
    case VerifierError::BadKey:
      return "bad_key";
    case VerifierError::BadTolerance:
      return "bad_tolerance";
    case VerifierError::BadBodyBound:
      return "bad_body_bound";
    case VerifierError::NoEd25519Key:
      return "no_ed25519_key";
  }
  return "unknown";
}

Outcome<Verifier, VerifierError> Verifier::create(std::vector<Key> keys, Options options) {
  if (keys.empty()) return VerifierError::NoKeys;
  if (keys.size() > kMaxVerificationKeys) return VerifierError::TooManyKeys;
  if (options.max_body_bytes == 0) return VerifierError::BadBodyBound;
  std::vector<VerificationKey> held;
  for (Key& key : keys) {
    auto converted = to_core(key);
    if (!converted) return VerifierError::BadKey;
    held.push_back(std::move(*converted));
  }
  const auto is_ed25519 = [](const VerificationKey& key) {
    return std::holds_alternative<Ed25519PublicKey>(key.material);
  };
  if (options.require_ed25519 && std::ranges::none_of(held, is_ed25519)) return VerifierError::NoEd25519Key;
  auto settings =
      SchemeSettings::create({.scheme = options.require_ed25519 ? Scheme::StandardV1a : Scheme::StandardV1,
                              .window = options.tolerance,
                              .max_body_bytes = options.max_body_bytes});
  if (!settings)
    return settings.error() == SettingsError::BadWindow ? VerifierError::BadTolerance
                                                        : VerifierError::BadBodyBound;
  return Verifier(
      std::make_shared<const State>(State{std::move(options), std::move(*settings), std::move(held)}));
}

Outcome<Event, Refusal> Verifier::verify(std::string_view body, std::span<const Header> headers,
                                         TimePoint now) const {
  std::vector<HeaderView> views;
  views.reserve(headers.size());
  for (const Header& header : headers) views.push_back({header.name, header.value});
  auto facts = gather(state_->settings, views, as_bytes(body), state_->keys, to_core(now));
  if (const auto refusal = decide(facts, {}))
    return Refusal{.code = to_sdk(*refusal), .key_id = facts.key_id};
  if (const auto objection = state_->audience_objection(body, facts.event_type))
    return Refusal{.code = *objection, .key_id = facts.key_id};
  return Event{.id = std::move(facts.signed_id),
               .timestamp = TimePoint(std::chrono::seconds(*facts.timestamp)),
               .type = std::move(facts.event_type),
               .body = std::string(body),
               .key_id = std::move(facts.key_id)};
}

Outcome<ClaimedEvent, Refusal> Verifier::verify_once(std::string_view body, std::span<const Header> headers,
                                                     ReplayStore& store, TimePoint now) const {
  auto event = verify(body, headers, now);
  if (!event) return event.error();
  switch (store.claim(event->id, now)) {
    case ClaimResult::Claimed:
      return ClaimedEvent(std::move(*event), store, now);
    case ClaimResult::InProgress:
      return Refusal{.code = RefusalCode::Replayed};
    case ClaimResult::Committed:
      return Refusal{.code = RefusalCode::Replayed, .already_processed = true};
    case ClaimResult::Full:
      break;
  }
  return Refusal{.code = RefusalCode::Overloaded};
}

ClaimedEvent::ClaimedEvent(Event event, ReplayStore& store, TimePoint now)
    : event_(std::move(event)), store_(&store), now_(now) {}

ClaimedEvent::ClaimedEvent(ClaimedEvent&& other) noexcept
    : event_(std::move(other.event_)), store_(std::exchange(other.store_, nullptr)), now_(other.now_) {}

ClaimedEvent::~ClaimedEvent() {
  if (store_ != nullptr) store_->release(event_.id);
}

void ClaimedEvent::commit() {
  if (store_ != nullptr) std::exchange(store_, nullptr)->commit(event_.id, now_);
}

}  // namespace sealpost::sdk
