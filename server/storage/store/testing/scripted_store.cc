#include "storage/store/testing/scripted_store.h"

#include <utility>

namespace sealpost {

ScriptedStore::ScriptedStore(Store& inner) : inner_(inner) {}
ScriptedStore::~ScriptedStore() = default;

void ScriptedStore::refuse(Command command, std::size_t count) {
  next(command, count, {.refused = true, .error = {}});
}

void ScriptedStore::fail(Command command, std::size_t count, StoreError error) {
  next(command, count, {.refused = false, .error = error});
}

int ScriptedStore::seen(Command command) const {
  const std::scoped_lock lock(mutex_);
  return script(command).seen;
}

bool ScriptedStore::accept_messages(std::vector<AcceptMessage> m,
                                    Completion<void(std::vector<AcceptOutcome>)> done) {
  if (auto interruption = std::exchange(before_acceptance, nullptr)) interruption();
  const Verdict verdict = judge(Command::Accept);
  if (verdict.refused) return false;
  if (!verdict.error) return inner_.accept_messages(std::move(m), std::move(done));
  AcceptOutcome failed;
  failed.error = *verdict.error;
  done(std::vector<AcceptOutcome>(m.size(), failed));
  return true;
}

bool ScriptedStore::finish_attempts(std::vector<FinishAttempt> a,
                                    Completion<void(std::vector<FinishOutcome>)> done) {
  const Verdict verdict = judge(Command::Finish);
  if (verdict.refused) return false;
  if (!verdict.error) return inner_.finish_attempts(std::move(a), std::move(done));
  FinishOutcome failed;
  failed.error = *verdict.error;
  done(std::vector<FinishOutcome>(a.size(), failed));
  return true;
}

bool ScriptedStore::claim_work(ClaimWork request, Completion<void(ClaimedWork)> done) {
  const Verdict verdict = judge(Command::Claim);
  if (verdict.refused) return false;
  if (!verdict.error) return inner_.claim_work(std::move(request), std::move(done));
  ClaimedWork failed;
  failed.error = verdict.error;
  done(std::move(failed));
  return true;
}

bool ScriptedStore::record_refusals(std::vector<RecordRefusal> r,
                                    Completion<void(std::optional<StoreError>)> done) {
  const Verdict verdict = judge(Command::Refusals);
  if (verdict.refused) return false;
  if (!verdict.error) return inner_.record_refusals(std::move(r), std::move(done));
  done(verdict.error);
  return true;
}

bool ScriptedStore::transact(Work work, Completion<void(StoreResult<void>)> done) {
  return inner_.transact(std::move(work), std::move(done));
}

StoreResult<void> ScriptedStore::transact_and_wait(Work work) {
  if (auto interruption = std::exchange(before_transaction, nullptr)) interruption();
  const Verdict verdict = judge(Command::Transact);
  if (verdict.refused) return sealpost::fail(StoreError::Busy);
  if (verdict.error) return sealpost::fail(*verdict.error);
  return inner_.transact_and_wait(std::move(work));
}

StoreResult<void> ScriptedStore::read(const Look& look) {
  const Verdict verdict = judge(Command::Read);
  if (verdict.refused) return sealpost::fail(StoreError::Busy);
  if (verdict.error) return sealpost::fail(*verdict.error);
  if (through) return inner_.read([&](Reader& reader) { return through(reader, look); });
  return inner_.read(look);
}

void ScriptedStore::set_hand_over(HandOver hand_over) { inner_.set_hand_over(std::move(hand_over)); }

void ScriptedStore::set_log_listener(std::function<void(std::span<const OrganizationId>)> listener) {
  inner_.set_log_listener(std::move(listener));
}

StoreResult<bool> ScriptedStore::purge_step(const PurgeTerms& terms) { return inner_.purge_step(terms); }

Store::Metrics ScriptedStore::metrics() const { return inner_.metrics(); }

void ScriptedStore::next(Command command, std::size_t count, const Verdict& verdict) {
  const std::scoped_lock lock(mutex_);
  script(command).next.insert(script(command).next.end(), count, verdict);
}

ScriptedStore::Verdict ScriptedStore::judge(Command command) {
  const std::scoped_lock lock(mutex_);
  Script& one = script(command);
  ++one.seen;
  if (one.next.empty()) return {};
  const Verdict verdict = one.next.front();
  one.next.pop_front();
  return verdict;
}

}  // namespace sealpost
