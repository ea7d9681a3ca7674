#include "flow/acceptance/internal/answers.h"

namespace sealpost {

AcceptanceAnswer answer_of(const AcceptOutcome& outcome) {
  const auto with_first = [&](PublicCode code) {
    return Refused{.code = code, .refusal = {}, .retry_after = {}, .first = outcome.message, .detail = {}};
  };
  switch (outcome.status) {
    case AcceptStatus::Accepted:
    case AcceptStatus::Repeated:
      return Receipt{outcome.message, outcome.audit_index, outcome.accepted_at,
                     outcome.status == AcceptStatus::Repeated, outcome.deliveries};
    case AcceptStatus::Replayed:
      return with_first(PublicCode::Replayed);
    case AcceptStatus::Mismatch:
      return with_first(PublicCode::IdempotencyMismatch);
    case AcceptStatus::EpochChanged: {
      Refused again = refused(PublicCode::StoreUnavailable, Seconds(1));
      again.detail = "epoch";
      return again;
    }
    case AcceptStatus::Failed:
      break;
  }
  return outcome.error == StoreError::OutcomeUnknown ? refused(PublicCode::OutcomeUnknown, Seconds(1))
                                                     : refused(PublicCode::StoreUnavailable, Seconds(5));
}

Refused refused(PublicCode code, std::optional<Seconds> retry_after) {
  return {.code = code, .refusal = {}, .retry_after = retry_after, .first = {}, .detail = {}};
}

}  // namespace sealpost
