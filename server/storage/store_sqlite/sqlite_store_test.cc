#include "storage/store_sqlite/sqlite_store.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <future>
#include <set>

#include "foundation/system/testing/fakes.h"
#include "foundation/system/testing/scratch_directory.h"
#include "storage/store_sqlite/testing/power_cut_vfs.h"

namespace sealpost {
namespace {

constexpr Tenancy kTenancy{{100}, Environment::Live};

class SqliteStoreTest : public testing::Test {
 protected:
  SqliteOptions options(bool losing = false) {
    SqliteOptions out;
    out.work_row_key = key_that_everybody_knows;
    out.path = directory_.path() / "store.db";
    out.claims_per_slice = 16;
    out.checkpoint_pages = 40;
    if (losing) out.vfs = PowerCutVfs::kName;
    return out;
  }
  std::unique_ptr<SqliteStore> open(const SqliteOptions& given) {
    auto opened = SqliteStore::open(given, clock_, entropy_);
    return opened.ok() ? std::move(*opened) : nullptr;
  }
  static StoreResult<void> make_integration(SqliteStore& store) {
    return store.transact_and_wait([](Transaction& transaction) -> StoreResult<void> {
      ObjectRow row;
      row.kind = EntityKind::Integration;
      row.head.position = 5;
      row.head.tenancy = kTenancy;
      row.body = "{}";
      return transaction.insert_object(row);
    });
  }
  AcceptMessage message(SqliteStore& store, std::uint8_t key) {
    AcceptMessage out;
    out.tenancy = kTenancy;
    out.message = {store.positions().draw()};
    out.integration = {5};
    out.accepted_at = clock_.wall_now();
    out.sealed_payload.assign(500, key);
    Claim claim;
    claim.meaning = ClaimMeaning::SignedBytes;
    claim.key.fill(key);
    claim.keep_until = clock_.wall_now() + std::chrono::hours(24);
    out.claims = {claim};
    out.audit = {kTenancy.organization, R"({"seq":)", Bytes(300, key)};
    return out;
  }
  std::optional<AcceptOutcome> accept(SqliteStore& store, std::uint8_t key) {
    std::promise<AcceptOutcome> promise;
    std::vector<AcceptMessage> one{message(store, key)};
    if (!store.accept_messages(std::move(one), [&](auto got) { promise.set_value(got.front()); })) return {};
    return promise.get_future().get();
  }

  ScratchDirectory directory_;
  FakeClock clock_;
  SeededEntropy entropy_;
};

TEST_F(SqliteStoreTest, FilesArePrivateAndASecondOwnerIsRefused) {
  const auto store = open(options());
  ASSERT_NE(store, nullptr);
  for (const char* name : {"store.db", "store.db-wal", "store.db-shm", "store.db.lock"}) {
    struct stat info{};
    ASSERT_EQ(::stat((directory_.path() / name).c_str(), &info), 0) << name;
    EXPECT_EQ(info.st_mode & 0777, 0600U) << name;
  }
  const auto second = SqliteStore::open(options(), clock_, entropy_);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error(), StoreError::InUse);
}

TEST_F(SqliteStoreTest, AFileOfALaterReleaseIsRefused) {
  ASSERT_NE(open(options()), nullptr);
  sqlite3* raw = nullptr;
  ASSERT_EQ(sqlite3_open(options().path.c_str(), &raw), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(raw, "INSERT INTO schema_version VALUES (99)", nullptr, nullptr, nullptr),
            SQLITE_OK);
  sqlite3_close(raw);
  const auto opened = SqliteStore::open(options(), clock_, entropy_);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error(), StoreError::NewerSchema);
}

// Keeps the writer busy, so that what is submitted stays in the queue. Outlives the store, whose writer waits
// for it.
class HeldWriter final {
 public:
  HeldWriter() = default;
  HeldWriter(const HeldWriter&) = delete;
  HeldWriter& operator=(const HeldWriter&) = delete;
  void hold(SqliteStore& store) {
    ASSERT_TRUE(store.transact(
        [this](Transaction&) -> StoreResult<void> {
          held_.set_value();
          go_.get_future().wait();
          return {};
        },
        [](StoreResult<void>) {}));
    held_.get_future().wait();
  }
  void let_go() { go_.set_value(); }

 private:
  std::promise<void> held_;
  std::promise<void> go_;
};

TEST_F(SqliteStoreTest, AFullQueueRefuses) {
  auto small = options();
  small.queue_bound = 1;
  HeldWriter writer;
  const auto store = open(small);
  writer.hold(*store);
  ClaimWork one;
  one.most = 1;
  EXPECT_TRUE(store->claim_work(one, [](const ClaimedWork&) {}));
  EXPECT_FALSE(store->claim_work(one, [](const ClaimedWork&) {}));
  writer.let_go();
}

// A backlog of what may be erased does not hold up who waits.
TEST_F(SqliteStoreTest, BesideOtherWorkAPurgeTakesSmallSteps) {
  HeldWriter writer;
  auto store = open(options());
  ASSERT_NE(store, nullptr);
  ASSERT_TRUE(make_integration(*store).ok());
  for (std::uint8_t key = 0; key < 100; ++key) ASSERT_EQ(accept(*store, key)->status, AcceptStatus::Accepted);
  const auto payloads = [&] {
    std::uint64_t count = 0;
    const auto read = store->read([&](Reader& reader) -> StoreResult<void> {
      SEALPOST_TRY(const auto counts, reader.counts());
      count = counts.payloads;
      return {};
    });
    EXPECT_TRUE(read.ok());
    return count;
  };
  ASSERT_EQ(payloads(), 100U) << "none has a delivery, so each may go";

  writer.hold(*store);
  for (std::uint8_t key = 100; key < 109; ++key) {
    std::vector<AcceptMessage> one{message(*store, key)};
    ASSERT_TRUE(store->accept_messages(std::move(one), [](const auto&) {}));
  }
  Store::PurgeTerms terms;
  terms.now = clock_.wall_now();
  auto purged = std::async(std::launch::async, [&] { return store->purge_step(terms); });
  while (store->metrics().queue_depth < 10) std::this_thread::yield();
  writer.let_go();
  const auto more = purged.get();
  ASSERT_TRUE(more.ok());
  EXPECT_TRUE(*more);
  EXPECT_EQ(payloads(), 109U - (2 * 10 + 16));

  const auto rest = store->purge_step(terms);
  ASSERT_TRUE(rest.ok());
  EXPECT_FALSE(*rest) << "alone, it takes a whole step";
  EXPECT_EQ(payloads(), 0U);
}

// The note of the term is gone by then: it was looked at while the delivery held the payload.
TEST_F(SqliteStoreTest, APayloadGoesThoughTheClockSteppedBackAcrossItsTerm) {
  const auto store = open(options());
  ASSERT_NE(store, nullptr);
  ASSERT_TRUE(make_integration(*store).ok());
  ASSERT_TRUE(store
                  ->transact_and_wait([](Transaction& transaction) -> StoreResult<void> {
                    ObjectRow row;
                    row.kind = EntityKind::Endpoint;
                    row.head.position = 6;
                    row.head.tenancy = kTenancy;
                    row.body = "{}";
                    return transaction.insert_object(row);
                  })
                  .ok());
  AcceptMessage kept = message(*store, 1);
  kept.message = {store->positions().draw(2)};
  kept.deliveries = {{kept.message.position + 1, TargetKind::Endpoint, 6}};
  kept.keep_payload_until = clock_.wall_now() + std::chrono::hours(1);
  std::promise<AcceptStatus> accepted;
  ASSERT_TRUE(store->accept_messages({kept}, [&](auto got) { accepted.set_value(got.front().status); }));
  ASSERT_EQ(accepted.get_future().get(), AcceptStatus::Accepted);
  const auto purge = [&] {
    Store::PurgeTerms terms;
    terms.now = clock_.wall_now();
    while (store->purge_step(terms).value()) continue;
    Reader::Counts counts;
    EXPECT_TRUE(store
                    ->read([&](Reader& reader) -> StoreResult<void> {
                      SEALPOST_TRY(counts, reader.counts());
                      return {};
                    })
                    .ok());
    return counts.payloads;
  };
  clock_.advance(std::chrono::hours(2));
  EXPECT_EQ(purge(), 1U) << "its delivery is open";
  clock_.step_wall(-std::chrono::minutes(90));
  EXPECT_TRUE(store
                  ->transact_and_wait([&](Transaction& transaction) -> StoreResult<void> {
                    SEALPOST_TRY(const auto ended,
                                 transaction.cancel_waiting(kTenancy, {5}, clock_.wall_now()));
                    EXPECT_EQ(ended, 1U);
                    return {};
                  })
                  .ok());
  EXPECT_EQ(purge(), 1U) << "it is kept by choice";
  clock_.advance(std::chrono::hours(1));
  EXPECT_EQ(purge(), 0U);
}

// On a disk with safe overwrites the log is written in large pieces, on the other frame by frame.
class SqliteStoreDiskTest : public SqliteStoreTest,
                            public testing::WithParamInterface<PowerCutVfs::Overwrites> {};
INSTANTIATE_TEST_SUITE_P(Disks, SqliteStoreDiskTest,
                         testing::Values(PowerCutVfs::Overwrites::Unsafe, PowerCutVfs::Overwrites::Safe),
                         [](const auto& disk) {
                           return disk.param == PowerCutVfs::Overwrites::Safe ? "Safe" : "Unsafe";
                         });

// Cuts the power at random writes while messages are accepted: whatever was told to be accepted is there
// afterwards, nothing is there twice, and the log has no gap.
TEST_P(SqliteStoreDiskTest, PowerCutsLoseNothingThatWasAcknowledged) {
  PowerCutVfs vfs(GetParam());
  std::mt19937_64 draw(20261122);
  std::set<Position> acknowledged;
  std::uint8_t key = 0;
  for (int round = 0; round < 120; ++round) {
    SCOPED_TRACE(round);
    auto store = open(options(true));
    ASSERT_NE(store, nullptr);
    if (round == 0) {
      ASSERT_TRUE(make_integration(*store).ok());
    }
    EXPECT_TRUE(store
                    ->read([&](Reader& reader) -> StoreResult<void> {
                      for (const Position position : acknowledged) {
                        SEALPOST_TRY(const auto row, reader.find_message(kTenancy, {position}));
                        SEALPOST_TRY(const auto evidence,
                                     reader.audit_row(kTenancy.organization, row.audit_index));
                        static_cast<void>(evidence);
                      }
                      SEALPOST_TRY(const auto counts, reader.counts());
                      EXPECT_EQ(counts.messages, counts.audit_rows);
                      EXPECT_EQ(counts.messages, counts.claims);
                      EXPECT_EQ(counts.audit_rows, reader.log_size(kTenancy.organization).value());
                      EXPECT_GE(counts.messages, acknowledged.size());
                      return {};
                    })
                    .ok());
    vfs.fail_at(1 + draw() % (GetParam() == PowerCutVfs::Overwrites::Safe ? 40 : 90),
                PowerCutVfs::Fault::Cut);
    for (int i = 0; i < 12; ++i) {
      const auto outcome = accept(*store, key = static_cast<std::uint8_t>(key + 1));
      if (!outcome || outcome->status == AcceptStatus::Failed) break;
      acknowledged.insert(outcome->message.position);
    }
    vfs.fail_at(1, PowerCutVfs::Fault::Cut);
    store.reset();
    vfs.lose_unsynced(draw());
  }
  EXPECT_GT(acknowledged.size(), 100U);
}

// A commit whose sync failed may lie whole in the log. What is said of it once the store works again stays
// true when the process is killed and its successor reads the log anew.
TEST_P(SqliteStoreDiskTest, ACommitThatIsNotThereAfterItFailedDoesNotComeLater) {
  std::optional<PowerCutVfs> vfs(GetParam());
  auto given = options(true);
  given.checkpoint_pages = 1'000'000;
  auto store = open(given);
  ASSERT_NE(store, nullptr);
  ASSERT_TRUE(make_integration(*store).ok());
  const auto count = [&] {
    Reader::Counts counts;
    EXPECT_TRUE(store
                    ->read([&](Reader& reader) -> StoreResult<void> {
                      SEALPOST_TRY(counts, reader.counts());
                      return {};
                    })
                    .ok());
    return counts.messages;
  };
  const std::uint64_t before = vfs->operations();
  ASSERT_EQ(accept(*store, 1)->status, AcceptStatus::Accepted);
  const std::uint64_t operations = vfs->operations() - before;
  for (std::uint64_t n = 1; n <= operations; ++n) {
    SCOPED_TRACE(n);
    const std::uint64_t there = count();  // and so a reader has the log open
    vfs->fail_at(n, PowerCutVfs::Fault::SyncError);
    const auto outcome = accept(*store, static_cast<std::uint8_t>(1 + n));
    if (outcome->status == AcceptStatus::Accepted && n > 1) break;  // this commit took fewer
    ASSERT_EQ(outcome->status, AcceptStatus::Failed);
    ASSERT_TRUE(store->transact_and_wait([](Transaction&) { return StoreResult<void>(); }).ok());
    EXPECT_EQ(count(), there);
    vfs->fail_at(1, PowerCutVfs::Fault::Cut);
    store.reset();
    vfs.reset();  // what was written is kept: a kill, not a power cut
    vfs.emplace(GetParam());
    store = open(given);
    ASSERT_NE(store, nullptr);
    EXPECT_EQ(count(), there);
  }
}

// A full disk and I/O errors at each of the first writes: a clean error, and the store works again.
TEST_P(SqliteStoreDiskTest, AFailedWriteFailsTheBatchAndNothingElse) {
  PowerCutVfs vfs(GetParam());
  auto given = options(true);
  given.checkpoint_pages = 1'000'000;
  auto store = open(given);
  ASSERT_NE(store, nullptr);
  ASSERT_TRUE(make_integration(*store).ok());
  std::uint8_t key = 0;
  for (const auto fault :
       {PowerCutVfs::Fault::Full, PowerCutVfs::Fault::WriteError, PowerCutVfs::Fault::SyncError}) {
    for (std::uint64_t n = 1; n <= 12; n += 3) {
      SCOPED_TRACE(n);
      vfs.fail_at(n, fault);
      const auto failed = accept(*store, ++key);
      ASSERT_TRUE(failed);
      if (failed->status == AcceptStatus::Failed) {
        EXPECT_TRUE(failed->error == StoreError::OutcomeUnknown || failed->error == StoreError::Full ||
                    failed->error == StoreError::Unavailable);
        if (fault == PowerCutVfs::Fault::Full) {
          EXPECT_EQ(failed->error, StoreError::Full);
        }
        EXPECT_EQ(store->metrics().write_error, failed->error) << "told until a write succeeds";
        std::promise<void> claimed;
        ASSERT_TRUE(store->claim_work({}, [&](const ClaimedWork&) { claimed.set_value(); }));
        claimed.get_future().wait();
        EXPECT_TRUE(store->metrics().write_error) << "a batch without a change proves nothing";
      }
      vfs.fail_at(1'000'000, fault);
      const auto again = accept(*store, key);
      ASSERT_TRUE(again);
      EXPECT_TRUE(again->status == AcceptStatus::Accepted || again->status == AcceptStatus::Repeated);
      if (again->status == AcceptStatus::Accepted) {
        EXPECT_FALSE(store->metrics().write_error);
      }
      EXPECT_EQ(accept(*store, key)->status, AcceptStatus::Repeated);
    }
  }
}

}  // namespace
}  // namespace sealpost
