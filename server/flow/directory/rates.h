// How fast organizations, integrations, sources and credentials may send. Limits protect the installation
// from its machines: a machine lowers them, raising is the operator's. Free functions, thread-safe.
#pragma once

#include <cstdint>
#include <optional>

#include "flow/directory/operations.h"

namespace sealpost {

// What a setting comes to where the installation's own is `otherwise`: nothing is 0 any more.
struct EffectiveRate {
  std::uint64_t per_second = 0;
  std::uint64_t burst = 0;
};
[[nodiscard]] EffectiveRate effective_rate(const RateSetting& rate, const RateSetting& otherwise);

// `asked`: nothing leaves the limit as it is. `otherwise` is the installation's own, which 0 stands for.
[[nodiscard]] Operation<void> judge_rate(const AuthorizedCall& call, const RateSetting& before,
                                         const std::optional<RateSetting>& asked,
                                         const RateSetting& otherwise);

template <class Record>
void set_rate(Record& record, const std::optional<RateSetting>& asked) {
  if (!asked) return;
  record.rate_per_second = asked->per_second;
  record.rate_burst = asked->burst;
}

}  // namespace sealpost
