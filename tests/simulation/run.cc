#include "run.h"

#include <algorithm>

#include "domain/tlog/checkpoint.h"

namespace sealpost::simulation {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr std::uint32_t kFullCheckEvery = 12;

}  // namespace

Run::Run(const RunOptions& options, Trace& trace)
    : options_(options),
      trace_(trace),
      dice_(options.seed),
      world_(options.seed, options.plant, dice_, trace, model_) {}

void Run::go() {
  for (std::uint32_t i = 1; i <= options_.steps; ++i) {
    trace_.begin_step(i);
    step();
    ++counts_.steps;
  }
  trace_.begin_step(options_.steps + 1);
  world_.disarm();
  drain();
  verify_logs();
  for (const auto& [log, expected] : model_.logs)
    trace_.add("log {}: {} records, root {}", log.position, expected.leaves.size(),
               to_hex(expected.roots.back()));
}

void Run::step() {
  const std::uint64_t what = dice_.below(100);
  if (what < 62) {
    commands();
  } else if (what < 73) {
    move_clock();
  } else if (what < 79) {
    purge();
  } else if (what < 84) {
    sign();
  } else if (what < 93) {
    arm();
  } else {
    restart();
  }
  ++since_full_check_;
  if (since_full_check_ >= kFullCheckEvery) {
    agree(compare_all(world_.store(), model_));
    since_full_check_ = 0;
  } else {
    agree(compare_counts(world_.store(), model_));
  }
}

void Run::agree(const Difference& difference) const {
  if (difference) violated("{}", *difference);
}

// ---- What may happen ----

void Run::commands() {
  choose_room();
  std::vector<std::unique_ptr<Operation>> operations;
  const std::uint32_t count = dice_.one_in(2) ? 1 : dice_.number(2, 6);
  for (std::uint32_t i = 0; i < count; ++i)
    if (auto one = choose_command()) operations.push_back(std::move(one));
  // At most one claims, and it comes last: what it was given is not foreseen by the others.
  const auto is_claim = [](const auto& one) { return dynamic_cast<ClaimOperation*>(one.get()) != nullptr; };
  const auto claims = std::stable_partition(operations.begin(), operations.end(), std::not_fn(is_claim));
  if (operations.end() - claims > 1) operations.erase(claims + 1, operations.end());
  if (operations.empty()) {
    recover();
    return;
  }
  run_batch(operations);
}

void Run::move_clock() {
  const Milliseconds small(dice_.below(90'000));
  switch (dice_.below(8)) {
    case 0:
      world_.clock.advance(hours(dice_.number(1, 30)));
      break;
    case 1:
      world_.clock.advance(hours(24 * dice_.number(1, 9)));
      break;
    case 2:
      world_.clock.step_wall(-Milliseconds(minutes(dice_.number(1, 600))));
      break;
    case 3:
      world_.clock.step_wall(minutes(dice_.number(1, 600)));
      break;
    default:
      world_.clock.advance(small);
  }
  trace_.add("clock at {}", to_unix_ms(world_.clock.wall_now()));
  if (!world_.ensure_keys()) trace_.add("no keys");
  recover();
}

void Run::purge() {
  Store::PurgeTerms terms;
  terms.now = world_.clock.wall_now();
  terms.rows_per_step = dice_.number(1, 30);
  const std::uint32_t most = dice_.number(1, 12);
  std::uint32_t taken = 0;
  for (bool more = true; more && taken < most; ++taken) {
    const auto purged = world_.store().purge_step(terms);
    more = purged.ok() && *purged;
  }
  ++counts_.purges;
  model_.purged(terms.now);
  recover();
  adopt_purge(world_.store(), model_, terms);
  trace_.add("purge in {} steps of {}: {} payloads left", taken, terms.rows_per_step,
             std::ranges::count_if(model_.messages, [](const auto& one) { return one.second.has_payload; }));
}

void Run::sign() {
  const bool all = dice_.one_in(3);
  std::vector<OrganizationId> logs;
  for (auto& [log, expected] : model_.logs) {
    logs.push_back(log);
    expected.begun.insert(expected.leaves.size());
  }
  const OrganizationId log = dice_.pick(logs);
  if (all) {
    trace_.add("{} logs signed", world_.trail().sign_grown());
  } else {
    ModelLog& expected = model_.logs[log];
    const std::uint64_t size = expected.leaves.size();
    const auto note = world_.trail().checkpoint(log);
    if (note) {
      expected.notes[size] = *note;
      ++counts_.checkpoints;
    } else if (note.error() != AuditError::StoreFailed) {
      violated("log {} cannot be signed: error {}", log.position, static_cast<int>(note.error()));
    }
    trace_.add("checkpoint of {} at {}{}", log.position, size, note ? "" : " F");
  }
  recover();
}

void Run::arm() {
  if (world_.armed()) return;
  const std::uint32_t operation = dice_.number(1, dice_.one_in(2) ? 8 : 60);
  std::vector<World::Fault> faults{World::Fault::Cut, World::Fault::Cut, World::Fault::Cut,
                                   World::Fault::WriteError, World::Fault::SyncError};
  // Elsewhere SQLite pads the log behind the frame that commits, and has no room for that: what the store
  // calls Full, nothing written, may then be there after a crash.
  if (world_.has_safe_overwrites()) faults.push_back(World::Fault::Full);
  const World::Fault fault = dice_.pick(faults);
  world_.arm(fault, operation);
  trace_.add("fault {} at operation {}", static_cast<int>(fault), operation);
}

void Run::restart() {
  const std::uint64_t how = dice_.below(7);
  if (how == 0) {
    world_.cut();
    ++counts_.cuts;
  } else if (how < 3) {
    world_.kill();
    ++counts_.kills;
  } else {
    world_.restart();
    ++counts_.restarts;
  }
  trace_.add("{}", how == 0 ? "cut" : how < 3 ? "kill" : "restart");
  model_.restarted();
  since_full_check_ = kFullCheckEvery;
}

// ---- Afterwards ----

Fate Run::fate_of(const std::vector<std::unique_ptr<Operation>>& operations) const {
  std::optional<StoreError> error;
  std::size_t failed = 0;
  for (const auto& one : operations) {
    if (!one->answered()) violated("no answer to: {}", one->describe());
    const auto own = one->batch_error();
    if (!own) continue;
    if (error && *error != *own) violated("one batch, two errors");
    error = own;
    ++failed;
  }
  if (!error) return Fate::Committed;
  if (failed != operations.size()) violated("part of a batch failed with error {}", static_cast<int>(*error));
  if (*error == StoreError::OutcomeUnknown) return Fate::Unknown;
  if (*error != StoreError::Full && *error != StoreError::Unavailable)
    violated("a batch failed with error {}", static_cast<int>(*error));
  return Fate::NothingWritten;
}

void Run::run_batch(const std::vector<std::unique_ptr<Operation>>& operations) {
  const BornRoom room = world_.room;
  const std::uint64_t faults_before = counts_.faults;
  world_.handed_over.clear();
  bool taken = true;
  const auto queue = [&] {
    for (const auto& one : operations) taken = one->submit(world_.store()) && taken;
  };
  if (operations.size() == 1 && dice_.one_in(2)) {
    queue();
  } else {
    world_.in_one_batch(queue);
  }
  if (!taken) violated("the queue refused a command");
  const bool powered = world_.settle();
  for (const auto& one : operations) trace_.add("{}", one->describe());
  const Fate fate = fate_of(operations);
  if (fate == Fate::Committed) commit_batch(operations, room);
  std::optional<Model> with;
  if (fate == Fate::Unknown) {
    ++counts_.unknown;
    with = model_;
    BornRoom left = room;
    for (const auto& one : operations) one->apply(*with, left, fate);
    with->unsettle(left.born);
  }
  if (fate != Fate::Committed && !world_.handed_over.empty())
    violated("a failed batch handed something over");
  const bool cut = recover();
  if (!cut && !powered) violated("the power went unseen");
  if (fate == Fate::Committed) return;
  if (!cut && counts_.faults == faults_before) violated("a batch failed, and no fault had come");
  trace_.add("the batch failed{}", fate == Fate::Unknown ? ", or did not" : "");
  if (with) {
    if (cut) with->restarted();
    choose_model(std::move(*with), cut);
  }
  since_full_check_ = kFullCheckEvery;
}

void Run::commit_batch(const std::vector<std::unique_ptr<Operation>>& operations, BornRoom room) {
  for (const auto& one : operations) {
    one->apply(model_, room, Fate::Committed);
    one->count(counts_.tally);
    if (const auto* claim = dynamic_cast<const ClaimOperation*>(one.get()))
      for (const LeasedDelivery& leased : claim->given()) remember(leased);
  }
  std::set<DeliveryId> born(room.born.begin(), room.born.end());
  for (const LeasedDelivery& leased : world_.handed_over) {
    if (born.erase(leased.delivery) == 0)
      violated("delivery {} was handed over and was not born leased", leased.delivery.position);
    model_.hand_over(leased, world_.store().boot());
    remember(leased);
  }
  if (!born.empty()) violated("delivery {} was born leased and not handed over", born.begin()->position);
}

void Run::remember(const LeasedDelivery& leased) {
  if (!leases_.insert(leased.lease).second)
    violated("token {} of boot {} was given twice", leased.lease.token, leased.lease.boot);
  if (stale_.size() < 60) {
    stale_.push_back(leased);
  } else {
    stale_[dice_.below(stale_.size())] = leased;
  }
}

bool Run::recover() {
  bool cut = false;
  // A power that comes back may go again before the writer is idle.
  while (!world_.settle()) {
    trace_.add("the power is cut");
    world_.cut();
    ++counts_.cuts;
    model_.restarted();
    cut = true;
  }
  if (world_.take_struck()) {
    ++counts_.faults;
    trace_.add("the fault has come");
    since_full_check_ = kFullCheckEvery;
  }
  return cut;
}

void Run::choose_model(Model with, bool restarted) {
  const Difference without_it = compare_all(world_.store(), model_);
  if (without_it) {
    const Difference with_it = compare_all(world_.store(), with);
    if (with_it)
      violated("a batch of unknown outcome is there in part: without it, {}; with it, {}", *without_it,
               *with_it);
    model_ = std::move(with);
    adopt_unsettled(world_.store(), model_, restarted, world_.clock.wall_now());
  }
  trace_.add("it is {}there", without_it ? "" : "not ");
}

// ---- The end ----

// Everything that waits is delivered, and when all terms are over a purge leaves nothing behind.
void Run::drain() {
  for (int round = 0; model_.in_standing(Standing::Ended) < model_.deliveries.size(); ++round) {
    if (round > 500)
      violated("{} deliveries never end", model_.deliveries.size() - model_.in_standing(Standing::Ended));
    std::vector<FinishAttempt> attempts;
    for (const auto& [position, one] : model_.deliveries)
      if (one.standing == Standing::Held) attempts.push_back(choose_attempt(one, one.lease));
    if (std::ranges::any_of(attempts,
                            [](const FinishAttempt& one) { return one.audit.leaf_template.empty(); }))
      violated("no key for an audit record");
    std::vector<std::unique_ptr<Operation>> operations;
    if (!attempts.empty()) operations.push_back(std::make_unique<FinishOperation>(std::move(attempts)));
    world_.clock.advance(hours(1));
    if (!world_.ensure_keys()) violated("no keys");
    ClaimWork everything;
    everything.now = world_.clock.wall_now();
    auto picture = std::make_shared<DirectorySnapshot>();
    for (const auto& [organization, epoch] : model_.epochs) picture->epochs[organization.position] = epoch;
    everything.picture = std::move(picture);
    operations.push_back(std::make_unique<ClaimOperation>(std::move(everything), world_.store().boot()));
    run_batch(operations);
  }
  agree(compare_all(world_.store(), model_));
  world_.clock.advance(hours(24 * 500));
  Store::PurgeTerms terms;
  terms.now = world_.clock.wall_now();
  // Its empty batches close what slices of claims are open.
  if (!world_.settle()) violated("the power was cut by nobody");
  for (bool more = true; more;) {
    const auto purged = world_.store().purge_step(terms);
    if (!purged.ok()) violated("a purge failed with error {}", static_cast<int>(purged.error()));
    more = *purged;
  }
  model_.purged(terms.now);
  adopt_purge(world_.store(), model_, terms);
  agree(compare_all(world_.store(), model_));
  agree(find_remains(world_.store(), model_));
}

void Run::verify_logs() {
  std::vector<std::string> told;
  for (const auto& [log, expected] : model_.logs) {
    const auto tell = [&](const std::string& line) { told.push_back(line); };
    const auto verdict = world_.trail().verify_log(log, tell);
    if (!verdict)
      violated("log {} cannot be verified: error {}", log.position, static_cast<int>(verdict.error()));
    if (verdict->contradictions != 0 || verdict->records != expected.leaves.size())
      violated("log {} contradicts itself: {}", log.position,
               told.empty() ? "records are missing" : told.front());
    const auto vkey = world_.trail().verifier_key(log);
    const auto key = vkey ? NoteVerifier::parse(*vkey) : fail(TlogRefusal::TileUnavailable);
    for (const auto& [size, note] : expected.notes) {
      const auto checkpoint = open_checkpoint(note, *key);
      if (!checkpoint || checkpoint->size != size || checkpoint->root != expected.roots[size])
        violated("the checkpoint of log {} at {} does not stand", log.position, size);
      const auto proof = world_.trail().prove_consistency(log, size, expected.leaves.size());
      if (!proof || !verify_consistency(size, expected.roots[size], expected.leaves.size(),
                                        expected.roots.back(), *proof)
                         .ok())
        violated("log {} is not what it was at {}", log.position, size);
    }
    if (expected.leaves.empty()) continue;
    const std::uint64_t index = dice_.below(expected.leaves.size());
    const auto record = world_.trail().open_record({log, Environment::Live}, index);
    if (!record ||
        std::ranges::any_of(record->groups, [](const OpenedGroup& one) { return one.canonical.empty(); }))
      violated("record {} of log {} does not open", index, log.position);
  }
}

}  // namespace sealpost::simulation
