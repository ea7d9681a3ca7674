// Times as the contract writes them: RFC 3339 in UTC with milliseconds, `2026-01-02T03:04:05.678Z`. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "foundation/system/clock.h"

namespace sealpost {

[[nodiscard]] std::string to_rfc3339(WallTime time);
// Accepts whole seconds or one to nine fraction digits, and only the zone `Z`.
[[nodiscard]] std::optional<WallTime> from_rfc3339(std::string_view text);

}  // namespace sealpost
