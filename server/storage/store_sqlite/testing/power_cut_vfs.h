// A SQLite file system that forgets. It passes everything on to the real one and remembers, for each file,
// what every write since the last sync replaced. After `cut()` nothing works any more, and `lose_unsynced()`
// puts each file back to what was synced, with a random part of the unsynced writes kept, as a disk cache
// would. It can also fail the n-th write or sync with a chosen error. One at a time per process; internally
// synchronised. Tests only.
#pragma once

#include <cstdint>
#include <string>

namespace sealpost {

class PowerCutVfs final {
 public:
  // Whether the disk promises not to touch octets beside a write. Without that SQLite pads what it writes.
  enum class Overwrites : std::uint8_t { Unsafe, Safe };
  explicit PowerCutVfs(Overwrites overwrites = Overwrites::Unsafe);
  PowerCutVfs(const PowerCutVfs&) = delete;
  PowerCutVfs& operator=(const PowerCutVfs&) = delete;
  ~PowerCutVfs();

  static constexpr const char* kName = "sealpost-power-cut";

  enum class Fault : std::uint8_t { Cut, Full, WriteError, SyncError };
  // The fault comes at the n-th write or sync from now on, a full disk at the first write from there; `Cut`
  // lasts, the others happen once.
  void fail_at(std::uint64_t operation, Fault fault);
  [[nodiscard]] bool fault_came() const;
  [[nodiscard]] std::uint64_t operations() const;
  // Call when every connection is closed. Power is back afterwards.
  void lose_unsynced(std::uint64_t seed);
};

}  // namespace sealpost
