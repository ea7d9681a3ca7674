#include "storage/store_sqlite/internal/reader_pool.h"

#include "storage/store_sqlite/internal/sqlite_reader.h"

namespace sealpost::store_sqlite {

ReaderPool::ReaderPool(Database::Options options, std::uint32_t readers, Milliseconds limit,
                       const Clock& clock, const ClaimIndex& claims)
    : options_(std::move(options)), limit_(limit), clock_(clock), claims_(claims) {
  for (std::uint32_t i = 0; i < std::max(readers, 1U); ++i) {
    slots_.push_back(std::make_unique<Slot>());
    slots_.back()->clock = &clock;
  }
}

int ReaderPool::over_deadline(void* slot) {
  const auto& self = *static_cast<const Slot*>(slot);
  return self.cancelled.load(std::memory_order_relaxed) || self.clock->steady_now() > self.deadline ? 1 : 0;
}

ReaderPool::Slot* ReaderPool::acquire() {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (!open_) return nullptr;
    for (const auto& slot : slots_) {
      if (slot->busy) continue;
      slot->busy = true;
      slot->cancelled = false;
      return slot.get();
    }
    freed_.wait(lock);
  }
}

void ReaderPool::release(Slot& slot, bool sound) {
  const std::scoped_lock lock(mutex_);
  if (!sound) slot.database.reset();
  slot.busy = false;
  freed_.notify_all();
}

StoreResult<void> ReaderPool::read(const Store::Look& look) {
  Slot* slot = acquire();
  if (slot == nullptr) return fail(StoreError::Unavailable);
  const auto result = read_on(*slot, look);
  const bool sound =
      slot->database != nullptr && !slot->database->broken() && !slot->database->in_transaction();
  release(*slot, sound);
  return result;
}

StoreResult<void> ReaderPool::read_on(Slot& slot, const Store::Look& look) {
  if (slot.database == nullptr) {
    SEALPOST_TRY(slot.database, Database::open(options_));
    sqlite3_progress_handler(slot.database->handle(), 1'000, over_deadline, &slot);
  }
  slot.deadline = clock_.steady_now() + limit_;
  SEALPOST_TRY_VOID(slot.database->execute("BEGIN"));
  SqliteReads<Reader> reader(*slot.database, claims_);
  const auto looked = look(reader);
  // Ending a snapshot must not be interrupted.
  slot.deadline = SteadyTime::max();
  slot.cancelled = false;
  if (slot.database->in_transaction()) static_cast<void>(slot.database->execute("COMMIT"));
  return looked;
}

void ReaderPool::cancel_running() {
  const std::scoped_lock lock(mutex_);
  for (const auto& slot : slots_)
    if (slot->busy) slot->cancelled = true;
}

void ReaderPool::close() {
  std::unique_lock lock(mutex_);
  open_ = false;
  freed_.notify_all();
  freed_.wait(lock, [&] {
    for (const auto& slot : slots_)
      if (slot->busy) return false;
    return true;
  });
  for (const auto& slot : slots_) slot->database.reset();
}

void ReaderPool::reopen() {
  const std::scoped_lock lock(mutex_);
  open_ = true;
}

}  // namespace sealpost::store_sqlite
