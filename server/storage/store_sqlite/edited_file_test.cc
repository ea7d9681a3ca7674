// What the store makes of a file that somebody edited while it was closed.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "foundation/system/testing/scratch_directory.h"
#include "storage/store/testing/store_contract.h"
#include "storage/store_sqlite/internal/database.h"
#include "storage/store_sqlite/internal/row_tags.h"
#include "storage/store_sqlite/sqlite_store.h"

namespace sealpost::store_sqlite {
namespace {

using std::chrono::hours;

class FileUnderTest final : public EngineUnderTest {
 public:
  StoreResult<std::unique_ptr<Store>> open(const Clock& clock, Entropy& entropy) override {
    SqliteOptions options;
    options.path = path();
    options.claims_per_slice = 16;
    options.work_row_key = key_that_everybody_knows;
    SEALPOST_TRY(auto store, SqliteStore::open(options, clock, entropy));
    return std::unique_ptr<Store>(std::move(store));
  }
  [[nodiscard]] std::filesystem::path path() const { return directory_.path() / "store.db"; }

 private:
  ScratchDirectory directory_;
};

class EditedFile : public StoreContract {
 protected:
  void close() {
    store_->close();
    store_.reset();
  }
  // As with any tool. `sql` may hold several statements.
  void edit(const std::string& sql) {
    sqlite3* raw = nullptr;
    ASSERT_EQ(sqlite3_open(path().c_str(), &raw), SQLITE_OK);
    char* message = nullptr;
    EXPECT_EQ(sqlite3_exec(raw, sql.c_str(), nullptr, nullptr, &message), SQLITE_OK) << message << "\n"
                                                                                     << sql;
    sqlite3_free(message);
    sqlite3_close(raw);
  }
  // As by somebody who has the key.
  void edit_with_key(const char* sql) {
    RowTags tags;
    tags.set_key(HmacSha256(ByteView{}));
    const auto database = Database::open({path().string(), {}, true, 2'048, 4'096, &tags}).value();
    EXPECT_TRUE(database->execute(sql)) << sqlite3_errmsg(database->handle());
  }
  StoreResult<void> open() {
    SEALPOST_TRY(store_, engine_->open(clock_, entropy_));
    return {};
  }
  std::vector<std::string> damaged() {
    std::vector<std::string> found;
    EXPECT_TRUE(store_->check_work_rows(
        [&](const Store::WorkRow& row) { found.push_back(row.table + ": " + row.key); }));
    return found;
  }

 private:
  [[nodiscard]] std::filesystem::path path() const {
    return static_cast<const FileUnderTest&>(*engine_).path();
  }
};

TEST_P(EditedFile, ADifferentSchemaIsNoStoreOfOurs) {
  struct Case {
    const char* edit;
    const char* undo;
  };
  for (const Case& one : {
           Case{"CREATE TRIGGER t AFTER INSERT ON claim BEGIN DELETE FROM claim WHERE id = NEW.id; END",
                "DROP TRIGGER t"},
           Case{"CREATE VIEW v AS SELECT * FROM claim", "DROP VIEW v"},
           Case{"CREATE TABLE more (a)", "DROP TABLE more"},
           Case{"CREATE INDEX more ON claim (owner)", "DROP INDEX more"},
           Case{"ALTER TABLE claim ADD COLUMN more", "ALTER TABLE claim DROP COLUMN more"},
       }) {
    close();
    edit(one.edit);
    EXPECT_EQ(open().error(), StoreError::Tampered) << one.edit;
    edit(one.undo);
    ASSERT_TRUE(open()) << one.undo;
  }
}

TEST_P(EditedFile, ADeliveryWhoseRowWasEditedIsPassedOver) {
  ASSERT_EQ(accept(message(kLiveA)).status, AcceptStatus::Accepted);
  close();
  edit("UPDATE delivery SET next_ms = next_ms - 1");
  ASSERT_TRUE(open());
  EXPECT_EQ(damaged().size(), 1U);
  EXPECT_TRUE(claim_work().deliveries.empty());
  EXPECT_EQ(store_->metrics().damaged_rows, 1U);
  ASSERT_EQ(accept(message(kLiveA)).status, AcceptStatus::Accepted);
  EXPECT_EQ(claim_work().deliveries.size(), 1U) << "others go on";
  EXPECT_TRUE(claim_work().deliveries.empty());
  close();
  edit("UPDATE delivery SET next_ms = next_ms + 1 WHERE state = 0");
  ASSERT_TRUE(open());
  EXPECT_EQ(damaged(), std::vector<std::string>{});
  EXPECT_EQ(claim_work().deliveries.size(), 2U) << "put right, and the one that was leased before";
}

TEST_P(EditedFile, AnEndedDeliveryThatIsMadeToWaitAgainIsNotSent) {
  ASSERT_EQ(accept(message(kLiveA)).status, AcceptStatus::Accepted);
  auto claimed = claim_work();
  ASSERT_EQ(claimed.deliveries.size(), 1U);
  ASSERT_EQ(finish(attempt(claimed.deliveries[0], DeliveryState::Delivered)).status, FinishStatus::Finished);
  close();
  edit("UPDATE delivery SET state = 0, next_ms = 1, ended_ms = NULL");
  ASSERT_TRUE(open());
  EXPECT_TRUE(claim_work().deliveries.empty());
}

// An index of SQLite is a copy, and a copy can be made to say something else.
TEST_P(EditedFile, AnIndexThatContradictsItsTableSendsNothingAndIsFound) {
  ASSERT_EQ(accept(message(kLiveA)).status, AcceptStatus::Accepted);
  close();
  edit(
      "CREATE TABLE kept AS SELECT rowid AS id, * FROM sqlite_schema WHERE name = 'delivery_waiting';"
      "PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE name = 'delivery_waiting';");
  edit_with_key(
      "UPDATE delivery SET state = 2, tag = row_tag('delivery', position, 2, attempts, next_ms, ended_ms,"
      " boot, token)");
  edit(
      "PRAGMA writable_schema = ON; INSERT INTO sqlite_schema (rowid, type, name, tbl_name, rootpage, sql)"
      " SELECT id, type, name, tbl_name, rootpage, sql FROM kept; PRAGMA writable_schema = OFF;"
      "DROP TABLE kept");
  ASSERT_TRUE(open());
  EXPECT_TRUE(claim_work().deliveries.empty());
  const auto found = damaged();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_NE(found[0].find("delivery_waiting"), std::string::npos) << found[0];
}

TEST_P(EditedFile, ClaimsOfAnEditedSliceAreKept) {
  const auto offer = [&](std::uint8_t key) {
    auto one = message(kLiveA, 0);
    one.claims = {claim(ClaimMeaning::SignedBytes, key, 1, 0)};
    one.claims[0].keep_until = clock_.wall_now() + hours(30 * 24);
    return accept(one).status;
  };
  for (std::uint8_t key = 1; key <= 40; ++key) ASSERT_EQ(offer(key), AcceptStatus::Accepted);
  close();
  // The first slice, made to look as if it had come before every key.
  edit("UPDATE claim_slice SET opened_ms = 1 WHERE slice = (SELECT min(id) >> 24 FROM claim)");
  ASSERT_TRUE(open());
  clock_.advance(hours(80 * 24));
  ASSERT_EQ(offer(200), AcceptStatus::Accepted);
  purge([](Position, WallTime) { return false; });
  EXPECT_EQ(offer(1), AcceptStatus::Repeated);
  EXPECT_EQ(offer(17), AcceptStatus::Accepted) << "which lay in a slice that nobody touched";
}

TEST_P(EditedFile, AValueOfAnotherTypeHidesNothingElse) {
  ASSERT_EQ(accept(message(kLiveA)).status, AcceptStatus::Accepted);
  ASSERT_TRUE(change([](Transaction& transaction) { return transaction.set_setting("name", "value"); }));
  close();
  edit("UPDATE delivery SET attempts = 1.5; UPDATE setting SET value = 'other' WHERE name = 'name'");
  ASSERT_TRUE(open());
  const auto found = damaged();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0], "setting: name");
  EXPECT_TRUE(found[1].starts_with("delivery: ")) << found[1];
  close();
  edit("UPDATE engine SET boot = 1.5");
  EXPECT_EQ(open().error(), StoreError::Tampered);
}

INSTANTIATE_TEST_SUITE_P(Sqlite, EditedFile,
                         testing::Values(EngineFactory([] { return std::make_unique<FileUnderTest>(); })));

}  // namespace
}  // namespace sealpost::store_sqlite
