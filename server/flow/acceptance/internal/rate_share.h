// What a record of the directory says about its rate, as a share of a request.
#pragma once

#include "domain/model/rate_setting.h"
#include "flow/acceptance/rate_limiter.h"

namespace sealpost {

// `otherwise`: the installation's, where the record sets none. No record, no share. `apart`
// distinguishes the buckets of one record.
template <class Record>
void add_share(RateShares& shares, const Record* record, const RateSetting& otherwise, Position apart = 0) {
  if (record == nullptr) return;
  RateSetting meant{record->rate_per_second, record->rate_burst};
  if (meant.per_second == 0) meant = otherwise;
  const double burst = meant.burst == 0 ? 2.0 * meant.per_second : meant.burst;
  shares.add(record->head.position | apart,
             {.per_second = static_cast<double>(meant.per_second), .burst = burst});
}

}  // namespace sealpost
