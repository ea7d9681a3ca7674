// The embedded engine: one SQLite file in write-ahead mode, one writer thread, a few readers. Everything that
// waits in the queue goes into one transaction and is synced once; completions run on the writer thread after
// that. A lock file beside the database keeps a second process out. Thread-safe; `close()` or the destructor
// finishes what is queued. See README.md for how the parts fit.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "foundation/crypto/crypto.h"
#include "foundation/system/clock.h"
#include "foundation/system/entropy.h"
#include "storage/store/opening_settings.h"
#include "storage/store/store.h"

namespace sealpost {

struct SqliteOptions {
  std::filesystem::path path;
  std::uint32_t readers = 2;
  // Command elements that may wait; more are refused.
  std::uint32_t queue_bound = 8'192;
  // Elements of one transaction.
  std::uint32_t batch_bound = 1'024;
  // After a batch of `gather_from` elements or more the next is gathered this long, or until it has
  // `gather_until`.
  std::chrono::microseconds gather{150};
  std::uint32_t gather_from = 4;
  std::uint32_t gather_until = 64;
  // The write-ahead log is folded back between batches from this size on.
  std::uint32_t checkpoint_pages = 2'000;
  // Above it readers are cancelled; above twice as much commands are refused as Full.
  std::uint32_t wal_page_bound = 64'000;
  std::uint32_t page_size = 4'096;  // of a new file
  std::uint32_t writer_cache_kib = 64 * 1'024;
  std::uint32_t reader_cache_kib = 2 * 1'024;
  Milliseconds read_limit{250};
  // Once-only claims of one slice, see internal/claim_slices.h.
  std::uint32_t claims_per_slice = 65'536;
  // Makes the key that vouches for the store's own rows (internal/row_tags.h) from what the settings hold, or
  // sets them first. Asked once, while the store opens, which fails without one.
  std::function<StoreResult<HmacSha256>(OpeningSettings&)> work_row_key;
  // A SQLite file system by name; empty: the default. Tests put theirs in.
  std::string vfs;
};

// For `work_row_key` where nobody has to be kept from writing rows: tests and measurements.
inline StoreResult<HmacSha256> key_that_everybody_knows(OpeningSettings&) { return HmacSha256(ByteView{}); }

class SqliteStore final : public Store {
 public:
  static StoreResult<std::unique_ptr<SqliteStore>> open(SqliteOptions options, const Clock& clock,
                                                        Entropy& entropy);
  ~SqliteStore() override;
  SqliteStore(const SqliteStore&) = delete;
  SqliteStore& operator=(const SqliteStore&) = delete;

  [[nodiscard]] bool accept_messages(std::vector<AcceptMessage> messages,
                                     Completion<void(std::vector<AcceptOutcome>)> done) override;
  [[nodiscard]] bool finish_attempts(std::vector<FinishAttempt> attempts,
                                     Completion<void(std::vector<FinishOutcome>)> done) override;
  [[nodiscard]] bool claim_work(ClaimWork request, Completion<void(ClaimedWork)> done) override;
  [[nodiscard]] bool record_refusals(std::vector<RecordRefusal> refusals,
                                     Completion<void(std::optional<StoreError>)> done) override;
  [[nodiscard]] bool transact(Work work, Completion<void(StoreResult<void>)> done) override;
  StoreResult<void> transact_and_wait(Work work) override;
  StoreResult<void> read(const Look& look) override;
  void set_hand_over(HandOver hand_over) override;
  void set_log_listener(std::function<void(std::span<const OrganizationId>)> listener) override;
  StoreResult<bool> purge_step(const PurgeTerms& terms) override;
  [[nodiscard]] PositionAllocator& positions() override;
  [[nodiscard]] std::uint64_t boot() const override;
  [[nodiscard]] Metrics metrics() const override;
  StoreResult<void> read_everything(const Look& look) override;
  StoreResult<void> check_work_rows(const std::function<void(const WorkRow&)>& damaged) override;
  void close() override;

  // The library's own version and the file's schema, for `doctor`.
  [[nodiscard]] static std::string library_version();

 private:
  struct Parts;
  explicit SqliteStore(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace sealpost
