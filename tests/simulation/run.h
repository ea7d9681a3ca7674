// One seed's run: draws what happens next, lets the store and the model both do it, and compares them after
// each step. Throws Violation. One thread.
#pragma once

#include "invariants.h"
#include "operations.h"
#include "world.h"

namespace sealpost::simulation {

struct RunOptions {
  std::uint64_t seed = 1;
  std::uint32_t steps = 100;
  Plant plant = Plant::None;
};

struct RunCounts {
  Tally tally;
  std::uint64_t steps = 0, cuts = 0, kills = 0, restarts = 0, faults = 0, unknown = 0, checkpoints = 0,
                purges = 0;
};

class Run final {
 public:
  Run(const RunOptions& options, Trace& trace);
  // All steps, then the end of everything that waits, a purge of all that may go, and a check of the whole
  // log.
  void go();
  [[nodiscard]] const RunCounts& counts() const { return counts_; }

 private:
  // ---- What may happen (run.cc) ----
  void step();
  void commands();
  void move_clock();
  void purge();
  void sign();
  void arm();
  void restart();
  void drain();
  void verify_logs();

  // ---- What it is made of (choices.cc) ----
  std::unique_ptr<Operation> choose_command();
  std::unique_ptr<Operation> choose_accept();
  std::optional<AcceptMessage> choose_message();
  void choose_deliveries(const Party& party, AcceptMessage& message);
  Claim choose_claim(ClaimMeaning meaning, const Tenancy& tenancy);
  std::unique_ptr<Operation> choose_finish();
  FinishAttempt choose_attempt(const ModelDelivery& delivery, const Lease& lease);
  void spoil(FinishAttempt& attempt);
  std::unique_ptr<Operation> choose_claiming();
  std::unique_ptr<Operation> choose_refusals();
  std::unique_ptr<Operation> choose_work();
  WorkOperation::Change choose_change(const Party& party);
  WorkOperation::Change choose_cancelling(const Party& party);
  std::optional<Position> any_delivery(const std::function<bool(const ModelDelivery&)>& which);
  void choose_room();

  // ---- Afterwards ----
  // Submits them as one batch, and takes what came of it into the model.
  void run_batch(const std::vector<std::unique_ptr<Operation>>& operations);
  void commit_batch(const std::vector<std::unique_ptr<Operation>>& operations, BornRoom room);
  Fate fate_of(const std::vector<std::unique_ptr<Operation>>& operations) const;
  // Settles the store, and begins it anew if the power was cut. Whether it did.
  bool recover();
  // The model that the store agrees with, of the one without a batch and the one with it.
  void choose_model(Model with, bool restarted);
  void remember(const LeasedDelivery& leased);
  void agree(const Difference& difference) const;
  void forget_ended_claims(const Tenancy& tenancy, const std::vector<Claim>& claims);

  const RunOptions options_;
  Trace& trace_;
  Dice dice_;
  Model model_;
  World world_;
  RunCounts counts_;
  std::set<Lease> leases_;             // all that were ever given
  std::vector<LeasedDelivery> stale_;  // some of them, for who comes late
  std::uint32_t since_full_check_ = 0;
};

}  // namespace sealpost::simulation
