// What the vault does when its provider, its store or the clock does not play along.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "storage/store/testing/scripted_store.h"
#include "trust/vault/data_key_record.h"
#include "trust/vault/testing/vault_fixture.h"

namespace sealpost {
namespace {

using std::chrono::days;
using std::chrono::hours;
using Command = ScriptedStore::Command;

// A provider that answers as it is told, in front of a real one.
class MoodyRootKey final : public RootKey {
 public:
  explicit MoodyRootKey(const RootKey& inner) : inner_(inner) {}
  std::optional<RootKeyError> wraps_with;
  std::optional<RootKeyError> unwraps_with;

  [[nodiscard]] std::string id() const override { return inner_.id(); }
  Result<Bytes, RootKeyError> wrap(const SecretBytes& key, ByteView context,
                                   Entropy& entropy) const override {
    if (wraps_with) return fail(*wraps_with);
    return inner_.wrap(key, context, entropy);
  }
  Result<SecretBytes, RootKeyError> unwrap(ByteView wrapped, ByteView context) const override {
    if (unwraps_with) return fail(*unwraps_with);
    return inner_.unwrap(wrapped, context);
  }
  Result<SecretBytes, RootKeyError> derive(std::string_view purpose) const override {
    return inner_.derive(purpose);
  }

 private:
  const RootKey& inner_;
};

struct VaultFailuresTest : ::testing::Test, VaultFixture {
  OrganizationId acme = add_organization();
  ScriptedStore scripted{store};
  MoodyRootKey moody{*root};

  Result<std::unique_ptr<Vault>, VaultError> open() { return Vault::open(scripted, moody, clock, entropy); }
  SealContext context(Position id = 5) const {
    return {.tenancy = {acme, Environment::Live},
            .kind = EntityKind::Message,
            .id = id,
            .version = 1,
            .field = "payload"};
  }
  // Rows of data keys of the class, each with its day.
  std::vector<DataKeyRecord> keys_of(RetentionClass retention) {
    std::vector<DataKeyRecord> out;
    for (const auto& [position, row] : store.state().objects) {
      if (row.kind != EntityKind::DataKey) continue;
      const auto record = record_from_text<DataKeyRecord>(row.head, row.body).value();
      if (record.role == DataKeyRole::Data && record.retention == retention) out.push_back(record);
    }
    return out;
  }
};

// ---- The provider

TEST_F(VaultFailuresTest, AProviderThatDoesNotAnswerIsNoWrongKey) {
  const std::pair<RootKeyError, VaultError> rows[] = {{RootKeyError::Unavailable, VaultError::KeyUnavailable},
                                                      {RootKeyError::Io, VaultError::KeyUnavailable},
                                                      {RootKeyError::Tampered, VaultError::WrongRootKey}};
  for (const auto& [provider, vault_says] : rows) {
    moody.unwraps_with = provider;
    EXPECT_EQ(open().error(), vault_says);
  }
  moody.unwraps_with.reset();
  EXPECT_TRUE(open().ok());
}

TEST_F(VaultFailuresTest, WithoutTheProviderNothingIsMadeAtFirstUse) {
  store.state() = {};
  moody.wraps_with = RootKeyError::Unavailable;
  EXPECT_EQ(open().error(), VaultError::KeyUnavailable);
  EXPECT_TRUE(store.state().settings.empty());
  moody.wraps_with.reset();
  ASSERT_TRUE(open().ok());
  EXPECT_EQ(store.state().settings.size(), 2U);
}

TEST_F(VaultFailuresTest, AnOrganizationIsNotMadeWithoutItsKey) {
  const auto opened = std::move(open()).value();
  moody.wraps_with = RootKeyError::Unavailable;
  const std::size_t before = store.state().objects.size();
  const auto made = store.transact_and_wait([&](Transaction& transaction) -> StoreResult<void> {
    SEALPOST_TRY([[maybe_unused]] const auto id, opened->create_organization_key(transaction, {4711}));
    return {};
  });
  EXPECT_EQ(made.error(), StoreError::Unavailable);
  EXPECT_EQ(store.state().objects.size(), before);
}

// After the start the provider is asked for new organizations only: its outage stops no message.
TEST_F(VaultFailuresTest, AnOutageOfTheProviderStopsNoMessage) {
  const auto opened = std::move(open()).value();
  moody.wraps_with = RootKeyError::Unavailable;
  moody.unwraps_with = RootKeyError::Unavailable;
  const auto key = opened->current_data_key(acme, RetentionClass::Payload);
  ASSERT_NE(key, nullptr);
  const Bytes sealed = key->seal(as_bytes("x"), context(), entropy);
  clock.advance(days(5));
  EXPECT_TRUE(opened->ensure_data_keys(clock.wall_now()).ok());
  EXPECT_NE(opened->current_data_key(acme, RetentionClass::Payload), nullptr);
  EXPECT_TRUE(opened->open_sealed(sealed, context()).ok()) << "old content too";
  EXPECT_EQ(opened->load_organization(acme).error(), VaultError::KeyUnavailable);
  EXPECT_NE(opened->organization(acme), nullptr) << "a reload that failed takes nothing away";
}

// ---- The store

TEST_F(VaultFailuresTest, AStoreThatFailsAtFirstUseLeavesNoKeyInUse) {
  store.state() = {};
  scripted.fail(Command::Transact, 1, StoreError::Full);
  EXPECT_EQ(open().error(), VaultError::StoreFailed);
  EXPECT_TRUE(store.state().settings.empty());
  for (int reads_before = 0; reads_before < 3; ++reads_before) {
    int reads = 0;
    scripted.through = [&](Reader& reader, const Store::Look& look) -> StoreResult<void> {
      if (reads++ == reads_before) return fail(StoreError::Busy);
      return look(reader);
    };
    EXPECT_EQ(open().error(), VaultError::StoreFailed) << reads_before;
  }
  scripted.through = nullptr;
  EXPECT_TRUE(open().ok());
}

TEST_F(VaultFailuresTest, KeysOfALaterTransactionThatFailedAreMadeAgain) {
  // More than fit into one transaction.
  for (int i = 0; i < 20; ++i) add_organization();
  const auto opened = std::move(open()).value();
  clock.advance(days(2));
  int transactions = 0;
  const std::function<void()> count = [&] {
    if (++transactions == 2) scripted.fail(Command::Transact, 1, StoreError::Full);
    scripted.before_transaction = count;
  };
  scripted.before_transaction = count;
  EXPECT_EQ(opened->ensure_data_keys(clock.wall_now()).error(), VaultError::StoreFailed);
  EXPECT_EQ(transactions, 2);
  EXPECT_EQ(opened->current_data_key(acme, RetentionClass::Payload), nullptr)
      << "also those whose rows were written are not in use";
  scripted.before_transaction = nullptr;
  ASSERT_TRUE(opened->ensure_data_keys(clock.wall_now()).ok());
  const auto key = opened->current_data_key(acme, RetentionClass::Payload);
  ASSERT_NE(key, nullptr);
  const Bytes sealed = key->seal(as_bytes("x"), context(), entropy);
  EXPECT_TRUE(std::move(open()).value()->open_sealed(sealed, context()).ok()) << "it is on disk";
}

TEST_F(VaultFailuresTest, AReadThatFailsIsTriedAgainByTheNextReader) {
  const auto key = vault->current_data_key(acme, RetentionClass::Payload);
  const Bytes sealed = key->seal(as_bytes("old"), context(), entropy);
  clock.advance(days(3));
  const auto opened = std::move(open()).value();
  scripted.fail(Command::Read, 1, StoreError::Busy);
  EXPECT_EQ(opened->open_sealed(sealed, context()).error(), VaultError::StoreFailed);
  EXPECT_TRUE(opened->open_sealed(sealed, context()).ok());
}

// ---- The clock

TEST_F(VaultFailuresTest, AClockThatGoesBackGetsAKeyOfThatDayAndLosesNothing) {
  const auto first = vault->current_data_key(acme, RetentionClass::Payload);
  const Bytes sealed = first->seal(as_bytes("first"), context(1), entropy);
  clock.advance(days(4));
  ASSERT_TRUE(vault->ensure_data_keys(clock.wall_now()).ok());
  clock.step_wall(-days(4));
  EXPECT_EQ(vault->current_data_key(acme, RetentionClass::Payload), nullptr) << "forgotten, not guessed";
  ASSERT_TRUE(vault->ensure_data_keys(clock.wall_now()).ok());
  const auto second = vault->current_data_key(acme, RetentionClass::Payload);
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(second->name().day, first->name().day);
  EXPECT_NE(second->id(), first->id());
  const Bytes later = second->seal(as_bytes("second"), context(2), entropy);
  // Two keys of one class and day: both open, in this process and in the next one.
  const auto again = std::move(open()).value();
  for (Vault* one : {vault.get(), again.get()}) {
    EXPECT_EQ(as_text(one->open_sealed(sealed, context(1)).value()), "first");
    EXPECT_EQ(as_text(one->open_sealed(later, context(2)).value()), "second");
  }
}

TEST_F(VaultFailuresTest, ADayBeginsAtMidnightUtc) {
  const WallTime midnight{std::chrono::ceil<days>(clock.wall_now())};
  const auto today = vault->current_data_key(acme, RetentionClass::Inbox);
  clock.advance(midnight - clock.wall_now() - Milliseconds(1));
  EXPECT_EQ(vault->current_data_key(acme, RetentionClass::Inbox), today);
  clock.advance(Milliseconds(1));
  const auto next = vault->current_data_key(acme, RetentionClass::Inbox);
  ASSERT_NE(next, nullptr);
  EXPECT_EQ(next->name().day, midnight);
  EXPECT_NE(next, today);
}

TEST_F(VaultFailuresTest, OldDaysAreDroppedFromMemoryButNotFromDisk) {
  const auto first = vault->current_data_key(acme, RetentionClass::Digest);
  const std::size_t before = keys_of(RetentionClass::Digest).size();
  clock.advance(days(10));
  ASSERT_TRUE(vault->ensure_data_keys(clock.wall_now()).ok());
  EXPECT_EQ(keys_of(RetentionClass::Digest).size(), before + 2);
  const std::size_t reads = store.reads();
  ASSERT_TRUE(vault->data_key(acme, first->id()).ok());
  EXPECT_EQ(store.reads(), reads + 1) << "from disk";
}

// ---- Many at once

TEST_F(VaultFailuresTest, UpkeepAndMessagesDoNotGetInEachOthersWay) {
  std::atomic<bool> stop{false};
  std::atomic<int> misses{0};
  {
    std::vector<std::jthread> readers;
    for (int i = 0; i < 3; ++i)
      readers.emplace_back([&] {
        while (!stop) {
          const auto today = [&] { return std::chrono::floor<days>(clock.wall_now()); };
          const auto before = today();
          const auto key = vault->current_data_key(acme, RetentionClass::Payload);
          // Days fly by here: what was asked on one day and answered on another says nothing.
          if (key == nullptr && before == today()) ++misses;
          if (key != nullptr && !key->open(key->seal(as_bytes("x"), context(), entropy), context()).ok())
            ++misses;
        }
      });
    std::jthread upkeep([&] {
      for (int day = 0; day < 20; ++day) {
        // Tomorrow's key is there before midnight.
        EXPECT_TRUE(vault->ensure_data_keys(clock.wall_now()).ok());
        EXPECT_TRUE(vault->load_organization(acme).ok());
        clock.advance(hours(24));
      }
      stop = true;
    });
  }
  EXPECT_EQ(misses, 0);
}

TEST_F(VaultFailuresTest, TwoUpkeepsMakeEachKeyOnce) {
  clock.advance(days(2));
  const std::size_t before = keys_of(RetentionClass::Payload).size();
  {
    std::vector<std::jthread> chores;
    for (int i = 0; i < 4; ++i)
      chores.emplace_back([&] { EXPECT_TRUE(vault->ensure_data_keys(clock.wall_now()).ok()); });
  }
  EXPECT_EQ(keys_of(RetentionClass::Payload).size(), before + 2);
}

}  // namespace
}  // namespace sealpost
