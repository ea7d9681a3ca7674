// The fixed order of checks, top to bottom. Reordering two lines is a change of the security contract.
#include "domain/schemes/verify.h"
#include "foundation/result/result.h"

namespace sealpost {
namespace {

std::optional<Refusal> judge_format(FormatFinding format) {
  switch (format) {
    case FormatFinding::Readable:
      return std::nullopt;
    case FormatFinding::UnsupportedEncoding:
      return Refusal::UnsupportedEncoding;
    case FormatFinding::MissingSignature:
      return Refusal::MissingSignature;
    case FormatFinding::MalformedHeader:
      return Refusal::MalformedHeader;
  }
  die(__FILE__, __LINE__, "a format finding that nobody judged");
}

std::optional<Refusal> judge_time(TimeFinding time) {
  switch (time) {
    case TimeFinding::NoSignedTime:
    case TimeFinding::InWindow:
      return std::nullopt;
    case TimeFinding::Expired:
      return Refusal::TimestampExpired;
    case TimeFinding::InFuture:
      return Refusal::TimestampInFuture;
  }
  die(__FILE__, __LINE__, "a time finding that nobody judged");
}

std::optional<Refusal> judge_key(VerificationKeyState state) {
  switch (state) {
    case VerificationKeyState::Active:
    case VerificationKeyState::Retiring:
      return std::nullopt;
    case VerificationKeyState::Retired:
      return Refusal::RetiredKey;
    case VerificationKeyState::Compromised:
      return Refusal::KeyCompromised;
    // gather() never matches one; if a caller made such facts by hand, nothing speaks for the request.
    case VerificationKeyState::Pending:
      return Refusal::BadSignature;
  }
  die(__FILE__, __LINE__, "a key state that nobody judged");
}

std::optional<Refusal> judge_grant(GrantFinding grant) {
  switch (grant) {
    case GrantFinding::Active:
      return std::nullopt;
    case GrantFinding::NotActive:
      return Refusal::GrantNotActive;
    case GrantFinding::Suspended:
      return Refusal::Suspended;
  }
  die(__FILE__, __LINE__, "a grant finding that nobody judged");
}

}  // namespace

std::optional<Refusal> decide(const SignatureFacts& facts, const DecisionContext& context) {
  if (!facts.body_fits) return Refusal::BodyTooLarge;
  if (const auto refusal = judge_format(facts.format)) return refusal;
  if (const auto refusal = judge_time(facts.time)) return refusal;
  if (facts.signature == SignatureFinding::UnknownKey) return Refusal::UnknownKey;
  if (facts.signature != SignatureFinding::Match) return Refusal::BadSignature;
  // Only a holder of a key comes this far.
  if (context.replay == ReplayFinding::Replayed) return Refusal::Replayed;
  if (const auto refusal = judge_key(facts.key_state)) return refusal;
  if (!facts.event_type_fits_body) return Refusal::EventTypeMismatch;
  if (!context.event_type_allowed) return Refusal::EventTypeNotAllowed;
  if (!context.network_allowed) return Refusal::NetworkNotAllowed;
  if (const auto refusal = judge_grant(context.grant)) return refusal;
  if (!context.quota_left) return Refusal::QuotaExceeded;
  return std::nullopt;
}

}  // namespace sealpost
