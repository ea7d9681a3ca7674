#include "foundation/http_types/ip_address.h"

#include <algorithm>
#include <charconv>

namespace sealpost {
namespace {

using Octets4 = std::array<std::uint8_t, 4>;
using Octets16 = std::array<std::uint8_t, 16>;

std::optional<unsigned> parse_decimal(std::string_view text, unsigned max) {
  if (text.empty() || text.size() > 3 || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  unsigned value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  if (value > max) return std::nullopt;
  return value;
}

std::optional<Octets4> parse_v4(std::string_view text) {
  Octets4 octets{};
  for (std::size_t i = 0; i < 4; ++i) {
    const auto dot = text.find('.');
    if ((dot == std::string_view::npos) != (i == 3)) return std::nullopt;
    const auto part = parse_decimal(text.substr(0, dot), 255);
    if (!part) return std::nullopt;
    octets[i] = static_cast<std::uint8_t>(*part);
    if (i < 3) text.remove_prefix(dot + 1);
  }
  return octets;
}

std::optional<unsigned> parse_group(std::string_view text) {
  if (text.empty() || text.size() > 4) return std::nullopt;
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Groups between colons; the last may be dotted decimal where `dotted_end` allows. Empty text: no groups.
std::optional<std::vector<std::uint8_t>> parse_groups(std::string_view text, bool dotted_end) {
  std::vector<std::uint8_t> octets;
  while (!text.empty()) {
    const auto colon = text.find(':');
    const auto part = text.substr(0, colon);
    const bool last = colon == std::string_view::npos;
    if (!last && colon + 1 == text.size()) return std::nullopt;
    if (last && dotted_end && part.find('.') != std::string_view::npos) {
      const auto v4 = parse_v4(part);
      if (!v4) return std::nullopt;
      octets.insert(octets.end(), v4->begin(), v4->end());
    } else {
      const auto group = parse_group(part);
      if (!group) return std::nullopt;
      octets.push_back(static_cast<std::uint8_t>(*group >> 8));
      octets.push_back(static_cast<std::uint8_t>(*group & 0xff));
    }
    if (octets.size() > 16) return std::nullopt;
    text = last ? std::string_view() : text.substr(colon + 1);
  }
  return octets;
}

std::optional<Octets16> parse_v6(std::string_view text) {
  if (text.size() > 45) return std::nullopt;
  Octets16 octets{};
  const auto gap = text.find("::");
  if (gap == std::string_view::npos) {
    const auto all = parse_groups(text, true);
    if (!all || all->size() != 16) return std::nullopt;
    std::ranges::copy(*all, octets.begin());
    return octets;
  }
  const auto head = parse_groups(text.substr(0, gap), false);
  const auto tail = parse_groups(text.substr(gap + 2), true);
  // "::" stands for at least one group.
  if (!head || !tail || head->size() + tail->size() > 14) return std::nullopt;
  std::ranges::copy(*head, octets.begin());
  std::ranges::copy(*tail, octets.end() - static_cast<std::ptrdiff_t>(tail->size()));
  return octets;
}

void append_decimal(std::string& out, unsigned value) { out += std::to_string(value); }

std::string v4_text(std::span<const std::uint8_t> octets) {
  std::string out;
  for (std::size_t i = 0; i < 4; ++i) {
    if (i > 0) out += '.';
    append_decimal(out, octets[i]);
  }
  return out;
}

std::string v6_text(std::span<const std::uint8_t> octets) {
  std::array<unsigned, 8> groups{};
  for (std::size_t i = 0; i < 8; ++i) groups[i] = octets[2 * i] * 256U + octets[2 * i + 1];
  // The longest run of two or more zero groups, the first of equals (RFC 5952 section 4.2).
  std::size_t best = 8;
  std::size_t best_length = 1;
  for (std::size_t i = 0; i < 8; ++i) {
    std::size_t length = 0;
    while (i + length < 8 && groups[i + length] == 0) ++length;
    if (length > best_length) best = i, best_length = length;
  }
  std::string out;
  for (std::size_t i = 0; i < 8;) {
    if (i == best) {
      out += "::";
      i += best_length;
      continue;
    }
    if (!out.empty() && out.back() != ':') out += ':';
    std::array<char, 8> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), groups[i], 16).ptr;
    out.append(digits.data(), end);
    ++i;
  }
  return out;
}

}  // namespace

IpAddress IpAddress::v4(std::array<std::uint8_t, 4> octets) {
  IpAddress address;
  std::ranges::copy(octets, address.octets_.begin());
  return address;
}

IpAddress IpAddress::v6(std::array<std::uint8_t, 16> octets) {
  IpAddress address;
  address.family_ = Family::V6;
  address.octets_ = octets;
  return address;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.find(':') == std::string_view::npos) {
    const auto octets = parse_v4(text);
    if (!octets) return std::nullopt;
    return v4(*octets);
  }
  const auto octets = parse_v6(text);
  if (!octets) return std::nullopt;
  return v6(*octets);
}

std::span<const std::uint8_t> IpAddress::octets() const {
  return std::span(octets_).first(family_ == Family::V4 ? 4U : 16U);
}

bool IpAddress::is_loopback() const {
  if (family_ == Family::V4) return octets_[0] == 127;
  return octets_ == Octets16{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
}

bool IpAddress::is_v4_mapped() const {
  if (family_ == Family::V4) return false;
  return std::all_of(octets_.begin(), octets_.begin() + 10, [](auto octet) { return octet == 0; }) &&
         octets_[10] == 0xff && octets_[11] == 0xff;
}

IpAddress IpAddress::unmapped() const {
  if (!is_v4_mapped()) return *this;
  return v4({octets_[12], octets_[13], octets_[14], octets_[15]});
}

std::string IpAddress::to_string() const {
  if (family_ == Family::V4) return v4_text(octets());
  if (is_v4_mapped()) return "::ffff:" + v4_text(octets().last(4));
  return v6_text(octets());
}

std::optional<Cidr> Cidr::create(const IpAddress& network, unsigned prefix_length) {
  const auto octets = network.octets();
  if (prefix_length > octets.size() * 8) return std::nullopt;
  for (std::size_t bit = prefix_length; bit < octets.size() * 8; ++bit)
    if ((octets[bit / 8] >> (7 - bit % 8)) & 1) return std::nullopt;
  return Cidr(network, prefix_length);
}

std::optional<Cidr> Cidr::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  const auto widest = static_cast<unsigned>(address->octets().size() * 8);
  if (slash == std::string_view::npos) return create(*address, widest);
  const auto length = parse_decimal(text.substr(slash + 1), widest);
  if (!length) return std::nullopt;
  return create(*address, *length);
}

bool Cidr::contains(const IpAddress& address) const {
  if (address.family() != network_.family()) return false;
  const auto theirs = address.octets();
  const auto ours = network_.octets();
  const std::size_t whole = prefix_length_ / 8;
  for (std::size_t i = 0; i < whole; ++i)
    if (theirs[i] != ours[i]) return false;
  const unsigned rest = prefix_length_ % 8;
  return rest == 0 || (theirs[whole] >> (8 - rest)) == (ours[whole] >> (8 - rest));
}

std::string IpAddress::with_port(std::uint16_t port) const {
  const std::string text = to_string();
  return (family() == Family::V6 ? "[" + text + "]" : text) + ":" + std::to_string(port);
}

std::string Cidr::to_string() const { return network_.to_string() + "/" + std::to_string(prefix_length_); }

std::optional<NetworkSet> NetworkSet::parse(std::span<const std::string> texts) {
  std::vector<Cidr> networks;
  for (const auto& text : texts) {
    const auto network = Cidr::parse(text);
    if (!network) return std::nullopt;
    networks.push_back(*network);
  }
  return NetworkSet(std::move(networks));
}

bool NetworkSet::contains(const IpAddress& address) const {
  return std::ranges::any_of(networks_, [&](const Cidr& network) { return network.contains(address); });
}

}  // namespace sealpost
