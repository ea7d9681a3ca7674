// May this delivery still leave? Judged from the present picture before it is made ready, again on the
// sender's thread before the first byte, and for all that is in flight whenever access ends. Pure,
// thread-safe.
#pragma once

#include <cstdint>
#include <optional>

#include "domain/model/directory_snapshot.h"
#include "domain/model/public_code.h"

namespace sealpost {

struct DeliveryParties {
  Tenancy tenancy;
  IntegrationId integration;
  EndpointId endpoint;
};

// What becomes of a delivery that may not leave.
enum class RefusedFate : std::uint8_t {
  Cancel,      // access ended for good: never sent
  DeadLetter,  // its endpoint is disabled: kept for redelivery
  Postpone,    // suspended: waits until it is resumed
};

struct DeliveryRefusal {
  PublicCode code = PublicCode::GrantNotActive;
  RefusedFate fate = RefusedFate::Cancel;
  friend bool operator==(const DeliveryRefusal&, const DeliveryRefusal&) = default;
};

// Nothing: it may.
[[nodiscard]] std::optional<DeliveryRefusal> judge_delivery(const DirectorySnapshot& picture,
                                                            const DeliveryParties& parties, WallTime now);

}  // namespace sealpost
