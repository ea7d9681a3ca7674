#include <gtest/gtest.h>

#include <future>

#include "flow/directory/testing/control_plane.h"

namespace sealpost {
namespace {

class RevocationTest : public ControlPlane {
 protected:
  // One message of the integration on its way to the endpoint, waiting.
  DeliveryId accept_for(IntegrationId integration, EndpointId endpoint) {
    const Tenancy tenancy = picture()->find(integration)->head.tenancy;
    AcceptMessage message;
    message.tenancy = tenancy;
    message.epoch = epoch_of(tenancy.organization);
    message.integration = integration;
    message.message = {store_->positions().draw(2)};
    message.accepted_at = clock_.wall_now();
    message.event_type = "push";
    message.summary = "{}";
    message.facts = "{}";
    message.sealed_payload = {1, 2, 3};
    message.deliveries = {{message.message.position + 1, TargetKind::Endpoint, endpoint.position}};
    AuditEvent event("message.accepted", tenancy, clock_.wall_now());
    event.what().add("event_type", "push");
    message.audit = audit_->draft(event).value();
    std::promise<AcceptOutcome> promise;
    const DeliveryId delivery{message.message.position + 1};
    std::vector<AcceptMessage> messages;
    messages.push_back(std::move(message));
    EXPECT_TRUE(store_->accept_messages(
        std::move(messages), [&](std::vector<AcceptOutcome> out) { promise.set_value(out.at(0)); }));
    EXPECT_EQ(promise.get_future().get().status, AcceptStatus::Accepted);
    return delivery;
  }
  DeliveryState state_of(IntegrationId integration, DeliveryId delivery) {
    DeliveryState state = DeliveryState::Held;
    EXPECT_TRUE(store_
                    ->read([&](Reader& reader) -> StoreResult<void> {
                      SEALPOST_TRY(const auto row, reader.find_delivery(
                                                       picture()->find(integration)->head.tenancy, delivery));
                      state = row.state;
                      return {};
                    })
                    .ok());
    return state;
  }
};

TEST_F(RevocationTest, RevokingAnIntegrationEndsAllOfItAtOnce) {
  const WorkspaceId workspace = make_workspace(make_organization());
  const IntegrationId id = make_active(workspace);
  const IntegrationId other = make_active(workspace);
  const OrganizationId organization = picture()->find(id)->head.tenancy.organization;
  const EndpointId endpoint = make_endpoint(id);
  const CredentialId credential = make_credential(id);
  const CredentialId kept = make_credential(other);
  const DeliveryId waiting = accept_for(id, endpoint);
  ended_.clear();
  aborted_ = std::vector{DeliveryId{.position = 7}, DeliveryId{.position = 9}};
  const std::uint64_t before = epoch_of(organization);
  const auto receipt = revoke_integration(ops(), by_operator(), id, "leaked", {});
  ASSERT_TRUE(receipt.ok());
  EXPECT_EQ(receipt->epoch, before + 1);
  EXPECT_EQ(epoch_of(organization), before + 1);
  EXPECT_EQ(receipt->ended.grants, 1U);
  EXPECT_EQ(receipt->ended.credentials, 1U);
  EXPECT_EQ(receipt->ended.deliveries_cancelled, 1U);
  EXPECT_EQ(receipt->aborted, aborted_);
  EXPECT_EQ(view_of(view_context(ops(), *picture()), *receipt).at("aborted_deliveries").as_array().size(),
            2U);
  EXPECT_EQ(receipt->node, "node-1");
  EXPECT_EQ(state_of(id, waiting), DeliveryState::Cancelled);
  EXPECT_EQ(picture()->find(credential)->state, CredentialState::Revoked);
  EXPECT_EQ(picture()->find(kept)->state, CredentialState::Active);
  EXPECT_EQ(picture()->active_grant(id), nullptr);
  EXPECT_NE(picture()->active_grant(other), nullptr);
  ASSERT_EQ(ended_.size(), 1U);
  EXPECT_EQ(ended_[0].integration, id);
  const auto log = records(organization);
  const Fields& told = log.at(receipt->audit_index);
  EXPECT_EQ(told.at("class"), "integration.revoked");
  EXPECT_EQ(told.at("reason"), "leaked");
  EXPECT_EQ(told.at("ended_credentials"), "1");
  EXPECT_EQ(told.at("cancelled_deliveries"), "1");
  EXPECT_EQ(told.at("before.state"), "active");
  EXPECT_EQ(told.at("after.state"), "revoked");
}

TEST_F(RevocationTest, EachWayToLoseAccessRaisesTheEpoch) {
  const WorkspaceId workspace = make_workspace(make_organization());
  const IntegrationId id = make_active(workspace);
  const OrganizationId organization = picture()->find(id)->head.tenancy.organization;
  const SourceId source = make_source(id);
  const SigningKeyId key{add_key(source, "another secret entirely")->resource.position};
  const SigningKeyId second{add_key(source, "and a second one as well")->resource.position};
  const EndpointId endpoint = make_endpoint(id);
  const EndpointId other_endpoint = make_endpoint(id);
  const CredentialId credential = make_credential(id);
  const ChannelId channel = make_channel(workspace);
  const auto narrows = [&](const char* what, const auto& act) {
    const std::uint64_t before = epoch_of(organization);
    const auto done = act();
    EXPECT_TRUE(done.ok()) << what;
    EXPECT_EQ(epoch_of(organization), before + 1) << what;
    const auto again = act();
    EXPECT_FALSE(again.ok()) << what << " twice";
    EXPECT_EQ(epoch_of(organization), before + 1) << what << " twice";
  };
  narrows("retire a key at once", [&] { return retire_key(ops(), by_operator(), key, Milliseconds(0), {}); });
  narrows("destroy a key", [&] { return destroy_signing_key(ops(), by_operator(), key, "r", {}); });
  const std::uint64_t before = epoch_of(organization);
  ASSERT_TRUE(mark_key_compromised(ops(), by_operator(), second, clock_.wall_now(), "r", {}).ok());
  EXPECT_EQ(epoch_of(organization), before + 1);
  narrows("revoke a credential",
          [&] { return revoke_credential(ops(), by_operator(), credential, "r", {}); });
  narrows("suspend a source", [&]() -> Operation<Resource> {
    if (picture()->find(source)->state == SourceState::Suspended) return refuse(PublicCode::Conflict);
    SourceChange change;
    change.state = SourceState::Suspended;
    return update_source(ops(), by_operator(), source, change, 0);
  });
  narrows("delete a source", [&] { return delete_source(ops(), by_operator(), source); });
  narrows("disable an endpoint", [&]() -> Operation<Resource> {
    if (picture()->find(endpoint)->state == EndpointState::Disabled) return refuse(PublicCode::Conflict);
    EndpointChange change;
    change.state = EndpointState::Disabled;
    return update_endpoint(ops(), by_operator(), endpoint, change, 0);
  });
  narrows("delete an endpoint", [&] { return delete_endpoint(ops(), by_operator(), other_endpoint); });
  narrows("delete a channel", [&] { return delete_channel(ops(), by_operator(), channel); });
  narrows("revoke a grant", [&] {
    return revoke_grant(
        ops(), by_operator(),
        GrantId{picture()->active_grant(id) == nullptr ? 1 : picture()->active_grant(id)->head.position}, "r",
        {});
  });
  narrows("suspend", [&] { return suspend_integration(ops(), by_operator(), id, "r", {}); });
}

TEST_F(RevocationTest, ADeletedEndpointTakesItsDeliveriesKeysAndSubscriptionsWithIt) {
  const WorkspaceId workspace = make_workspace(make_organization());
  const IntegrationId id = make_active(workspace);
  const EndpointId endpoint = make_endpoint(id);
  NewSubscription subscribing;
  subscribing.integration = id;
  subscribing.endpoint = endpoint;
  const SubscriptionId subscription{
      create_subscription(ops(), by_operator(), subscribing)->resource.position};
  const DeliveryId waiting = accept_for(id, endpoint);
  ASSERT_TRUE(end_access(ops(), TestCalls::system_call("delivery"),
                         {.kind = AccessEndKind::DeleteEndpoint,
                          .tenancy = picture()->find(endpoint)->head.tenancy,
                          .what = endpoint.position,
                          .reason = "receiver_gone",
                          .compromised_since = {},
                          .if_version = {},
                          .once = {}})
                  .ok());
  EXPECT_EQ(state_of(id, waiting), DeliveryState::Cancelled);
  EXPECT_EQ(DirectorySnapshot::find_in(picture()->all_subscriptions, subscription.position)->state,
            SubscriptionState::Deleted);
  for (const auto& [position, key] : picture()->keys)
    if (key->owner == endpoint.position) {
      EXPECT_EQ(key->state, KeyState::Destroyed);
    }
  const auto log = records(picture()->find(id)->head.tenancy.organization);
  EXPECT_EQ(log.back().at("actor"), "system:delivery");
}

TEST_F(RevocationTest, AnotherEnvironmentIsNotReachedByAnId) {
  const WorkspaceId workspace = make_workspace(make_organization());
  const IntegrationId id = make_active(workspace);
  Tenancy wrong = picture()->find(id)->head.tenancy;
  wrong.environment = Environment::Live;
  const auto done = end_access(ops(), by_operator(),
                               {.kind = AccessEndKind::RevokeIntegration,
                                .tenancy = wrong,
                                .what = id.position,
                                .reason = "r",
                                .compromised_since = {},
                                .if_version = {},
                                .once = {}});
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().code, PublicCode::NotFound);
  EXPECT_EQ(picture()->find(id)->state, IntegrationState::Active);
}

}  // namespace
}  // namespace sealpost
