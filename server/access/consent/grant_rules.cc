#include "access/consent/grant_rules.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "access/consent/grant_view.h"

namespace sealpost {
namespace {

Failure<GrantProblem> problem(GrantError error, std::string_view scope = {}, Position resource = 0) {
  return fail(GrantProblem{.error = error, .scope = std::string(scope), .resource = resource});
}

// A channel of the same organization and environment, or an endpoint of the integration itself.
Result<void, GrantError> judge_resource(const DirectorySnapshot& picture, const Integration& integration,
                                        Narrowing narrowing, Position resource) {
  const Tenancy& home = integration.head.tenancy;
  const RecordHead* head = nullptr;
  if (const Channel* channel = narrowing.channels ? picture.find(ChannelId{resource}) : nullptr) {
    if (channel->state == ChannelState::Active) head = &channel->head;
  } else if (const Endpoint* endpoint = narrowing.endpoints ? picture.find(EndpointId{resource}) : nullptr) {
    if (endpoint->state != EndpointState::Deleted && endpoint->integration == integration.id())
      head = &endpoint->head;
  }
  // Of another organization nothing is said, not even that it exists.
  if (head == nullptr || head->tenancy.organization != home.organization)
    return fail(GrantError::UnknownResource);
  if (head->tenancy.environment != home.environment) return fail(GrantError::WrongEnvironment);
  return {};
}

Result<void, GrantProblem> judge_scope(const DirectorySnapshot& picture, const Integration& integration,
                                       const GrantedScope& granted) {
  if (granted.scope.find('*') != std::string::npos) return problem(GrantError::Wildcard, granted.scope);
  const auto scope = scope_from(granted.scope);
  if (!scope) return problem(GrantError::UnknownScope, granted.scope);
  if (granted.resources.empty()) return {};
  const Narrowing narrowing = narrowing_of(*scope);
  if (!narrowing.channels && !narrowing.endpoints) return problem(GrantError::NotNarrowable, granted.scope);
  if (granted.resources.size() > kMaxGrantResources)
    return problem(GrantError::TooManyResources, granted.scope);
  std::unordered_set<Position> seen;
  for (const Position resource : granted.resources) {
    if (!seen.insert(resource).second) return problem(GrantError::DuplicateResource, granted.scope, resource);
    const auto judged = judge_resource(picture, integration, narrowing, resource);
    if (!judged) return problem(judged.error(), granted.scope, resource);
  }
  return {};
}

bool exception_is_sound(const DirectorySnapshot& picture, const Integration& integration,
                        const GrantException& exception, WallTime now) {
  const Source* source = picture.find(SourceId{exception.resource});
  return source != nullptr && source->integration == integration.id() &&
         source->scheme == InboundScheme::GitLabToken && !exception.owner.empty() &&
         !exception.reason.empty() && exception.reason.size() <= kMaxGrantReason && exception.ends_at > now &&
         exception.ends_at <= now + kMaxUnsignedSourceException;
}

// What holds when it is asked for must hold when it is approved: the world may have moved in between.
Result<void, GrantProblem> judge_content(const DirectorySnapshot& picture, const Grant& grant, WallTime now) {
  const Integration* integration = picture.find(grant.integration);
  if (integration == nullptr || integration->state == IntegrationState::Revoked ||
      integration->state == IntegrationState::Decommissioned)
    return problem(GrantError::IntegrationEnded);
  if (grant.scopes.empty()) return problem(GrantError::NoScopes);
  std::unordered_set<std::string_view> seen;
  for (const GrantedScope& granted : grant.scopes) {
    SEALPOST_TRY_VOID(judge_scope(picture, *integration, granted));
    if (!seen.insert(granted.scope).second) return problem(GrantError::DuplicateScope, granted.scope);
  }
  if (grant.reason.empty() || grant.reason.size() > kMaxGrantReason)
    return problem(GrantError::ReasonMissing);
  if (grant.expires_at && *grant.expires_at <= now) return problem(GrantError::BadEnd);
  for (const GrantException& exception : grant.exceptions)
    if (!exception_is_sound(picture, *integration, exception, now))
      return problem(GrantError::BadException, {}, exception.resource);
  return {};
}

Grant ended(Grant grant, GrantState state, std::string_view by, WallTime now) {
  grant.state = state;
  grant.ended_by = by;
  grant.ended_at = now;
  return grant;
}

}  // namespace

Result<Grant, GrantProblem> request_grant(const DirectorySnapshot& picture, const GrantRequest& request,
                                          WallTime now) {
  Grant grant;
  grant.integration = request.integration;
  grant.state = GrantState::Requested;
  grant.scopes = request.scopes;
  grant.exceptions = request.exceptions;
  grant.reason = request.reason;
  grant.requested_by = request.requested_by;
  grant.expires_at = request.expires_at;
  SEALPOST_TRY_VOID(judge_content(picture, grant, now));
  grant.head.tenancy = picture.find(request.integration)->head.tenancy;
  return grant;
}

Result<Grant, GrantProblem> approve_grant(const DirectorySnapshot& picture, Grant requested,
                                          const Grant* current, const Approval& approval, WallTime now) {
  if (requested.state != GrantState::Requested) return problem(GrantError::WrongState);
  if (approval.approver.empty()) return problem(GrantError::ApproverMissing);
  const bool live = requested.head.tenancy.environment == Environment::Live;
  // Where people can sign in, a person approves what is live.
  if (approval.kind == ApproverKind::Operator && live && approval.provider_active_since &&
      *approval.provider_active_since <= now)
    return problem(GrantError::OperatorApproval);
  SEALPOST_TRY_VOID(judge_content(picture, requested, now));
  if (current != nullptr &&
      (current->integration != requested.integration || current->state != GrantState::Active))
    return problem(GrantError::WrongState);
  requested.state = GrantState::Active;
  requested.grant_version = current == nullptr ? requested.grant_version : current->grant_version + 1;
  requested.approved_by = approval.approver;
  requested.approved_at = now;
  requested.policy_id = approval.policy_id;
  requested.policy_version = approval.policy_version;
  return requested;
}

Result<Grant, GrantProblem> supersede_grant(Grant active, const Grant& by, WallTime now) {
  const bool follows = by.state == GrantState::Active && by.integration == active.integration &&
                       by.head.position != active.head.position;
  if (active.state != GrantState::Active || !follows) return problem(GrantError::WrongState);
  return ended(std::move(active), GrantState::Superseded, by.approved_by, now);
}

Result<Grant, GrantProblem> revoke_grant(Grant grant, std::string_view by, WallTime now) {
  const bool open = grant.state == GrantState::Requested || grant.state == GrantState::Active ||
                    grant.state == GrantState::Suspended;
  if (!open) return problem(GrantError::WrongState);
  return ended(std::move(grant), GrantState::Revoked, by, now);
}

Result<Grant, GrantProblem> suspend_grant(Grant active, std::string_view by, WallTime now) {
  if (active.state != GrantState::Active) return problem(GrantError::WrongState);
  return ended(std::move(active), GrantState::Suspended, by, now);
}

Result<Grant, GrantProblem> resume_grant(Grant suspended, std::string_view by, WallTime now) {
  if (suspended.state != GrantState::Suspended) return problem(GrantError::WrongState);
  if (by.empty()) return problem(GrantError::ApproverMissing);
  if (suspended.expires_at && *suspended.expires_at <= now) return problem(GrantError::BadEnd);
  suspended.state = GrantState::Active;
  suspended.ended_by.clear();
  suspended.ended_at.reset();
  return suspended;
}

bool covers(std::span<const GrantedScope> wider, std::span<const GrantedScope> narrower) {
  return std::ranges::all_of(narrower, [&](const GrantedScope& asked) {
    const auto it = std::ranges::find(wider, asked.scope, &GrantedScope::scope);
    if (it == wider.end()) return false;
    if (it->resources.empty()) return true;
    // Not narrowed at all is wider than any list.
    return !asked.resources.empty() && std::ranges::all_of(asked.resources, [&](Position resource) {
      return std::ranges::find(it->resources, resource) != it->resources.end();
    });
  });
}

}  // namespace sealpost
