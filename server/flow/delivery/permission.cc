#include "flow/delivery/permission.h"

#include <algorithm>

#include "access/consent/grant_view.h"

namespace sealpost {
namespace {

// What is missing has ended, unless rows of the control plane are damaged: then it may be there again once
// the database has been put right, and what waits for it waits on.
RefusedFate fate_of_missing(const DirectorySnapshot& picture) {
  return picture.damaged.empty() ? RefusedFate::Cancel : RefusedFate::Postpone;
}

// A grant that was revoked stays in the picture, so damage in another organization does not keep its
// deliveries waiting. A damaged row tells its organization itself: where that is none there is, it may be
// any.
RefusedFate fate_without_grant(const DirectorySnapshot& picture, const DeliveryParties& parties) {
  const bool revoked = std::ranges::any_of(picture.grants, [&](const auto& entry) {
    const Grant& grant = *entry.second;
    return grant.integration == parties.integration && grant.head.tenancy == parties.tenancy &&
           grant.state == GrantState::Revoked;
  });
  const bool concerned = std::ranges::any_of(picture.damaged, [&](const DamagedRow& row) {
    const OrganizationId named = row.tenancy.organization;
    return named == parties.tenancy.organization || picture.find(named) == nullptr;
  });
  return revoked && !concerned ? RefusedFate::Cancel : fate_of_missing(picture);
}

std::optional<DeliveryRefusal> judge_integration(const DirectorySnapshot& picture, IntegrationId id,
                                                 const Tenancy& tenancy) {
  const Integration* integration = picture.find(id);
  if (integration == nullptr)
    return DeliveryRefusal{PublicCode::IntegrationRevoked, fate_of_missing(picture)};
  if (integration->head.tenancy != tenancy)
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

std::optional<DeliveryRefusal> judge_endpoint(const DirectorySnapshot& picture, EndpointId id,
                                              const Tenancy& tenancy) {
  const Endpoint* endpoint = picture.find(id);
  if (endpoint == nullptr) return DeliveryRefusal{PublicCode::EndpointDisabled, fate_of_missing(picture)};
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
  if (auto refusal = judge_integration(picture, parties.integration, parties.tenancy)) return refusal;
  const Grant* grant = picture.active_grant(parties.integration);
  if (grant == nullptr)
    return DeliveryRefusal{PublicCode::GrantNotActive, fate_without_grant(picture, parties)};
  const GrantView view(*grant);
  if (!view.active_at(now)) return DeliveryRefusal{PublicCode::GrantNotActive, RefusedFate::Cancel};
  if (!view.reaches(Scope::MessagesWrite, parties.endpoint.position))
    return DeliveryRefusal{PublicCode::ResourceNotInScope, RefusedFate::Cancel};
  return judge_endpoint(picture, parties.endpoint, parties.tenancy);
}

}  // namespace sealpost
