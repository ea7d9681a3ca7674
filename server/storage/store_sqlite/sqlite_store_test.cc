#include "storage/store_sqlite/sqlite_store.h"

#include <gtest/gtest.h>
TEST(SqliteStore, SaysItsVersion) { EXPECT_FALSE(sealpost::SqliteStore::library_version().empty()); }
