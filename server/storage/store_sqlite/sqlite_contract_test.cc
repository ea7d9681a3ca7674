// The contract of the seam, on this engine. Slices are tiny, so that claims are sealed and looked up on disk.
#include "foundation/system/testing/scratch_directory.h"
#include "storage/store/testing/store_contract_suite.h"
#include "storage/store_sqlite/sqlite_store.h"

namespace sealpost {
namespace {

class SqliteUnderTest final : public EngineUnderTest {
 public:
  StoreResult<std::unique_ptr<Store>> open(const Clock& clock, Entropy& entropy) override {
    SqliteOptions options;
    options.work_row_key = key_that_everybody_knows;
    options.path = directory_.path() / "store.db";
    options.claims_per_slice = 16;
    options.checkpoint_pages = 50;
    SEALPOST_TRY(auto store, SqliteStore::open(options, clock, entropy));
    return std::unique_ptr<Store>(std::move(store));
  }

 private:
  ScratchDirectory directory_;
};

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract,
                         testing::Values(EngineFactory([] { return std::make_unique<SqliteUnderTest>(); })));

}  // namespace
}  // namespace sealpost
