// Addresses and networks of IPv4 and IPv6 as values, and their text forms read strictly: what two readers
// could take for two addresses (leading zeros, missing parts, zone ids, white space) is refused.
// An IPv4-mapped address (::ffff:a.b.c.d, RFC 4291 section 2.5.5.2) is an IPv6 address and equals no IPv4
// one until unmapped() is called. The socket module does so once, where an address enters the program.
// Value types.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sealpost {

class IpAddress final {
 public:
  enum class Family : std::uint8_t { V4, V6 };

  // 0.0.0.0
  constexpr IpAddress() = default;
  static IpAddress v4(std::array<std::uint8_t, 4> octets);
  static IpAddress v6(std::array<std::uint8_t, 16> octets);
  // Dotted decimal of four parts, or RFC 4291 section 2.2 (without a zone id).
  static std::optional<IpAddress> parse(std::string_view text);

  [[nodiscard]] Family family() const { return family_; }
  // Four or sixteen octets, network order.
  [[nodiscard]] std::span<const std::uint8_t> octets() const;
  // 127.0.0.0/8 or ::1. A mapped loopback address is not loopback before unmapped().
  [[nodiscard]] bool is_loopback() const;
  [[nodiscard]] bool is_v4_mapped() const;
  // The IPv4 address inside a mapped one; any other address unchanged.
  [[nodiscard]] IpAddress unmapped() const;
  // RFC 5952.
  [[nodiscard]] std::string to_string() const;
  // As a URL's authority says it: "127.0.0.1:80", "[::1]:80" (RFC 3986, section 3.2.2).
  [[nodiscard]] std::string with_port(std::uint16_t port) const;

  auto operator<=>(const IpAddress&) const = default;

 private:
  Family family_ = Family::V4;
  std::array<std::uint8_t, 16> octets_{};  // IPv4 in the first four
};

// A network written as address/length. Bits behind the length must be zero.
class Cidr final {
 public:
  // Also a bare address, which is a network of one.
  static std::optional<Cidr> parse(std::string_view text);
  static std::optional<Cidr> create(const IpAddress& network, unsigned prefix_length);

  // False for an address of the other family, a mapped one included.
  [[nodiscard]] bool contains(const IpAddress& address) const;
  [[nodiscard]] const IpAddress& network() const { return network_; }
  [[nodiscard]] unsigned prefix_length() const { return prefix_length_; }
  [[nodiscard]] std::string to_string() const;

  bool operator==(const Cidr&) const = default;

 private:
  Cidr(const IpAddress& network, unsigned prefix_length) : network_(network), prefix_length_(prefix_length) {}
  IpAddress network_;
  unsigned prefix_length_;
};

// A handful of networks, asked in order. Empty: contains nothing.
class NetworkSet final {
 public:
  NetworkSet() = default;
  explicit NetworkSet(std::vector<Cidr> networks) : networks_(std::move(networks)) {}
  // Fails if any entry does.
  static std::optional<NetworkSet> parse(std::span<const std::string> texts);

  [[nodiscard]] bool contains(const IpAddress& address) const;
  [[nodiscard]] bool empty() const { return networks_.empty(); }
  [[nodiscard]] std::span<const Cidr> networks() const { return networks_; }

 private:
  std::vector<Cidr> networks_;
};

}  // namespace sealpost
