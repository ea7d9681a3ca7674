// The kernel's socket addresses as ours. Pure.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "domain/policy/egress_policy.h"

namespace sealpost {

[[nodiscard]] inline std::optional<SocketAddress> from_sockaddr(const sockaddr& raw) {
  if (raw.sa_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &raw, sizeof in);
    std::array<std::uint8_t, 4> octets{};
    std::memcpy(octets.data(), &in.sin_addr, octets.size());
    return SocketAddress{IpAddress::v4(octets), ntohs(in.sin_port)};
  }
  if (raw.sa_family == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, &raw, sizeof in);
    std::array<std::uint8_t, 16> octets{};
    std::memcpy(octets.data(), &in.sin6_addr, octets.size());
    return SocketAddress{IpAddress::v6(octets), ntohs(in.sin6_port)};
  }
  return std::nullopt;
}

}  // namespace sealpost
