#include "flow/delivery/permission.h"

#include "access/consent/grant_view.h"

namespace sealpost {
namespace {

std::optional<DeliveryRefusal> judge_integration(const Integration* integration, const Tenancy& tenancy) {
  if (integration == nullptr || integration->head.tenancy != tenancy)
    return DeliveryRefusal{PublicCode::IntegrationRevoked, RefusedFate::Cancel};
  switch (integration->state) {
    case IntegrationState::Active:
      return std::nullopt;
    case IntegrationState::Draft:
      return DeliveryRefusal{PublicCode::IntegrationNotActive, RefusedFate::Cancel};
    case IntegrationState::Suspended:
      return DeliveryRefusal{PublicCode::Suspended, RefusedFate::Postpone};
    case IntegrationState::Revoked:
    case IntegrationState::Decommissioned:
      break;
  }
  return DeliveryRefusal{PublicCode::IntegrationRevoked, RefusedFate::Cancel};
}

std::optional<DeliveryRefusal> judge_endpoint(const Endpoint* endpoint, const Tenancy& tenancy) {
  if (endpoint == nullptr) return DeliveryRefusal{PublicCode::EndpointDisabled, RefusedFate::Cancel};
  if (endpoint->head.tenancy != tenancy)
    return DeliveryRefusal{PublicCode::WrongEnvironment, RefusedFate::Cancel};
  switch (endpoint->state) {
    case EndpointState::Active:
      return std::nullopt;
    case EndpointState::Disabled:
      return DeliveryRefusal{PublicCode::EndpointDisabled, RefusedFate::DeadLetter};
    case EndpointState::Deleted:
      break;
  }
  return DeliveryRefusal{PublicCode::EndpointDisabled, RefusedFate::Cancel};
}

}  // namespace

std::optional<DeliveryRefusal> judge_delivery(const DirectorySnapshot& picture,
                                              const DeliveryParties& parties, WallTime now) {
  if (auto refusal = judge_integration(picture.find(parties.integration), parties.tenancy)) return refusal;
  const Grant* grant = picture.active_grant(parties.integration);
  if (grant == nullptr) return DeliveryRefusal{PublicCode::GrantNotActive, RefusedFate::Cancel};
  const GrantView view(*grant);
  if (!view.active_at(now)) return DeliveryRefusal{PublicCode::GrantNotActive, RefusedFate::Cancel};
  if (!view.reaches(Scope::MessagesWrite, parties.endpoint.position))
    return DeliveryRefusal{PublicCode::ResourceNotInScope, RefusedFate::Cancel};
  return judge_endpoint(picture.find(parties.endpoint), parties.tenancy);
}

}  // namespace sealpost
