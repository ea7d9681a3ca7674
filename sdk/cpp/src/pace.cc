#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "foundation/bytes/bytes.h"
#include "foundation/system/entropy.h"
#include "sealpost/transport.h"

namespace sealpost::sdk {
namespace {

class SystemPace final : public Pace {
 public:
  std::chrono::steady_clock::time_point steady_now() override { return std::chrono::steady_clock::now(); }
  std::chrono::system_clock::time_point wall_now() override { return std::chrono::system_clock::now(); }

  bool wait(std::chrono::milliseconds duration, const std::stop_token& stop) override {
    std::mutex mutex;
    std::condition_variable_any stopped;
    std::unique_lock lock(mutex);
    stopped.wait_for(lock, stop, duration, [] { return false; });
    return !stop.stop_requested();
  }

  double fraction() override {
    SystemEntropy entropy;
    // 53 bits are what a double holds exactly.
    return static_cast<double>(read_u64(entropy.array<8>()) >> 11U) * 0x1.0p-53;
  }
};

}  // namespace

std::unique_ptr<Pace> make_system_pace() { return std::make_unique<SystemPace>(); }

}  // namespace sealpost::sdk
