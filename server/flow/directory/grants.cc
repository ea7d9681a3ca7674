#include "flow/directory/grants.h"

#include "flow/directory/internal/writing.h"

namespace sealpost {
namespace {

OperationRefusal told_problem(const GrantProblem& problem) {
  const auto bad = [&](const char* field, std::string detail) {
    if (!problem.scope.empty()) detail += ": " + problem.scope;
    return OperationRefusal{PublicCode::ValidationFailed, std::move(detail), {field}, {}};
  };
  switch (problem.error) {
    case GrantError::NoScopes:
      return bad("/scopes", "a grant names at least one scope");
    case GrantError::Wildcard:
      return bad("/scopes", "wildcards don't exist");
    case GrantError::UnknownScope:
      return bad("/scopes", "no such scope");
    case GrantError::DuplicateScope:
      return bad("/scopes", "a scope is named twice");
    case GrantError::NotNarrowable:
      return bad("/scopes", "the scope can't be narrowed");
    case GrantError::UnknownResource:
      return bad("/scopes", "no such channel or endpoint");
    case GrantError::WrongEnvironment:
      return {PublicCode::WrongEnvironment, problem.scope, {"/scopes"}, {}};
    case GrantError::DuplicateResource:
      return bad("/scopes", "a resource is named twice");
    case GrantError::TooManyResources:
      return {PublicCode::TooManyItems, problem.scope, {"/scopes"}, {}};
    case GrantError::ReasonMissing:
      return bad("/reason", "say why, in at most 500 characters");
    case GrantError::BadEnd:
      return bad("/expires_at", "an end in the past");
    case GrantError::BadException:
      return bad("/exceptions",
                 "an exception names an unsigned source of the integration, an owner, a reason and an end "
                 "within 90 days");
    case GrantError::IntegrationEnded:
      return {PublicCode::IntegrationRevoked, {}, {}, {}};
    case GrantError::WrongState:
      return {PublicCode::Conflict, "the grant has no such step from the state it is in", {}, {}};
    case GrantError::OperatorApproval:
      return {PublicCode::OperatorNotAllowed,
              "people sign in to this organization, and one of them approves what is live",
              {},
              {}};
    case GrantError::ApproverMissing:
      return {PublicCode::InternalError, {}, {}, {}};
  }
  return {PublicCode::InternalError, {}, {}, {}};
}

template <class T>
Operation<T> told_grant(Result<T, GrantProblem> result) {
  if (!result) return fail(told_problem(result.error()));
  return *std::move(result);
}

std::uint32_t next_version(const DirectorySnapshot& picture, IntegrationId integration) {
  std::uint32_t highest = 0;
  for (const auto& [position, grant] : picture.grants)
    if (grant->integration == integration) highest = std::max(highest, grant->grant_version);
  return highest + 1;
}

}  // namespace

Operation<Made> request_grant(Operations& operations, const AuthorizedCall& call, const NewGrant& request) {
  if (!is_reason(request.reason))
    return refuse(PublicCode::ValidationFailed, "1 to 500 characters", {"/reason"});
  return operations.change<Made>([&](ControlTransaction& transaction,
                                     const DirectorySnapshot& picture) -> Operation<Made> {
    SEALPOST_TRY(const Integration* integration, find_open_integration(picture, call, request.integration));
    SEALPOST_TRY(Grant made, told_grant(request_grant(picture,
                                                      GrantRequest{.integration = integration->id(),
                                                                   .scopes = request.scopes,
                                                                   .exceptions = request.exceptions,
                                                                   .reason = request.reason,
                                                                   .requested_by = call.caller(),
                                                                   .expires_at = request.expires_at},
                                                      operations.now())));
    made.head = new_head(operations, integration->head.tenancy);
    made.grant_version = next_version(picture, integration->id());
    return insert_once(operations, transaction, picture, call, request.once, picture.grants, made,
                       integration->head.position, "grant.requested");
  });
}

Operation<Made> approve_grant(Operations& operations, const AuthorizedCall& call, GrantId id,
                              std::optional<WallTime> expires_at, const Once& once) {
  if (call.caller_kind() != CallerKind::Operator) return refuse(PublicCode::OperatorOnly);
  return operations.change<Made>([&](ControlTransaction& transaction,
                                     const DirectorySnapshot& picture) -> Operation<Made> {
    SEALPOST_TRY(const Grant* before, find_visible(picture, picture.grants, call, id.position));
    const ViewContext context = view_context(operations, picture);
    SEALPOST_TRY(const auto repeat,
                 claim_once(operations, transaction, call, before->head.tenancy, once, id.position));
    if (repeat) return made_of(resource_of(context, *before), true);
    Grant requested = *before;
    if (expires_at) {
      if (requested.expires_at && *expires_at > *requested.expires_at)
        return refuse(PublicCode::ValidationFailed, "later than what was requested", {"/expires_at"});
      requested.expires_at = expires_at;
    }
    const Grant* current = picture.active_grant(before->integration);
    bool narrows = false;
    SEALPOST_TRY(Grant approved, told_grant(approve_grant(picture, std::move(requested), current,
                                                          Approval{.kind = ApproverKind::Operator,
                                                                   .approver = call.caller(),
                                                                   .provider_active_since = {},
                                                                   .policy_id = call.policy_id(),
                                                                   .policy_version = call.policy_version()},
                                                          context.now)));
    if (current != nullptr) {
      SEALPOST_TRY(Grant superseded, told_grant(supersede_grant(*current, approved, context.now)));
      SEALPOST_TRY_VOID(told(transaction.update(superseded, context.now)));
      SEALPOST_TRY_VOID(
          told(record_change(transaction, context, call, "grant.superseded", current, superseded)));
      // What the old one allowed and the new one does not ends now.
      narrows = !covers(approved.scopes, current->scopes);
      if (narrows) SEALPOST_TRY_VOID(told(transaction.narrow(approved.head.tenancy.organization)));
    }
    SEALPOST_TRY_VOID(told(transaction.update(approved, context.now)));
    AuditEvent event = change_event(context, call, target_of("grant.approved", approved));
    const auto old_view = view_of(context, *before);
    bind_difference(event, &old_view, view_of(context, approved));
    // Every rise of the epoch stands in a record: `audit check` holds the row against the last one.
    if (narrows) {
      SEALPOST_TRY(const std::uint64_t epoch,
                   told(transaction.store().epoch_of(approved.head.tenancy.organization)));
      event.what().add("epoch", static_cast<std::int64_t>(epoch));
    }
    SEALPOST_TRY_VOID(told(transaction.record(event)));
    return made_of(resource_of(context, approved));
  });
}

Operation<RevocationReceipt> revoke_grant(Operations& operations, const AuthorizedCall& call, GrantId id,
                                          std::string_view reason, const Once& once) {
  if (!is_reason(reason)) return refuse(PublicCode::ValidationFailed, "1 to 500 characters", {"/reason"});
  return end_visible(operations, call, &DirectorySnapshot::grants, id.position,
                     {.kind = AccessEndKind::RevokeGrant,
                      .tenancy = {},
                      .what = 0,
                      .reason = std::string(reason),
                      .compromised_since = {},
                      .if_version = {},
                      .once = once});
}

Operation<Resource> read_grant(Operations& operations, const AuthorizedCall& call, GrantId id) {
  return read_record(operations, call, &DirectorySnapshot::grants, id.position);
}

Operation<PageView> list_grants(Operations& operations, const AuthorizedCall& call, IntegrationId integration,
                                const PageQuery& page) {
  return list_records(operations, call, &DirectorySnapshot::grants, page, [&](const Grant& grant) {
    return !integration.set() || grant.integration == integration;
  });
}

}  // namespace sealpost
