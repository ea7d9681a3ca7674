#include "domain/policy/egress_policy.h"

#include <gtest/gtest.h>

#include <string>

namespace sealpost {
namespace {

IpAddress ip(std::string_view text) {
  const auto parsed = IpAddress::parse(text);
  EXPECT_TRUE(parsed.has_value()) << text;
  return parsed.value_or(IpAddress());
}

EgressPolicy::Settings settings(Environment environment) {
  EgressPolicy::Settings out;
  out.tenancy = {OrganizationId{7}, environment};
  out.version = 3;
  out.plain_http = {{ip("127.0.0.1"), 8080}, {ip("::1"), 8081}};
  return out;
}

std::string reason(const Result<JudgedTarget, EgressRefusal>& result) {
  return result.ok() ? "ok" : std::string(name_of(result.error()));
}
std::string reason(const Result<void, EgressRefusal>& result) {
  return result.ok() ? "ok" : std::string(name_of(result.error()));
}

struct UrlCase {
  const char* url;
  const char* expected;  // "ok", or the reason
};

TEST(EgressUrl, LiveTakesHttpsToNamesAndGlobalAddresses) {
  const EgressPolicy policy(settings(Environment::Live));
  const UrlCase cases[] = {
      {"https://hooks.example.com/in", "ok"},
      {"https://hooks.example.com:8443/in?token=a%20b", "ok"},
      {"https://8.8.8.8/", "ok"},
      {"https://[2606:4700:4700::1111]/", "ok"},
      {"https://xn--bcher-kva.example/", "ok"},
      {"http://hooks.example.com/", "plain_http"},
      {"http://127.0.0.1:8080/", "plain_http"},
      {"ftp://hooks.example.com/", "scheme"},
      {"file:///etc/passwd", "scheme"},
      {"gopher://hooks.example.com/", "scheme"},
      {"https:hooks.example.com", "malformed_url"},
      {"//hooks.example.com/", "malformed_url"},
      {"", "malformed_url"},
      {"https://", "host_name"},
      {"https:///path", "host_name"},
      {"https://hooks.example.com/a b", "malformed_url"},
      {"https://hooks.example.com/\r\nHost: x", "malformed_url"},
      {"https://hooks.example.com/#fragment", "malformed_url"},
      {"https://hooks.example.com\\@127.0.0.1/", "userinfo"},
      {"https://hooks.example.com\\.evil.example/", "host_name"},
      {"https://hooks.example.com:443:80/", "port"},
      {"https://hooks.example.com:4a3/", "port"},
      {"https://[2606:4700::1111]x/", "malformed_url"},
      {"https://[2606:4700::1111/", "malformed_url"},
      {"https://hooks.example.com?query", "ok"},
      {"https://hooks.example.com/a%zz", "malformed_url"},
      {"https://hooks.example.com/a@b:c", "ok"},
      {"https://user@hooks.example.com/", "userinfo"},
      {"https://user:secret@hooks.example.com/", "userinfo"},
      {"https://@hooks.example.com/", "userinfo"},
      {"https://hooks.example.com:0/", "port"},
      {"https://hooks.example.com:22/", "port"},
      {"https://hooks.example.com:80/", "port"},
      {"https://hooks.example.com:65536/", "port"},
      {"https://hooks.example.com:00443/", "port"},
      {"https://hooks.example.com:99999999999999999999/", "port"},
      {"https://localhost/", "host_name"},
      {"https://intranet/", "host_name"},
      {"https://-a.example/", "host_name"},
      {"https://a..example/", "host_name"},
      {"https://a_b.example/", "host_name"},
      {"https://exa%6dple.com/", "host_name"},
      {"https://%31%32%37.0.0.1/", "numeric_host"},
      {"https://b\xc3\xbc"
       "cher.example/",
       "host_name"},
      {"https://[v1.fe80::a]/", "malformed_url"},
  };
  for (const auto& c : cases) EXPECT_EQ(reason(policy.judge_url(c.url)), c.expected) << c.url;
}

TEST(EgressUrl, EveryNumericHostFormIsRefusedOrJudgedAsAnAddress) {
  const EgressPolicy policy(settings(Environment::Live));
  const UrlCase cases[] = {
      {"https://2130706433/", "numeric_host"},
      {"https://017700000001/", "numeric_host"},
      {"https://0x7f000001/", "numeric_host"},
      {"https://0X7F000001/", "numeric_host"},
      {"https://0x7f.1/", "numeric_host"},
      {"https://127.1/", "numeric_host"},
      {"https://127.0.1/", "numeric_host"},
      {"https://0177.0.0.1/", "numeric_host"},
      {"https://0x7f.0.0.0x1/", "numeric_host"},
      {"https://127.0.0.1./", "numeric_host"},
      {"https://1.2.3.4.5/", "numeric_host"},
      {"https://256.256.256.256/", "numeric_host"},
      {"https://a.127/", "numeric_host"},
      {"https://127.0.0.1.example.com/", "ok"},  // a name, however it begins
      {"https://127.0.0.1x.example.com/", "ok"},
      {"https://127.0.0.1/", "special_purpose"},
      {"https://0.0.0.0/", "special_purpose"},
      {"https://10.1.2.3/", "special_purpose"},
      {"https://[::1]/", "special_purpose"},
      {"https://[::]/", "special_purpose"},
      {"https://[::ffff:127.0.0.1]/", "embedded_address"},
      {"https://[::ffff:7f00:1]/", "embedded_address"},
      {"https://[::ffff:8.8.8.8]/", "embedded_address"},
      {"https://[::127.0.0.1]/", "embedded_address"},
      {"https://[2002:7f00:1::]/", "embedded_address"},
      {"https://[64:ff9b::7f00:1]/", "embedded_address"},
      {"https://[fe80::1]/", "link_local"},
      {"https://169.254.169.254/latest/", "metadata"},
      {"https://[fd00:ec2::254]/", "metadata"},
      {"https://[ff02::1]/", "multicast"},
  };
  for (const auto& c : cases) EXPECT_EQ(reason(policy.judge_url(c.url)), c.expected) << c.url;
  EXPECT_FALSE(policy.judge_url("https://[fe80::1%25eth0]/").ok());
  EXPECT_FALSE(policy.judge_url("https://[fe80::1%eth0]/").ok());
}

TEST(EgressUrl, TheJudgedPartsAreNormalised) {
  const EgressPolicy policy(settings(Environment::Live));
  const auto name = policy.judge_url("HTTPS://Hooks.EXAMPLE.com.:443");
  ASSERT_TRUE(name.ok());
  EXPECT_EQ(name->host, "hooks.example.com");
  EXPECT_EQ(name->url, "https://hooks.example.com/");
  EXPECT_FALSE(name->literal.has_value());
  const auto literal = policy.judge_url("https://[2606:4700:0:0::1111]:8443/a?b");
  ASSERT_TRUE(literal.ok());
  EXPECT_EQ(literal->host, "2606:4700::1111");
  EXPECT_EQ(literal->url, "https://[2606:4700::1111]:8443/a?b");
  EXPECT_EQ(literal->port, 8443);
}

TEST(EgressUrl, OverlongIsRefused) {
  const EgressPolicy policy(settings(Environment::Live));
  const std::string base = "https://hooks.example.com/";
  EXPECT_EQ(reason(policy.judge_url(base + std::string(2048 - base.size(), 'a'))), "ok");
  EXPECT_EQ(reason(policy.judge_url(base + std::string(2049 - base.size(), 'a'))), "malformed_url");
  const std::string label(63, 'a');
  EXPECT_EQ(reason(policy.judge_url("https://" + label + ".example/")), "ok");
  EXPECT_EQ(reason(policy.judge_url("https://" + label + "a.example/")), "host_name");
}

TEST(EgressUrl, PlainHttpNeedsTestAndAListedPair) {
  const EgressPolicy test(settings(Environment::Test));
  EXPECT_EQ(reason(test.judge_url("http://127.0.0.1:8080/")), "ok");
  EXPECT_EQ(reason(test.judge_url("http://[::1]:8081/")), "ok");
  EXPECT_EQ(reason(test.judge_url("http://127.0.0.1:8081/")), "plain_http");
  EXPECT_EQ(reason(test.judge_url("http://127.0.0.2:8080/")), "plain_http");
  EXPECT_EQ(reason(test.judge_url("http://8.8.8.8/")), "plain_http");
  EXPECT_EQ(reason(test.judge_url("https://127.0.0.1:8080/")), "special_purpose");
  const auto named = test.judge_url("http://localhost:8080/");
  ASSERT_TRUE(named.ok());
  EXPECT_EQ(reason(test.judge_address(*named, ip("127.0.0.1"))), "ok");
  EXPECT_EQ(reason(test.judge_address(*named, ip("10.0.0.1"))), "plain_http");
  EXPECT_EQ(reason(test.judge_address(*named, ip("8.8.8.8"))), "plain_http");
  const EgressPolicy shared(settings(Environment::Shared));
  EXPECT_EQ(reason(shared.judge_url("http://127.0.0.1:8080/")), "plain_http");
}

struct AddressCase {
  const char* address;
  const char* expected;
};

TEST(EgressAddress, OnlyGloballyReachableOnesPass) {
  const EgressPolicy policy(settings(Environment::Live));
  const AddressCase cases[] = {
      {"1.1.1.1", "ok"},
      {"9.255.255.255", "ok"},
      {"11.0.0.0", "ok"},
      {"100.63.255.255", "ok"},
      {"100.128.0.0", "ok"},
      {"172.15.255.255", "ok"},
      {"172.32.0.0", "ok"},
      {"192.167.255.255", "ok"},
      {"198.17.255.255", "ok"},
      {"198.20.0.0", "ok"},
      {"223.255.255.255", "ok"},
      {"2000::1", "ok"},
      {"2001:200::1", "ok"},
      {"2003::1", "ok"},
      {"2a00:1450:4001::1", "ok"},
      {"0.0.0.1", "special_purpose"},
      {"10.0.0.0", "special_purpose"},
      {"10.255.255.255", "special_purpose"},
      {"100.64.0.0", "special_purpose"},
      {"100.127.255.255", "special_purpose"},
      {"127.255.255.254", "special_purpose"},
      {"172.16.0.1", "special_purpose"},
      {"172.31.255.255", "special_purpose"},
      {"192.0.0.8", "special_purpose"},
      {"192.0.2.1", "special_purpose"},
      {"192.88.99.1", "embedded_address"},
      {"192.168.1.1", "special_purpose"},
      {"198.18.0.1", "special_purpose"},
      {"198.19.255.255", "special_purpose"},
      {"198.51.100.7", "special_purpose"},
      {"203.0.113.7", "special_purpose"},
      {"240.0.0.1", "special_purpose"},
      {"224.0.0.1", "multicast"},
      {"239.255.255.255", "multicast"},
      {"255.255.255.255", "multicast"},
      {"169.254.1.1", "link_local"},
      {"169.254.169.254", "metadata"},
      {"169.254.170.2", "metadata"},
      {"168.63.129.16", "metadata"},
      {"100.100.100.200", "metadata"},
      {"192.0.0.192", "metadata"},
      {"fd00:ec2::254", "metadata"},
      {"fd20:ce::254", "metadata"},
      {"::", "special_purpose"},
      {"::1", "special_purpose"},
      {"::2", "embedded_address"},
      {"::ffff:1.1.1.1", "embedded_address"},
      {"::ffff:0:1.1.1.1", "embedded_address"},
      {"64:ff9b::808:808", "embedded_address"},
      {"64:ff9b:1::808:808", "embedded_address"},
      {"2001::1", "embedded_address"},
      {"2001:0:4136:e378::1", "embedded_address"},
      {"2002:808:808::1", "embedded_address"},
      {"100::1", "special_purpose"},
      {"2001:2::1", "special_purpose"},
      {"2001:10::1", "special_purpose"},
      {"2001:20::1", "special_purpose"},
      {"2001:db8::1", "special_purpose"},
      {"3fff::1", "special_purpose"},
      {"3fff:fff:ffff::1", "special_purpose"},
      {"4000::1", "special_purpose"},
      {"5f00::1", "special_purpose"},
      {"fc00::1", "special_purpose"},
      {"fd12:3456::1", "special_purpose"},
      {"fec0::1", "special_purpose"},
      {"fe80::1", "link_local"},
      {"febf::1", "link_local"},
      {"ff02::1", "multicast"},
  };
  for (const auto& c : cases)
    EXPECT_EQ(reason(policy.judge_address(ip(c.address), 443)), c.expected) << c.address;
}

TEST(EgressAddress, AnOpenedNetworkOpensWhatIsPrivateAndNothingElse) {
  auto open = settings(Environment::Live);
  open.opened_networks = {*Cidr::parse("10.1.0.0/16"), *Cidr::parse("fd12::/16")};
  const EgressPolicy policy(open);
  EXPECT_EQ(reason(policy.judge_address(ip("10.1.2.3"), 443)), "ok");
  EXPECT_EQ(reason(policy.judge_address(ip("10.2.0.1"), 443)), "special_purpose");
  EXPECT_EQ(reason(policy.judge_address(ip("fd12::1"), 443)), "ok");
  EXPECT_EQ(reason(policy.judge_url("https://10.1.2.3/")), "ok");
  EXPECT_EQ(reason(policy.judge_url("http://10.1.2.3/")), "plain_http");
}

TEST(EgressAddress, SomePlacesStayShutWhateverWasOpened) {
  auto open = settings(Environment::Test);
  open.opened_networks = {*Cidr::parse("0.0.0.0/0"), *Cidr::parse("::/0")};
  open.opened_hosts = {"Chat.Corp"};
  open.own_listeners = {{ip("10.0.0.5"), 8443}, {ip("0.0.0.0"), 9443}};
  open.own_addresses = {ip("10.0.0.5"), ip("2a00::5")};
  for (const char* address :
       {"169.254.169.254", "fd00:ec2::254", "169.254.0.1", "fe80::1", "224.0.0.1", "ff02::1",
        "::ffff:10.0.0.1", "2002::1", "2001::1", "64:ff9b::1", "0.0.0.0", "::"})
    open.plain_http.push_back({ip(address), 8080});
  open.plain_http.push_back({ip("10.0.0.5"), 8443});
  const EgressPolicy policy(open);
  const auto host = policy.judge_url("https://chat.corp/");
  ASSERT_TRUE(host.ok());
  const auto plain = policy.judge_url("http://anything:8080/");
  ASSERT_TRUE(plain.ok());
  const AddressCase shut[] = {
      {"169.254.169.254", "metadata"},
      {"fd00:ec2::254", "metadata"},
      {"169.254.0.1", "link_local"},
      {"fe80::1", "link_local"},
      {"224.0.0.1", "multicast"},
      {"ff02::1", "multicast"},
      {"::ffff:10.0.0.1", "embedded_address"},
      {"2002::1", "embedded_address"},
      {"2001::1", "embedded_address"},
      {"64:ff9b::1", "embedded_address"},
      {"0.0.0.0", "special_purpose"},
      {"::", "special_purpose"},
  };
  for (const auto& c : shut) {
    EXPECT_EQ(reason(policy.judge_address(ip(c.address), 8080)), c.expected) << c.address;
    EXPECT_EQ(reason(policy.judge_address(*host, ip(c.address))), c.expected) << c.address;
    EXPECT_EQ(reason(policy.judge_address(*plain, ip(c.address))), c.expected) << c.address;
  }
  EXPECT_EQ(reason(policy.judge_address(ip("10.0.0.5"), 8443)), "own_listener");
  EXPECT_EQ(reason(policy.judge_url("http://10.0.0.5:8443/")), "own_listener");
  EXPECT_EQ(reason(policy.judge_address(ip("10.0.0.5"), 8444)), "ok");
  // Bound to every address: each of ours, and loopback, on that port.
  EXPECT_EQ(reason(policy.judge_address(ip("10.0.0.5"), 9443)), "own_listener");
  EXPECT_EQ(reason(policy.judge_address(ip("2a00::5"), 9443)), "own_listener");
  EXPECT_EQ(reason(policy.judge_address(ip("127.9.9.9"), 9443)), "own_listener");
  EXPECT_EQ(reason(policy.judge_address(ip("10.0.0.6"), 9443)), "ok");
}

TEST(EgressAddress, AnOpenedHostMayBePrivateUnderItsNameOnly) {
  auto open = settings(Environment::Live);
  open.opened_hosts = {"Chat.Corp.Example", "mattermost"};
  const EgressPolicy policy(open);
  const auto opened = policy.judge_url("https://CHAT.corp.example/hook");
  ASSERT_TRUE(opened.ok());
  EXPECT_TRUE(opened->host_opened);
  EXPECT_EQ(reason(policy.judge_address(*opened, ip("192.168.7.7"))), "ok");
  const auto other = policy.judge_url("https://chat2.corp.example/hook");
  ASSERT_TRUE(other.ok());
  EXPECT_EQ(reason(policy.judge_address(*other, ip("192.168.7.7"))), "special_purpose");
  EXPECT_EQ(reason(policy.judge_address(ip("192.168.7.7"), 443)), "special_purpose");
  EXPECT_EQ(reason(policy.judge_url("https://mattermost/hook")), "ok");
}

}  // namespace
}  // namespace sealpost
