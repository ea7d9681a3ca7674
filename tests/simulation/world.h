// One gateway's durable half on a disk that forgets: the real SQLite store, vault and audit trail, under a
// clock and entropy of the seed. It can be closed and opened, killed, and have its power cut at a chosen
// write or sync.
//
// The store has a writer thread of its own. The driver waits for every completion, and then, in settle(),
// until the writer has nothing left to do, so that only one of the two ever moves: a seed is one run.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "dice.h"
#include "foundation/system/testing/fakes.h"
#include "foundation/system/testing/scratch_directory.h"
#include "model.h"
#include "plants.h"
#include "storage/store_sqlite/sqlite_store.h"
#include "storage/store_sqlite/testing/power_cut_vfs.h"
#include "trace.h"
#include "trust/audit_trail/audit_trail.h"

namespace sealpost::simulation {

struct Connector {
  IntegrationId integration;
  std::vector<Position> endpoints;
};
struct Party {
  Tenancy tenancy;
  std::vector<Connector> connectors;
  Position channel = 0;
};

class World final {
 public:
  using Fault = PowerCutVfs::Fault;

  // A new installation with its parties, which `model` is told of.
  World(std::uint64_t seed, Plant plant, Dice& dice, Trace& trace, Model& model);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  [[nodiscard]] Store& store() { return *planted_; }
  [[nodiscard]] AuditTrail& trail() { return *trail_; }
  [[nodiscard]] Vault& vault() { return *vault_; }
  [[nodiscard]] const std::vector<Party>& parties() const { return parties_; }

  // ---- Its end and its beginning ----
  void restart();  // closes and opens
  void kill();     // ends the process; the disk forgets nothing
  void cut();      // the power is gone: what was not synced is lost, in part or whole
  [[nodiscard]] std::uint64_t openings() const { return openings_; }

  // ---- Faults ----
  // At the n-th write or sync from now on.
  void arm(Fault fault, std::uint32_t operation);
  void disarm();
  [[nodiscard]] bool has_safe_overwrites() const { return overwrites_ == PowerCutVfs::Overwrites::Safe; }
  [[nodiscard]] bool armed() const { return armed_.has_value(); }
  // The fault that has come since the last call.
  std::optional<Fault> take_struck();

  // ---- Running ----
  // Waits until the writer is idle and has its database open again. False when the power was cut meanwhile.
  bool settle();
  // Keeps the writer busy while `queue` submits commands: they become one batch.
  void in_one_batch(const std::function<void()>& queue);
  // Keys of today and tomorrow, as upkeep makes them. False when the disk would not take them.
  bool ensure_keys();
  // Nothing when there is no key, which takes a fault.
  std::optional<AuditDraft> draft(const Tenancy& tenancy, std::string_view event_class);
  [[nodiscard]] Bytes seal(const Tenancy& tenancy, MessageId message, std::string_view payload);
  [[nodiscard]] Position draw_positions(std::uint32_t count, const Model& model);

  FakeClock clock;
  SeededEntropy entropy;
  // What deliveries may be born leased, and what was.
  BornRoom room;
  std::vector<LeasedDelivery> handed_over;

 private:
  void open();
  bool try_open();
  void end_process();
  void make_parties(Model& model);
  [[nodiscard]] bool struck() const;
  // After a fault that has come: the power is back, the disk has room.
  void recover_disk();

  Dice& dice_;
  Trace& trace_;
  const Plant plant_;
  ScratchDirectory directory_;
  const PowerCutVfs::Overwrites overwrites_;
  std::optional<PowerCutVfs> disk_;
  SqliteOptions options_;
  std::optional<Fault> armed_;
  std::uint64_t openings_ = 0;
  std::int64_t drafts_ = 0;
  std::vector<Party> parties_;
  std::unique_ptr<FileRootKey> root_;
  std::unique_ptr<SqliteStore> store_;
  std::unique_ptr<PlantedStore> planted_;
  std::unique_ptr<Vault> vault_;
  std::unique_ptr<AuditTrail> trail_;
};

}  // namespace sealpost::simulation
