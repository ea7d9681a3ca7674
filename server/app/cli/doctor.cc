#include <sys/stat.h>

#include <array>
#include <charconv>
#include <cstdio>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "app/cli/commands.h"
#include "app/cli/operator_client.h"
#include "app/config/config.h"
#include "app/wiring/offline.h"

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

void check_private(Report& report, std::string_view subject, const std::filesystem::path& path,
                   mode_t wanted) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0)
    return report.line(Grade::Bad, subject, fmt::format("{} is not there.", path.string()));
  const mode_t open_bits = info.st_mode & (S_IRWXG | S_IRWXO);
  if (open_bits != 0)
    return report.line(Grade::Bad, subject,
                       fmt::format("{} is open to others (mode {:o}); chmod {:o}.", path.string(),
                                   info.st_mode & 0777U, wanted));
  report.line(Grade::Good, subject, fmt::format("{} is closed to others.", path.string()));
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

void tell_egress(Report& report, const Config& config) {
  if (config.egress.openings.empty())
    return report.line(Grade::Good, "egress", "Only globally reachable addresses.");
  for (const EgressOpening& opening : config.egress.openings)
    report.line(opening.environment == Environment::Live ? Grade::Warning : Grade::Good, "egress",
                fmt::format("{} in `{}` may also reach {} networks, {} hosts, {} plain HTTP addresses.",
                            opening.organization.empty() ? "every organization" : opening.organization,
                            name_of(opening.environment), opening.networks.size(), opening.hosts.size(),
                            opening.plain_http.size()));
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

}  // namespace

ExitCode run_doctor(const std::filesystem::path& config_file) {
  Report report;
  const auto config = load_config(config_file);
  if (!config) {
    report.line(Grade::Bad, "configuration", config.error().message);
    return ExitCode::Usage;
  }
  report.line(Grade::Good, "configuration", fmt::format("{} is good.", config_file.string()));
  check_private(report, "data", config->data_dir, 0700);
  check_private(report, "root key", config->root_key, 0600);
  check_volumes(report, *config);
  check_library(report);
  if (config->server.tls_certificate.empty()) {
    report.line(
        config->server.listen.address.is_loopback() ? Grade::Good : Grade::Bad, "tls",
        "Plain HTTP, which is for loopback alone: put a TLS proxy in front, or set `tls_certificate`.");
  } else {
    check_private(report, "tls", config->server.tls_key, 0600);
  }
  tell_egress(report, *config);
  const auto answer = ask_gateway(config->operators.socket,
                                  {.method = "GET", .target = "/readyz", .body = {}, .headers = {}});
  if (answer) {
    report.line(
        answer->status == 200 ? Grade::Good : Grade::Bad, "gateway",
        answer->status == 200 ? "It runs and is ready." : "It runs and is not ready: " + answer->body);
    ask_for_damage(report, config->operators.socket);
  } else if (auto installation = OfflineInstallation::open(*config); installation) {
    report.line(Grade::Warning, "gateway", "It does not run; key and database open.");
    look_for_damage(report, **installation);
  } else {
    report.line(Grade::Bad, "gateway", "It does not run, and: " + installation.error());
  }
  return report.bad() ? ExitCode::Unexpected : ExitCode::Ok;
}

}  // namespace sealpost
