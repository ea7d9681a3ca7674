#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "app/cli/commands.h"
#include "app/cli/operator_client.h"
#include "app/config/config.h"
#include "app/wiring/offline.h"
#include "edge/http_sender/trust_check.h"
#include "edge/http_server/listener_check.h"
#include "edge/rest_api/authenticator.h"

namespace sealpost {
namespace {

enum class Grade : std::uint8_t { Good, Warning, Bad };

class Report final {
 public:
  void line(Grade grade, std::string_view subject, std::string_view text) {
    constexpr std::string_view kMarks[] = {"ok  ", "WARN", "BAD "};
    fmt::print("{}  {:<14} {}\n", kMarks[static_cast<std::size_t>(grade)], subject, text);
    if (grade == Grade::Bad) bad_ = true;
  }
  [[nodiscard]] bool bad() const { return bad_; }

 private:
  bool bad_ = false;
};

void check_user(Report& report) {
  if (::geteuid() == kOverflowUid)
    report.line(
        Grade::Bad, "user",
        fmt::format("The gateway does not run as user id {}, which stands for unknown users.", kOverflowUid));
}

// Whether it is.
bool check_private(Report& report, std::string_view subject, const std::filesystem::path& path,
                   mode_t wanted) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) {
    report.line(Grade::Bad, subject, fmt::format("{} is not there.", path.string()));
    return false;
  }
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    report.line(Grade::Bad, subject,
                fmt::format("{} is open to others (mode {:o}); chmod {:o}.", path.string(),
                            info.st_mode & 0777U, wanted));
    return false;
  }
  report.line(Grade::Good, subject, fmt::format("{} is closed to others.", path.string()));
  return true;
}

void check_volumes(Report& report, const Config& config) {
  struct stat data{};
  struct stat key{};
  if (::stat(config.data_dir.c_str(), &data) != 0 || ::stat(config.root_key.c_str(), &key) != 0) return;
  if (data.st_dev == key.st_dev)
    report.line(
        Grade::Warning, "root key",
        "It lies on the data's volume: a copy of the volume is a copy of everything. Set `root_key`.");
}

void check_library(Report& report) {
  const std::string version = store_library_version();
  std::array<int, 3> parts{};
  const char* at = version.data();
  const char* const end = version.data() + version.size();
  for (int& part : parts) {
    at = std::from_chars(at, end, part).ptr;
    if (at != end) ++at;
  }
  if (parts < std::array{3, 51, 3})
    return report.line(
        Grade::Good, "sqlite",
        fmt::format("{}: older than 3.51.3, so one connection alone writes and checkpoints, as it does here.",
                    version));
  report.line(Grade::Good, "sqlite", version);
}

void check_tls(Report& report, const ServerSettings& server) {
  if (server.tls_certificate.empty())
    return report.line(
        server.listen.address.is_loopback() ? Grade::Good : Grade::Bad, "tls",
        "Plain HTTP, which is for loopback alone: put a TLS proxy in front, or set `tls_certificate`.");
  check_private(report, "tls", server.tls_key, 0600);
  if (const auto loaded = check_tls_files(server.tls_certificate, server.tls_key); !loaded)
    return report.line(Grade::Bad, "tls", loaded.error().detail + ".");
  report.line(Grade::Good, "tls",
              fmt::format("{} and its key belong together.", server.tls_certificate.string()));
}

std::string reach_of(const EgressOpening& opening) {
  constexpr std::size_t kMost = 20;
  std::vector<std::string> reached;
  for (const Cidr& network : opening.networks) reached.push_back(network.to_string());
  reached.insert(reached.end(), opening.hosts.begin(), opening.hosts.end());
  for (const SocketSetting& socket : opening.plain_http)
    reached.push_back("http://" + socket.address.with_port(socket.port));
  if (reached.empty()) return "nothing more";
  const std::size_t told = std::min(reached.size(), kMost);
  const std::string rest =
      reached.size() > told ? fmt::format(" and {} more", reached.size() - told) : std::string();
  reached.resize(told);
  return fmt::format("{}{}", fmt::join(reached, ", "), rest);
}

void tell_egress(Report& report, const EgressSettings& egress) {
  if (const std::filesystem::path& file = egress.ca_file; !file.empty()) {
    const bool good = is_ca_file(file);
    report.line(good ? Grade::Good : Grade::Bad, "egress",
                good ? fmt::format("Receivers are believed by the certificates in {}.", file.string())
                     : fmt::format("{} can't be read or holds no certificate in PEM.", file.string()));
  }
  if (egress.openings.empty())
    return report.line(Grade::Good, "egress", "Only globally reachable addresses.");
  for (const EgressOpening& opening : egress.openings)
    report.line(opening.environment == Environment::Live ? Grade::Warning : Grade::Good, "egress",
                fmt::format("{} in `{}` may also reach {}.",
                            opening.organization.empty() ? "every organization" : opening.organization,
                            name_of(opening.environment), reach_of(opening)));
}

// Rows of the control plane that are not what the gateway wrote: who edits them can do more than any caller.
class ControlPlaneReport final {
 public:
  explicit ControlPlaneReport(Report& report) : report_(report) {}
  void damaged(const std::string& what) {
    if (++told_ <= kMostLines) report_.line(Grade::Bad, "control plane", what);
  }
  void finish(std::uint64_t damaged) {
    if (damaged == 0)
      return report_.line(Grade::Good, "control plane", "Every row is what the gateway wrote.");
    report_.line(
        Grade::Bad, "control plane",
        fmt::format("{} rows are damaged and not in use, nor is what leans on them: stop the gateway, "
                    "run `sealpost audit check`, and put the database back.",
                    damaged));
  }

 private:
  static constexpr std::uint64_t kMostLines = 20;
  Report& report_;
  std::uint64_t told_ = 0;
};

// As the running gateway found them.
void ask_for_damage(Report& report, const std::filesystem::path& socket) {
  const auto answer =
      ask_gateway(socket, {.method = "GET", .target = "/v1/operator/status", .body = {}, .headers = {}});
  boost::json::error_code error;
  const auto status = answer ? boost::json::parse(answer->body, error) : boost::json::value();
  const auto* count = status.is_object() ? status.get_object().if_contains("damaged_row_count") : nullptr;
  const auto* rows = status.is_object() ? status.get_object().if_contains("damaged_rows") : nullptr;
  if (count == nullptr || rows == nullptr || !rows->is_array())
    return report.line(Grade::Warning, "control plane", "The gateway does not tell: are you its operator?");
  ControlPlaneReport lines(report);
  const auto text = [](const boost::json::value& row, std::string_view member) -> std::string {
    const auto* found = row.is_object() ? row.get_object().if_contains(member) : nullptr;
    return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
  };
  for (const auto& row : rows->get_array())
    lines.damaged(fmt::format("{}: {}, of {}, is not what the gateway wrote", text(row, "table"),
                              text(row, "resource"), text(row, "organization_id")));
  lines.finish(count->to_number<std::uint64_t>(error));
}

void look_for_damage(Report& report, OfflineInstallation& installation) {
  ControlPlaneReport lines(report);
  const auto verdict = installation.check_objects([&](const std::string& line) { lines.damaged(line); });
  if (!verdict) return report.line(Grade::Bad, "control plane", "It can't be read.");
  lines.finish(verdict->damaged);
}

void check_place_of(Report& report, std::string_view subject, const HttpListener& listener) {
  if (const auto free = check_place(listener); !free)
    report.line(Grade::Bad, subject, free.error().detail + ".");
}

bool is_any(const IpAddress& address) {
  return std::ranges::all_of(address.octets(), [](std::uint8_t octet) { return octet == 0; });
}

// Where the gateway will listen once it is started.
void check_places(Report& report, const Config& config) {
  const SocketSetting& api = config.server.listen;
  check_place_of(report, "server", {.address = api.address, .port = api.port});
  if (!config.metrics.listen) return;
  const SocketSetting& metrics = *config.metrics.listen;
  const bool meet = api.address == metrics.address ||
                    (api.address.family() == metrics.address.family() && is_any(api.address));
  if (meet && api.port == metrics.port && api.port != 0)
    return report.line(
        Grade::Bad, "metrics",
        fmt::format("{} is taken by `server.listen`.", metrics.address.with_port(metrics.port)));
  check_place_of(report, "metrics", {.address = metrics.address, .port = metrics.port});
}

// The directory in which the operator's socket lies; a line of its own when it is not the data's.
bool check_socket_directory(Report& report, const Config& config, bool data_is_closed) {
  const std::filesystem::path& socket = config.operators.socket;
  const std::filesystem::path folder = socket.has_parent_path() ? socket.parent_path() : ".";
  std::error_code ignored;
  if (folder == config.data_dir || std::filesystem::equivalent(folder, config.data_dir, ignored))
    return data_is_closed;
  return check_private(report, "operator", folder, 0700);
}

void look_at_stopped(Report& report, const Config& config) {
  auto installation = OfflineInstallation::open(config);
  if (!installation)
    return report.line(Grade::Bad, "gateway", "It does not run, and: " + installation.error());
  report.line(Grade::Warning, "gateway", "It does not run; key and database open.");
  look_for_damage(report, **installation);
}

void check_gateway(Report& report, const Config& config, bool data_is_closed) {
  const std::filesystem::path& socket = config.operators.socket;
  const bool directory_is_closed = check_socket_directory(report, config, data_is_closed);
  const auto answer = ask_gateway(socket, {.method = "GET", .target = "/readyz", .body = {}, .headers = {}});
  if (!answer && answer.error() == OperatorClientError::Broken)
    return report.line(Grade::Bad, "gateway",
                       fmt::format("Something answers at {}, and not as a gateway does.", socket.string()));
  if (!answer) {
    HttpListener local{.kind = HttpListener::Kind::Unix};
    local.socket_path = socket;
    if (directory_is_closed) check_place_of(report, "operator", local);
    check_places(report, config);
    return look_at_stopped(report, config);
  }
  check_private(report, "operator", socket, 0600);
  const bool ready = answer->status == 200;
  report.line(ready ? Grade::Good : Grade::Bad, "gateway",
              ready ? "It runs and is ready." : "It runs and is not ready: " + answer->body);
  ask_for_damage(report, socket);
}

}  // namespace

ExitCode run_doctor(const std::filesystem::path& config_file) {
  Report report;
  check_user(report);
  const auto config = load_config(config_file);
  if (!config) {
    report.line(Grade::Bad, "configuration", config.error().message);
    return ExitCode::Usage;
  }
  report.line(Grade::Good, "configuration", fmt::format("{} is good.", config_file.string()));
  const bool data_is_closed = check_private(report, "data", config->data_dir, 0700);
  check_private(report, "root key", config->root_key, 0600);
  check_volumes(report, *config);
  check_library(report);
  check_tls(report, config->server);
  tell_egress(report, config->egress);
  check_gateway(report, *config, data_is_closed);
  return report.bad() ? ExitCode::Unexpected : ExitCode::Ok;
}

}  // namespace sealpost
