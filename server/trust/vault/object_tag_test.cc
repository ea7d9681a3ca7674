// A row of the control plane is what the gateway wrote, or it is nothing: every part of it counts.
#include "trust/vault/object_tag.h"

#include <gtest/gtest.h>

#include <set>

#include "trust/vault/testing/vault_fixture.h"

namespace sealpost {
namespace {

struct ObjectTagTest : ::testing::Test, VaultFixture {
  OrganizationId acme = add_organization();
  OrganizationId other = add_organization();

  [[nodiscard]] ObjectRow grant() const {
    ObjectRow row;
    row.kind = EntityKind::Grant;
    row.head = {.position = 4711,
                .tenancy = {acme, Environment::Test},
                .version = 3,
                .created_at = WallTime(Milliseconds(1000)),
                .updated_at = WallTime(Milliseconds(2000))};
    row.parent = 4000;
    row.body = R"({"state":"revoked"})";
    row.sealed = {1, 2, 3};
    return row;
  }
  ObjectRow* key_row(OrganizationId organization, std::string_view role) {
    for (auto& [position, row] : store.state().objects)
      if (row.kind == EntityKind::DataKey && row.head.tenancy.organization == organization &&
          row.body.find(role) != std::string::npos)
        return &row;
    return nullptr;
  }
};

TEST_F(ObjectTagTest, WhatTheGatewayWroteIsAuthenticAlsoAfterARestart) {
  const ObjectRow row = stamped(*vault, grant());
  EXPECT_EQ(row.tag.size(), sizeof(Hash256));
  EXPECT_TRUE(is_authentic(*vault, row));
  EXPECT_TRUE(is_authentic(*std::move(reopen()).value(), row));
  EXPECT_EQ(stamped(*vault, row).tag, row.tag) << "an old tag is no part of the new one";
}

TEST_F(ObjectTagTest, EveryPartOfTheRowCounts) {
  const ObjectRow good = stamped(*vault, grant());
  const std::pair<const char*, std::function<void(ObjectRow&)>> rows[] = {
      {"kind", [](ObjectRow& row) { row.kind = EntityKind::Credential; }},
      {"no kind", [](ObjectRow& row) { row.kind = static_cast<EntityKind>(99); }},
      {"id", [](ObjectRow& row) { ++row.head.position; }},
      {"organization", [&](ObjectRow& row) { row.head.tenancy.organization = other; }},
      {"environment", [](ObjectRow& row) { row.head.tenancy.environment = Environment::Live; }},
      {"version up", [](ObjectRow& row) { ++row.head.version; }},
      {"version down", [](ObjectRow& row) { row.head.version = 0; }},
      {"created", [](ObjectRow& row) { row.head.created_at += Milliseconds(1); }},
      {"updated", [](ObjectRow& row) { row.head.updated_at -= Milliseconds(1); }},
      {"parent", [](ObjectRow& row) { row.parent = 0; }},
      {"body", [](ObjectRow& row) { row.body = R"({"state":"active"})"; }},
      {"body cut", [](ObjectRow& row) { row.body.pop_back(); }},
      {"sealed", [](ObjectRow& row) { row.sealed[1] ^= 1; }},
      {"sealed gone", [](ObjectRow& row) { row.sealed.clear(); }},
      {"tag", [](ObjectRow& row) { row.tag.back() ^= 0x80; }},
      {"tag cut", [](ObjectRow& row) { row.tag.resize(16); }},
      {"tag longer", [](ObjectRow& row) { row.tag.push_back(0); }},
      {"no tag", [](ObjectRow& row) { row.tag.clear(); }},
      {"boundary of body and sealed part",
       [](ObjectRow& row) {
         row.body.push_back(static_cast<char>(row.sealed.front()));
         row.sealed.erase(row.sealed.begin());
       }},
  };
  std::set<Bytes> tags{good.tag};
  for (const auto& [name, change] : rows) {
    ObjectRow row = good;
    change(row);
    EXPECT_FALSE(is_authentic(*vault, row)) << name;
    if (row.tag != good.tag) continue;
    EXPECT_TRUE(tags.insert(stamped(*vault, row).tag).second) << name;
  }
}

TEST_F(ObjectTagTest, AnotherInstallationsWordCountsForNothing) {
  VaultFixture elsewhere(2);
  EXPECT_FALSE(is_authentic(*vault, stamped(*elsewhere.vault, grant())));
}

TEST_F(ObjectTagTest, NoOtherPurposeMakesATag) {
  const ObjectRow row = stamped(*vault, grant());
  for (const InstallationTag purpose : {InstallationTag::CredentialCheck, InstallationTag::CredentialHash,
                                        InstallationTag::LogPseudonym, InstallationTag::PageCursor})
    EXPECT_NE(vault->tag(purpose, {as_bytes("x")}), vault->tag(InstallationTag::ObjectRow, {as_bytes("x")}));
  EXPECT_TRUE(is_authentic(*vault, row));
}

TEST_F(ObjectTagTest, KeysOfAnEditedRowStayShutAndTakeNobodyElseWithThem) {
  const auto key = vault->current_data_key(acme, RetentionClass::Payload);
  const SealContext context{.tenancy = {acme, Environment::Live},
                            .kind = EntityKind::Message,
                            .id = 5,
                            .version = 1,
                            .field = "payload"};
  const Bytes sealed = key->seal(as_bytes("kept"), context, entropy);
  ++store.state().objects.at(key->id().position).head.version;
  const auto again = std::move(reopen()).value();
  EXPECT_EQ(again->current_data_key(acme, RetentionClass::Payload), nullptr);
  EXPECT_EQ(again->open_sealed(sealed, context).error(), VaultError::Tampered);
  EXPECT_NE(again->current_data_key(other, RetentionClass::Payload), nullptr);
  ASSERT_TRUE(again->ensure_data_keys(clock.wall_now()).ok());
  const auto fresh = again->current_data_key(acme, RetentionClass::Payload);
  ASSERT_NE(fresh, nullptr) << "what comes next needs a key that can be believed";
  EXPECT_NE(fresh->id(), key->id());
  --store.state().objects.at(key->id().position).head.version;
  EXPECT_TRUE(again->open_sealed(sealed, context).ok()) << "put right, it opens";
}

TEST_F(ObjectTagTest, AnEditedOrganizationKeyShutsThatOrganizationAlone) {
  ObjectRow* row = key_row(acme, "\"organization\"");
  ASSERT_NE(row, nullptr);
  row->head.created_at += Milliseconds(1);
  const auto again = std::move(reopen()).value();
  EXPECT_EQ(again->organization(acme), nullptr);
  EXPECT_NE(again->organization(other), nullptr);
  EXPECT_EQ(again->load_organization(acme).error(), VaultError::KeyUnavailable);
  EXPECT_TRUE(again->ensure_data_keys(clock.wall_now()).ok());
}

TEST_F(ObjectTagTest, ACheckReadsEveryPageAndNamesWhatDoesNotFit) {
  for (Position position = 1; position <= 1100; ++position) {
    ObjectRow row = grant();
    row.head.position = position;
    row = stamped(*vault, row);
    if (position == 1 || position == 700 || position == 1100) row.body = "{}";
    store.state().objects.emplace(position, std::move(row));
  }
  std::vector<DamagedRow> damaged;
  const auto rows = check_objects(store, *vault, [&](const DamagedRow& row) { damaged.push_back(row); });
  EXPECT_EQ(rows.value(), store.state().objects.size());
  const Tenancy tenancy{acme, Environment::Test};
  EXPECT_EQ(damaged, (std::vector<DamagedRow>{{EntityKind::Grant, 1, tenancy},
                                              {EntityKind::Grant, 700, tenancy},
                                              {EntityKind::Grant, 1100, tenancy}}));
  store.fail_with(StoreError::Unavailable);
  EXPECT_FALSE(check_objects(store, *vault, [](const DamagedRow&) {}).ok());
}

TEST_F(ObjectTagTest, ARowIsNamedAlsoWhenThereIsNoSuchKind) {
  const PublicIdCodec ids = vault->make_public_id_codec({{1, 0}});
  DamagedRow row{EntityKind::Grant, 17, {acme, Environment::Test}};
  EXPECT_EQ(public_name(ids, row), ids.encode(GrantId{17}));
  EXPECT_EQ(describe(ids, row), "object: " + ids.encode(GrantId{17}) + ", row 17, of " + ids.encode(acme) +
                                    ", is not what the gateway wrote");
  for (const int none : {0, 17, 99, 255}) {
    row.kind = static_cast<EntityKind>(none);
    EXPECT_EQ(public_name(ids, row), "kind " + std::to_string(none));
  }
}

}  // namespace
}  // namespace sealpost
