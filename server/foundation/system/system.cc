#include <pthread.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "foundation/bytes/secret_bytes.h"
#include "foundation/result/result.h"
#include "foundation/system/clock.h"
#include "foundation/system/entropy.h"

namespace sealpost {
namespace {

void fill_from_kernel(std::span<std::uint8_t> out) {
  while (!out.empty()) {
    const ssize_t got = ::getrandom(out.data(), out.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    SEALPOST_CHECK(got > 0);
    out = out.subspan(static_cast<std::size_t>(got));
  }
}

// Counts forks on the child's side, which costs less to look at than the process id.
std::atomic<std::uint64_t>& generation() {
  static std::atomic<std::uint64_t> count{1};
  static const int registered = ::pthread_atfork(nullptr, nullptr, [] { ++generation(); });
  SEALPOST_CHECK(registered == 0);
  return count;
}

struct Reservoir {
  std::array<std::uint8_t, 4096> bytes;
  std::size_t used = sizeof(bytes);
  std::uint64_t filled_in = 0;  // a generation
  ~Reservoir() { wipe_memory(bytes.data(), bytes.size()); }
};

}  // namespace

WallTime SystemClock::wall_now() const {
  return std::chrono::floor<Milliseconds>(std::chrono::system_clock::now());
}
SteadyTime SystemClock::steady_now() const { return std::chrono::steady_clock::now(); }

void SystemEntropy::fill(std::span<std::uint8_t> out) {
  thread_local Reservoir reservoir;
  if (out.size() > 512) return fill_from_kernel(out);
  const std::uint64_t now = generation();
  if (reservoir.filled_in != now || reservoir.bytes.size() - reservoir.used < out.size()) {
    fill_from_kernel(reservoir.bytes);
    reservoir.used = 0;
    reservoir.filled_in = now;
  }
  std::uint8_t* from = reservoir.bytes.data() + reservoir.used;
  std::copy_n(from, out.size(), out.data());
  wipe_memory(from, out.size());
  reservoir.used += out.size();
}

}  // namespace sealpost
