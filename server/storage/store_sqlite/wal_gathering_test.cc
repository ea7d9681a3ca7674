#include "storage/store_sqlite/internal/wal_gathering.h"

#include <gtest/gtest.h>

#include "foundation/system/testing/scratch_directory.h"
#include "storage/store_sqlite/internal/database.h"
#include "storage/store_sqlite/testing/power_cut_vfs.h"

namespace sealpost::store_sqlite {
namespace {

using Overwrites = PowerCutVfs::Overwrites;

class WalGatheringTest : public testing::Test {
 protected:
  std::unique_ptr<Database> open(const std::string& vfs, std::uint32_t cache_kib = 2'048) {
    auto opened = Database::open({(directory_.path() / "gathered.db").string(), vfs, true, cache_kib, 4'096});
    return opened.ok() ? std::move(*opened) : nullptr;
  }
  std::unique_ptr<Database> made(const std::string& vfs, std::uint32_t cache_kib = 2'048) {
    auto database = open(vfs, cache_kib);
    if (database == nullptr || !database->execute("CREATE TABLE t (id INTEGER PRIMARY KEY, text BLOB)").ok())
      return nullptr;
    return database;
  }
  static StoreResult<void> insert(Database& database, int rows) {
    for (int i = 0; i < rows; ++i)
      SEALPOST_TRY_VOID(database.query("INSERT INTO t (text) VALUES (randomblob(1000))").run());
    return {};
  }
  static std::uint64_t count(Database& database) {
    auto query = database.query("SELECT COUNT(*), SUM(LENGTH(text)) FROM t");
    EXPECT_TRUE(query.step().ok());
    EXPECT_EQ(query.integer(1), query.integer(0) * 1000);
    return query.integer(0);
  }

  ScratchDirectory directory_;
};

// Operations of one commit of 200 rows.
std::uint64_t operations_of_a_commit(const PowerCutVfs& vfs, Database& database) {
  const std::uint64_t before = vfs.operations();
  EXPECT_TRUE(database.execute("BEGIN").ok());
  for (int i = 0; i < 200; ++i)
    EXPECT_TRUE(database.query("INSERT INTO t (text) VALUES (randomblob(1000))").run().ok());
  EXPECT_TRUE(database.execute("COMMIT").ok());
  return vfs.operations() - before;
}

TEST_F(WalGatheringTest, ACommitIsAFewWritesAndOneSync) {
  PowerCutVfs vfs(Overwrites::Safe);
  const auto database = made(gathering_vfs(PowerCutVfs::kName));
  ASSERT_NE(database, nullptr);
  EXPECT_LE(operations_of_a_commit(vfs, *database), 6U) << "about 210 KiB in pieces of 64 KiB, and a sync";
}

TEST_F(WalGatheringTest, ADiskWithoutThePromiseGetsEachWriteAtOnce) {
  PowerCutVfs vfs(Overwrites::Unsafe);
  const auto database = made(gathering_vfs(PowerCutVfs::kName));
  ASSERT_NE(database, nullptr);
  EXPECT_GE(operations_of_a_commit(vfs, *database), 100U);
}

// A cache of a few pages makes SQLite write and read back frames of a transaction that goes on; other
// connections see all of it or nothing.
TEST_F(WalGatheringTest, WhatIsHeldIsReadBackAndReadersSeeWholeCommits) {
  const auto writer = made(gathering_vfs(""), 40);
  ASSERT_NE(writer, nullptr);
  const auto reader = open("");
  ASSERT_NE(reader, nullptr);
  ASSERT_TRUE(insert(*writer, 1).ok());
  for (std::uint64_t round = 0; round < 5; ++round) {
    ASSERT_TRUE(writer->execute("BEGIN").ok());
    ASSERT_TRUE(insert(*writer, 300).ok());
    ASSERT_TRUE(writer->execute("UPDATE t SET text = randomblob(1000) WHERE id % 7 = 0").ok());
    EXPECT_EQ(count(*writer), 1 + 300 * (round + 1));
    EXPECT_EQ(count(*reader), 1 + 300 * round);
    ASSERT_TRUE(writer->execute("COMMIT").ok());
    EXPECT_EQ(count(*reader), 1 + 300 * (round + 1));
    ASSERT_TRUE(writer->execute("BEGIN").ok());
    ASSERT_TRUE(insert(*writer, 300).ok());
    ASSERT_TRUE(writer->execute("ROLLBACK").ok());
    EXPECT_EQ(count(*reader), 1 + 300 * (round + 1));
    if (round == 2) {
      ASSERT_TRUE(writer->execute("PRAGMA wal_checkpoint(PASSIVE)").ok());
    }
  }
  auto check = reader->query("PRAGMA integrity_check");
  ASSERT_TRUE(check.step().ok());
  EXPECT_EQ(check.text(0), "ok");
}

// What was held when a write failed must not complete the commit later, not even when the file is closed.
TEST_F(WalGatheringTest, AfterAFailedWriteNothingOfTheCommitFollows) {
  for (const auto fault : {PowerCutVfs::Fault::Full, PowerCutVfs::Fault::WriteError}) {
    for (std::uint64_t n = 1; n <= 3; ++n) {
      PowerCutVfs vfs(Overwrites::Safe);
      auto database = open(gathering_vfs(PowerCutVfs::kName));
      ASSERT_NE(database, nullptr);
      ASSERT_TRUE(database
                      ->execute("DROP TABLE IF EXISTS t; CREATE TABLE t (id INTEGER PRIMARY KEY, text "
                                "BLOB)")
                      .ok());
      ASSERT_TRUE(insert(*database, 1).ok());
      ASSERT_TRUE(database->execute("BEGIN").ok());
      ASSERT_TRUE(insert(*database, 200).ok());
      vfs.fail_at(n, fault);
      EXPECT_FALSE(database->execute("COMMIT").ok());
      EXPECT_FALSE(insert(*database, 1).ok()) << "the file takes no more";
      database.reset();
      const auto again = open(PowerCutVfs::kName);
      ASSERT_NE(again, nullptr);
      EXPECT_EQ(count(*again), 1U);
    }
  }
}

TEST_F(WalGatheringTest, AFileSystemThatIsNotThereHasNoName) { EXPECT_EQ(gathering_vfs("no-such"), ""); }

}  // namespace
}  // namespace sealpost::store_sqlite
