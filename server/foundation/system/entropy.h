// Randomness from the operating system. Never fails softly: a machine without entropy ends the process.
// Thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "foundation/bytes/bytes.h"

namespace sealpost {

class Entropy {
 public:
  virtual ~Entropy() = default;
  virtual void fill(std::span<std::uint8_t> out) = 0;

  template <std::size_t N>
  [[nodiscard]] std::array<std::uint8_t, N> array() {
    std::array<std::uint8_t, N> out;
    fill(out);
    return out;
  }
};

// getrandom(2), read ahead in blocks of 4 KiB per thread because a record takes many small draws; used
// bytes are wiped at once. A child made by fork draws anew.
class SystemEntropy final : public Entropy {
 public:
  void fill(std::span<std::uint8_t> out) override;
};

}  // namespace sealpost
