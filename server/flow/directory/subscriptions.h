// What an integration sends on: events of these types go to one of its endpoints, or to a channel of its
// environment.
#pragma once

#include "flow/directory/operations.h"

namespace sealpost {

struct NewSubscription {
  IntegrationId integration;
  std::vector<std::string> event_types;  // empty: all
  std::optional<EndpointId> endpoint;    // exactly one of the two
  std::optional<ChannelId> channel;
  Once once;
};
struct SubscriptionChange {
  std::optional<std::vector<std::string>> event_types;
};
Operation<Made> create_subscription(Operations& operations, const AuthorizedCall& call,
                                    const NewSubscription& request);
Operation<Resource> read_subscription(Operations& operations, const AuthorizedCall& call, SubscriptionId id);
Operation<PageView> list_subscriptions(Operations& operations, const AuthorizedCall& call,
                                       IntegrationId integration, const PageQuery& page);
Operation<Resource> update_subscription(Operations& operations, const AuthorizedCall& call, SubscriptionId id,
                                        const SubscriptionChange& change, std::uint64_t if_version);
Operation<void> delete_subscription(Operations& operations, const AuthorizedCall& call, SubscriptionId id,
                                    std::optional<std::uint64_t> if_version = {});

}  // namespace sealpost
