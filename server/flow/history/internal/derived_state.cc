#include "flow/history/internal/derived_state.h"

#include <algorithm>

namespace sealpost {

void DerivedState::saw_record(OrganizationId log, std::uint64_t epoch, std::uint64_t cancelled_deliveries) {
  Log& known = logs_[log];
  known.epoch = std::max(known.epoch, epoch);
  known.cancelled_known += cancelled_deliveries;
}

DerivedState::Health& DerivedState::health_at(const Place& place) {
  auto& [where, health] = health_[place.integration.position];
  where = place;
  return health;
}

void DerivedState::saw_success(const Place& place, WallTime at) {
  Health& health = health_at(place);
  health.last_success_at = std::max(health.last_success_at.value_or(at), at);
}

// Of two failures at one time the later record counts, as in the store.
void DerivedState::saw_failure(const Place& place, WallTime at, std::string code) {
  Health& health = health_at(place);
  if (health.last_failure_at && at < *health.last_failure_at) return;
  health.last_failure_at = at;
  health.last_failure_code = std::move(code);
}

void DerivedState::saw_cancelled(OrganizationId log) { ++logs_[log].cancelled_rows; }

void DerivedState::finish(Store& store, const PublicIdCodec& ids, const Tell& tell) const {
  for (const auto& [log, known] : logs_) {
    std::uint64_t epoch = 0;
    const auto read = store.read([&](Reader& reader) -> StoreResult<void> {
      SEALPOST_TRY(epoch, reader.epoch_of(log));
      return {};
    });
    if (!read || epoch != known.epoch)
      tell("epoch (organization, value): that of " + ids.encode(log) + " is " + std::to_string(epoch) +
           ", and its records say " + std::to_string(known.epoch));
    // Fewer may be left: one that was cancelled can be asked for again.
    if (known.cancelled_rows > known.cancelled_known)
      tell("delivery.state: " + std::to_string(known.cancelled_rows) + " of " + ids.encode(log) +
           " are cancelled, and its records know of " + std::to_string(known.cancelled_known));
  }
  for (const auto& [position, entry] : health_) {
    const auto& [place, known] = entry;
    Health stored;
    const auto read = store.read([&](Reader& reader) -> StoreResult<void> {
      SEALPOST_TRY(stored, reader.health_of(place.tenancy, place.integration));
      return {};
    });
    const auto hold = [&](const char* column, bool holds) {
      if (!read || !holds)
        tell(std::string("integration_health.") + column + ": that of " + ids.encode(place.integration) +
             " contradicts its records (integration, organization, environment)");
    };
    hold("success_ms", stored.last_success_at == known.last_success_at);
    hold("failure_ms", stored.last_failure_at == known.last_failure_at);
    hold("failure_code", stored.last_failure_code == known.last_failure_code);
  }
}

}  // namespace sealpost
