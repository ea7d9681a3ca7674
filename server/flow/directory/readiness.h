// Whether a draft may become active, and what is missing. Pure, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "domain/model/directory_snapshot.h"
#include "domain/model/public_id.h"
#include "domain/policy/life_cycle.h"
#include "flow/directory/operation.h"

namespace sealpost {

enum class RehearsalState : std::uint8_t { None, Passed, Lapsed };

// Names the credentials and keys of an integration as they are now; throw-away ones left out.
[[nodiscard]] std::string rehearsal_fingerprint(const DirectorySnapshot& picture, IntegrationId integration);
[[nodiscard]] RehearsalState rehearsal_state(const DirectorySnapshot& picture,
                                             const Integration& integration);

[[nodiscard]] ReadinessFacts readiness_facts(const DirectorySnapshot& picture, const Integration& integration,
                                             WallTime now);
// In the contract's words; empty: ready.
[[nodiscard]] std::vector<ReadinessGap> readiness_gaps(const DirectorySnapshot& picture,
                                                       const Integration& integration,
                                                       const PublicIdCodec& ids, WallTime now);

}  // namespace sealpost
