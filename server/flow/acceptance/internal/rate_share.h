// What a record of the directory says about its rate, as a share of a request.
#pragma once

#include "flow/acceptance/rate_limiter.h"
#include "flow/directory/rates.h"

namespace sealpost {

// `otherwise`: the installation's, where the record sets none. No record, no share. `apart`
// distinguishes the buckets of one record.
template <class Record>
void add_share(RateShares& shares, const Record* record, const RateSetting& otherwise, Position apart = 0) {
  if (record == nullptr) return;
  const EffectiveRate rate = effective_rate({record->rate_per_second, record->rate_burst}, otherwise);
  shares.add(record->head.position | apart,
             {.per_second = static_cast<double>(rate.per_second), .burst = static_cast<double>(rate.burst)});
}

}  // namespace sealpost
