// Everything an operator can set, with its default. Read once at start and again on SIGHUP (then only
// `egress` and the TLS files of the listeners take effect). Immutable after load.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/model/tenancy.h"
#include "foundation/http_types/ip_address.h"
#include "foundation/result/result.h"

namespace sealpost {

struct SocketSetting {
  IpAddress address;
  std::uint16_t port = 0;
};

struct ServerSettings {
  SocketSetting listen{IpAddress::v4({127, 0, 0, 1}), 8420};
  std::filesystem::path tls_certificate;  // both or neither; without them only loopback may be listened on
  std::filesystem::path tls_key;
  std::string public_url;  // how the outside names this gateway; for links and records
  std::vector<std::string> allowed_hosts;
  std::vector<Cidr> trusted_proxies;
  std::uint32_t threads = 1;
  std::uint32_t max_connections = 10'000;
  std::uint32_t drain_seconds = 20;
};

struct MetricsSettings {
  std::optional<SocketSetting> listen;  // loopback only; absent: no metrics
};

struct OperatorSettings {
  std::filesystem::path socket;     // default: <data_dir>/operator.sock
  std::vector<std::uint32_t> uids;  // who may act; default: the user that runs the gateway
};

struct LimitSettings {
  std::uint32_t source_per_second = 5'000;
  std::uint32_t source_burst = 10'000;
  std::uint32_t integration_per_second = 10'000;
  std::uint32_t integration_burst = 20'000;
  std::uint32_t credential_per_second = 10'000;
  std::uint32_t credential_burst = 20'000;
  std::uint32_t organization_per_second = 20'000;
  std::uint32_t organization_burst = 40'000;
  std::uint32_t payload_dead_letter_days = 14;
  std::uint32_t payload_inbox_days = 7;
};

// What deliveries may reach beyond globally reachable addresses. Never our own listeners, link-local or
// metadata.
struct EgressOpening {
  std::string organization;  // public id; empty: every organization
  Environment environment = Environment::Test;
  std::vector<Cidr> networks;
  std::vector<std::string> hosts;
  std::vector<SocketSetting> plain_http;  // `test` only
};
struct EgressSettings {
  std::filesystem::path ca_file;
  std::optional<SocketSetting> proxy;
  std::vector<EgressOpening> openings;
};

enum class LogLevelSetting : std::uint8_t { Debug, Info, Warn, Error };

struct Config {
  std::filesystem::path data_dir;
  std::filesystem::path root_key;  // default: <data_dir>/root.key
  ServerSettings server;
  MetricsSettings metrics;
  OperatorSettings operators;
  LimitSettings limits;
  EgressSettings egress;
  LogLevelSetting log_level = LogLevelSetting::Info;
};

struct ConfigError {
  std::string message;  // one sentence: file, line, key, what is wrong, what was probably meant
};

Result<Config, ConfigError> load_config(const std::filesystem::path& file);
// The same from text; `name` stands in messages.
Result<Config, ConfigError> parse_config(std::string_view text, std::string_view name);

// What `sealpost init` writes: every key with its default, commented out but for data_dir.
[[nodiscard]] std::string sample_config(const std::filesystem::path& data_dir);

}  // namespace sealpost
