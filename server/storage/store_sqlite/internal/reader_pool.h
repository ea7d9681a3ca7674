// A few read-only connections. A read holds one snapshot for at most the limit: statements that run longer
// are interrupted, and the read ends as Busy, because an old snapshot keeps the write-ahead log from
// shrinking. Internally synchronised.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "storage/store/store.h"
#include "storage/store_sqlite/internal/claim_index.h"
#include "storage/store_sqlite/internal/database.h"

namespace sealpost::store_sqlite {

class ReaderPool final {
 public:
  ReaderPool(Database::Options options, std::uint32_t readers, Milliseconds limit, const Clock& clock,
             const ClaimIndex& claims);

  StoreResult<void> read(const Store::Look& look);
  // Ends the reads that run now; later ones are not touched.
  void cancel_running();
  // Waits for the running reads and closes every connection. Reads are refused until reopen(), or for good.
  void close();
  void reopen();

 private:
  struct Slot {
    std::unique_ptr<Database> database;
    bool busy = false;
    std::atomic<bool> cancelled = false;
    SteadyTime deadline{};
    const Clock* clock = nullptr;
  };
  static int over_deadline(void* slot);
  Slot* acquire();
  void release(Slot& slot, bool sound);
  StoreResult<void> read_on(Slot& slot, const Store::Look& look);

  const Database::Options options_;
  const Milliseconds limit_;
  const Clock& clock_;
  const ClaimIndex& claims_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<std::unique_ptr<Slot>> slots_;
  bool open_ = true;
};

}  // namespace sealpost::store_sqlite
