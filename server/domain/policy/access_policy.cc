#include "domain/policy/access_policy.h"

#include "foundation/result/result.h"

namespace sealpost {
namespace {

std::optional<AccessRefusal> judge_integration(const AccessFacts& facts) {
  switch (facts.integration) {
    case IntegrationState::Active:
      return std::nullopt;
    case IntegrationState::Draft:
      // A rehearsal proves that revocation works before anything is active; its credential ends with it.
      if (facts.caller == CallerKind::Machine && facts.throw_away) return std::nullopt;
      return AccessRefusal::IntegrationDraft;
    case IntegrationState::Suspended:
      return AccessRefusal::IntegrationSuspended;
    case IntegrationState::Revoked:
    case IntegrationState::Decommissioned:
      return AccessRefusal::IntegrationEnded;
  }
  die(__FILE__, __LINE__, "a state that nobody judged");
}

std::optional<AccessRefusal> judge_operator(const AccessFacts& facts) {
  if (facts.reveals != Reveals::Metadata) return AccessRefusal::OperatorNotAllowed;
  if (!facts.operator_only && !operator_scopes().has(facts.required))
    return AccessRefusal::OperatorNotAllowed;
  return std::nullopt;
}

std::optional<AccessRefusal> judge_scope(const AccessFacts& facts) {
  if (!facts.token_scopes.has(facts.required) || !facts.grant_scopes.has(facts.required))
    return AccessRefusal::InsufficientScope;
  if (!facts.token_reaches || !facts.grant_reaches) return AccessRefusal::ResourceNotInScope;
  return std::nullopt;
}

std::optional<AccessRefusal> judge_source(const AccessFacts& facts) {
  if (!facts.source_active) return AccessRefusal::SourceInactive;
  const bool live = facts.caller_environment == Environment::Live;
  if (facts.unsigned_source && live && !facts.unsigned_source_excepted) return AccessRefusal::UnsignedSource;
  return std::nullopt;
}

}  // namespace

std::string_view name_of(CallerKind kind) {
  switch (kind) {
    case CallerKind::Machine:
      return "machine";
    case CallerKind::Operator:
      return "operator";
    case CallerKind::WebhookSource:
      return "webhook_source";
  }
  die(__FILE__, __LINE__, "a kind without a name");
}

ScopeSet operator_scopes() {
  return {Scope::MessagesRead,     Scope::DeliveriesRead,     Scope::DeliveriesRetry,
          Scope::AuditRead,        Scope::KeysRead,           Scope::KeysRotate,
          Scope::IntegrationsRead, Scope::IntegrationsManage, Scope::BillingRead};
}

PublicCode public_code(AccessRefusal refusal) {
  switch (refusal) {
    case AccessRefusal::CredentialInactive:
      return PublicCode::InvalidToken;
    case AccessRefusal::IntegrationDraft:
      return PublicCode::IntegrationNotActive;
    case AccessRefusal::IntegrationSuspended:
      return PublicCode::Suspended;
    case AccessRefusal::IntegrationEnded:
      return PublicCode::IntegrationRevoked;
    case AccessRefusal::SourceInactive:
      return PublicCode::SourceDisabled;
    case AccessRefusal::UnsignedSource:
    case AccessRefusal::GrantNotActive:
      return PublicCode::GrantNotActive;
    case AccessRefusal::WrongEnvironment:
      return PublicCode::WrongEnvironment;
    case AccessRefusal::OperatorOnly:
      return PublicCode::OperatorOnly;
    case AccessRefusal::OperatorNotAllowed:
      return PublicCode::OperatorNotAllowed;
    case AccessRefusal::InsufficientScope:
      return PublicCode::InsufficientScope;
    case AccessRefusal::ResourceNotInScope:
      return PublicCode::ResourceNotInScope;
  }
  die(__FILE__, __LINE__, "a refusal without a code");
}

std::optional<AccessRefusal> decide_access(const AccessFacts& facts) {
  if (facts.caller == CallerKind::Operator) return judge_operator(facts);
  if (facts.caller == CallerKind::Machine && facts.credential != CredentialFinding::Active)
    return AccessRefusal::CredentialInactive;
  if (const auto refusal = judge_integration(facts)) return refusal;
  if (facts.caller == CallerKind::WebhookSource)
    if (const auto refusal = judge_source(facts)) return refusal;
  if (!facts.grant_active) return AccessRefusal::GrantNotActive;
  if (facts.operator_only) return AccessRefusal::OperatorOnly;
  if (facts.required_environment != Environment::Shared &&
      facts.required_environment != facts.caller_environment)
    return AccessRefusal::WrongEnvironment;
  return judge_scope(facts);
}

}  // namespace sealpost
