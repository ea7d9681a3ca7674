// The one thread that writes. It takes everything that waits (up to a bound), runs it in one transaction,
// commits with one sync, and only then tells the callers. A refusal is a value; an element that breaks a
// constraint is rolled back alone; a full disk or an I/O error fails the whole batch. Elements that are plain
// data run without a guard first: should one of them break a constraint, which takes a bug, the batch is run
// again from the beginning with guards. Work that callers hand in as code always has its guard and never runs
// twice. Between batches it folds the write-ahead log back. Internally synchronised.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <variant>

#include "storage/store_sqlite/internal/engine.h"
#include "storage/store_sqlite/internal/reader_pool.h"

namespace sealpost::store_sqlite {

struct AcceptCommand {
  std::vector<AcceptMessage> messages;
  Completion<void(std::vector<AcceptOutcome>)> done;
  std::vector<AcceptOutcome> outcomes{};
};
struct FinishCommand {
  std::vector<FinishAttempt> attempts;
  Completion<void(std::vector<FinishOutcome>)> done;
  std::vector<FinishOutcome> outcomes{};
};
struct ClaimCommand {
  ClaimWork request;
  Completion<void(ClaimedWork)> done;
  ClaimedWork outcome{};
};
struct RefusalCommand {
  std::vector<RecordRefusal> refusals;
  Completion<void(std::optional<StoreError>)> done;
  std::optional<StoreError> outcome{};
};
struct WorkCommand {
  Store::Work work;
  Completion<void(StoreResult<void>)> done;
  StoreResult<void> outcome{};
};
struct PurgeCommand {
  Store::PurgeTerms terms;
  Completion<void(StoreResult<bool>)> done;
  StoreResult<bool> outcome{false};
};
using Command =
    std::variant<AcceptCommand, FinishCommand, ClaimCommand, RefusalCommand, WorkCommand, PurgeCommand>;

class Writer final {
 public:
  Writer(const SqliteOptions& options, const Clock& clock, std::unique_ptr<Engine> engine, ClaimIndex& claims,
         const RowTags& tags, ReaderPool& readers, PositionAllocator& positions);
  ~Writer() { close(); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // False when the queue is full or closed; `elements` is what the command counts for.
  [[nodiscard]] bool submit(Command command, std::size_t elements);
  void set_hand_over(Store::HandOver hand_over);
  void set_log_listener(std::function<void(std::span<const OrganizationId>)> listener);
  [[nodiscard]] bool is_writer_thread() const { return std::this_thread::get_id() == thread_.get_id(); }
  [[nodiscard]] Store::Metrics metrics() const;
  // Runs what is queued, then ends the thread and closes the connection.
  void close();

 private:
  struct Listeners {
    Store::HandOver hand_over;
    std::function<void(std::span<const OrganizationId>)> logs;
  };
  void run();
  [[nodiscard]] bool take_batch(std::vector<Command>& batch);
  void run_batch(std::vector<Command>& batch, const Listeners& listeners);
  // Nothing when the batch is committed.
  std::optional<StoreError> try_batch(std::vector<Command>& batch, const Store::HandOver& hand_over);
  std::optional<StoreError> run_elements(std::vector<Command>& batch, const Store::HandOver& hand_over,
                                         Engine::Elements elements);
  std::optional<StoreError> try_commit();
  void execute(Command& command);
  void execute(AcceptCommand& command);
  void execute(FinishCommand& command);
  void execute(ClaimCommand& command);
  void execute(RefusalCommand& command);
  void execute(WorkCommand& command);
  void execute(PurgeCommand& command);
  void abandon_engine(StoreError error);
  [[nodiscard]] bool ensure_engine();
  void keep_log_short();

  const SqliteOptions& options_;
  const Clock& clock_;
  ClaimIndex& claims_;
  const RowTags& tags_;
  ReaderPool& readers_;
  PositionAllocator& positions_;
  std::unique_ptr<Engine> engine_;
  const std::uint64_t boot_;
  std::uint64_t next_token_ = 1;
  std::uint64_t token_before_batch_ = 1;
  std::optional<Engine::Unsure> unsure_;
  std::uint32_t next_checkpoint_;
  std::uint32_t guarded_batches_ = 0;  // how many more run with guards, since one was spoilt without

  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<std::pair<Command, std::size_t>> queue_;
  std::size_t queued_elements_ = 0;
  std::condition_variable ended_;  // of closing alone: a pause is not to be woken by arrivals
  bool waiting_ = false;
  std::size_t last_batch_ = 0;  // its elements
  bool closing_ = false;
  std::shared_ptr<const Listeners> listeners_ = std::make_shared<const Listeners>();
  Store::Metrics metrics_;
  std::jthread thread_;
};

}  // namespace sealpost::store_sqlite
