#include "flow/delivery/delivery_step.h"

#include <gtest/gtest.h>

namespace sealpost {
namespace {

constexpr WallTime kNow = WallTime(Milliseconds(1'800'000'000'000));
constexpr std::uint32_t kSchedule[] = {10, 20};

DeliveryStep ask(const AttemptEnd& end, std::uint32_t attempts_made = 1) {
  return next_step(end,
                   {.attempts_made = attempts_made, .schedule_seconds = kSchedule, .random = 0, .now = kNow});
}
OutboundResult responded(int status, std::optional<Seconds> retry_after = {}) {
  OutboundResult result;
  result.outcome = OutboundOutcome::Responded;
  result.http_status = status;
  result.request_sent = true;
  result.retry_after = retry_after;
  return result;
}
OutboundResult ended(OutboundOutcome outcome) {
  OutboundResult result;
  result.outcome = outcome;
  return result;
}

TEST(DeliveryStep, EveryStatusHasItsRow) {
  struct Row {
    int status;
    DeliveryState next;
    std::optional<PublicCode> code;
    EndpointAction action;
  };
  const Row rows[] = {
      {200, DeliveryState::Delivered, {}, EndpointAction::None},
      {204, DeliveryState::Delivered, {}, EndpointAction::None},
      {299, DeliveryState::Delivered, {}, EndpointAction::None},
      {300, DeliveryState::Waiting, PublicCode::RedirectRefused, EndpointAction::None},
      {302, DeliveryState::Waiting, PublicCode::RedirectRefused, EndpointAction::None},
      {399, DeliveryState::Waiting, PublicCode::RedirectRefused, EndpointAction::None},
      {400, DeliveryState::Waiting, PublicCode::ReceiverError, EndpointAction::None},
      {404, DeliveryState::Waiting, PublicCode::ReceiverError, EndpointAction::None},
      {409, DeliveryState::Waiting, PublicCode::ReceiverError, EndpointAction::None},
      {410, DeliveryState::Dead, PublicCode::ReceiverGone, EndpointAction::Disable},
      {429, DeliveryState::Waiting, PublicCode::ReceiverThrottled, EndpointAction::None},
      {500, DeliveryState::Waiting, PublicCode::ReceiverError, EndpointAction::None},
      {502, DeliveryState::Waiting, PublicCode::ReceiverThrottled, EndpointAction::None},
      {503, DeliveryState::Waiting, PublicCode::ReceiverThrottled, EndpointAction::None},
      {504, DeliveryState::Waiting, PublicCode::ReceiverThrottled, EndpointAction::None},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.status);
    const OutboundResult result = responded(row.status);
    const DeliveryStep step = ask(SendEnded{result, {}});
    EXPECT_EQ(step.next, row.next);
    EXPECT_EQ(step.code, row.code);
    EXPECT_EQ(step.action, row.action);
    EXPECT_EQ(step.result, row.code ? AttemptResult::Failed : AttemptResult::Delivered);
    EXPECT_EQ(step.failure_class, row.code ? FailureClass::Receiver : FailureClass::None);
    EXPECT_EQ(step.next_attempt_at.has_value(), row.next == DeliveryState::Waiting);
    EXPECT_FALSE(step.exhausted);
  }
}

TEST(DeliveryStep, EveryFailureOnTheWayHasItsRow) {
  struct Row {
    OutboundOutcome outcome;
    std::optional<EgressRefusal> refusal;
    AttemptResult result;
    FailureClass failure_class;
    PublicCode code;
  };
  using enum OutboundOutcome;
  const Row rows[] = {
      {Dns, {}, AttemptResult::Failed, FailureClass::Network, PublicCode::NameNotResolved},
      {Connect, {}, AttemptResult::Failed, FailureClass::Network, PublicCode::ConnectFailed},
      {Timeout, {}, AttemptResult::Failed, FailureClass::Network, PublicCode::ConnectFailed},
      {Tls, {}, AttemptResult::Failed, FailureClass::Network, PublicCode::TlsFailed},
      {Protocol, {}, AttemptResult::Failed, FailureClass::Network, PublicCode::ConnectionLost},
      {HeadersTooLarge, {}, AttemptResult::Failed, FailureClass::Receiver, PublicCode::ResponseTooLarge},
      {Refused, EgressRefusal::SpecialPurpose, AttemptResult::Refused, FailureClass::Policy,
       PublicCode::ForbiddenAddress},
      {Refused, EgressRefusal::OwnListener, AttemptResult::Refused, FailureClass::Policy,
       PublicCode::ForbiddenAddress},
      {Refused, EgressRefusal::PlainHttp, AttemptResult::Refused, FailureClass::Policy,
       PublicCode::InsecureUrl},
      {Refused, EgressRefusal::Scheme, AttemptResult::Refused, FailureClass::Policy, PublicCode::InsecureUrl},
      {Invalid, {}, AttemptResult::Failed, FailureClass::Policy, PublicCode::ValidationFailed},
      {Aborted, {}, AttemptResult::OutcomeUnknown, FailureClass::Network, PublicCode::OutcomeUnknown},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(name_of(row.outcome));
    OutboundResult result = ended(row.outcome);
    result.refusal = row.refusal;
    const DeliveryStep step = ask(SendEnded{result, {}});
    EXPECT_EQ(step.next, DeliveryState::Waiting);
    EXPECT_EQ(step.next_attempt_at, kNow + Seconds(10));
    EXPECT_EQ(step.result, row.result);
    EXPECT_EQ(step.failure_class, row.failure_class);
    EXPECT_EQ(step.code, row.code);
    EXPECT_EQ(step.action, EndpointAction::None);
  }
}

TEST(DeliveryStep, ATimeoutBlamesTheReceiverOnceItWasReached) {
  for (int how = 0; how < 3; ++how) {
    OutboundResult result = ended(OutboundOutcome::Timeout);
    if (how == 0) result.request_sent = true;
    if (how == 1) result.reused_connection = true;
    if (how == 2) result.timings.connected = std::chrono::microseconds(40);
    const DeliveryStep step = ask(SendEnded{result, {}});
    EXPECT_EQ(step.code, PublicCode::ReceiverTimeout) << how;
    EXPECT_EQ(step.failure_class, FailureClass::Receiver) << how;
  }
}

TEST(DeliveryStep, RetryAfterLengthensTheWaitAndNeverShortensIt) {
  struct Row {
    int status;
    Seconds asked;
    Seconds waits;
  };
  const Row rows[] = {{429, Seconds(60), Seconds(60)}, {503, Seconds(60), Seconds(60)},
                      {502, Seconds(60), Seconds(60)}, {504, Seconds(60), Seconds(60)},
                      {429, Seconds(1), Seconds(10)},  {500, Seconds(60), Seconds(60)},
                      {301, Seconds(60), Seconds(60)}};
  for (const Row& row : rows) {
    const OutboundResult result = responded(row.status, row.asked);
    EXPECT_EQ(ask(SendEnded{result, {}}).next_attempt_at, kNow + row.waits) << row.status;
  }
}

TEST(DeliveryStep, TheScheduleEndsInADeadLetter) {
  const OutboundResult result = responded(500);
  EXPECT_EQ(ask(SendEnded{result, {}}, 2).next_attempt_at, kNow + Seconds(20));
  for (const std::uint32_t attempts : {3U, 4U, 90U}) {
    const DeliveryStep step = ask(SendEnded{result, {}}, attempts);
    EXPECT_EQ(step.next, DeliveryState::Dead);
    EXPECT_TRUE(step.exhausted);
    EXPECT_EQ(step.code, PublicCode::ReceiverError);  // why the last one failed
    EXPECT_EQ(step.next_attempt_at, std::nullopt);
  }
  const OutboundResult throttled = responded(503, Seconds(5));
  EXPECT_EQ(ask(SendEnded{throttled, {}}, 3).next, DeliveryState::Dead);
}

TEST(DeliveryStep, WithoutAScheduleOfItsOwnAnEndpointHasTheDefault) {
  const OutboundResult result = responded(500);
  const auto step = next_step(SendEnded{result, {}},
                              {.attempts_made = 2, .schedule_seconds = {}, .random = 0, .now = kNow});
  EXPECT_EQ(step.next_attempt_at, kNow + Seconds(300));
}

TEST(DeliveryStep, WhatHasNoAccessMeetsItsFate) {
  struct Row {
    PublicCode code;
    RefusedFate fate;
    DeliveryState next;
    FailureClass failure_class;
  };
  const Row rows[] = {
      {PublicCode::IntegrationRevoked, RefusedFate::Cancel, DeliveryState::Cancelled,
       FailureClass::Authorization},
      {PublicCode::GrantNotActive, RefusedFate::Cancel, DeliveryState::Cancelled,
       FailureClass::Authorization},
      {PublicCode::ResourceNotInScope, RefusedFate::Cancel, DeliveryState::Cancelled,
       FailureClass::Authorization},
      {PublicCode::EndpointDisabled, RefusedFate::DeadLetter, DeliveryState::Dead, FailureClass::Policy},
      {PublicCode::Suspended, RefusedFate::Postpone, DeliveryState::Waiting, FailureClass::Authorization},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(to_string(row.code));
    const DeliveryRefusal refusal{row.code, row.fate};
    const OutboundResult aborted = ended(OutboundOutcome::Aborted);
    // Also when it was the last attempt.
    for (const std::uint32_t attempts : {1U, 9U}) {
      const DeliveryStep before = ask(SendRefused{refusal}, attempts);
      const DeliveryStep during = ask(SendEnded{aborted, refusal}, attempts);
      EXPECT_EQ(before.result, AttemptResult::Refused);
      EXPECT_EQ(during.result, AttemptResult::Aborted);
      for (const DeliveryStep& step : {before, during}) {
        EXPECT_EQ(step.next, row.next);
        EXPECT_EQ(step.code, row.code);
        EXPECT_EQ(step.failure_class, row.failure_class);
        EXPECT_FALSE(step.exhausted);
        if (row.next == DeliveryState::Waiting) {
          EXPECT_EQ(step.next_attempt_at, kNow + kSuspendedWait);
        }
      }
    }
  }
}

TEST(DeliveryStep, AFailureAfterAccessEndedIsTheLastOne) {
  const OutboundResult failed = responded(500);
  const OutboundResult fine = responded(204);
  const DeliveryRefusal cancel{PublicCode::IntegrationRevoked, RefusedFate::Cancel};
  const DeliveryRefusal dead{PublicCode::EndpointDisabled, RefusedFate::DeadLetter};
  const DeliveryRefusal later{PublicCode::Suspended, RefusedFate::Postpone};
  EXPECT_EQ(ask(SendEnded{failed, cancel}).next, DeliveryState::Cancelled);
  EXPECT_EQ(ask(SendEnded{failed, cancel}).code, PublicCode::ReceiverError);
  EXPECT_EQ(ask(SendEnded{failed, dead}).next, DeliveryState::Dead);
  EXPECT_EQ(ask(SendEnded{failed, later}).next, DeliveryState::Waiting);
  // What arrived, arrived.
  EXPECT_EQ(ask(SendEnded{fine, cancel}).next, DeliveryState::Delivered);
}

TEST(DeliveryStep, WhatCouldNotBeMadeReadyIsTriedAgainUnlessItIsGone) {
  struct Row {
    PublicCode code;
    DeliveryState next;
    FailureClass failure_class;
  };
  const Row rows[] = {
      {PublicCode::SigningKeyMissing, DeliveryState::Waiting, FailureClass::Signing},
      {PublicCode::KeyUnavailable, DeliveryState::Waiting, FailureClass::Signing},
      {PublicCode::ForbiddenAddress, DeliveryState::Waiting, FailureClass::Policy},
      {PublicCode::InternalError, DeliveryState::Waiting, FailureClass::Policy},
      {PublicCode::PayloadErased, DeliveryState::Dead, FailureClass::Policy},
  };
  for (const Row& row : rows) {
    const DeliveryStep step = ask(SendNotReady{row.code});
    EXPECT_EQ(step.next, row.next) << to_string(row.code);
    EXPECT_EQ(step.failure_class, row.failure_class) << to_string(row.code);
    EXPECT_EQ(step.code, row.code);
    EXPECT_EQ(step.result, AttemptResult::Failed);
  }
  EXPECT_TRUE(ask(SendNotReady{PublicCode::SigningKeyMissing}, 3).exhausted);
}

TEST(DeliveryStep, AnUnknownOutcomeNeverUsesUpTheLastChance) {
  const OutboundResult aborted = ended(OutboundOutcome::Aborted);
  for (const std::uint32_t attempts : {1U, 3U, 50U}) {
    for (const DeliveryStep& step : {ask(HolderDied{}, attempts), ask(SendEnded{aborted, {}}, attempts)}) {
      EXPECT_EQ(step.result, AttemptResult::OutcomeUnknown);
      EXPECT_EQ(step.code, PublicCode::OutcomeUnknown);
      EXPECT_EQ(step.failure_class, FailureClass::Network);
      EXPECT_EQ(step.next, DeliveryState::Waiting);
      EXPECT_EQ(step.next_attempt_at, kNow + Seconds(10));
      EXPECT_FALSE(step.exhausted);
    }
  }
}

TEST(DeliveryStep, JitterComesFromTheRandomBitsAlone) {
  const OutboundResult result = responded(500);
  const auto at = [&](std::uint64_t random) {
    return *next_step(SendEnded{result, {}},
                      {.attempts_made = 1, .schedule_seconds = kSchedule, .random = random, .now = kNow})
                .next_attempt_at;
  };
  EXPECT_EQ(at(7), at(7));
  EXPECT_GT(at(1'999), at(0));
  EXPECT_LE(at(UINT64_MAX), kNow + Seconds(12));
}

TEST(DeliveryStep, EveryResultHasAName) {
  EXPECT_EQ(name_of(AttemptResult::Delivered), "delivered");
  EXPECT_EQ(name_of(AttemptResult::Failed), "failed");
  EXPECT_EQ(name_of(AttemptResult::Refused), "refused");
  EXPECT_EQ(name_of(AttemptResult::OutcomeUnknown), "outcome_unknown");
  EXPECT_EQ(name_of(AttemptResult::Aborted), "aborted");
}

}  // namespace
}  // namespace sealpost
