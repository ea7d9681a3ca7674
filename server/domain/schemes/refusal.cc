#include "domain/schemes/refusal.h"

#include "foundation/result/result.h"

namespace sealpost {

std::string_view name(Refusal refusal) {
  switch (refusal) {
    case Refusal::BodyTooLarge:
      return "body_too_large";
    case Refusal::UnsupportedEncoding:
      return "unsupported_encoding";
    case Refusal::MissingSignature:
      return "missing_signature";
    case Refusal::MalformedHeader:
      return "malformed_header";
    case Refusal::TimestampExpired:
      return "timestamp_expired";
    case Refusal::TimestampInFuture:
      return "timestamp_in_future";
    case Refusal::BadSignature:
      return "bad_signature";
    case Refusal::UnknownKey:
      return "unknown_key";
    case Refusal::Replayed:
      return "replayed";
    case Refusal::RetiredKey:
      return "retired_key";
    case Refusal::KeyCompromised:
      return "key_compromised";
    case Refusal::EventTypeMismatch:
      return "event_type_mismatch";
    case Refusal::EventTypeNotAllowed:
      return "event_type_not_allowed";
    case Refusal::NetworkNotAllowed:
      return "network_not_allowed";
    case Refusal::GrantNotActive:
      return "grant_not_active";
    case Refusal::Suspended:
      return "suspended";
    case Refusal::QuotaExceeded:
      return "quota_exceeded";
    case Refusal::UnexpectedAudience:
      return "unexpected_audience";
  }
  die(__FILE__, __LINE__, "a refusal without a name");
}

std::optional<Refusal> refusal_from_name(std::string_view text) {
  for (const Refusal refusal : kAllRefusals)
    if (name(refusal) == text) return refusal;
  return std::nullopt;
}

bool attributable(Refusal refusal) {
  switch (refusal) {
    case Refusal::BodyTooLarge:
    case Refusal::UnsupportedEncoding:
    case Refusal::MissingSignature:
    case Refusal::MalformedHeader:
    case Refusal::TimestampExpired:
    case Refusal::TimestampInFuture:
    case Refusal::BadSignature:
    case Refusal::UnknownKey:
    // Whoever stole the key proves nothing about the partner.
    case Refusal::KeyCompromised:
      return false;
    default:
      return true;
  }
}

}  // namespace sealpost
