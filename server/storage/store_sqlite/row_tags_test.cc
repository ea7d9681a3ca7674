#include "storage/store_sqlite/internal/row_tags.h"

#include <gtest/gtest.h>

#include <set>

#include "foundation/system/testing/fakes.h"
#include "foundation/system/testing/scratch_directory.h"
#include "storage/store_sqlite/internal/database.h"
#include "storage/store_sqlite/sqlite_store.h"

namespace sealpost::store_sqlite {
namespace {

class RowTagsTest : public testing::Test {
 protected:
  StoreResult<std::unique_ptr<SqliteStore>> open(std::string_view key) {
    SqliteOptions options;
    options.path = path();
    options.work_row_key = [key](OpeningSettings&) -> StoreResult<HmacSha256> {
      return HmacSha256(as_bytes(key));
    };
    return SqliteStore::open(std::move(options), clock_, entropy_);
  }
  // A connection that vouches under `key`; empty: for nothing.
  std::unique_ptr<Database> connect(std::string_view key = "ours") {
    tags_ = std::make_unique<RowTags>();
    if (!key.empty()) tags_->set_key(HmacSha256(as_bytes(key)));
    return Database::open({path().string(), {}, true, 2'048, 4'096, tags_.get()}).value();
  }
  [[nodiscard]] std::filesystem::path path() const { return directory_.path() / "tagged.db"; }
  std::string tag_of(Database& database, const char* sql) {
    auto query = database.query(sql);
    const auto row = query.step();
    return row.ok() && *row ? to_hex(query.view(0)) : "error";
  }

  ScratchDirectory directory_;
  FakeClock clock_;
  SeededEntropy entropy_;
  std::unique_ptr<RowTags> tags_;
};

TEST_F(RowTagsTest, NoTwoValuesHaveOneTag) {
  const auto database = connect();
  const auto plain = tag_of(*database, "SELECT row_tag('t', 1)");
  EXPECT_EQ(plain.size(), 32U);
  EXPECT_EQ(plain, tag_of(*database, "SELECT  row_tag('t', 1)"));
  std::set<std::string> all;
  for (const char* sql :
       {"SELECT row_tag('t', 1)", "SELECT row_tag('t', 2)", "SELECT row_tag('t', '1')",
        "SELECT row_tag('t', x'31')", "SELECT row_tag('t', NULL)", "SELECT row_tag('t', '')",
        "SELECT row_tag('t', x'')", "SELECT row_tag('t')", "SELECT row_tag('u', 1)",
        "SELECT row_tag('t', 'ab', 'c')", "SELECT row_tag('t', 'a', 'bc')", "SELECT row_tag('t', 1, NULL)",
        "SELECT row_tag('t', 1.0)"})
    EXPECT_TRUE(all.insert(tag_of(*database, sql)).second) << sql;
  EXPECT_NE(plain, tag_of(*connect("theirs"), "SELECT row_tag('t', 1)"));
}

TEST_F(RowTagsTest, WithoutAKeyThereIsNoneAndNoStore) {
  EXPECT_EQ(tag_of(*connect(""), "SELECT row_tag('t', 1)"), "error");
  SqliteOptions options;
  options.path = directory_.path() / "keyless.db";
  EXPECT_EQ(SqliteStore::open(options, clock_, entropy_).error(), StoreError::Unavailable);
}

TEST_F(RowTagsTest, TellsOfEachRowThatIsNotTheStores) {
  {
    const auto store = open("ours").value();
    ASSERT_TRUE(store->transact_and_wait([](Transaction& t) { return t.set_setting("a", "1"); }));
    ASSERT_TRUE(store->transact_and_wait([](Transaction& t) { return t.set_setting("b", "1"); }));
    std::vector<std::string> damaged;
    ASSERT_TRUE(store->check_work_rows([&](const Store::WorkRow& row) { damaged.push_back(row.key); }));
    EXPECT_EQ(damaged, std::vector<std::string>{});
  }
  ASSERT_TRUE(connect()->execute("UPDATE setting SET value = '2' WHERE name = 'b'"));
  const auto store = open("ours").value();
  std::vector<std::string> damaged;
  ASSERT_TRUE(store->check_work_rows(
      [&](const Store::WorkRow& row) { damaged.push_back(row.table + ": " + row.key); }));
  EXPECT_EQ(damaged, std::vector<std::string>{"setting: b"});
}

TEST_F(RowTagsTest, AStoreWhoseEngineRowIsNotItsOwnDoesNotOpen) {
  EXPECT_EQ(open("ours").value()->boot(), 1U);
  EXPECT_EQ(open("theirs").error(), StoreError::Tampered);
  EXPECT_EQ(open("ours").value()->boot(), 2U);
  ASSERT_TRUE(connect()->execute("UPDATE engine SET boot = 9"));
  EXPECT_EQ(open("ours").error(), StoreError::Tampered);
  ASSERT_TRUE(connect()->execute("UPDATE engine SET boot = 2"));
  EXPECT_EQ(open("ours").value()->boot(), 3U);
  ASSERT_TRUE(connect()->execute("DELETE FROM engine"));
  EXPECT_EQ(open("ours").error(), StoreError::Tampered);
}

TEST_F(RowTagsTest, AFileThatSaysItIsNewAndIsNotDoesNotOpen) {
  ASSERT_TRUE(open("ours"));
  ASSERT_TRUE(connect()->execute("UPDATE schema_version SET version = 0"));
  EXPECT_EQ(open("ours").error(), StoreError::Tampered);
  ASSERT_TRUE(connect()->execute("UPDATE schema_version SET version = -1"));
  EXPECT_EQ(open("ours").error(), StoreError::Tampered);
  ASSERT_TRUE(connect()->execute("UPDATE schema_version SET version = 1000"));
  EXPECT_EQ(open("ours").error(), StoreError::NewerSchema);
}

TEST_F(RowTagsTest, WhatTheKeyIsMadeFromIsStoredWithTheFirstBoot) {
  SqliteOptions options;
  options.path = path();
  int made = 0;
  options.work_row_key = [&](OpeningSettings& settings) -> StoreResult<HmacSha256> {
    SEALPOST_TRY(const auto stored, settings.get("key"));
    if (stored) return HmacSha256(as_bytes(*stored));
    ++made;
    SEALPOST_TRY_VOID(settings.set("key", "made at first use"));
    return HmacSha256(as_bytes("made at first use"));
  };
  for (std::uint64_t boot : {1U, 2U}) {
    const auto store = SqliteStore::open(options, clock_, entropy_).value();
    EXPECT_EQ(store->boot(), boot);
    EXPECT_TRUE(store->check_work_rows([](const Store::WorkRow& row) { ADD_FAILURE() << row.table; }));
  }
  EXPECT_EQ(made, 1);
  // One that can't be made leaves nothing behind that would pass for a store.
  options.path = directory_.path() / "other.db";
  options.work_row_key = [](OpeningSettings&) -> StoreResult<HmacSha256> {
    return fail(StoreError::Unavailable);
  };
  EXPECT_EQ(SqliteStore::open(options, clock_, entropy_).error(), StoreError::Unavailable);
  options.work_row_key = key_that_everybody_knows;
  EXPECT_TRUE(SqliteStore::open(options, clock_, entropy_));
}

}  // namespace
}  // namespace sealpost::store_sqlite
