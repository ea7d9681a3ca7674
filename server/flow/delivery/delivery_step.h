// What an attempt means. Given how it ended, how many there have been, the endpoint's schedule, some random
// bits and the time, says what becomes of the delivery: its next state and time, the recorded result, class
// and code, and whether the endpoint is to be disabled. All retry rules of the product stand in this one
// function. Pure, thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "domain/model/public_code.h"
#include "domain/policy/outbound_http.h"
#include "flow/delivery/permission.h"
#include "storage/store/commands.h"

namespace sealpost {

// It went out, or was tried to. `ended` is set when access to it had ended meanwhile.
struct SendEnded {
  const OutboundResult& result;
  std::optional<DeliveryRefusal> ended;
};
// It may not leave (any more); nothing was sent.
struct SendRefused {
  DeliveryRefusal refusal;
};
// It could not be made ready: signing_key_missing, key_unavailable, payload_erased, internal_error.
struct SendNotReady {
  PublicCode code = PublicCode::InternalError;
};
// The process that held it died: whether the receiver got it is unknown.
struct HolderDied {};

using AttemptEnd = std::variant<SendEnded, SendRefused, SendNotReady, HolderDied>;

struct StepQuestion {
  std::uint32_t attempts_made = 1;                  // this one included
  std::span<const std::uint32_t> schedule_seconds;  // empty: the default
  std::uint64_t random = 0;
  WallTime now{};
};

// As it is stored and recorded.
enum class AttemptResult : std::uint8_t { Delivered, Failed, Refused, OutcomeUnknown, Aborted };
[[nodiscard]] std::string_view name_of(AttemptResult result);

enum class EndpointAction : std::uint8_t { None, Disable };

struct DeliveryStep {
  DeliveryState next = DeliveryState::Delivered;
  std::optional<WallTime> next_attempt_at;  // when `next` is Waiting
  AttemptResult result = AttemptResult::Delivered;
  FailureClass failure_class = FailureClass::None;
  std::optional<PublicCode> code;  // nothing when it was delivered
  bool exhausted = false;          // Dead because the schedule is used up
  EndpointAction action = EndpointAction::None;
};

// How long a delivery waits that is held back by a suspension; such a wait uses up no attempt.
inline constexpr Milliseconds kSuspendedWait = std::chrono::seconds(60);

[[nodiscard]] DeliveryStep next_step(const AttemptEnd& end, const StepQuestion& question);

}  // namespace sealpost
