// How fast somebody may send: messages a second, and how many at once.
#pragma once

#include <cstdint>

namespace sealpost {

// As records hold it.
struct RateSetting {
  std::uint32_t per_second = 0;  // 0: the installation's default, of both
  std::uint32_t burst = 0;       // 0: twice what a second takes
};
// The installation's defaults.
struct RateDefaults {
  RateSetting source{5'000, 10'000};
  RateSetting integration{10'000, 20'000};
  RateSetting credential{10'000, 20'000};
  RateSetting organization{20'000, 40'000};
};

}  // namespace sealpost
