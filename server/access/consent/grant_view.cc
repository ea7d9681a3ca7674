#include "access/consent/grant_view.h"

#include <algorithm>

#include "access/consent/grant_rules.h"

namespace sealpost {
namespace {

const GrantedScope* find_scope(const Grant& grant, Scope scope) {
  const auto it = std::ranges::find(grant.scopes, name_of(scope), &GrantedScope::scope);
  return it == grant.scopes.end() ? nullptr : &*it;
}

bool approved_by_operator(const Grant& grant) { return grant.approved_by.starts_with("operator:"); }

}  // namespace

Narrowing narrowing_of(Scope scope) {
  switch (scope) {
    case Scope::MessagesWrite:
      return {.channels = true, .endpoints = true};
    case Scope::ChannelsRead:
    case Scope::ChannelsWrite:
    case Scope::ChannelsMention:
      return {.channels = true, .endpoints = false};
    case Scope::DeliveriesRead:
    case Scope::DeliveriesRetry:
      return {.channels = false, .endpoints = true};
    case Scope::MessagesRead:
    case Scope::AuditRead:
    case Scope::AuditExport:
    case Scope::KeysRead:
    case Scope::KeysRotate:
    case Scope::IntegrationsRead:
    case Scope::IntegrationsManage:
    case Scope::SecretsRead:
    case Scope::BillingRead:
      return {};
  }
  die(__FILE__, __LINE__, "a scope whose narrowing nobody named");
}

GrantView::GrantView(const Grant& grant, std::optional<WallTime> provider_active_since)
    : grant_(&grant), ends_at_(grant.expires_at) {
  // An unknown name grants nothing; it can't be stored, and if it were it would not be guessed at.
  for (const GrantedScope& granted : grant.scopes)
    if (const auto scope = scope_from(granted.scope)) scopes_.add(*scope);
  const bool needs_person =
      grant.head.tenancy.environment == Environment::Live && approved_by_operator(grant);
  if (provider_active_since && needs_person) {
    const WallTime renewal = *provider_active_since + kOperatorGrantGrace;
    if (!ends_at_ || renewal < *ends_at_) ends_at_ = renewal;
  }
}

std::span<const Position> GrantView::resources(Scope scope) const {
  const GrantedScope* granted = find_scope(*grant_, scope);
  return granted == nullptr ? std::span<const Position>{} : std::span<const Position>(granted->resources);
}

bool GrantView::reaches(Scope scope, Position resource) const {
  if (!scopes_.has(scope)) return false;
  const auto named = resources(scope);
  return named.empty() || std::ranges::find(named, resource) != named.end();
}

bool GrantView::active_at(WallTime now) const {
  return grant_->state == GrantState::Active && (!ends_at_ || now < *ends_at_);
}

bool GrantView::excepts_unsigned_source(SourceId source, WallTime now) const {
  return std::ranges::any_of(grant_->exceptions, [&](const GrantException& exception) {
    return exception.kind == GrantExceptionKind::UnsignedSource && exception.resource == source.position &&
           now < exception.ends_at;
  });
}

}  // namespace sealpost
