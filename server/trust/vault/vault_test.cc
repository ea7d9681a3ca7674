#include "trust/vault/vault.h"

#include <set>

#include <gtest/gtest.h>

#include "foundation/bytes/secret_access.h"
#include "trust/vault/data_key_record.h"
#include "trust/vault/object_tag.h"
#include "trust/vault/testing/vault_fixture.h"

namespace sealpost {
namespace {

using std::chrono::days;
using std::chrono::hours;

SealContext message_context(OrganizationId organization, Position id = 77) {
  return {.tenancy = {organization, Environment::Live},
          .kind = EntityKind::Message,
          .id = id,
          .version = 1,
          .field = "payload"};
}
SecretBytes secret(std::string_view text) { return SecretBytes::copy_of(as_bytes(text)); }

struct VaultTest : ::testing::Test, VaultFixture {
  OrganizationId acme = add_organization();
  OrganizationId other = add_organization();

  [[nodiscard]] std::size_t rows_of(OrganizationId organization) {
    std::size_t count = 0;
    for (const auto& [position, row] : store.state().objects)
      if (row.head.tenancy.organization == organization) ++count;
    return count;
  }
  ObjectRow* row_at(Position position) {
    const auto it = store.state().objects.find(position);
    return it == store.state().objects.end() ? nullptr : &it->second;
  }
};

// ---- Context --------------------------------------------------------------------------------------------

TEST(SealContextEncoding, DiffersInEveryMember) {
  const SealContext base = message_context({5}, 9);
  std::vector<SealContext> all(8, base);
  all[1].tenancy.organization = {6};
  all[2].tenancy.environment = Environment::Test;
  all[3].kind = EntityKind::Delivery;
  all[4].id = 10;
  all[5].version = 2;
  all[6].field = "payloads";
  all[7].field = "";
  std::set<Bytes> seen;
  for (const auto& context : all) seen.insert(encode(context));
  EXPECT_EQ(seen.size(), all.size());
  EXPECT_EQ(encode(base), encode(message_context({5}, 9)));
}

TEST(SealContextEncoding, IsPinned) {
  // "sealpost/seal/v1", organization, environment, kind, id, version, length and text of the field.
  EXPECT_EQ(to_hex(encode(message_context({5}, 9))),
            "7365616c706f73742f7365616c2f7631"
            "0000000000000005"
            "02"
            "0b"
            "0000000000000009"
            "0000000000000001"
            "07"
            "7061796c6f6164");
}

// ---- Data keys ------------------------------------------------------------------------------------------

TEST_F(VaultTest, WhatADataKeySealedOpensAgain) {
  const auto key = vault->current_data_key(acme, RetentionClass::Payload);
  ASSERT_NE(key, nullptr);
  const Bytes sealed = key->seal(as_bytes("hello"), message_context(acme), entropy);
  EXPECT_EQ(sealed.size(), 5 + DataKey::kOverhead);
  EXPECT_EQ(sealed[0], 0x01) << "stored for years: the format is pinned";
  EXPECT_EQ(read_u64(ByteView(sealed).subspan(1)), key->id().position);
  EXPECT_EQ(DataKey::key_of(sealed), key->id());
  EXPECT_EQ(as_text(key->open(sealed, message_context(acme)).value()), "hello");
  EXPECT_EQ(as_text(vault->open_sealed(sealed, message_context(acme)).value()), "hello");
  EXPECT_EQ(as_text(vault->open_with(key->id(), sealed, message_context(acme)).value()), "hello");
}

TEST_F(VaultTest, EmptyContentIsContentToo) {
  const auto key = vault->current_data_key(acme, RetentionClass::Inbox);
  const Bytes sealed = key->seal({}, message_context(acme), entropy);
  EXPECT_TRUE(key->open(sealed, message_context(acme))->empty());
}

TEST_F(VaultTest, EachSealIsDifferent) {
  const auto key = vault->current_data_key(acme, RetentionClass::Payload);
  std::set<Bytes> seen;
  for (int i = 0; i < 20; ++i) seen.insert(key->seal(as_bytes("same"), message_context(acme), entropy));
  EXPECT_EQ(seen.size(), 20U);
}

TEST_F(VaultTest, AWrongContextDoesNotOpen) {
  const auto key = vault->current_data_key(acme, RetentionClass::Payload);
  const Bytes sealed = key->seal(as_bytes("hello"), message_context(acme), entropy);
  const struct {
    const char* name;
    SealContext context;
  } rows[] = {
      {"environment", {{acme, Environment::Test}, EntityKind::Message, 77, 1, "payload"}},
      {"organization", {{other, Environment::Live}, EntityKind::Message, 77, 1, "payload"}},
      {"kind", {{acme, Environment::Live}, EntityKind::Delivery, 77, 1, "payload"}},
      {"id", {{acme, Environment::Live}, EntityKind::Message, 78, 1, "payload"}},
      {"version", {{acme, Environment::Live}, EntityKind::Message, 77, 2, "payload"}},
      {"field", {{acme, Environment::Live}, EntityKind::Message, 77, 1, "summary"}},
  };
  for (const auto& row : rows) {
    const auto opened = key->open(sealed, row.context);
    ASSERT_FALSE(opened.ok()) << row.name;
    EXPECT_EQ(opened.error(), VaultError::Tampered) << row.name;
    EXPECT_FALSE(vault->open_sealed(sealed, row.context).ok()) << row.name;
  }
}

TEST_F(VaultTest, EveryChangedByteIsRefused) {
  const auto key = vault->current_data_key(acme, RetentionClass::Payload);
  const Bytes sealed = key->seal(as_bytes("hello"), message_context(acme), entropy);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    Bytes changed = sealed;
    changed[i] ^= 0x80;
    ASSERT_FALSE(key->open(changed, message_context(acme)).ok()) << i;
    ASSERT_FALSE(vault->open_sealed(changed, message_context(acme)).ok()) << i;
  }
  for (std::size_t size = 0; size < sealed.size(); ++size)
    ASSERT_FALSE(key->open(ByteView(sealed).first(size), message_context(acme)).ok()) << size;
}

TEST_F(VaultTest, FormsThatNameNoKeyAreMalformed) {
  const auto key = vault->current_data_key(acme, RetentionClass::Payload);
  Bytes zero = key->seal(as_bytes("x"), message_context(acme), entropy);
  for (std::size_t i = 1; i < 9; ++i) zero[i] = 0;
  EXPECT_EQ(DataKey::key_of(zero), std::nullopt);
  EXPECT_EQ(vault->open_sealed(zero, message_context(acme)).error(), VaultError::Malformed);
  EXPECT_EQ(vault->open_sealed({}, message_context(acme)).error(), VaultError::Malformed);
  EXPECT_EQ(vault->open_with(key->id(), {}, message_context(acme)).error(), VaultError::Malformed);
  EXPECT_EQ(key->open({}, message_context(acme)).error(), VaultError::Malformed);
}

TEST_F(VaultTest, OpenWithRefusesAnotherKeysValue) {
  const auto payload = vault->current_data_key(acme, RetentionClass::Payload);
  const auto inbox = vault->current_data_key(acme, RetentionClass::Inbox);
  const Bytes sealed = payload->seal(as_bytes("x"), message_context(acme), entropy);
  EXPECT_EQ(vault->open_with(inbox->id(), sealed, message_context(acme)).error(), VaultError::Tampered);
  EXPECT_EQ(inbox->open(sealed, message_context(acme)).error(), VaultError::Tampered);
}

TEST_F(VaultTest, KeysDifferByOrganizationClassAndDay) {
  std::set<DataKeyId> ids;
  std::set<Hash256> digests;
  for (int day = 0; day < 2; ++day) {
    for (const auto organization : {acme, other}) {
      for (const auto retention : kAllRetentionClasses) {
        const auto key = vault->current_data_key(organization, retention);
        ASSERT_NE(key, nullptr) << name_of(retention);
        EXPECT_EQ(key->name().organization, organization);
        EXPECT_EQ(key->name().retention, retention);
        ids.insert(key->id());
        digests.insert(key->digest(as_bytes("body")));
      }
    }
    clock.advance(hours(24));
  }
  EXPECT_EQ(ids.size(), 4 * kAllRetentionClasses.size());
  EXPECT_EQ(digests.size(), ids.size());
}

TEST_F(VaultTest, TomorrowsKeyIsThereAtMidnightAndTheDayAfterIsNot) {
  const auto today = vault->current_data_key(acme, RetentionClass::Payload);
  clock.advance(hours(24));
  const auto tomorrow = vault->current_data_key(acme, RetentionClass::Payload);
  ASSERT_NE(tomorrow, nullptr);
  EXPECT_NE(today->id(), tomorrow->id());
  EXPECT_EQ(tomorrow->name().day - today->name().day, days(1));
  clock.advance(hours(24));
  EXPECT_EQ(vault->current_data_key(acme, RetentionClass::Payload), nullptr)
      << "a miss, never yesterday's key";
  ASSERT_TRUE(vault->ensure_data_keys(clock.wall_now()).ok());
  EXPECT_NE(vault->current_data_key(acme, RetentionClass::Payload), nullptr);
}

TEST_F(VaultTest, UpkeepMakesEachKeyOnce) {
  const std::size_t before = rows_of(acme);
  EXPECT_EQ(before, 1 + 2 * kAllRetentionClasses.size());
  EXPECT_EQ(vault->ensure_data_keys(clock.wall_now()).value(), 0U);
  EXPECT_EQ(rows_of(acme), before);
  clock.advance(hours(24));
  EXPECT_EQ(vault->ensure_data_keys(clock.wall_now()).value(), 2 * kAllRetentionClasses.size());
  EXPECT_EQ(rows_of(acme), before + kAllRetentionClasses.size());
}

TEST_F(VaultTest, ARestartFindsTheSameKeys) {
  const auto key = vault->current_data_key(acme, RetentionClass::Payload);
  const Bytes sealed = key->seal(as_bytes("kept"), message_context(acme), entropy);
  const std::size_t rows = store.state().objects.size();
  auto again = std::move(reopen()).value();
  EXPECT_EQ(again->current_data_key(acme, RetentionClass::Payload)->id(), key->id());
  EXPECT_EQ(again->ensure_data_keys(clock.wall_now()).value(), 0U);
  EXPECT_EQ(store.state().objects.size(), rows);
  EXPECT_EQ(as_text(again->open_sealed(sealed, message_context(acme)).value()), "kept");
}

TEST_F(VaultTest, OldKeysAreLoadedOnceForReaders) {
  const auto key = vault->current_data_key(acme, RetentionClass::Payload);
  const Bytes sealed = key->seal(as_bytes("old"), message_context(acme), entropy);
  clock.advance(hours(72));
  ASSERT_TRUE(vault->ensure_data_keys(clock.wall_now()).ok());
  auto again = std::move(reopen()).value();
  const std::size_t reads = store.reads();
  EXPECT_EQ(as_text(again->open_sealed(sealed, message_context(acme)).value()), "old");
  EXPECT_EQ(store.reads(), reads + 1);
  EXPECT_EQ(as_text(again->open_sealed(sealed, message_context(acme)).value()), "old");
  EXPECT_EQ(store.reads(), reads + 1) << "the second time from memory";
}

TEST_F(VaultTest, MessagePathsNeverTouchTheStore) {
  const std::size_t reads = store.reads();
  store.fail_with(StoreError::Unavailable);
  EXPECT_NE(vault->current_data_key(acme, RetentionClass::Payload), nullptr);
  EXPECT_NE(vault->organization(acme), nullptr);
  EXPECT_TRUE(vault->keyed_digest(acme, as_bytes("x")).ok());
  EXPECT_EQ(vault->current_data_key({123}, RetentionClass::Payload), nullptr);
  EXPECT_EQ(vault->organization({123}), nullptr);
  EXPECT_EQ(vault->keyed_digest({123}, as_bytes("x")).error(), VaultError::KeyUnavailable);
  EXPECT_EQ(store.reads(), reads);
}

TEST_F(VaultTest, ADestroyedKeyTakesItsContentWithIt) {
  const auto key = vault->current_data_key(acme, RetentionClass::Payload);
  const Bytes sealed = key->seal(as_bytes("gone"), message_context(acme), entropy);
  clock.advance(hours(72));
  ASSERT_TRUE(vault->ensure_data_keys(clock.wall_now()).ok());
  ObjectRow& row = *row_at(key->id().position);
  row.sealed.clear();
  row = stamped(*vault, row);
  EXPECT_EQ(std::move(reopen()).value()->open_sealed(sealed, message_context(acme)).error(),
            VaultError::Destroyed);
  store.state().objects.erase(key->id().position);
  EXPECT_EQ(std::move(reopen()).value()->open_sealed(sealed, message_context(acme)).error(),
            VaultError::Destroyed);
}

TEST_F(VaultTest, AKeyRowOfAnotherOrganizationIsNotFound) {
  const auto foreign = vault->current_data_key(other, RetentionClass::Payload);
  const Bytes sealed = foreign->seal(as_bytes("theirs"), message_context(other), entropy);
  EXPECT_EQ(vault->open_sealed(sealed, message_context(acme)).error(), VaultError::Destroyed);
  EXPECT_EQ(vault->data_key(acme, foreign->id()).error(), VaultError::Destroyed);
  ASSERT_TRUE(vault->data_key(other, foreign->id()).ok());
  EXPECT_FALSE(vault->data_key(acme, foreign->id()).ok()) << "also once it is in memory";
}

// Edited by somebody who could also make our tag for it: the seal itself is bound to what the row says.
TEST_F(VaultTest, EditedKeyRowsDoNotOpen) {
  const DataKeyId id = vault->current_data_key(acme, RetentionClass::Payload)->id();
  const ObjectRow good = *row_at(id.position);
  const auto damage = [&](auto change) {
    ObjectRow row = good;
    change(row);
    *row_at(id.position) = stamped(*vault, row);
    return reopen();
  };
  auto record = record_from_text<DataKeyRecord>(good.head, good.body).value();
  EXPECT_EQ(damage([&](ObjectRow& row) {
              auto edited = record;
              edited.retention = RetentionClass::Inbox;
              row.body = record_to_text(edited);
            }).error(),
            VaultError::Tampered);
  EXPECT_EQ(damage([&](ObjectRow& row) {
              auto edited = record;
              edited.day += 1;
              row.body = record_to_text(edited);
            }).error(),
            VaultError::Tampered);
  EXPECT_EQ(damage([](ObjectRow& row) { row.body = "{"; }).error(), VaultError::Malformed);
  EXPECT_EQ(damage([](ObjectRow& row) { row.sealed.back() ^= 1; }).error(), VaultError::Tampered);
  EXPECT_EQ(damage([&](ObjectRow& row) {
              row.sealed =
                  row_at(vault->current_data_key(acme, RetentionClass::Inbox)->id().position)->sealed;
            }).error(),
            VaultError::Tampered);
  EXPECT_TRUE(damage([](ObjectRow&) {}).ok());
}

TEST_F(VaultTest, AFailingStoreMakesNoKeys) {
  clock.advance(hours(24));
  store.fail_with(StoreError::Full);
  EXPECT_EQ(vault->ensure_data_keys(clock.wall_now()).error(), VaultError::StoreFailed);
  clock.advance(hours(24));
  EXPECT_EQ(vault->current_data_key(acme, RetentionClass::Payload), nullptr) << "not on disk, so not in use";
  store.fail_with(std::nullopt);
  EXPECT_TRUE(vault->ensure_data_keys(clock.wall_now()).ok());
  EXPECT_NE(vault->current_data_key(acme, RetentionClass::Payload), nullptr);
}

TEST_F(VaultTest, ManyOrganizationsFitIntoSeveralPagesAndTransactions) {
  std::vector<OrganizationId> all;
  for (int i = 0; i < 40; ++i) all.push_back(add_organization());
  clock.advance(hours(48));
  EXPECT_EQ(vault->ensure_data_keys(clock.wall_now()).value(), 42 * 2 * kAllRetentionClasses.size());
  auto again = std::move(reopen()).value();
  for (const auto organization : all)
    EXPECT_NE(again->current_data_key(organization, RetentionClass::AuditFree), nullptr);
}

// ---- Digests --------------------------------------------------------------------------------------------

TEST_F(VaultTest, ADigestIsComparableWithinADayAndTellsItsKey) {
  const auto first = vault->keyed_digest(acme, as_bytes("body")).value();
  EXPECT_EQ(first.digest, vault->keyed_digest(acme, as_bytes("body"))->digest);
  EXPECT_NE(first.digest, vault->keyed_digest(acme, as_bytes("bodY"))->digest);
  EXPECT_NE(first.digest, vault->keyed_digest(other, as_bytes("body"))->digest);
  EXPECT_NE(first.digest, sha256(as_bytes("body")));
  clock.advance(hours(24));
  EXPECT_NE(first.digest, vault->keyed_digest(acme, as_bytes("body"))->digest);
  EXPECT_EQ(vault->data_key(acme, first.key).value()->digest(as_bytes("body")), first.digest);
}

// ---- Secrets and tags -----------------------------------------------------------------------------------

TEST_F(VaultTest, SecretsOpenInTheirContextOnly) {
  const SealContext context{{acme, Environment::Test}, EntityKind::SigningKey, 42, 1, "material"};
  const Bytes sealed = vault->seal_secret(secret("top"), context).value();
  EXPECT_TRUE(vault->open_secret(sealed, context)->equals(as_bytes("top")));
  auto changed = context;
  changed.tenancy.environment = Environment::Live;
  EXPECT_EQ(vault->open_secret(sealed, changed).error(), VaultError::Tampered);
  changed = context;
  changed.tenancy.organization = other;
  EXPECT_EQ(vault->open_secret(sealed, changed).error(), VaultError::Tampered);
  EXPECT_EQ(vault->organization(acme)->open_secret(sealed, changed).error(), VaultError::Tampered);
  changed = context;
  changed.id = 43;
  EXPECT_EQ(vault->open_secret(sealed, changed).error(), VaultError::Tampered);
  changed.tenancy.organization = {999};
  EXPECT_EQ(vault->open_secret(sealed, changed).error(), VaultError::KeyUnavailable);
  EXPECT_EQ(vault->seal_secret(secret("top"), changed).error(), VaultError::KeyUnavailable);
}

TEST_F(VaultTest, InstallationSecretsAreBoundToTheirName) {
  const Bytes sealed = vault->seal_installation_secret("log.signer", secret("seed"));
  EXPECT_TRUE(vault->open_installation_secret("log.signer", sealed)->equals(as_bytes("seed")));
  EXPECT_EQ(vault->open_installation_secret("log.signers", sealed).error(), VaultError::Tampered);
  EXPECT_TRUE(std::move(reopen()).value()->open_installation_secret("log.signer", sealed).ok());
}

TEST_F(VaultTest, TagsDifferByPurposeOrganizationAndBoundary) {
  const auto keys = vault->organization(acme);
  std::set<Hash256> seen;
  for (std::size_t i = 0; i < kOrganizationTagCount; ++i)
    seen.insert(keys->tag(static_cast<OrganizationTag>(i), {as_bytes("ab"), as_bytes("c")}));
  seen.insert(keys->tag(OrganizationTag::ReplayKey, {as_bytes("a"), as_bytes("bc")}));
  seen.insert(keys->tag(OrganizationTag::ReplayKey, {as_bytes("abc")}));
  seen.insert(vault->organization(other)->tag(OrganizationTag::ReplayKey, {as_bytes("ab"), as_bytes("c")}));
  for (std::size_t i = 0; i < kInstallationTagCount; ++i)
    seen.insert(vault->tag(static_cast<InstallationTag>(i), {as_bytes("ab"), as_bytes("c")}));
  EXPECT_EQ(seen.size(), kOrganizationTagCount + kInstallationTagCount + 3);
  const Hash128 half = keys->short_tag(OrganizationTag::ReplayKey, {as_bytes("x")});
  const Hash256 whole = keys->tag(OrganizationTag::ReplayKey, {as_bytes("x")});
  EXPECT_TRUE(std::equal(half.begin(), half.end(), whole.begin()));
}

TEST_F(VaultTest, TagsSurviveARestart) {
  const auto before = vault->tag(InstallationTag::CredentialHash, {as_bytes("x")});
  const auto replay = vault->organization(acme)->tag(OrganizationTag::ReplayKey, {as_bytes("x")});
  auto again = std::move(reopen()).value();
  EXPECT_EQ(again->tag(InstallationTag::CredentialHash, {as_bytes("x")}), before);
  EXPECT_EQ(again->organization(acme)->tag(OrganizationTag::ReplayKey, {as_bytes("x")}), replay);
}

// ---- Opening --------------------------------------------------------------------------------------------

TEST_F(VaultTest, PublicIdsStayTheSameForGood) {
  const std::string id = vault->make_public_id_codec({{1, 0}}).encode(EntityKind::Message, 1ULL << 40);
  EXPECT_EQ(
      std::move(reopen()).value()->make_public_id_codec({{1, 0}}).encode(EntityKind::Message, 1ULL << 40),
      id);
}

TEST_F(VaultTest, AnotherRootKeyOpensNothing) {
  const auto file = directory.path() / "another.key";
  ASSERT_TRUE(FileRootKey::create(file, entropy).ok());
  const auto another = std::move(FileRootKey::load(file)).value();
  EXPECT_EQ(Vault::open(store, *another, clock, entropy).error(), VaultError::WrongRootKey);
}

TEST_F(VaultTest, DamagedSettingsAreNotReplaced) {
  const auto good = store.state().settings;
  ASSERT_EQ(good.size(), 2U);
  for (const auto& [name, value] : good) {
    store.state().settings = good;
    store.state().settings[name] = "zz";
    EXPECT_EQ(reopen().error(), VaultError::Malformed) << name;
    EXPECT_EQ(store.state().settings[name], "zz");
    store.state().settings[name] = "00" + value.substr(2);
    EXPECT_EQ(reopen().error(), VaultError::WrongRootKey) << name;
  }
  store.state().settings = {{"vault.installation_key", good.at("vault.public_id_key")},
                            {"vault.public_id_key", good.at("vault.installation_key")}};
  EXPECT_EQ(reopen().error(), VaultError::WrongRootKey) << "swapped values are bound to their names";
}

TEST_F(VaultTest, ABrokenStoreIsToldFromAWrongKey) {
  store.fail_with(StoreError::Corrupt);
  EXPECT_EQ(reopen().error(), VaultError::StoreFailed);
  EXPECT_EQ(vault->load_organization(acme).error(), VaultError::StoreFailed);
  const Bytes foreign =
      vault->current_data_key(acme, RetentionClass::Payload)->seal({}, message_context(acme), entropy);
  Bytes unknown = foreign;
  unknown[4] ^= 1;  // another day, no neighbour
  EXPECT_EQ(vault->open_sealed(unknown, message_context(acme)).error(), VaultError::StoreFailed);
}

TEST_F(VaultTest, AnOrganizationIsUnknownUntilItIsLoadedAfterItsCommit) {
  const OrganizationId late{store.positions().draw()};
  ASSERT_TRUE(store
                  .transact_and_wait([&](Transaction& transaction) -> StoreResult<void> {
                    SEALPOST_TRY([[maybe_unused]] auto key,
                                 vault->create_organization_key(transaction, late));
                    return {};
                  })
                  .ok());
  EXPECT_EQ(vault->organization(late), nullptr);
  ASSERT_TRUE(vault->load_organization(late).ok());
  EXPECT_NE(vault->organization(late), nullptr);
  EXPECT_NE(vault->current_data_key(late, RetentionClass::AuditWho), nullptr);
  EXPECT_EQ(vault->load_organization({4242}).error(), VaultError::KeyUnavailable);
}

TEST_F(VaultTest, ARolledBackOrganizationLeavesNothing) {
  const OrganizationId never{store.positions().draw()};
  const auto result = store.transact_and_wait([&](Transaction& transaction) -> StoreResult<void> {
    SEALPOST_TRY([[maybe_unused]] auto key, vault->create_organization_key(transaction, never));
    return fail(StoreError::Conflict);
  });
  EXPECT_EQ(result.error(), StoreError::Conflict);
  EXPECT_EQ(rows_of(never), 0U);
  EXPECT_FALSE(vault->load_organization(never).ok());
}

TEST_F(VaultTest, ADestroyedOrganizationKeyLeavesTheOthersUsable) {
  for (auto& [position, row] : store.state().objects) {
    if (row.head.tenancy.organization != acme) continue;
    if (record_from_text<DataKeyRecord>(row.head, row.body)->role == DataKeyRole::Organization)
      row.sealed.clear();
    row = stamped(*vault, row);
  }
  auto again = std::move(reopen()).value();
  EXPECT_EQ(again->organization(acme), nullptr);
  EXPECT_EQ(again->current_data_key(acme, RetentionClass::Payload), nullptr);
  EXPECT_NE(again->current_data_key(other, RetentionClass::Payload), nullptr);
}

TEST_F(VaultTest, NoKeyLiesInTheClear) {
  // What is stored of a key is its wrapped form: 24 + 32 + 16 octets, and two rows never look alike.
  std::set<Bytes> seen;
  for (const auto& [position, row] : store.state().objects) {
    EXPECT_EQ(row.sealed.size(), 32 + XAes256Gcm::kOverhead);
    EXPECT_EQ(row.body.find(to_hex(row.sealed)), std::string::npos);
    seen.insert(row.sealed);
  }
  EXPECT_EQ(seen.size(), store.state().objects.size());
}

}  // namespace
}  // namespace sealpost
