#include "app/wiring/egress_policies.h"

#include <ifaddrs.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <set>

namespace sealpost {
namespace {}  // namespace

std::vector<std::string> EgressPolicies::replace(const EgressSettings& settings,
                                                 std::vector<SocketAddress> own_listeners) {
  std::vector<std::string> unknown;
  const std::scoped_lock lock(mutex_);
  openings_.clear();
  own_listeners_ = std::move(own_listeners);
  for (const EgressOpening& opening : settings.openings) {
    OrganizationId organization;
    if (!opening.organization.empty()) {
      const auto id = ids_.decode<OrganizationId>(opening.organization);
      if (!id) {
        unknown.push_back(opening.organization);
        continue;
      }
      organization = *id;
    }
    openings_.push_back({organization, opening});
  }
  made_.clear();
  ++version_;
  return unknown;
}

template <class Each>
void EgressPolicies::each_opening_of(const Tenancy& tenancy, Each&& each) const {
  for (const Opening& one : openings_) {
    if (one.organization.set() && one.organization != tenancy.organization) continue;
    if (one.opening.environment == tenancy.environment) each(one.opening);
  }
}

std::vector<std::string> EgressPolicies::openings_of(const Tenancy& tenancy) {
  std::set<std::string> found;
  const std::scoped_lock lock(mutex_);
  each_opening_of(tenancy, [&](const EgressOpening& opening) {
    for (const Cidr& network : opening.networks) found.insert(network.to_string());
    for (const std::string& host : opening.hosts) found.insert(host);
    for (const SocketSetting& socket : opening.plain_http)
      found.insert("http://" + socket.address.with_port(socket.port));
  });
  return {found.begin(), found.end()};
}

EgressPolicyPtr EgressPolicies::policy_of(const Tenancy& tenancy) {
  const std::scoped_lock lock(mutex_);
  EgressPolicyPtr& made = made_[tenancy];
  if (made) return made;
  EgressPolicy::Settings settings{.tenancy = tenancy,
                                  .version = version_,
                                  .opened_networks = {},
                                  .opened_hosts = {},
                                  .plain_http = {},
                                  .own_listeners = own_listeners_,
                                  .own_addresses = own_addresses_};
  each_opening_of(tenancy, [&](const EgressOpening& opening) {
    std::ranges::copy(opening.networks, std::back_inserter(settings.opened_networks));
    std::ranges::copy(opening.hosts, std::back_inserter(settings.opened_hosts));
    for (const SocketSetting& socket : opening.plain_http)
      settings.plain_http.push_back({socket.address, socket.port});
  });
  made = std::make_shared<const EgressPolicy>(std::move(settings));
  return made;
}

std::vector<IpAddress> interface_addresses() {
  std::vector<IpAddress> found;
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return found;
  for (const ifaddrs* one = list; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr) continue;
    if (one->ifa_addr->sa_family == AF_INET) {
      sockaddr_in address{};
      std::memcpy(&address, one->ifa_addr, sizeof(address));
      std::array<std::uint8_t, 4> octets{};
      std::memcpy(octets.data(), &address.sin_addr, octets.size());
      found.push_back(IpAddress::v4(octets));
    } else if (one->ifa_addr->sa_family == AF_INET6) {
      sockaddr_in6 address{};
      std::memcpy(&address, one->ifa_addr, sizeof(address));
      std::array<std::uint8_t, 16> octets{};
      std::memcpy(octets.data(), &address.sin6_addr, octets.size());
      found.push_back(IpAddress::v6(octets));
    }
  }
  ::freeifaddrs(list);
  return found;
}

}  // namespace sealpost
