#include <sys/stat.h>

#include <array>
#include <charconv>
#include <cstdio>

#include <fmt/format.h>

#include "app/cli/commands.h"
#include "app/cli/operator_client.h"
#include "app/config/config.h"
#include "app/wiring/core.h"

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
  } else if (auto core = Core::open(*config, Core::Mode::Open); core) {
    report.line(Grade::Warning, "gateway", "It does not run; key and database open.");
  } else {
    report.line(Grade::Bad, "gateway", "It does not run, and: " + core.error());
  }
  return report.bad() ? ExitCode::Unexpected : ExitCode::Ok;
}

}  // namespace sealpost
