// What is kept beside the evidence so that nobody has to look for it there: the epoch of an organization, the
// health of an integration, and which of its deliveries were cancelled. Collects from the records what the
// rows have to say, and holds them against it. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "domain/model/public_id.h"
#include "storage/store/store.h"

namespace sealpost {

class DerivedState final {
 public:
  struct Place {
    Tenancy tenancy;
    IntegrationId integration;
  };
  using Tell = std::function<void(const std::string&)>;

  // Of each record: the epoch it speaks of, and how many deliveries it cancelled.
  void saw_record(OrganizationId log, std::uint64_t epoch, std::uint64_t cancelled_deliveries);
  void saw_success(const Place& place, WallTime at);
  void saw_failure(const Place& place, WallTime at, std::string code);
  void saw_cancelled(OrganizationId log);  // a row

  void finish(Store& store, const PublicIdCodec& ids, const Tell& tell) const;

 private:
  struct Log {
    std::uint64_t epoch = 0;
    std::uint64_t cancelled_known = 0;
    std::uint64_t cancelled_rows = 0;
  };
  using Health = Reader::IntegrationHealth;
  Health& health_at(const Place& place);

  std::map<OrganizationId, Log> logs_;
  std::map<Position, std::pair<Place, Health>> health_;
};

}  // namespace sealpost
