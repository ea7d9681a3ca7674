#include "foundation/http_types/ip_address.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sealpost {
namespace {

TEST(IpAddress, ReadsAndWritesOneForm) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"0.0.0.0", "0.0.0.0"},
      {"255.255.255.255", "255.255.255.255"},
      {"::", "::"},
      {"::1", "::1"},
      {"1::", "1::"},
      {"2001:DB8::A", "2001:db8::a"},
      {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
      {"0:0:1::", "0:0:1::"},
      {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
      {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
      {"1:0:0:4:0:0:0:8", "1:0:0:4::8"},
      {"::ffff:192.0.2.1", "::ffff:192.0.2.1"},
      {"::ffff:c000:201", "::ffff:192.0.2.1"},
      {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
  };
  for (const auto& [text, expected] : rows) {
    SCOPED_TRACE(text);
    const auto address = IpAddress::parse(text);
    ASSERT_TRUE(address.has_value());
    EXPECT_EQ(address->to_string(), expected);
    EXPECT_EQ(IpAddress::parse(address->to_string()), address);
  }
}

TEST(IpAddress, RefusesEverythingElse) {
  for (const std::string text : {"",
                                 "1",
                                 "1.2.3",
                                 "1.2.3.4.5",
                                 "1.2.3.",
                                 ".1.2.3",
                                 "1..2.3",
                                 "01.2.3.4",
                                 "1.2.3.04",
                                 "256.1.1.1",
                                 "1.2.3.1000",
                                 "1.2.3.4 ",
                                 " 1.2.3.4",
                                 "0x1.2.3.4",
                                 "+1.2.3.4",
                                 "1.2.3.-4",
                                 ":",
                                 ":::",
                                 "1:",
                                 ":1",
                                 "1:2:3:4:5:6:7",
                                 "1:2:3:4:5:6:7:8:9",
                                 "1::2::3",
                                 "1:2:3:4:5:6:7:8::",
                                 "::1:2:3:4:5:6:7:8",
                                 "12345::",
                                 "g::",
                                 "fe80::1%eth0",
                                 "[::1]",
                                 "1.2.3.4::",
                                 "::1.2.3",
                                 "::1.2.3.4:5",
                                 "1:2:3:4:5:6:7:1.2.3.4",
                                 "::-1",
                                 "::ffff:01.2.3.4",
                                 "::1/128"})
    EXPECT_FALSE(IpAddress::parse(text).has_value()) << text;
}

TEST(IpAddress, TreatsMappedAddressesAsSixUntilUnmapped) {
  const auto mapped = *IpAddress::parse("::ffff:127.0.0.1");
  const auto plain = *IpAddress::parse("127.0.0.1");
  EXPECT_TRUE(mapped.is_v4_mapped());
  EXPECT_NE(mapped, plain);
  EXPECT_FALSE(mapped.is_loopback());
  EXPECT_EQ(mapped.unmapped(), plain);
  EXPECT_TRUE(mapped.unmapped().is_loopback());
  EXPECT_EQ(plain.unmapped(), plain);
  EXPECT_FALSE(IpAddress::parse("::127.0.0.1")->is_v4_mapped());
}

TEST(IpAddress, KnowsLoopback) {
  for (const auto* text : {"127.0.0.1", "127.255.0.9", "::1"})
    EXPECT_TRUE(IpAddress::parse(text)->is_loopback());
  for (const auto* text : {"126.0.0.1", "128.0.0.1", "0.0.0.0", "::", "::2", "1::1"})
    EXPECT_FALSE(IpAddress::parse(text)->is_loopback());
}

TEST(IpAddress, StandsInBracketsBeforeAPortIfItHasColons) {
  EXPECT_EQ(IpAddress::parse("192.0.2.1")->with_port(80), "192.0.2.1:80");
  EXPECT_EQ(IpAddress::parse("::1")->with_port(8420), "[::1]:8420");
}

TEST(Cidr, ContainsExactlyItsNetwork) {
  struct Row {
    const char* network;
    const char* address;
    bool inside;
  };
  for (const auto& row : std::vector<Row>{{"10.0.0.0/8", "10.255.255.255", true},
                                          {"10.0.0.0/8", "11.0.0.0", false},
                                          {"10.0.0.0/8", "9.255.255.255", false},
                                          {"192.0.2.128/25", "192.0.2.128", true},
                                          {"192.0.2.128/25", "192.0.2.127", false},
                                          {"0.0.0.0/0", "1.2.3.4", true},
                                          {"0.0.0.0/0", "::", false},
                                          {"::/0", "1.2.3.4", false},
                                          {"::/0", "::ffff:1.2.3.4", true},
                                          {"1.2.3.4", "1.2.3.4", true},
                                          {"1.2.3.4", "1.2.3.5", false},
                                          {"2001:db8::/33", "2001:db8:7fff::1", true},
                                          {"2001:db8::/33", "2001:db8:8000::", false},
                                          {"10.0.0.0/8", "::ffff:10.0.0.1", false}}) {
    SCOPED_TRACE(std::string(row.network) + " " + row.address);
    EXPECT_EQ(Cidr::parse(row.network)->contains(*IpAddress::parse(row.address)), row.inside);
  }
}

TEST(Cidr, RefusesHostBitsAndBadLengths) {
  for (const auto* text : {"10.0.0.1/8", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/08", "10.0.0.0/-1",
                           "/8", "10.0.0.0/8/8", "10.0.0.0/ 8", "::1/127", "2001:db8::/999"})
    EXPECT_FALSE(Cidr::parse(text).has_value()) << text;
  EXPECT_EQ(Cidr::parse("2001:db8::/32")->to_string(), "2001:db8::/32");
  EXPECT_EQ(Cidr::parse("192.0.2.1")->to_string(), "192.0.2.1/32");
}

TEST(NetworkSet, IsAnyOfItsNetworks) {
  const auto set = *NetworkSet::parse(std::vector<std::string>{"10.0.0.0/8", "::1"});
  EXPECT_TRUE(set.contains(*IpAddress::parse("10.1.1.1")));
  EXPECT_TRUE(set.contains(*IpAddress::parse("::1")));
  EXPECT_FALSE(set.contains(*IpAddress::parse("127.0.0.1")));
  EXPECT_FALSE(NetworkSet().contains(*IpAddress::parse("127.0.0.1")));
  EXPECT_FALSE(NetworkSet::parse(std::vector<std::string>{"10.0.0.0/8", "x"}).has_value());
}

}  // namespace
}  // namespace sealpost
