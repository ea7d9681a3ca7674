// A message in hand: what acceptance leaves for a delivery that starts at once, so that the payload need not
// be opened again. Lives in memory only. Immutable, shared.
#pragma once

#include <cstdint>

#include "domain/model/ids.h"
#include "foundation/bytes/bytes.h"

namespace sealpost {

struct CarriedMessage {
  SourceId source;  // unset when it came through the API
  std::uint32_t hops = 0;
  bool is_json = false;
  Bytes payload;
};

}  // namespace sealpost
