// What may be asked for, who may approve it, and how it ends. A grant is never edited once decided: growth is
// a new grant, approved again, that supersedes; taking away ends it. Each function takes records and facts
// and gives the next record, or what is wrong with it. Pure, thread-safe.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/model/directory_snapshot.h"
#include "foundation/result/result.h"

namespace sealpost {

inline constexpr std::size_t kMaxGrantResources = 64;  // for each scope
inline constexpr std::size_t kMaxGrantReason = 1000;   // octets
inline constexpr Milliseconds kOperatorGrantGrace = std::chrono::hours(30 * 24);
inline constexpr Milliseconds kMaxUnsignedSourceException = std::chrono::hours(90 * 24);

enum class GrantError : std::uint8_t {
  NoScopes,
  Wildcard,
  UnknownScope,
  DuplicateScope,
  NotNarrowable,     // the scope reaches no channels or endpoints
  UnknownResource,   // does not exist, or belongs to another organization or integration
  WrongEnvironment,  // exists, in the other environment
  DuplicateResource,
  TooManyResources,
  ReasonMissing,     // or longer than kMaxGrantReason
  BadEnd,            // in the past
  BadException,      // no such unsigned source of this integration, no owner, reason or end, or too long
  IntegrationEnded,  // revoked or decommissioned
  WrongState,        // not a step from the state it is in
  OperatorApproval,  // `live`, and the organization has a provider that people sign in with
  ApproverMissing,
};

struct GrantProblem {
  GrantError error = GrantError::WrongState;
  std::string scope;      // where one is to blame
  Position resource = 0;  // where one is to blame
};

struct GrantRequest {
  IntegrationId integration;
  std::vector<GrantedScope> scopes;
  std::vector<GrantException> exceptions;
  std::string reason;
  std::string requested_by;
  std::optional<WallTime> expires_at;
};
// A Grant in state Requested, without its head's position.
Result<Grant, GrantProblem> request_grant(const DirectorySnapshot& picture, const GrantRequest& request,
                                          WallTime now);

enum class ApproverKind : std::uint8_t { Operator, Person };
struct Approval {
  ApproverKind kind = ApproverKind::Operator;
  std::string approver;  // "operator:<uid>", or the person
  // Since when people sign in to the organization; nothing while only the operator can.
  std::optional<WallTime> provider_active_since;
  std::string_view policy_id;
  std::uint32_t policy_version = 0;
};
// `current` is the integration's active grant, if any: the approved one's version follows it.
Result<Grant, GrantProblem> approve_grant(const DirectorySnapshot& picture, Grant requested,
                                          const Grant* current, const Approval& approval, WallTime now);
Result<Grant, GrantProblem> supersede_grant(Grant active, const Grant& by, WallTime now);
Result<Grant, GrantProblem> revoke_grant(Grant grant, std::string_view by, WallTime now);
Result<Grant, GrantProblem> suspend_grant(Grant active, std::string_view by, WallTime now);
// After a restore: a person or the operator confirms that it still stands.
Result<Grant, GrantProblem> resume_grant(Grant suspended, std::string_view by, WallTime now);

// True if `wider` lets through everything that `narrower` does.
[[nodiscard]] bool covers(std::span<const GrantedScope> wider, std::span<const GrantedScope> narrower);

}  // namespace sealpost
