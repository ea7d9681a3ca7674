#include "storage/store_sqlite/internal/writer.h"

#include <algorithm>

namespace sealpost::store_sqlite {
namespace {

// Tells every caller of a batch that failed as a whole.
void refuse(Command& command, StoreError error) {
  if (auto* accept = std::get_if<AcceptCommand>(&command)) {
    AcceptOutcome outcome;
    outcome.error = error;
    accept->outcomes.assign(accept->messages.size(), outcome);
  } else if (auto* finish = std::get_if<FinishCommand>(&command)) {
    FinishOutcome outcome;
    outcome.error = error;
    finish->outcomes.assign(finish->attempts.size(), outcome);
  } else if (auto* claim = std::get_if<ClaimCommand>(&command)) {
    claim->outcome = {};
    claim->outcome.error = error;
  } else if (auto* refusal = std::get_if<RefusalCommand>(&command)) {
    refusal->outcome = error;
  } else if (auto* work = std::get_if<WorkCommand>(&command)) {
    work->outcome = fail(error);
  } else if (auto* purge = std::get_if<PurgeCommand>(&command)) {
    purge->outcome = fail(error);
  }
}

bool is_code(const Command& command) { return std::holds_alternative<WorkCommand>(command); }

// Reloading memory from a full store takes a while, so what spoilt one batch must not spoil the next.
constexpr std::uint32_t kGuardedAfterSpoilt = 1'000;

void complete(Command& command) {
  if (auto* accept = std::get_if<AcceptCommand>(&command)) {
    accept->done(std::move(accept->outcomes));
  } else if (auto* finish = std::get_if<FinishCommand>(&command)) {
    finish->done(std::move(finish->outcomes));
  } else if (auto* claim = std::get_if<ClaimCommand>(&command)) {
    claim->done(std::move(claim->outcome));
  } else if (auto* refusal = std::get_if<RefusalCommand>(&command)) {
    refusal->done(refusal->outcome);
  } else if (auto* work = std::get_if<WorkCommand>(&command)) {
    work->done(work->outcome);
  } else if (auto* purge = std::get_if<PurgeCommand>(&command)) {
    purge->done(purge->outcome);
  }
}

}  // namespace

Writer::Writer(const SqliteOptions& options, const Clock& clock, std::unique_ptr<Engine> engine,
               ClaimIndex& claims, const RowTags& tags, ReaderPool& readers, PositionAllocator& positions)
    : options_(options),
      clock_(clock),
      claims_(claims),
      tags_(tags),
      readers_(readers),
      positions_(positions),
      engine_(std::move(engine)),
      boot_(engine_->boot()),
      next_checkpoint_(options.checkpoint_pages) {
  thread_ = std::jthread([this] { run(); });
}

bool Writer::submit(Command command, std::size_t elements) {
  elements = std::max<std::size_t>(elements, 1);
  const std::scoped_lock lock(mutex_);
  if (closing_ || queued_elements_ + elements > options_.queue_bound) return false;
  queue_.emplace_back(std::move(command), elements);
  queued_elements_ += elements;
  if (waiting_) arrived_.notify_one();
  return true;
}

void Writer::set_hand_over(Store::HandOver hand_over) {
  const std::scoped_lock lock(mutex_);
  auto changed = std::make_shared<Listeners>(*listeners_);
  changed->hand_over = std::move(hand_over);
  listeners_ = std::move(changed);
}

void Writer::set_log_listener(std::function<void(std::span<const OrganizationId>)> listener) {
  const std::scoped_lock lock(mutex_);
  auto changed = std::make_shared<Listeners>(*listeners_);
  changed->logs = std::move(listener);
  listeners_ = std::move(changed);
}

Store::Metrics Writer::metrics() const {
  const std::scoped_lock lock(mutex_);
  Store::Metrics copy = metrics_;
  copy.queue_depth = queued_elements_;
  return copy;
}

void Writer::close() {
  {
    const std::scoped_lock lock(mutex_);
    closing_ = true;
    arrived_.notify_one();
    ended_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

bool Writer::take_batch(std::vector<Command>& batch) {
  std::unique_lock lock(mutex_);
  waiting_ = true;
  arrived_.wait(lock, [&] { return closing_ || !queue_.empty(); });
  waiting_ = false;
  // Under load a pause costs nobody time, since what comes meanwhile would wait for the commit anyway, and a
  // commit costs the same for few as for many. Who calls alone is not kept waiting.
  const bool loaded = last_batch_ >= options_.gather_from && queued_elements_ < options_.gather_until;
  if (loaded && !closing_) ended_.wait_for(lock, options_.gather, [&] { return closing_; });
  std::size_t elements = 0;
  while (!queue_.empty() && (batch.empty() || elements + queue_.front().second <= options_.batch_bound)) {
    elements += queue_.front().second;
    batch.push_back(std::move(queue_.front().first));
    queue_.pop_front();
  }
  queued_elements_ -= elements;
  last_batch_ = elements;
  metrics_.commands += elements;
  return !batch.empty();
}

void Writer::run() {
  std::vector<Command> batch;
  while (take_batch(batch)) {
    std::shared_ptr<const Listeners> listeners;
    {
      const std::scoped_lock lock(mutex_);
      listeners = listeners_;
    }
    run_batch(batch, *listeners);
    batch.clear();
    keep_log_short();
  }
  engine_.reset();
}

void Writer::run_batch(std::vector<Command>& batch, const Listeners& listeners) {
  if (const auto error = try_batch(batch, listeners.hand_over)) {
    {
      const std::scoped_lock lock(mutex_);
      metrics_.write_error = error;
    }
    for (Command& command : batch) refuse(command, *error);
    for (Command& command : batch) complete(command);
    return;
  }
  const auto grown = engine_->organizations.keep_batch();
  auto leased = engine_->messages.take_born_leased();
  const bool woke = engine_->messages.woke();
  for (Command& command : batch) complete(command);
  if (!leased.empty()) listeners.hand_over.take(std::move(leased));
  if (woke && listeners.hand_over.wake) listeners.hand_over.wake();
  if (!grown.empty() && listeners.logs) listeners.logs(grown);
}

std::optional<StoreError> Writer::try_batch(std::vector<Command>& batch, const Store::HandOver& hand_over) {
  if (guarded_batches_ > 0) --guarded_batches_;
  if (guarded_batches_ > 0 || std::ranges::any_of(batch, is_code))
    return run_elements(batch, hand_over, Engine::Elements::Guarded);
  const auto error = run_elements(batch, hand_over, Engine::Elements::Unguarded);
  if (!error || engine_ == nullptr || !engine_->spoilt()) return error;
  abandon_engine(*error);
  guarded_batches_ = kGuardedAfterSpoilt;
  return run_elements(batch, hand_over, Engine::Elements::Guarded);
}

std::optional<StoreError> Writer::run_elements(std::vector<Command>& batch, const Store::HandOver& hand_over,
                                               Engine::Elements elements) {
  if (!ensure_engine()) return StoreError::Unavailable;
  if (engine_->wal_pages() > 2 * options_.wal_page_bound) return StoreError::Full;
  token_before_batch_ = engine_->messages.next_token();
  if (const auto begun = engine_->begin(hand_over, clock_.wall_now(), elements); !begun.ok()) {
    abandon_engine(begun.error());
    return begun.error();
  }
  for (Command& command : batch) {
    execute(command);
    if (const auto error = engine_->failure()) {
      abandon_engine(*error);
      return error;
    }
    if (engine_->spoilt()) return StoreError::Conflict;
  }
  return try_commit();
}

std::optional<StoreError> Writer::try_commit() {
  const auto changed = engine_->finish_batch(positions_.last());
  if (!changed.ok()) {
    abandon_engine(changed.error());
    return changed.error();
  }
  const SteadyTime before = clock_.steady_now();
  const std::uint32_t pages_before = engine_->wal_pages();
  const auto committed = engine_->commit();
  if (!committed.ok()) {
    // A full disk stops the commit before its last frame is written; anything else may have written it.
    const StoreError error =
        committed.error() == StoreError::Full ? StoreError::Full : StoreError::OutcomeUnknown;
    abandon_engine(error);
    return error;
  }
  const std::size_t damaged = engine_->messages.damaged_rows();
  if (!*changed && damaged == 0) return std::nullopt;
  const std::uint32_t pages = engine_->wal_pages();
  const std::scoped_lock lock(mutex_);
  metrics_.damaged_rows = damaged;
  if (!*changed) return std::nullopt;
  metrics_.write_error.reset();
  ++metrics_.batches;
  metrics_.sync_ns += static_cast<std::uint64_t>((clock_.steady_now() - before).count());
  metrics_.wal_pages = pages;
  metrics_.bytes_written +=
      std::uint64_t{pages > pages_before ? pages - pages_before : pages} * options_.page_size;
  return std::nullopt;
}

// Memory is thrown away with the connection, so that it never knows more than the disk.
void Writer::abandon_engine(StoreError error) {
  next_token_ = engine_->messages.next_token();
  if (error == StoreError::OutcomeUnknown && !unsure_) unsure_ = Engine::Unsure{token_before_batch_, {}};
  if (error == StoreError::OutcomeUnknown) {
    const auto& orphans = engine_->messages.orphans_in_batch();
    unsure_->orphans.insert(unsure_->orphans.end(), orphans.begin(), orphans.end());
  }
  engine_->roll_back();
  engine_.reset();
}

bool Writer::ensure_engine() {
  if (engine_) return true;
  auto resumed = Engine::resume(options_, clock_, claims_, tags_, boot_, next_token_, unsure_);
  if (!resumed.ok()) return false;
  engine_ = std::move(*resumed);
  unsure_.reset();
  return true;
}

void Writer::keep_log_short() {
  if (!engine_ || engine_->wal_pages() < next_checkpoint_) return;
  if (engine_->wal_pages() > options_.wal_page_bound) readers_.cancel_running();
  const auto all = engine_->checkpoint();
  if (!all.ok()) {
    abandon_engine(all.error());
    next_checkpoint_ = options_.checkpoint_pages;
    return;
  }
  // What a reader still needs stays: there is no use in trying again at once.
  next_checkpoint_ = *all ? options_.checkpoint_pages : engine_->wal_pages() + options_.checkpoint_pages;
}

void Writer::execute(Command& command) {
  std::visit([this](auto& one) { execute(one); }, command);
}

void Writer::execute(AcceptCommand& command) {
  command.outcomes.clear();
  for (AcceptMessage& message : command.messages) {
    const auto result = engine_->element([&] { return engine_->messages.accept(message); });
    AcceptOutcome outcome;
    if (result.ok()) {
      outcome = *result;
    } else {
      outcome.error = result.error();
    }
    command.outcomes.push_back(outcome);
    if (engine_->failure() || engine_->spoilt()) return;
  }
}

void Writer::execute(FinishCommand& command) {
  command.outcomes.clear();
  for (const FinishAttempt& attempt : command.attempts) {
    const auto result = engine_->element([&] { return engine_->messages.finish(attempt); });
    FinishOutcome outcome;
    if (result.ok()) {
      outcome = *result;
    } else {
      outcome.error = result.error();
    }
    command.outcomes.push_back(outcome);
    if (engine_->failure()) return;
  }
}

void Writer::execute(ClaimCommand& command) {
  command.outcome = {};
  auto result = engine_->element([&] { return engine_->messages.claim_work(command.request); });
  if (result.ok()) {
    command.outcome = std::move(*result);
  } else {
    command.outcome.error = result.error();
  }
}

void Writer::execute(RefusalCommand& command) {
  command.outcome.reset();
  for (const RecordRefusal& refusal : command.refusals) {
    const auto result = engine_->element([&] { return engine_->messages.record_refusal(refusal); });
    if (!result.ok()) command.outcome = result.error();
    if (engine_->failure()) return;
  }
}

void Writer::execute(WorkCommand& command) {
  command.outcome = engine_->element([&] {
    auto transaction = engine_->transaction();
    return command.work(transaction);
  });
}

void Writer::execute(PurgeCommand& command) {
  // Beside other work a step takes some more than comes in (one in two batches holds a step): a backlog
  // shrinks, and nobody waits for all of it.
  if (last_batch_ > 1)
    command.terms.rows_per_step =
        std::min(command.terms.rows_per_step, static_cast<std::uint32_t>(2 * last_batch_ + 16));
  command.outcome = engine_->element([&]() -> StoreResult<bool> {
    SEALPOST_TRY(const bool payloads, engine_->release.erase_due(command.terms));
    SEALPOST_TRY(const bool claims, engine_->claims.purge(command.terms));
    return payloads || claims;
  });
}

}  // namespace sealpost::store_sqlite
