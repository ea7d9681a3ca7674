// Where this gateway may connect to. A pure judge: it is given a URL or an address and answers whether a
// request may go there; it never resolves, never connects, never reads a clock. One snapshot is immutable,
// belongs to one tenancy, and carries a version: connection pools are keyed by it, because a connection that
// was opened under another policy says nothing about this one.
//
// Two judgements, and a request needs both: judge_url() before anything is looked up, judge_address() for
// each address of the answer, again at the socket, and again before each request on a reused connection.
//
// The rule: only globally reachable unicast addresses (IANA special-purpose registries for IPv4 and IPv6,
// RFC 6890 and its successors), unless the operator opened a network or a host by name. Some places stay
// shut whatever was opened: our own listeners, link-local, metadata services, multicast, and addresses that
// carry another address inside (mapped, 6to4, Teredo, NAT64).
//
// Whoever was refused learns one category, `forbidden_address`; the reason below is for the operator.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/model/tenancy.h"
#include "foundation/http_types/ip_address.h"
#include "foundation/result/result.h"

namespace sealpost {

inline constexpr std::string_view kForbiddenAddressCode = "forbidden_address";

enum class EgressRefusal : std::uint8_t {
  MalformedUrl,  // not an absolute http(s) URL by RFC 3986, over 2,048 octets, or with a fragment
  UserInfo,      // a URL never carries credentials
  Scheme,        // neither https nor http
  PlainHttp,     // http outside of `test`, or to an address and port that the operator did not list
  NumericHost,   // a host that some resolver would read as a number: 0x7f.1, 017700000001, 2130706433,
                 // fe80::1%1
  HostName,      // not a fully qualified name of letters, digits and hyphens, and not opened by the operator
  Port,          // 0, or below 1024 and not 443
  SpecialPurpose,  // not globally reachable: private, loopback, shared, documentation, benchmarking, reserved
  Multicast,
  LinkLocal,        // never, even if opened
  Metadata,         // a cloud's instance service; never, even if opened
  EmbeddedAddress,  // mapped, compatible, 6to4, Teredo, NAT64: another address inside; never, even if opened
  OwnListener,      // ourselves; never, even if opened
};

[[nodiscard]] std::string_view name_of(EgressRefusal refusal);

enum class UrlScheme : std::uint8_t { Http, Https };

// An address that the operator named together with a port.
struct SocketAddress {
  IpAddress address;
  std::uint16_t port = 0;
  friend bool operator==(const SocketAddress&, const SocketAddress&) = default;
};

// A URL that may be asked for, taken apart. `url` is put together again from the parts that were judged, so
// that no second parser can read it differently. Path and query may be secret: they are never logged.
struct JudgedTarget {
  UrlScheme scheme = UrlScheme::Https;
  std::string host;  // lower case, no trailing dot, IPv6 without brackets
  std::uint16_t port = 443;
  std::optional<IpAddress> literal;  // when the host is an address: already judged, nothing to look up
  bool host_opened = false;          // the operator opened this name: its addresses may be private
  std::string url;
};

class EgressPolicy final {
 public:
  struct Settings {
    Tenancy tenancy;
    std::uint64_t version = 0;
    std::vector<Cidr> opened_networks;
    std::vector<std::string> opened_hosts;     // exact names, case does not matter
    std::vector<SocketAddress> plain_http;     // looked at in `test` only
    std::vector<SocketAddress> own_listeners;  // as bound: 0.0.0.0 and :: stand for every own address
    std::vector<IpAddress> own_addresses;      // of this machine's interfaces
  };
  explicit EgressPolicy(Settings settings);

  // Both take untrusted text or an untrusted answer of a resolver.
  [[nodiscard]] Result<JudgedTarget, EgressRefusal> judge_url(std::string_view url) const;
  [[nodiscard]] Result<void, EgressRefusal> judge_address(const JudgedTarget& target,
                                                          const IpAddress& address) const;
  // For a connection that no URL stands behind: https rules, no opened host.
  [[nodiscard]] Result<void, EgressRefusal> judge_address(const IpAddress& address, std::uint16_t port) const;

  [[nodiscard]] const Tenancy& tenancy() const { return settings_.tenancy; }
  [[nodiscard]] std::uint64_t version() const { return settings_.version; }

 private:
  [[nodiscard]] Result<void, EgressRefusal> read_host(std::string_view host, JudgedTarget& target) const;
  [[nodiscard]] bool is_own_listener(const IpAddress& address, std::uint16_t port) const;
  [[nodiscard]] bool is_listed_for_plain_http(const IpAddress& address, std::uint16_t port) const;
  [[nodiscard]] Result<void, EgressRefusal> judge(const IpAddress& address, std::uint16_t port,
                                                  UrlScheme scheme, bool host_opened) const;
  Settings settings_;
};

using EgressPolicyPtr = std::shared_ptr<const EgressPolicy>;

}  // namespace sealpost
