// What the store and the decision say, as the answer that the caller gets. Pure.
#pragma once

#include <optional>

#include "flow/acceptance/acceptance.h"
#include "storage/store/commands.h"

namespace sealpost {

[[nodiscard]] AcceptanceAnswer answer_of(const AcceptOutcome& outcome);
[[nodiscard]] Refused refused(PublicCode code, std::optional<Seconds> retry_after = {});

}  // namespace sealpost
