// Identity of everything that is stored. Inside the process an id is a position: an integer that is also the
// row-order key, so that a table needs no second index. 41 bits count milliseconds since 2024-01-01 UTC, 22
// bits tell apart what began in the same millisecond; positions only grow. Each kind is a type of its own.
// What the outside sees is made from a position by PublicIdCodec (public_id.h).
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <functional>

#include "foundation/system/clock.h"

namespace sealpost {

using Position = std::uint64_t;

enum class EntityKind : std::uint8_t {
  Organization = 1,
  Workspace = 2,
  Integration = 3,
  Source = 4,
  Endpoint = 5,
  Channel = 6,
  Subscription = 7,
  Grant = 8,
  Credential = 9,
  SigningKey = 10,
  Message = 11,
  Delivery = 12,
  Refusal = 13,
  Request = 14,
  AccessToken = 15,
  DataKey = 16,
};

template <EntityKind K>
struct Id {
  static constexpr EntityKind kKind = K;
  Position position = 0;  // 0 names nothing

  [[nodiscard]] constexpr bool set() const { return position != 0; }
  friend constexpr auto operator<=>(const Id&, const Id&) = default;
};

using OrganizationId = Id<EntityKind::Organization>;
using WorkspaceId = Id<EntityKind::Workspace>;
using IntegrationId = Id<EntityKind::Integration>;
using SourceId = Id<EntityKind::Source>;
using EndpointId = Id<EntityKind::Endpoint>;
using ChannelId = Id<EntityKind::Channel>;
using SubscriptionId = Id<EntityKind::Subscription>;
using GrantId = Id<EntityKind::Grant>;
using CredentialId = Id<EntityKind::Credential>;
using SigningKeyId = Id<EntityKind::SigningKey>;
using MessageId = Id<EntityKind::Message>;
using DeliveryId = Id<EntityKind::Delivery>;
using RefusalId = Id<EntityKind::Refusal>;
using RequestId = Id<EntityKind::Request>;
using AccessTokenId = Id<EntityKind::AccessToken>;
using DataKeyId = Id<EntityKind::DataKey>;

inline constexpr unsigned kPositionSequenceBits = 22;
inline constexpr std::int64_t kPositionEpochMs = 1'704'067'200'000;  // 2024-01-01T00:00:00Z

// The millisecond a position was drawn in, and the first position of a millisecond.
[[nodiscard]] constexpr WallTime time_of(Position position) {
  return WallTime(
      Milliseconds(static_cast<std::int64_t>(position >> kPositionSequenceBits) + kPositionEpochMs));
}
[[nodiscard]] constexpr Position first_position_at(WallTime time) {
  const std::int64_t ms = time.time_since_epoch().count() - kPositionEpochMs;
  return ms <= 0 ? 1 : static_cast<Position>(ms) << kPositionSequenceBits;
}

}  // namespace sealpost

template <sealpost::EntityKind K>
struct std::hash<sealpost::Id<K>> {
  std::size_t operator()(const sealpost::Id<K>& id) const noexcept {
    return std::hash<std::uint64_t>{}(id.position);
  }
};
