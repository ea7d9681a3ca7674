// Each resource's rows of the route table, in the order of the contract. Private to rest_api.
#pragma once

#include <span>

#include "edge/rest_api/route.h"

namespace sealpost {

std::span<const Route> organization_routes();  // and workspaces
std::span<const Route> integration_routes();
std::span<const Route> source_routes();
std::span<const Route> key_routes();
std::span<const Route> endpoint_routes();
std::span<const Route> channel_routes();
std::span<const Route> subscription_routes();
std::span<const Route> grant_routes();
std::span<const Route> credential_routes();
std::span<const Route> token_routes();
std::span<const Route> message_routes();  // and the inlet, deliveries and refusals
std::span<const Route> audit_routes();
std::span<const Route> operator_routes();  // and health

// Bodies of ordinary control calls.
inline constexpr std::size_t kControlBodyBytes = std::size_t{64} * 1024;
// Sources and integrations may bring long lists of rules.
inline constexpr std::size_t kLargeControlBodyBytes = std::size_t{1024} * 1024;
inline constexpr std::size_t kMessageBodyBytes = std::size_t{256} * 1024;
inline constexpr std::size_t kBatchBodyBytes = std::size_t{1024} * 1024;

}  // namespace sealpost
