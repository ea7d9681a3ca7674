// The egress policy of each organization and environment, as the operator's file opens it. Policies are made
// on first use and replaced whole, with a higher version, when the file is read again: connection pools are
// keyed by it. Internally synchronised.
#pragma once

#include <map>
#include <mutex>
#include <vector>

#include "app/config/config.h"
#include "domain/model/public_id.h"
#include "domain/policy/egress_policy.h"

namespace sealpost {

class EgressPolicies final {
 public:
  EgressPolicies(const PublicIdCodec& ids, std::vector<IpAddress> own_addresses)
      : ids_(ids), own_addresses_(std::move(own_addresses)) {}

  // Names of organizations in the settings that are none of ours come back, for the log.
  std::vector<std::string> replace(const EgressSettings& settings, std::vector<SocketAddress> own_listeners);
  [[nodiscard]] EgressPolicyPtr policy_of(const Tenancy& tenancy);
  // What the file opens to it: networks, hosts, plain HTTP addresses. Sorted, each once.
  [[nodiscard]] std::vector<std::string> openings_of(const Tenancy& tenancy);

 private:
  struct Opening {
    OrganizationId organization;  // unset: every one
    EgressOpening opening;
  };
  template <class Each>
  void each_opening_of(const Tenancy& tenancy, Each&& each) const;

  const PublicIdCodec& ids_;
  const std::vector<IpAddress> own_addresses_;
  std::mutex mutex_;
  std::vector<SocketAddress> own_listeners_;
  std::uint64_t version_ = 0;
  std::vector<Opening> openings_;
  std::map<Tenancy, EgressPolicyPtr> made_;
};

// Addresses of this machine's interfaces.
[[nodiscard]] std::vector<IpAddress> interface_addresses();

}  // namespace sealpost
