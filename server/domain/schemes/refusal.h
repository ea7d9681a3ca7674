// Why a request is not accepted: the closed list that server, SDKs and console share. name() gives the
// public code of contract/errors.yaml; a code once published keeps its meaning.
// Which of several reasons is told is decided in one place only: decide() in verify.h.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sealpost {

enum class Refusal : std::uint8_t {
  // Size and format: visible without any key.
  BodyTooLarge,
  UnsupportedEncoding,  // a Content-Encoding other than identity: the signed bytes would not be these
  MissingSignature,     // the header that would hold the signature is absent
  MalformedHeader,      // a header of the scheme is repeated, oversize or unreadable, or names no version
                        // that the source accepts: a signature is never taken as a weaker one
  // Time: reveals the public window only.
  TimestampExpired,
  TimestampInFuture,
  // Signature.
  BadSignature,
  UnknownKey,  // only where a scheme names its key
  // Everything below is told only to a caller whose signature is valid.
  Replayed,
  RetiredKey,
  KeyCompromised,
  EventTypeMismatch,  // an unsigned event type that contradicts the shape of the signed body
  EventTypeNotAllowed,
  NetworkNotAllowed,
  GrantNotActive,
  Suspended,
  QuotaExceeded,
  // A receiver's own expectation of the signed organization, environment or endpoint (SDK only).
  UnexpectedAudience,
};

inline constexpr std::array kAllRefusals{
    Refusal::BodyTooLarge,        Refusal::UnsupportedEncoding, Refusal::MissingSignature,
    Refusal::MalformedHeader,     Refusal::TimestampExpired,    Refusal::TimestampInFuture,
    Refusal::BadSignature,        Refusal::UnknownKey,          Refusal::Replayed,
    Refusal::RetiredKey,          Refusal::KeyCompromised,      Refusal::EventTypeMismatch,
    Refusal::EventTypeNotAllowed, Refusal::NetworkNotAllowed,   Refusal::GrantNotActive,
    Refusal::Suspended,           Refusal::QuotaExceeded,       Refusal::UnexpectedAudience,
};

// The public code, for example "bad_signature".
[[nodiscard]] std::string_view name(Refusal refusal);
[[nodiscard]] std::optional<Refusal> refusal_from_name(std::string_view text);

// True if the sender proved that it holds a key of the source, retired ones included but compromised ones
// not. Such refusals alone may count toward suspension, quota and rotation health.
[[nodiscard]] bool attributable(Refusal refusal);

}  // namespace sealpost
