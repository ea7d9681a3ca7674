#include "flow/delivery/delivery_step.h"

#include "domain/policy/retry_schedule.h"

namespace sealpost {
namespace {

// Every failure has a class; codes that are shared with other paths have none of their own.
FailureClass class_of(PublicCode code, FailureClass otherwise) {
  const FailureClass own = public_code_info(code).failure_class;
  return own == FailureClass::None ? otherwise : own;
}

PublicCode code_of_status(int status) {
  if (status == 410) return PublicCode::ReceiverGone;
  if (status >= 300 && status < 400) return PublicCode::RedirectRefused;
  if (status == 429 || status == 502 || status == 503 || status == 504) return PublicCode::ReceiverThrottled;
  return PublicCode::ReceiverError;
}

PublicCode code_of_refusal(const std::optional<EgressRefusal>& refusal) {
  if (refusal == EgressRefusal::Scheme || refusal == EgressRefusal::PlainHttp) return PublicCode::InsecureUrl;
  return PublicCode::ForbiddenAddress;
}

PublicCode code_of_timeout(const OutboundResult& result) {
  const bool connected =
      result.request_sent || result.reused_connection || result.timings.connected.count() > 0;
  return connected ? PublicCode::ReceiverTimeout : PublicCode::ConnectFailed;
}

PublicCode code_of(const OutboundResult& result) {
  switch (result.outcome) {
    case OutboundOutcome::Responded:
      return code_of_status(result.http_status);
    case OutboundOutcome::Timeout:
      return code_of_timeout(result);
    case OutboundOutcome::Dns:
      return PublicCode::NameNotResolved;
    case OutboundOutcome::Connect:
      return PublicCode::ConnectFailed;
    case OutboundOutcome::Tls:
      return PublicCode::TlsFailed;
    case OutboundOutcome::Protocol:
      return PublicCode::ConnectionLost;
    case OutboundOutcome::HeadersTooLarge:
      return PublicCode::ResponseTooLarge;
    case OutboundOutcome::Refused:
      return code_of_refusal(result.refusal);
    case OutboundOutcome::Invalid:
      return PublicCode::ValidationFailed;
    case OutboundOutcome::Aborted:
      break;
  }
  return PublicCode::OutcomeUnknown;
}

// Waits by the schedule; Dead when it is used up.
void retry_or_die(DeliveryStep& step, const StepQuestion& question, std::optional<Seconds> retry_after) {
  const auto wait = next_wait({.attempts_made = question.attempts_made,
                               .schedule_seconds = question.schedule_seconds,
                               .retry_after = retry_after,
                               .random = question.random});
  step.exhausted = !wait.has_value();
  step.next = wait ? DeliveryState::Waiting : DeliveryState::Dead;
  if (wait) step.next_attempt_at = question.now + *wait;
}

// An attempt whose effect nobody knows never uses up the last chance.
void retry_surely(DeliveryStep& step, const StepQuestion& question) {
  retry_or_die(step, question, {});
  if (!step.exhausted) return;
  StepQuestion first = question;
  first.attempts_made = 1;
  retry_or_die(step, first, {});
}

void wait_for_resumption(DeliveryStep& step, WallTime now) {
  step.next = DeliveryState::Waiting;
  step.next_attempt_at = now + kSuspendedWait;
}

void meet_fate(DeliveryStep& step, const DeliveryRefusal& refusal, WallTime now) {
  step.code = refusal.code;
  step.failure_class = class_of(refusal.code, FailureClass::Authorization);
  switch (refusal.fate) {
    case RefusedFate::Cancel:
      step.next = DeliveryState::Cancelled;
      return;
    case RefusedFate::DeadLetter:
      step.next = DeliveryState::Dead;
      return;
    case RefusedFate::Postpone:
      wait_for_resumption(step, now);
      return;
  }
}

DeliveryStep step_of(const SendEnded& end, const StepQuestion& question) {
  const OutboundResult& result = end.result;
  DeliveryStep step;
  if (result.outcome == OutboundOutcome::Responded && result.http_status >= 200 && result.http_status < 300)
    return step;
  if (result.outcome == OutboundOutcome::Aborted) {
    step.result = end.ended ? AttemptResult::Aborted : AttemptResult::OutcomeUnknown;
    if (end.ended) {
      meet_fate(step, *end.ended, question.now);
    } else {
      step.code = PublicCode::OutcomeUnknown;
      step.failure_class = class_of(PublicCode::OutcomeUnknown, FailureClass::Network);
      retry_surely(step, question);
    }
    return step;
  }
  step.result = result.outcome == OutboundOutcome::Refused ? AttemptResult::Refused : AttemptResult::Failed;
  step.code = code_of(result);
  step.failure_class = class_of(*step.code, FailureClass::Policy);
  if (step.code == PublicCode::ReceiverGone) {
    step.next = DeliveryState::Dead;
    step.action = EndpointAction::Disable;
  } else {
    retry_or_die(step, question, result.retry_after);
  }
  // What failed and may not be tried again ends here instead of at its next time.
  if (end.ended && end.ended->fate != RefusedFate::Postpone) {
    step.next = end.ended->fate == RefusedFate::Cancel ? DeliveryState::Cancelled : DeliveryState::Dead;
    step.next_attempt_at.reset();
    step.exhausted = false;
  }
  return step;
}

DeliveryStep step_of(const SendRefused& end, const StepQuestion& question) {
  DeliveryStep step;
  step.result = AttemptResult::Refused;
  meet_fate(step, end.refusal, question.now);
  return step;
}

DeliveryStep step_of(const SendNotReady& end, const StepQuestion& question) {
  DeliveryStep step;
  step.result = AttemptResult::Failed;
  step.code = end.code;
  step.failure_class = class_of(end.code, FailureClass::Policy);
  if (end.code == PublicCode::PayloadErased) {
    step.next = DeliveryState::Dead;
  } else {
    retry_or_die(step, question, {});
  }
  return step;
}

DeliveryStep step_of(const HolderDied&, const StepQuestion& question) {
  DeliveryStep step;
  step.result = AttemptResult::OutcomeUnknown;
  step.code = PublicCode::OutcomeUnknown;
  step.failure_class = class_of(PublicCode::OutcomeUnknown, FailureClass::Network);
  retry_surely(step, question);
  return step;
}

}  // namespace

std::string_view name_of(AttemptResult result) {
  switch (result) {
    case AttemptResult::Delivered:
      return "delivered";
    case AttemptResult::Failed:
      return "failed";
    case AttemptResult::Refused:
      return "refused";
    case AttemptResult::OutcomeUnknown:
      return "outcome_unknown";
    case AttemptResult::Aborted:
      return "aborted";
  }
  return "unknown";
}

DeliveryStep next_step(const AttemptEnd& end, const StepQuestion& question) {
  return std::visit([&](const auto& how) { return step_of(how, question); }, end);
}

}  // namespace sealpost
