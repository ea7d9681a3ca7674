#include "app/config/config.h"

#include <unistd.h>

#include <array>
#include <charconv>
#include <map>
#include <set>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "foundation/json/json.h"
#include "foundation/system/files.h"

namespace sealpost {
namespace {

constexpr std::size_t kMaxConfigBytes = std::size_t{1} << 20;

std::optional<SocketSetting> parse_socket(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  const auto address = IpAddress::parse(host);
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (!address || error != std::errc() || end != port.data() + port.size()) return std::nullopt;
  return SocketSetting{*address, number};
}

// One table of the file, read key by key; what was never asked for is unknown.
class Section final {
 public:
  Section(const toml::table* table, std::string path, std::string_view file, std::string& problem)
      : table_(table), path_(std::move(path)), file_(file), problem_(problem) {}

  void text(std::string_view key, std::string& out) {
    if (const auto* node = find(key)) {
      if (const auto* value = node->as_string())
        out = value->get();
      else
        complain(key, node, "must be a text in quotes");
    }
  }
  void path(std::string_view key, std::filesystem::path& out) {
    std::string value;
    text(key, value);
    if (!value.empty()) out = value;
  }
  void number(std::string_view key, std::uint32_t& out, std::uint32_t least, std::uint32_t most) {
    if (const auto* node = find(key)) {
      const auto* value = node->as_integer();
      if (value != nullptr && value->get() >= least && value->get() <= most)
        out = static_cast<std::uint32_t>(value->get());
      else
        complain(key, node, fmt::format("must be a whole number from {} to {}", least, most));
    }
  }
  void socket(std::string_view key, std::optional<SocketSetting>& out) {
    if (const auto* node = find(key)) {
      const auto* value = node->as_string();
      out = value == nullptr ? std::nullopt : parse_socket(value->get());
      if (!out) complain(key, node, "must be an address and a port, such as \"127.0.0.1:8420\"");
    }
  }
  // Each element through `take`, which says whether it is good.
  template <class Take>
  void list(std::string_view key, std::string_view wanted, Take&& take) {
    const auto* node = find(key);
    if (node == nullptr) return;
    const auto* array = node->as_array();
    if (array == nullptr) return complain(key, node, "must be a list");
    for (const auto& element : *array) {
      const auto* value = element.as_string();
      if (value == nullptr || !take(value->get()))
        return complain(key, &element, fmt::format("must hold {}", wanted));
    }
  }
  void numbers(std::string_view key, std::vector<std::uint32_t>& out) {
    const auto* node = find(key);
    if (node == nullptr) return;
    const auto* array = node->as_array();
    if (array == nullptr) return complain(key, node, "must be a list of whole numbers");
    out.clear();
    for (const auto& element : *array) {
      const auto* value = element.as_integer();
      if (value == nullptr || value->get() < 0 || value->get() >= 65534)
        return complain(key, &element, "must hold user ids from 0 to 65533");
      out.push_back(static_cast<std::uint32_t>(value->get()));
    }
  }
  [[nodiscard]] const toml::table* table(std::string_view key) {
    const auto* node = find(key);
    if (node != nullptr && !node->is_table()) complain(key, node, "must be a table");
    return node == nullptr ? nullptr : node->as_table();
  }
  [[nodiscard]] const toml::array* tables(std::string_view key) {
    const auto* node = find(key);
    if (node != nullptr && !node->is_array_of_tables())
      complain(key, node, "must be a list of tables: [[…]]");
    return node == nullptr ? nullptr : node->as_array();
  }
  // After the last key: whatever is left was not meant to be there.
  void finish() {
    if (table_ == nullptr || !problem_.empty()) return;
    const std::vector<std::string_view> known(known_.begin(), known_.end());
    for (const auto& [key, node] : *table_) {
      if (known_.contains(std::string(key.str()))) continue;
      const auto nearest = nearest_name(key.str(), known);
      complain(key.str(), &node,
               nearest ? fmt::format("is unknown; did you mean `{}`?", *nearest)
                       : fmt::format("is unknown; known here: {}", fmt::join(known_, ", ")));
      return;
    }
  }
  void complain(std::string_view key, const toml::node* node, std::string_view what) {
    if (!problem_.empty()) return;
    problem_ = fmt::format("{}:{}: `{}{}` {}.", file_, node == nullptr ? 0 : node->source().begin.line, path_,
                           key, what);
  }

 private:
  const toml::node* find(std::string_view key) {
    known_.emplace(key);
    return table_ == nullptr ? nullptr : table_->get(key);
  }
  const toml::table* table_;
  std::string path_;
  std::string_view file_;
  std::string& problem_;
  std::set<std::string> known_;
};

void read_server(Section section, Config& config) {
  ServerSettings& server = config.server;
  std::optional<SocketSetting> listen;
  section.socket("listen", listen);
  if (listen) server.listen = *listen;
  section.path("tls_certificate", server.tls_certificate);
  section.path("tls_key", server.tls_key);
  section.text("public_url", server.public_url);
  section.list("allowed_hosts", "host names", [&](const std::string& name) {
    server.allowed_hosts.push_back(name);
    return !name.empty();
  });
  section.list("trusted_proxies", "networks such as \"10.0.0.0/8\"", [&](const std::string& text) {
    const auto network = Cidr::parse(text);
    if (network) server.trusted_proxies.push_back(*network);
    return network.has_value();
  });
  section.number("threads", server.threads, 1, 64);
  section.number("max_connections", server.max_connections, 1, 1'000'000);
  section.number("drain_seconds", server.drain_seconds, 0, 600);
  if (server.tls_certificate.empty() != server.tls_key.empty())
    section.complain("tls_certificate", nullptr, "and `server.tls_key` go together");
  if (server.tls_key.empty() && !server.listen.address.is_loopback())
    section.complain("listen", nullptr, "must be a loopback address, or `server.tls_certificate` be set");
  section.finish();
}

void read_opening(Section section, EgressOpening& opening) {
  section.text("organization", opening.organization);
  std::string environment = "test";
  section.text("environment", environment);
  if (const auto known = environment_from(environment))
    opening.environment = *known;
  else
    section.complain("environment", nullptr, "must be \"test\" or \"live\"");
  section.list("networks", "networks such as \"10.1.0.0/16\"", [&](const std::string& text) {
    const auto network = Cidr::parse(text);
    if (network) opening.networks.push_back(*network);
    return network.has_value();
  });
  section.list("hosts", "host names", [&](const std::string& name) {
    opening.hosts.push_back(name);
    return !name.empty();
  });
  section.list("plain_http", "addresses with ports such as \"127.0.0.1:9000\"", [&](const std::string& text) {
    const auto socket = parse_socket(text);
    if (socket) opening.plain_http.push_back(*socket);
    return socket.has_value() && socket->port != 0;
  });
  if (!opening.plain_http.empty() && opening.environment != Environment::Test)
    section.complain("plain_http", nullptr, "is for the environment \"test\" alone");
  section.finish();
}

void read_limits(Section section, LimitSettings& limits) {
  section.number("source_per_second", limits.source_per_second, 1, 1'000'000);
  section.number("source_burst", limits.source_burst, 1, 10'000'000);
  section.number("integration_per_second", limits.integration_per_second, 1, 1'000'000);
  section.number("integration_burst", limits.integration_burst, 1, 10'000'000);
  section.number("credential_per_second", limits.credential_per_second, 1, 1'000'000);
  section.number("credential_burst", limits.credential_burst, 1, 10'000'000);
  section.number("organization_per_second", limits.organization_per_second, 1, 1'000'000);
  section.number("organization_burst", limits.organization_burst, 1, 10'000'000);
  section.number("payload_dead_letter_days", limits.payload_dead_letter_days, 1, 90);
  section.number("payload_inbox_days", limits.payload_inbox_days, 1, 90);
  section.finish();
}

LogLevelSetting read_level(Section& root, const std::string& text) {
  const std::map<std::string_view, LogLevelSetting> levels = {{"debug", LogLevelSetting::Debug},
                                                              {"info", LogLevelSetting::Info},
                                                              {"warn", LogLevelSetting::Warn},
                                                              {"error", LogLevelSetting::Error}};
  const auto it = levels.find(text);
  if (it == levels.end()) root.complain("log_level", nullptr, "must be debug, info, warn or error");
  return it == levels.end() ? LogLevelSetting::Info : it->second;
}

}  // namespace

Result<Config, ConfigError> parse_config(std::string_view text, std::string_view name) {
  toml::table file;
  try {
    file = toml::parse(text, name);
  } catch (const toml::parse_error& error) {
    return fail(ConfigError{fmt::format("{}:{}: {}.", name, error.source().begin.line, error.description())});
  }
  Config config;
  std::string problem;
  Section root(&file, "", name, problem);
  root.path("data_dir", config.data_dir);
  root.path("root_key", config.root_key);
  std::string level = "info";
  root.text("log_level", level);
  config.log_level = read_level(root, level);
  read_server(Section(root.table("server"), "server.", name, problem), config);

  Section metrics(root.table("metrics"), "metrics.", name, problem);
  metrics.socket("listen", config.metrics.listen);
  if (config.metrics.listen && !config.metrics.listen->address.is_loopback())
    metrics.complain("listen", nullptr, "must be a loopback address: what it serves is not authenticated");
  metrics.finish();

  Section operators(root.table("operator"), "operator.", name, problem);
  operators.path("socket", config.operators.socket);
  operators.numbers("uids", config.operators.uids);
  operators.finish();

  read_limits(Section(root.table("limits"), "limits.", name, problem), config.limits);

  Section egress(root.table("egress"), "egress.", name, problem);
  egress.path("ca_file", config.egress.ca_file);
  egress.socket("proxy", config.egress.proxy);
  if (const auto* openings = egress.tables("open"))
    for (const auto& element : *openings)
      read_opening(Section(element.as_table(), "egress.open.", name, problem),
                   config.egress.openings.emplace_back());
  egress.finish();
  root.finish();
  if (config.data_dir.empty()) root.complain("data_dir", nullptr, "is missing");
  if (!problem.empty()) return fail(ConfigError{std::move(problem)});

  if (config.root_key.empty()) config.root_key = config.data_dir / "root.key";
  if (config.operators.socket.empty()) config.operators.socket = config.data_dir / "operator.sock";
  if (config.operators.uids.empty()) config.operators.uids.push_back(::geteuid());
  return config;
}

Result<Config, ConfigError> load_config(const std::filesystem::path& file) {
  const auto bytes = read_file(file, kMaxConfigBytes);
  if (!bytes)
    return fail(ConfigError{
        fmt::format("{}: {}.", file.string(),
                    bytes.error() == FileError::NotFound ? "there is no such file" : "can't be read")});
  return parse_config(as_text(*bytes), file.string());
}

std::string sample_config(const std::filesystem::path& data_dir) {
  return fmt::format(R"(# Sealpost. Every key with its default; an unknown key is an error.
data_dir = "{}"
# root_key = "<data_dir>/root.key"   # keep it off the data's volume; backups never hold it
# log_level = "info"                 # debug, info, warn, error

[server]
# listen = "127.0.0.1:8420"          # without TLS only a loopback address
# tls_certificate = "/etc/sealpost/tls.crt"
# tls_key = "/etc/sealpost/tls.key"
# public_url = "https://sealpost.example.com"
# allowed_hosts = ["sealpost.example.com"]
# trusted_proxies = []               # networks whose X-Forwarded-For is believed
# threads = 1
# max_connections = 10000
# drain_seconds = 20

[metrics]
# listen = "127.0.0.1:8421"          # Prometheus; absent: none

[operator]
# socket = "<data_dir>/operator.sock"
# uids = []                          # who may act; default: the user that runs the gateway

[limits]
# source_per_second = 5000
# source_burst = 10000
# integration_per_second = 10000
# integration_burst = 20000
# credential_per_second = 10000
# credential_burst = 20000
# organization_per_second = 20000      # of all its integrations in test, and as much of those in live; never
                                       # less than what one integration may send
# organization_burst = 40000
# payload_dead_letter_days = 14
# payload_inbox_days = 7

[egress]
# ca_file = ""                       # a private CA for receivers
# proxy = "127.0.0.1:3128"

# Deliveries reach globally reachable addresses only. Open what else they may reach, per organization and environment:
# [[egress.open]]
# organization = "org_…"             # absent: every organization
# environment = "test"
# networks = ["10.1.0.0/16"]
# hosts = ["chat.internal.example"]
# plain_http = ["127.0.0.1:9000"]    # `test` only
)",
                     data_dir.string());
}

}  // namespace sealpost
