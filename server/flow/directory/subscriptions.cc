#include "flow/directory/subscriptions.h"

#include "flow/directory/internal/writing.h"

namespace sealpost {
namespace {

Failure<OperationRefusal> bad_types() {
  return refuse(PublicCode::ValidationFailed, "at most 200 event types, each of the known form",
                {"/event_types"});
}

// A receiver of the integration's own, or a channel in its environment; both alive.
Operation<void> judge_target(const DirectorySnapshot& picture, const AuthorizedCall& call,
                             const Integration& integration, const NewSubscription& request) {
  if (request.endpoint.has_value() == request.channel.has_value())
    return refuse(PublicCode::ValidationFailed, "exactly one of endpoint_id and channel_id",
                  {"/endpoint_id", "/channel_id"});
  if (request.endpoint) {
    SEALPOST_TRY(const Endpoint* endpoint,
                 find_visible(picture, picture.endpoints, call, request.endpoint->position));
    if (endpoint->head.tenancy.organization != integration.head.tenancy.organization)
      return refuse(PublicCode::NotFound);
    if (endpoint->head.tenancy != integration.head.tenancy) return refuse(PublicCode::WrongEnvironment);
    if (endpoint->integration != integration.id())
      return refuse(PublicCode::ValidationFailed, "the endpoint belongs to another integration",
                    {"/endpoint_id"});
    if (endpoint->state == EndpointState::Deleted)
      return refuse(PublicCode::Conflict, "the endpoint is deleted");
    return {};
  }
  SEALPOST_TRY(const Channel* channel,
               find_visible(picture, picture.channels, call, request.channel->position));
  if (channel->head.tenancy.organization != integration.head.tenancy.organization)
    return refuse(PublicCode::NotFound);
  if (channel->head.tenancy != integration.head.tenancy) return refuse(PublicCode::WrongEnvironment);
  if (channel->state == ChannelState::Deleted) return refuse(PublicCode::Conflict, "the channel is deleted");
  return {};
}

}  // namespace

Operation<Made> create_subscription(Operations& operations, const AuthorizedCall& call,
                                    const NewSubscription& request) {
  if (!are_event_types(request.event_types)) return bad_types();
  return operations.change<Made>([&](ControlTransaction& transaction,
                                     const DirectorySnapshot& picture) -> Operation<Made> {
    SEALPOST_TRY(const Integration* integration, find_open_integration(picture, call, request.integration));
    SEALPOST_TRY_VOID(judge_target(picture, call, *integration, request));
    Subscription made;
    made.head = new_head(operations, integration->head.tenancy);
    made.integration = integration->id();
    made.event_types = request.event_types;
    made.endpoint = request.endpoint;
    made.channel = request.channel;
    return insert_once(operations, transaction, picture, call, request.once, picture.all_subscriptions, made,
                       integration->head.position, "subscription.created");
  });
}

Operation<Resource> read_subscription(Operations& operations, const AuthorizedCall& call, SubscriptionId id) {
  return read_record(operations, call, &DirectorySnapshot::all_subscriptions, id.position);
}

Operation<PageView> list_subscriptions(Operations& operations, const AuthorizedCall& call,
                                       IntegrationId integration, const PageQuery& page) {
  return list_records(operations, call, &DirectorySnapshot::all_subscriptions, page,
                      [&](const Subscription& one) {
                        return one.state == SubscriptionState::Active &&
                               (!integration.set() || one.integration == integration);
                      });
}

Operation<Resource> update_subscription(Operations& operations, const AuthorizedCall& call, SubscriptionId id,
                                        const SubscriptionChange& change, std::uint64_t if_version) {
  if (change.event_types && !are_event_types(*change.event_types)) return bad_types();
  return update_record(
      operations, call, &DirectorySnapshot::all_subscriptions, id.position, if_version,
      "subscription.updated",
      [&](Subscription& one, const DirectorySnapshot&, ControlTransaction&) -> Operation<void> {
        if (one.state == SubscriptionState::Deleted)
          return refuse(PublicCode::Conflict, "the subscription is deleted");
        if (change.event_types) one.event_types = *change.event_types;
        return {};
      });
}

Operation<void> delete_subscription(Operations& operations, const AuthorizedCall& call, SubscriptionId id,
                                    std::optional<std::uint64_t> if_version) {
  SEALPOST_TRY_VOID(
      update_record(operations, call, &DirectorySnapshot::all_subscriptions, id.position,
                    if_version.value_or(0), "subscription.deleted",
                    [&](Subscription& one, const DirectorySnapshot&, ControlTransaction&) -> Operation<void> {
                      if (one.state == SubscriptionState::Deleted)
                        return refuse(PublicCode::Conflict, "the subscription is deleted already");
                      one.state = SubscriptionState::Deleted;
                      return {};
                    }));
  return {};
}

}  // namespace sealpost
