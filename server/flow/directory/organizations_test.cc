#include <gtest/gtest.h>

#include "flow/directory/page_cursor.h"
#include "flow/directory/testing/control_plane.h"
#include "trust/vault/object_tag.h"

namespace sealpost {
namespace {

using OrganizationsTest = ControlPlane;

Once once(std::string key, std::string body = "{}") {
  return {.route = "POST /v1/organizations", .key = std::move(key), .body = Bytes(body.begin(), body.end())};
}

TEST_F(OrganizationsTest, AnOrganizationIsMadeWithItsLogAndItsFirstRecord) {
  const auto made = create_organization(ops(), by_operator(), {.name = "Example", .once = {}});
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(made->resource.version, 1U);
  EXPECT_EQ(made->resource.body.at("name"), "Example");
  const auto log = records({made->resource.position});
  ASSERT_EQ(log.size(), 1U);
  EXPECT_EQ(log[0].at("class"), "organization.created");
  EXPECT_EQ(log[0].at("after.name"), "Example");
  EXPECT_EQ(log[0].at("actor"), "operator:1000");
  EXPECT_EQ(log[0].at("source_address"), "192.0.2.7");
  EXPECT_EQ(log[0].at("policy"), kAccessPolicyId);
}

TEST_F(OrganizationsTest, ARepeatedCallMakesOneOrganization) {
  const auto first = create_organization(ops(), by_operator(), {.name = "Example", .once = once("k")});
  const auto second = create_organization(ops(), by_operator(), {.name = "Example", .once = once("k")});
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_FALSE(first->repeated);
  EXPECT_TRUE(second->repeated);
  EXPECT_EQ(first->resource.position, second->resource.position);
  EXPECT_EQ(picture()->organizations.size(), 1U);
  const auto other = create_organization(ops(), by_operator(), {.name = "Example", .once = once("k", "{1}")});
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().code, PublicCode::IdempotencyMismatch);
  const auto bad = create_organization(ops(), by_operator(), {.name = "Example", .once = once("with space")});
  ASSERT_FALSE(bad.ok());
  EXPECT_EQ(bad.error().code, PublicCode::InvalidIdempotencyKey);
}

TEST_F(OrganizationsTest, AReservationThatWasNotFinishedIsNobody) {
  make_organization();
  Organization reserved;
  reserved.head.position = ops().draw();
  reserved.head.tenancy = {reserved.id(), Environment::Shared};
  reserved.head.version = 0;
  ASSERT_TRUE(store_
                  ->transact_and_wait([&](Transaction& transaction) {
                    return transaction.insert_object(stamped(*vault_, {.kind = EntityKind::Organization,
                                                                       .head = reserved.head,
                                                                       .parent = 0,
                                                                       .body = record_to_text(reserved),
                                                                       .sealed = {}}));
                  })
                  .ok());
  ASSERT_TRUE(open_directory());
  EXPECT_EQ(picture()->organizations.size(), 1U);
}

TEST_F(OrganizationsTest, AChangeIsMadeForTheVersionThatWasRead) {
  const OrganizationId id = make_organization();
  const auto changed = update_organization(ops(), by_operator(), id, {.name = "Renamed"}, 1);
  ASSERT_TRUE(changed.ok());
  EXPECT_EQ(changed->version, 2U);
  const auto late = update_organization(ops(), by_operator(), id, {.name = "Late"}, 1);
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().code, PublicCode::PreconditionFailed);
  const auto log = records(id);
  ASSERT_EQ(log.size(), 2U);
  EXPECT_EQ(log[1].at("before.name"), "Example");
  EXPECT_EQ(log[1].at("after.name"), "Renamed");
  EXPECT_EQ(log[1].at("target_version"), "2");
}

TEST_F(OrganizationsTest, ListsGoOnWhereTheyEnded) {
  const OrganizationId organization = make_organization();
  std::vector<Position> made;
  for (int i = 0; i < 5; ++i) made.push_back(make_workspace(organization).position);
  std::vector<std::string> seen;
  PageQuery page{.after = 0, .limit = 2};
  for (int pages = 0; pages < 3; ++pages) {
    const auto view = list_workspaces(ops(), by_operator({organization, Environment::Shared}), page);
    ASSERT_TRUE(view.ok());
    for (const auto& item : view->items) seen.emplace_back(item.at("id").get_string());
    EXPECT_EQ(view->next.has_value(), pages < 2);
    page.after = view->next.value_or(0);
  }
  ASSERT_EQ(seen.size(), 5U);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(seen[i], ids_->encode(WorkspaceId{made[i]}));
}

TEST_F(OrganizationsTest, ACursorBelongsToItsList) {
  const Position at = make_organization().position;
  const std::string cursor = make_cursor(*vault_, *ids_, EntityKind::Organization, "list a", at);
  EXPECT_EQ(read_cursor(*vault_, *ids_, EntityKind::Organization, "list a", cursor), at);
  EXPECT_FALSE(read_cursor(*vault_, *ids_, EntityKind::Organization, "list b", cursor));
  EXPECT_FALSE(read_cursor(*vault_, *ids_, EntityKind::Workspace, "list a", cursor));
  EXPECT_FALSE(read_cursor(*vault_, *ids_, EntityKind::Organization, "list a", cursor + "0"));
  EXPECT_FALSE(read_cursor(*vault_, *ids_, EntityKind::Organization, "list a", "nothing"));
}

TEST_F(OrganizationsTest, WhatAnotherOrganizationOwnsIsNotThere) {
  const OrganizationId organization = make_organization();
  const WorkspaceId workspace = make_workspace(organization);
  const IntegrationId integration = make_integration(workspace);
  const SourceId source = make_source(integration);
  const auto key = add_key(source);
  const EndpointId endpoint = make_endpoint(integration);
  const ChannelId channel = make_channel(workspace);
  const GrantId grant = make_grant(integration);
  const CredentialId credential = make_credential(integration);
  const SigningKeyId key_id{key->resource.position};
  NewSubscription subscribing;
  subscribing.integration = integration;
  subscribing.channel = channel;
  const SubscriptionId subscription{
      create_subscription(ops(), by_operator(), subscribing)->resource.position};

  const Tenancy elsewhere{make_organization("Other"), Environment::Shared};
  const auto call = by_operator(elsewhere);
  const auto hidden = [](const auto& answer) {
    return !answer.ok() && answer.error().code == PublicCode::NotFound;
  };
  const std::size_t before = records(organization).size();
  NewSource new_source;
  new_source.integration = integration;
  new_source.name = "n";
  NewEndpoint new_endpoint;
  new_endpoint.integration = integration;
  new_endpoint.name = "n";
  new_endpoint.url = "https://receiver.example/";
  NewSourceKey new_key;
  new_key.source = source;
  KeyRotation rotation;
  rotation.endpoint = endpoint;
  NewGrant new_grant;
  new_grant.integration = integration;
  new_grant.scopes = {{"messages:write", {}}};
  new_grant.reason = "r";
  EXPECT_TRUE(hidden(read_organization(ops(), call, organization)));
  EXPECT_TRUE(hidden(update_organization(ops(), call, organization, {.name = "x"}, 0)));
  EXPECT_TRUE(hidden(create_workspace(ops(), call, {.organization = organization, .name = "x", .once = {}})));
  EXPECT_TRUE(hidden(read_workspace(ops(), call, workspace)));
  EXPECT_TRUE(hidden(update_workspace(ops(), call, workspace, {.name = "x"}, 0)));
  EXPECT_TRUE(hidden(create_channel(
      ops(), call,
      {.workspace = workspace, .environment = Environment::Test, .name = "x", .kind = {}, .once = {}})));
  EXPECT_TRUE(hidden(read_channel(ops(), call, channel)));
  EXPECT_TRUE(hidden(update_channel(ops(), call, channel, {.name = "x"}, 0)));
  EXPECT_TRUE(hidden(delete_channel(ops(), call, channel)));
  NewIntegration new_integration;
  new_integration.workspace = workspace;
  new_integration.name = "n";
  new_integration.source_system = "s";
  EXPECT_TRUE(hidden(create_integration(ops(), call, new_integration)));
  EXPECT_TRUE(hidden(read_integration(ops(), call, integration)));
  EXPECT_TRUE(hidden(update_integration(ops(), call, integration, {}, 0)));
  EXPECT_TRUE(hidden(rehearse_integration(ops(), call, integration, {})));
  EXPECT_TRUE(hidden(activate_integration(ops(), call, integration, {})));
  EXPECT_TRUE(hidden(resume_integration(ops(), call, integration, "r", {})));
  EXPECT_TRUE(hidden(suspend_integration(ops(), call, integration, "r", {})));
  EXPECT_TRUE(hidden(revoke_integration(ops(), call, integration, "r", {})));
  EXPECT_TRUE(hidden(decommission_integration(ops(), call, integration, "r", {})));
  EXPECT_TRUE(hidden(create_source(ops(), call, new_source)));
  EXPECT_TRUE(hidden(read_source(ops(), call, source)));
  EXPECT_TRUE(hidden(update_source(ops(), call, source, {}, 0)));
  EXPECT_TRUE(hidden(delete_source(ops(), call, source)));
  EXPECT_TRUE(hidden(create_endpoint(ops(), call, new_endpoint)));
  EXPECT_TRUE(hidden(read_endpoint(ops(), call, endpoint)));
  EXPECT_TRUE(hidden(update_endpoint(ops(), call, endpoint, {}, 0)));
  EXPECT_TRUE(hidden(delete_endpoint(ops(), call, endpoint)));
  EXPECT_TRUE(hidden(create_subscription(ops(), call, subscribing)));
  EXPECT_TRUE(hidden(read_subscription(ops(), call, subscription)));
  EXPECT_TRUE(hidden(update_subscription(ops(), call, subscription, {}, 0)));
  EXPECT_TRUE(hidden(delete_subscription(ops(), call, subscription)));
  EXPECT_TRUE(hidden(request_grant(ops(), call, new_grant)));
  EXPECT_TRUE(hidden(approve_grant(ops(), call, grant, {}, {})));
  EXPECT_TRUE(hidden(revoke_grant(ops(), call, grant, "r", {})));
  EXPECT_TRUE(hidden(read_grant(ops(), call, grant)));
  EXPECT_TRUE(hidden(create_credential(
      ops(), call, {.integration = integration, .name = "x", .expires_at = {}, .once = {}})));
  EXPECT_TRUE(hidden(read_credential(ops(), call, credential)));
  EXPECT_TRUE(hidden(revoke_credential(ops(), call, credential, "r", {})));
  EXPECT_TRUE(hidden(create_source_key(ops(), call, new_key)));
  EXPECT_TRUE(hidden(rotate_endpoint_key(ops(), call, rotation)));
  EXPECT_TRUE(hidden(retire_key(ops(), call, key_id, Milliseconds(0), {})));
  EXPECT_TRUE(hidden(retire_key(ops(), call, key_id, kDefaultKeyOverlap, {})));
  EXPECT_TRUE(hidden(mark_key_compromised(ops(), call, key_id, clock_.wall_now(), "r", {})));
  EXPECT_TRUE(hidden(destroy_signing_key(ops(), call, key_id, "r", {})));
  EXPECT_TRUE(hidden(read_key(ops(), call, key_id)));
  EXPECT_TRUE(hidden(list_source_keys(ops(), call, source, {})));
  EXPECT_TRUE(hidden(list_endpoint_keys(ops(), call, endpoint, {})));
  EXPECT_TRUE(list_workspaces(ops(), call, {})->items.empty());
  EXPECT_TRUE(list_channels(ops(), call, {})->items.empty());
  EXPECT_TRUE(list_integrations(ops(), call, {}, {})->items.empty());
  EXPECT_TRUE(list_sources(ops(), call, {}, {})->items.empty());
  EXPECT_TRUE(list_endpoints(ops(), call, {}, {})->items.empty());
  EXPECT_TRUE(list_subscriptions(ops(), call, {}, {})->items.empty());
  EXPECT_TRUE(list_grants(ops(), call, {}, {})->items.empty());
  EXPECT_TRUE(list_credentials(ops(), call, {}, {})->items.empty());
  EXPECT_EQ(list_organizations(ops(), call, {})->items.size(), 1U);
  EXPECT_EQ(records(organization).size(), before) << "a refused call wrote something";
}

TEST_F(OrganizationsTest, AMachineSeesItsOwnIntegrationInItsOwnEnvironment) {
  const WorkspaceId workspace = make_workspace(make_organization());
  const IntegrationId own = make_integration(workspace);
  const IntegrationId neighbour = make_integration(workspace);
  const IntegrationId live = make_integration(workspace, Environment::Live);
  const auto call = by_machine(own);
  EXPECT_TRUE(read_integration(ops(), call, own).ok());
  EXPECT_EQ(read_integration(ops(), call, neighbour).error().code, PublicCode::NotFound);
  EXPECT_EQ(read_integration(ops(), call, live).error().code, PublicCode::WrongEnvironment);
  EXPECT_EQ(list_integrations(ops(), call, {}, {})->items.size(), 1U);
  const ChannelId reachable = make_channel(workspace);
  const ChannelId unreachable =
      make_channel(make_workspace({picture()->find(workspace)->head.tenancy.organization}));
  EXPECT_TRUE(read_channel(ops(), call, reachable).ok());
  EXPECT_EQ(read_channel(ops(), call, unreachable).error().code, PublicCode::NotFound);
}

}  // namespace
}  // namespace sealpost
