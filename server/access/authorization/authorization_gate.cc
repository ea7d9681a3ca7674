#include "access/authorization/authorization_gate.h"

#include <algorithm>
#include <utility>

namespace sealpost {
namespace {

Failure<AuthorizationRefusal> refuse(PublicCode code, std::string_view detail,
                                     std::optional<Scope> missing_scope = std::nullopt) {
  return fail(
      AuthorizationRefusal{.code = code, .missing_scope = missing_scope, .detail = std::string(detail)});
}

std::string_view detail_of(AccessRefusal refusal, CredentialFinding credential) {
  switch (refusal) {
    case AccessRefusal::CredentialInactive:
      if (credential == CredentialFinding::Revoked) return "credential_revoked";
      return credential == CredentialFinding::Expired ? "credential_expired" : "credential_unknown";
    case AccessRefusal::UnsignedSource:
      return "unsigned_source_without_exception";
    default:
      return to_string(public_code(refusal));
  }
}

Failure<AuthorizationRefusal> refuse(AccessRefusal refusal, const AccessFacts& facts) {
  const bool names_scope =
      refusal == AccessRefusal::InsufficientScope || refusal == AccessRefusal::ResourceNotInScope;
  return refuse(public_code(refusal), detail_of(refusal, facts.credential),
                names_scope ? std::optional(facts.required) : std::nullopt);
}

CredentialFinding judge_credential(const Credential* credential, const Tenancy& tenancy,
                                   IntegrationId integration, WallTime now) {
  if (credential == nullptr || credential->head.tenancy != tenancy || credential->integration != integration)
    return CredentialFinding::Unknown;
  if (credential->state != CredentialState::Active) return CredentialFinding::Revoked;
  if (credential->expires_at && *credential->expires_at <= now) return CredentialFinding::Expired;
  return CredentialFinding::Active;
}

// An integration of another tenancy is as good as none.
const Integration* find_integration(const DirectorySnapshot& picture, IntegrationId id,
                                    const Tenancy& tenancy) {
  const Integration* integration = picture.find(id);
  return integration != nullptr && integration->head.tenancy == tenancy ? integration : nullptr;
}

const Grant* find_grant(const DirectorySnapshot& picture, IntegrationId id, const Tenancy& tenancy) {
  const Grant* grant = picture.active_grant(id);
  return grant != nullptr && grant->head.tenancy == tenancy && grant->integration == id ? grant : nullptr;
}

// A token outlives its grant only if that grant was superseded by the one in force. One that was revoked or
// suspended stays ended for its tokens, also when another is approved later.
bool follows(const DirectorySnapshot& picture, const TokenClaims& claims, const Grant& active) {
  if (active.id() == claims.grant) return active.grant_version == claims.grant_version;
  const Grant* own = DirectorySnapshot::find_in(picture.grants, claims.grant.position);
  return own != nullptr && own->state == GrantState::Superseded && own->integration == active.integration &&
         active.grant_version > claims.grant_version;
}

const NarrowedScope* find_narrowed(const std::vector<NarrowedScope>& narrowed, Scope scope) {
  const auto it = std::ranges::find(narrowed, scope, &NarrowedScope::scope);
  return it == narrowed.end() ? nullptr : &*it;
}

bool reaches(const std::vector<NarrowedScope>& narrowed, Scope scope, Position resource) {
  const NarrowedScope* entry = find_narrowed(narrowed, scope);
  return entry == nullptr || std::ranges::find(entry->resources, resource) != entry->resources.end();
}

ScopeSet both(ScopeSet a, ScopeSet b) { return ScopeSet::from_bits(a.bits() & b.bits()); }

// What both the token and the grant let through, for the scopes that both hold.
std::vector<NarrowedScope> intersect(const std::vector<NarrowedScope>& token, const GrantView& grant,
                                     ScopeSet scopes) {
  std::vector<NarrowedScope> out;
  for (std::size_t i = 0; i < kScopeCount; ++i) {
    const auto scope = static_cast<Scope>(i);
    const NarrowedScope* asked = find_narrowed(token, scope);
    const auto granted = grant.resources(scope);
    if (!scopes.has(scope) || (asked == nullptr && granted.empty())) continue;
    NarrowedScope entry{.scope = scope, .resources = {}};
    if (asked == nullptr) {
      entry.resources.assign(granted.begin(), granted.end());
    } else {
      std::ranges::copy_if(asked->resources, std::back_inserter(entry.resources),
                           [&](Position resource) { return grant.reaches(scope, resource); });
    }
    out.push_back(std::move(entry));  // an empty list stays: it reaches nothing, never everything
  }
  return out;
}

void add_grant(AccessFacts& facts, const GrantView& grant, WallTime now) {
  facts.grant_active = grant.active_at(now);
  facts.grant_scopes = grant.scopes();
}

// A token is never narrower than it says: what can't be narrowed is refused instead of ignored.
std::optional<AuthorizationRefusal> judge_wish(const TokenRequest& request, const GrantView& grant) {
  const auto invalid = [](std::string_view detail, Scope scope) {
    return AuthorizationRefusal{PublicCode::InvalidScope, scope, std::string(detail)};
  };
  ScopeSet seen;
  std::size_t resources = 0;
  for (const NarrowedScope& asked : request.scopes) {
    if (seen.has(asked.scope)) return invalid("scope_twice", asked.scope);
    seen.add(asked.scope);
    if (!grant.scopes().has(asked.scope)) return invalid("scope_not_granted", asked.scope);
    const Narrowing narrowing = narrowing_of(asked.scope);
    if (!asked.resources.empty() && !narrowing.channels && !narrowing.endpoints)
      return invalid("scope_not_narrowable", asked.scope);
    for (const Position resource : asked.resources)
      if (!grant.reaches(asked.scope, resource)) return invalid("resource_not_granted", asked.scope);
    resources += asked.resources.size();
    if (resources > kMaxTokenResources) return invalid("too_many_resources", asked.scope);
  }
  return std::nullopt;
}

}  // namespace

Authorized<AuthorizedCall> AuthorizationGate::authorize(const DirectorySnapshot& picture,
                                                        const TokenClaims& claims,
                                                        const RequiredAccess& required,
                                                        const CallContext& context) const {
  const Tenancy& tenancy = claims.tenancy;
  const std::uint64_t epoch = picture.epoch_of(tenancy.organization);
  if (claims.expires_at <= context.at) return refuse(PublicCode::ExpiredToken, "expired_token");
  // Minted under a later epoch than we know of: the picture is old or was restored, and can't vouch for it.
  if (claims.epoch > epoch) return refuse(PublicCode::InvalidToken, "epoch_ahead");
  const Integration* integration = find_integration(picture, claims.integration, tenancy);
  const Credential* credential = picture.find(claims.credential);
  if (integration == nullptr || picture.find(tenancy.organization) == nullptr)
    return refuse(PublicCode::InvalidToken, "integration_unknown");

  AccessFacts facts;
  facts.caller = CallerKind::Machine;
  facts.caller_environment = tenancy.environment;
  facts.credential = judge_credential(credential, tenancy, claims.integration, context.at);
  facts.integration = integration->state;
  facts.throw_away = credential != nullptr && credential->throw_away;
  facts.token_scopes = claims.scopes;
  facts.required = required.scope;
  facts.required_environment = required.environment.value_or(Environment::Shared);
  facts.reveals = required.reveals;
  facts.operator_only = required.operator_only;
  // The grant that is in force now, be it the token's or the one that superseded it.
  const Grant* grant = find_grant(picture, claims.integration, tenancy);
  if (grant != nullptr && !follows(picture, claims, *grant)) grant = nullptr;
  std::optional<GrantView> view;
  if (grant != nullptr) add_grant(facts, view.emplace(*grant), context.at);
  if (required.resource) {
    facts.token_reaches = reaches(claims.narrowed, required.scope, *required.resource);
    facts.grant_reaches = view && view->reaches(required.scope, *required.resource);
  }
  if (const auto refusal = decide_access(facts)) return refuse(*refusal, facts);

  AuthorizedCall::Facts call;
  call.kind = CallerKind::Machine;
  call.caller = ids_.encode(claims.credential);
  call.caller_position = claims.credential.position;
  call.tenancy = tenancy;
  call.integration = claims.integration;
  call.credential = claims.credential;
  call.token = claims.token;
  call.grant = grant->id();
  call.grant_version = grant->grant_version;
  call.epoch = epoch;
  call.scope = required.scope;
  call.scopes = both(claims.scopes, view->scopes());
  call.narrowed = intersect(claims.narrowed, *view, call.scopes);
  call.context = context;
  return AuthorizedCall(std::move(call));
}

Authorized<AuthorizedCall> AuthorizationGate::authorize_operator(const DirectorySnapshot& picture,
                                                                 const OperatorClaims& claims,
                                                                 const Tenancy& tenancy,
                                                                 const RequiredAccess& required,
                                                                 const CallContext& context) const {
  if (claims.expires_at <= context.at) return refuse(PublicCode::ExpiredToken, "expired_token");
  AccessFacts facts;
  facts.caller = CallerKind::Operator;
  facts.required = required.scope;
  facts.reveals = required.reveals;
  facts.operator_only = required.operator_only;
  if (const auto refusal = decide_access(facts)) return refuse(*refusal, facts);

  AuthorizedCall::Facts call;
  call.kind = CallerKind::Operator;
  call.caller = "operator:" + std::to_string(claims.uid);
  call.caller_position = Position{claims.uid} + 1;
  call.tenancy = tenancy;
  call.token = claims.token;
  call.epoch = picture.epoch_of(tenancy.organization);
  call.scope = required.scope;
  call.scopes = operator_scopes();
  call.context = context;
  return AuthorizedCall(std::move(call));
}

Authorized<AuthorizedCall> AuthorizationGate::authorize_webhook(const DirectorySnapshot& picture, SourceId id,
                                                                const SignatureFacts& verified,
                                                                const CallContext& context) const {
  // Nothing that depends on state is decided, let alone told, before the signature is known to be valid.
  if (verified.signature != SignatureFinding::Match) return refuse(PublicCode::BadSignature, "not_verified");
  const Source* source = picture.find(id);
  if (source == nullptr || source->state == SourceState::Deleted)
    return refuse(PublicCode::UnknownSource, "source_unknown");
  const Tenancy& tenancy = source->head.tenancy;
  const Integration* integration = find_integration(picture, source->integration, tenancy);
  if (integration == nullptr) return refuse(PublicCode::UnknownSource, "integration_unknown");

  AccessFacts facts;
  facts.caller = CallerKind::WebhookSource;
  facts.caller_environment = tenancy.environment;
  facts.integration = integration->state;
  facts.source_active = source->state == SourceState::Active;
  facts.unsigned_source = !is_signed(verified.scheme) || source->scheme == InboundScheme::GitLabToken;
  facts.token_scopes = {Scope::MessagesWrite};
  facts.required = Scope::MessagesWrite;
  const Grant* grant = find_grant(picture, source->integration, tenancy);
  std::optional<GrantView> view;
  if (grant != nullptr) {
    add_grant(facts, view.emplace(*grant), context.at);
    facts.unsigned_source_excepted = view->excepts_unsigned_source(id, context.at);
  }
  if (const auto refusal = decide_access(facts)) return refuse(*refusal, facts);

  AuthorizedCall::Facts call;
  call.kind = CallerKind::WebhookSource;
  call.caller = ids_.encode(id);
  call.caller_position = id.position;
  call.tenancy = tenancy;
  call.integration = source->integration;
  call.source = id;
  call.grant = grant->id();
  call.grant_version = grant->grant_version;
  call.epoch = picture.epoch_of(tenancy.organization);
  call.scope = Scope::MessagesWrite;
  call.scopes = {Scope::MessagesWrite};
  call.narrowed = intersect({}, *view, call.scopes);
  call.context = context;
  return AuthorizedCall(std::move(call));
}

Authorized<MintApproval> AuthorizationGate::authorize_mint(const DirectorySnapshot& picture,
                                                           const Credential& credential,
                                                           const TokenRequest& request, AccessTokenId token,
                                                           const CallContext& context) const {
  const Tenancy& tenancy = credential.head.tenancy;
  const Grant* grant = find_grant(picture, credential.integration, tenancy);
  std::optional<GrantView> view;
  if (grant != nullptr) view.emplace(*grant);
  TokenClaims claims;
  claims.token = token;
  claims.tenancy = tenancy;
  claims.integration = credential.integration;
  claims.credential = credential.id();
  claims.grant = grant == nullptr ? GrantId{} : grant->id();
  claims.grant_version = grant == nullptr ? 0 : grant->grant_version;
  claims.epoch = picture.epoch_of(tenancy.organization);
  claims.scopes = view ? view->scopes() : ScopeSet{};
  claims.issued_at = context.at;
  claims.expires_at = context.at + kAccessTokenLifetime;

  // Everything but the wished scopes is judged as a call would be, by a scope that the grant holds.
  RequiredAccess required;
  for (std::size_t i = 0; i < kScopeCount; ++i)
    if (claims.scopes.has(static_cast<Scope>(i))) required.scope = static_cast<Scope>(i);
  SEALPOST_TRY(AuthorizedCall call, authorize(picture, claims, required, context));

  if (!request.scopes.empty()) {
    if (const auto refusal = judge_wish(request, *view)) return fail(*refusal);
    claims.scopes = {};
    for (const NarrowedScope& asked : request.scopes) {
      claims.scopes.add(asked.scope);
      if (!asked.resources.empty()) claims.narrowed.push_back(asked);
    }
  }
  for (const auto end : {view->ends_at(), credential.expires_at})
    if (end) claims.expires_at = std::min(claims.expires_at, *end);
  call.facts_.scopes = claims.scopes;
  call.facts_.narrowed = intersect(claims.narrowed, *view, claims.scopes);
  return MintApproval{.claims = std::move(claims), .call = std::move(call)};
}

GrantFinding grant_finding(const AuthorizationRefusal& refusal) {
  const bool suspended = refusal.code == PublicCode::Suspended || refusal.code == PublicCode::SourceDisabled;
  return suspended ? GrantFinding::Suspended : GrantFinding::NotActive;
}

}  // namespace sealpost
