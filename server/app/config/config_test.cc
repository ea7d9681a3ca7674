#include "app/config/config.h"

#include <gtest/gtest.h>

namespace sealpost {
namespace {

std::string problem_of(std::string_view text) {
  const auto config = parse_config(text, "sealpost.toml");
  return config ? "" : config.error().message;
}

TEST(Config, HasDefaultsForEverythingButItsPlace) {
  const auto config = parse_config("data_dir = '/x'", "t");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->root_key, "/x/root.key");
  EXPECT_EQ(config->operators.socket, "/x/operator.sock");
  EXPECT_EQ(config->server.listen.port, 8420);
  EXPECT_EQ(config->operators.uids.size(), 1U);
  EXPECT_FALSE(config->metrics.listen);
}

TEST(Config, TheSampleIsReadable) {
  const auto config = parse_config(sample_config("/var/lib/sealpost"), "sample");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->data_dir, "/var/lib/sealpost");
}

TEST(Config, ReadsEverySection) {
  const auto config = parse_config(R"(
data_dir = "/x"
log_level = "warn"
[server]
listen = "[::1]:0"
allowed_hosts = ["a.example"]
trusted_proxies = ["10.0.0.0/8"]
threads = 2
[metrics]
listen = "127.0.0.1:9"
[operator]
uids = [1000, 1001]
[limits]
source_per_second = 7
credential_per_second = 8
credential_burst = 9
organization_per_second = 10
organization_burst = 11
[egress]
ca_file = "/ca.pem"
[[egress.open]]
environment = "test"
networks = ["127.0.0.0/8"]
plain_http = ["127.0.0.1:9000"]
[[egress.open]]
organization = "org_x"
environment = "live"
hosts = ["chat.internal.example"]
)",
                                   "t");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->server.listen.port, 0);
  EXPECT_EQ(config->server.threads, 2U);
  EXPECT_EQ(config->operators.uids, (std::vector<std::uint32_t>{1000, 1001}));
  EXPECT_EQ(config->limits.source_per_second, 7U);
  EXPECT_EQ(config->limits.credential_per_second, 8U);
  EXPECT_EQ(config->limits.credential_burst, 9U);
  EXPECT_EQ(config->limits.organization_per_second, 10U);
  EXPECT_EQ(config->limits.organization_burst, 11U);
  ASSERT_EQ(config->egress.openings.size(), 2U);
  EXPECT_EQ(config->egress.openings[0].plain_http.at(0).port, 9000);
  EXPECT_EQ(config->egress.openings[1].environment, Environment::Live);
  EXPECT_EQ(config->log_level, LogLevelSetting::Warn);
}

struct Row {
  const char* text;
  const char* names;  // must stand in the message
};
constexpr Row kBad[] = {
    {"", "`data_dir` is missing"},
    {"data_dir = 1", "`data_dir` must be a text"},
    {"data_dir = '/x'\n[server]\nlistn = '127.0.0.1:1'",
     "sealpost.toml:3: `server.listn` is unknown; did you mean `listen`?"},
    {"data_dir = '/x'\n[servr]\n", "did you mean `server`?"},
    {"data_dir = '/x'\n[server]\nlisten = 'localhost:1'", "`server.listen` must be an address"},
    {"data_dir = '/x'\n[server]\nlisten = '127.0.0.1:70000'", "`server.listen`"},
    {"data_dir = '/x'\n[server]\nthreads = 0", "from 1 to 64"},
    {"data_dir = '/x'\n[server]\nthreads = '2'", "whole number"},
    {"data_dir = '/x'\n[server]\ntls_key = '/k'", "go together"},
    {"data_dir = '/x'\n[server]\nlisten = '0.0.0.0:443'", "loopback"},
    {"data_dir = '/x'\n[metrics]\nlisten = '192.0.2.1:9'", "loopback"},
    {"data_dir = '/x'\n[server]\ntrusted_proxies = ['10.0.0.1/8']", "networks"},
    {"data_dir = '/x'\n[operator]\nuids = [65534]", "user ids"},
    {"data_dir = '/x'\nlog_level = 'loud'", "log_level"},
    {"data_dir = '/x'\n[[egress.open]]\nenvironment = 'prod'", "\"test\" or \"live\""},
    {"data_dir = '/x'\n[[egress.open]]\nenvironment = 'live'\nplain_http = ['127.0.0.1:1']", "alone"},
    {"data_dir = '/x'\n[egress.open]\nenvironment = 'live'", "list of tables"},
    {"data_dir = ", "sealpost.toml:1:"},
};

TEST(Config, NamesWhatIsWrongAndWhatWasMeant) {
  for (const Row& row : kBad)
    EXPECT_NE(problem_of(row.text).find(row.names), std::string::npos)
        << row.text << "\n→ " << problem_of(row.text);
}

TEST(Config, SaysWhenTheFileIsNotThere) {
  const auto config = load_config("/nonexistent/sealpost.toml");
  ASSERT_FALSE(config);
  EXPECT_NE(config.error().message.find("no such file"), std::string::npos);
}

}  // namespace
}  // namespace sealpost
