#include "domain/policy/egress_policy.h"

#include <algorithm>
#include <array>
#include <boost/url/parse.hpp>
#include <charconv>
#include <span>

#include "foundation/http_types/headers.h"

namespace sealpost {
namespace {

constexpr std::size_t kMaxUrl = 2048;
constexpr std::size_t kMaxHost = 253;  // RFC 1035 section 2.3.4, without the trailing dot
constexpr std::size_t kMaxLabel = 63;

NetworkSet networks(std::initializer_list<std::string_view> texts) {
  std::vector<Cidr> all;
  for (const auto text : texts) {
    const auto network = Cidr::parse(text);
    SEALPOST_CHECK(network.has_value());
    all.push_back(*network);
  }
  return NetworkSet(std::move(all));
}

// What clouds answer credentials on. Some of these are globally shaped or private addresses, so that
// the tables below would let them pass once their network is opened.
const NetworkSet& metadata_services() {
  static const NetworkSet kSet = networks({
      "169.254.169.254/32",
      "169.254.170.2/32",
      "169.254.170.23/32",  // most clouds, container credentials
      "100.100.100.200/32",
      "168.63.129.16/32",
      "192.0.0.192/32",
      "fd00:ec2::/32",
      "fd20:ce::254/128",
      "fd00:42::42/128",
  });
  return kSet;
}

const NetworkSet& link_local() {
  static const NetworkSet kSet = networks({"169.254.0.0/16", "fe80::/10"});
  return kSet;
}

const NetworkSet& multicast() {
  static const NetworkSet kSet = networks({"224.0.0.0/4", "255.255.255.255/32", "ff00::/8"});
  return kSet;
}

// Addresses that a translator or tunnel turns into another one, which nobody would have judged.
const NetworkSet& embedding() {
  static const NetworkSet kSet = networks({
      "::ffff:0:0/96",    // mapped, RFC 4291 section 2.5.5.2
      "::ffff:0:0:0/96",  // translated, RFC 7915
      "64:ff9b::/96",     // NAT64, RFC 6052
      "64:ff9b:1::/48",   // NAT64 for local use, RFC 8215
      "2001::/32",        // Teredo, RFC 4380
      "2002::/16",        // 6to4, RFC 3056
      "192.88.99.0/24",   // its relays, RFC 7526
  });
  return kSet;
}

// "This host on this network", RFC 1122: connecting there reaches ourselves.
const NetworkSet& this_host() {
  static const NetworkSet kSet = networks({"0.0.0.0/8", "::/128"});
  return kSet;
}

const NetworkSet& loopback() {
  static const NetworkSet kSet = networks({"127.0.0.0/8", "::1/128"});
  return kSet;
}

// IPv4 is open but for the registry's entries; services that are reachable by design yet never a receiver
// (AS112, AMT) count as special too.
const NetworkSet& special_v4() {
  static const NetworkSet kSet = networks({
      "0.0.0.0/8",
      "10.0.0.0/8",
      "100.64.0.0/10",
      "127.0.0.0/8",
      "169.254.0.0/16",
      "172.16.0.0/12",
      "192.0.0.0/24",
      "192.0.2.0/24",
      "192.31.196.0/24",
      "192.52.193.0/24",
      "192.88.99.0/24",
      "192.168.0.0/16",
      "192.175.48.0/24",
      "198.18.0.0/15",
      "198.51.100.0/24",
      "203.0.113.0/24",
      "240.0.0.0/4",
  });
  return kSet;
}

// IPv6 is shut but for global unicast, less the registry's entries inside it.
const NetworkSet& global_v6() {
  static const NetworkSet kSet = networks({"2000::/3"});
  return kSet;
}
const NetworkSet& special_v6() {
  static const NetworkSet kSet =
      networks({"2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"});
  return kSet;
}

// ::/96 but for :: and ::1: IPv4-compatible, RFC 4291 section 2.5.5.1.
bool is_v4_compatible(const IpAddress& address) {
  static const NetworkSet kSet = networks({"::/96"});
  return kSet.contains(address) && !this_host().contains(address) && !loopback().contains(address);
}

bool is_globally_reachable(const IpAddress& address) {
  if (address.family() == IpAddress::Family::V4) return !special_v4().contains(address);
  return global_v6().contains(address) && !special_v6().contains(address);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_ldh(char c) { return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-'; }

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

// Whether inet_aton(3) or a browser would take the name for an address: its last label is a number in
// decimal, octal or hexadecimal.
bool reads_as_number(std::string_view host) {
  const auto dot = host.rfind('.');
  const std::string_view last = dot == std::string_view::npos ? host : host.substr(dot + 1);
  if (last.starts_with("0x")) return true;
  return !last.empty() && std::ranges::all_of(last, is_digit);
}

enum class Dots : std::uint8_t { Required, Optional };

bool is_host_name(std::string_view host, Dots dots) {
  if (host.empty() || host.size() > kMaxHost) return false;
  if (dots == Dots::Required && host.find('.') == std::string_view::npos) return false;
  while (true) {
    const auto dot = host.find('.');
    const std::string_view label = host.substr(0, dot);
    if (label.empty() || label.size() > kMaxLabel || label.front() == '-' || label.back() == '-')
      return false;
    if (!std::ranges::all_of(label, is_ldh)) return false;
    if (dot == std::string_view::npos) return true;
    host.remove_prefix(dot + 1);
  }
}

// A URL cut at its marks and nothing more. Boost.URL 1.81 is not asked for the host, because it ends one
// that begins like an address there: 127.0.0.1.example.com becomes 127.0.0.1 with the path ".example.com".
struct UrlParts {
  std::string scheme;  // lower case
  std::string_view host;
  std::string_view port;    // empty when there is none
  std::string_view target;  // path and query
};

Result<UrlParts, EgressRefusal> cut(std::string_view text) {
  UrlParts parts;
  const auto mark = text.find("://");
  if (text.size() > kMaxUrl || mark == std::string_view::npos || text.find('#') != std::string_view::npos)
    return fail(EgressRefusal::MalformedUrl);
  parts.scheme = lower_case(text.substr(0, mark));
  if (parts.scheme.empty() || !std::ranges::all_of(parts.scheme, is_ldh))
    return fail(EgressRefusal::MalformedUrl);
  text.remove_prefix(mark + 3);
  const std::string_view authority = text.substr(0, text.find_first_of("/?"));
  parts.target = text.substr(authority.size());
  if (authority.find('@') != std::string_view::npos) return fail(EgressRefusal::UserInfo);
  const auto bracket = authority.starts_with('[') ? authority.find(']') : 0;
  if (bracket == std::string_view::npos) return fail(EgressRefusal::MalformedUrl);
  const auto colon = authority.find(':', bracket);
  parts.host = authority.substr(0, colon);
  if (colon != std::string_view::npos) parts.port = authority.substr(colon + 1);
  return parts;
}

Result<std::uint16_t, EgressRefusal> judge_port(std::string_view text, UrlScheme scheme) {
  if (text.empty()) return static_cast<std::uint16_t>(scheme == UrlScheme::Https ? 443 : 80);
  std::uint16_t port = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), port);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || text.front() == '0')
    return fail(EgressRefusal::Port);
  // Mail, shells and directories listen below 1024; a webhook receiver never does, but for its own port.
  if (scheme == UrlScheme::Https && port < 1024 && port != 443) return fail(EgressRefusal::Port);
  return port;
}

// An empty path becomes "/"; false when path or query hold what RFC 3986 does not allow there.
bool read_target(std::string_view text, std::string& out) {
  out.clear();
  if (!text.starts_with('/')) out = '/';
  out.append(text);
  return boost::urls::parse_origin_form(boost::core::string_view(out.data(), out.size())).has_value();
}

std::string put_together(const JudgedTarget& target, std::string_view path_and_query) {
  std::string out = target.scheme == UrlScheme::Https ? "https://" : "http://";
  const bool brackets = target.literal && target.literal->family() == IpAddress::Family::V6;
  if (brackets) out += '[';
  out += target.host;
  if (brackets) out += ']';
  const std::uint16_t usual = target.scheme == UrlScheme::Https ? 443 : 80;
  if (target.port != usual) out += ':' + std::to_string(target.port);
  out += path_and_query;
  return out;
}

}  // namespace

std::string_view name_of(EgressRefusal refusal) {
  switch (refusal) {
    case EgressRefusal::MalformedUrl:
      return "malformed_url";
    case EgressRefusal::UserInfo:
      return "userinfo";
    case EgressRefusal::Scheme:
      return "scheme";
    case EgressRefusal::PlainHttp:
      return "plain_http";
    case EgressRefusal::NumericHost:
      return "numeric_host";
    case EgressRefusal::HostName:
      return "host_name";
    case EgressRefusal::Port:
      return "port";
    case EgressRefusal::SpecialPurpose:
      return "special_purpose";
    case EgressRefusal::Multicast:
      return "multicast";
    case EgressRefusal::LinkLocal:
      return "link_local";
    case EgressRefusal::Metadata:
      return "metadata";
    case EgressRefusal::EmbeddedAddress:
      return "embedded_address";
    case EgressRefusal::OwnListener:
      return "own_listener";
  }
  return "unknown";
}

EgressPolicy::EgressPolicy(Settings settings) : settings_(std::move(settings)) {
  for (auto& host : settings_.opened_hosts) host = lower_case(host);
}

bool EgressPolicy::is_own_listener(const IpAddress& address, std::uint16_t port) const {
  return std::ranges::any_of(settings_.own_listeners, [&](const SocketAddress& own) {
    if (own.port != port) return false;
    if (own.address == address) return true;
    if (!this_host().contains(own.address)) return false;
    return loopback().contains(address) || std::ranges::count(settings_.own_addresses, address) > 0;
  });
}

bool EgressPolicy::is_listed_for_plain_http(const IpAddress& address, std::uint16_t port) const {
  return settings_.tenancy.environment == Environment::Test &&
         std::ranges::count(settings_.plain_http, SocketAddress{address, port}) > 0;
}

Result<void, EgressRefusal> EgressPolicy::judge(const IpAddress& address, std::uint16_t port,
                                                UrlScheme scheme, bool host_opened) const {
  // Shut whatever was opened.
  if (metadata_services().contains(address)) return fail(EgressRefusal::Metadata);
  if (link_local().contains(address)) return fail(EgressRefusal::LinkLocal);
  if (multicast().contains(address)) return fail(EgressRefusal::Multicast);
  if (embedding().contains(address) || is_v4_compatible(address)) return fail(EgressRefusal::EmbeddedAddress);
  if (this_host().contains(address)) return fail(EgressRefusal::SpecialPurpose);
  if (is_own_listener(address, port)) return fail(EgressRefusal::OwnListener);

  if (scheme == UrlScheme::Http) {
    if (is_listed_for_plain_http(address, port)) return {};
    return fail(EgressRefusal::PlainHttp);
  }
  if (is_globally_reachable(address) || host_opened) return {};
  const bool opened = std::ranges::any_of(settings_.opened_networks,
                                          [&](const Cidr& network) { return network.contains(address); });
  if (!opened) return fail(EgressRefusal::SpecialPurpose);
  return {};
}

Result<void, EgressRefusal> EgressPolicy::judge_address(const JudgedTarget& target,
                                                        const IpAddress& address) const {
  return judge(address, target.port, target.scheme, target.host_opened);
}

Result<void, EgressRefusal> EgressPolicy::judge_address(const IpAddress& address, std::uint16_t port) const {
  return judge(address, port, UrlScheme::Https, false);
}

Result<void, EgressRefusal> EgressPolicy::read_host(std::string_view host, JudgedTarget& target) const {
  if (host.starts_with('[')) {
    if (!host.ends_with(']')) return fail(EgressRefusal::MalformedUrl);
    target.literal = IpAddress::parse(host.substr(1, host.size() - 2));
    if (!target.literal || target.literal->family() != IpAddress::Family::V6)
      return fail(EgressRefusal::MalformedUrl);
    return {};
  }
  target.literal = IpAddress::parse(host);
  if (target.literal) return {};
  target.host = lower_case(host);
  if (target.host.ends_with('.')) target.host.pop_back();
  if (reads_as_number(target.host)) return fail(EgressRefusal::NumericHost);
  target.host_opened = std::ranges::count(settings_.opened_hosts, target.host) > 0;
  // A name without a dot would be completed from the machine's search list, unless someone vouched for it.
  const bool vouched = target.host_opened || target.scheme == UrlScheme::Http;
  if (!is_host_name(target.host, vouched ? Dots::Optional : Dots::Required))
    return fail(EgressRefusal::HostName);
  return {};
}

Result<JudgedTarget, EgressRefusal> EgressPolicy::judge_url(std::string_view text) const {
  SEALPOST_TRY(const UrlParts parts, cut(text));
  JudgedTarget target;
  if (parts.scheme == "http") {
    target.scheme = UrlScheme::Http;
  } else if (parts.scheme != "https") {
    return fail(EgressRefusal::Scheme);
  }
  if (target.scheme == UrlScheme::Http && settings_.tenancy.environment != Environment::Test)
    return fail(EgressRefusal::PlainHttp);
  std::string path_and_query;
  if (!read_target(parts.target, path_and_query)) return fail(EgressRefusal::MalformedUrl);
  SEALPOST_TRY(target.port, judge_port(parts.port, target.scheme));
  SEALPOST_TRY_VOID(read_host(parts.host, target));
  if (target.literal) {
    target.host = target.literal->to_string();
    SEALPOST_TRY_VOID(judge_address(target, *target.literal));
  }
  target.url = put_together(target, path_and_query);
  return target;
}

}  // namespace sealpost
