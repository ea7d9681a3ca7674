#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <iostream>
#include <iterator>

#include <fmt/format.h>

#include "app/cli/commands.h"
#include "app/cli/operator_client.h"
#include "app/cli/version.h"
#include "app/wiring/wiring.h"
#include "edge/rest_api/authenticator.h"
#include "edge/rest_api/route.h"
#include "foundation/system/files.h"

namespace sealpost {
namespace {

constexpr std::size_t kMaxBody = std::size_t{1} << 20;

std::optional<Config> read_config(const std::filesystem::path& file) {
  auto config = load_config(file);
  if (config) return *std::move(config);
  fmt::print(stderr, "{}\n", config.error().message);
  return std::nullopt;
}

std::optional<std::string> body_of(const std::string& argument) {
  if (argument == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  if (!argument.starts_with('@')) return argument;
  const auto bytes = read_file(argument.substr(1), kMaxBody);
  if (!bytes) return std::nullopt;
  return std::string(as_text(*bytes));
}

std::string url_of(const Config& config, std::uint16_t port) {
  const bool tls = !config.server.tls_certificate.empty();
  return fmt::format("{}://{}", tls ? "https" : "http", config.server.listen.address.with_port(port));
}

// A connection is an open file: the usual soft limit of 1,024 would shut out the operator's socket long
// before `max_connections` does. What the system allows at most is taken.
void raise_open_files() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  static_cast<void>(::setrlimit(RLIMIT_NOFILE, &files));
}

}  // namespace

void print_version() {
  fmt::print("{{\"version\":\"{}\",\"sqlite\":\"{}\"}}\n", kVersion, store_library_version());
}

ExitCode run_init(const std::filesystem::path& data_dir) {
  std::error_code ignored;
  if (std::filesystem::exists(data_dir, ignored) && !std::filesystem::is_empty(data_dir, ignored)) {
    fmt::print(stderr, "{} exists and is not empty; nothing was changed.\n", data_dir.string());
    return ExitCode::Conflict;
  }
  SystemEntropy entropy;
  const std::filesystem::path absolute = std::filesystem::absolute(data_dir);
  const std::filesystem::path file = absolute / "sealpost.toml";
  if (!create_private_directory(absolute)) {
    fmt::print(stderr, "{} can't be made, or others may open it (chmod 0700).\n", absolute.string());
    return ExitCode::Unexpected;
  }
  if (!FileRootKey::create(absolute / "root.key", entropy) ||
      !create_private_file(file, as_bytes(sample_config(absolute)))) {
    fmt::print(stderr, "The key or the configuration file can't be written in {}.\n", absolute.string());
    return ExitCode::Unexpected;
  }
  const auto config = read_config(file);
  if (!config) return ExitCode::Unexpected;
  if (auto core = Core::open(*config, Core::Mode::Make); !core) {
    fmt::print(stderr, "{}\n", core.error());
    return ExitCode::Unexpected;
  }
  fmt::print(
      "Made {}\n  root.key       the root of all keys (0600): back it up apart from the data\n"
      "  sealpost.toml  the configuration\n  sealpost.db    the database\n\n"
      "Next:\n  sealpost server --config {}\n",
      absolute.string(), file.string());
  return ExitCode::Ok;
}

ExitCode run_server(const std::filesystem::path& config_file) {
  // The id that stands for all ids without one of their own, in a user namespace for instance: whoever else
  // shows it at the operator's socket would be taken for the gateway's own user.
  if (::geteuid() == kOverflowUid) {
    fmt::print(stderr, "The gateway does not run as user id {}, which stands for unknown users.\n",
               kOverflowUid);
    return ExitCode::Usage;
  }
  const auto config = read_config(config_file);
  if (!config) return ExitCode::Usage;
  raise_open_files();
  // Blocked before any thread exists, so that only the wait below sees them.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  // A file at the limit of its size then is a write that fails, as on a full disk.
  std::signal(SIGXFSZ, SIG_IGN);

  auto gateway = Wiring::start(*config, std::string(kVersion));
  if (!gateway) {
    fmt::print(stderr, "{}\n", gateway.error());
    return ExitCode::Unexpected;
  }
  std::string ready =
      fmt::format("{{\"event\":\"ready\",\"http\":\"{}\",\"operator_socket\":\"{}\"",
                  url_of(*config, (*gateway)->http_port()), config->operators.socket.string());
  if ((*gateway)->metrics_port() != 0)
    ready += fmt::format(",\"metrics\":\"http://{}\"",
                         config->metrics.listen->address.with_port((*gateway)->metrics_port()));
  fmt::print("{}}}\n", ready);
  std::fflush(stdout);
  (*gateway)->log().info("ready", {{"http_port", (*gateway)->http_port()}});

  for (int signal = 0;;) {
    if (sigwait(&signals, &signal) != 0) continue;
    if (signal != SIGHUP) break;
    if (const auto again = read_config(config_file)) (*gateway)->reload(*again);
  }
  (*gateway)->log().info("draining", {});
  const std::size_t cut = (*gateway)->finish();
  (*gateway)->log().info("stopped", {{"requests_cut", cut}});
  return ExitCode::Ok;
}

ExitCode run_config_validate(const std::filesystem::path& config_file) {
  if (!read_config(config_file)) return ExitCode::Usage;
  fmt::print("{} is good.\n", config_file.string());
  return ExitCode::Ok;
}

ExitCode run_api(const ApiCommand& options) {
  const auto config = read_config(options.config_file);
  if (!config) return ExitCode::Usage;
  auto body = body_of(options.body);
  if (!body) {
    fmt::print(stderr, "{} can't be read.\n", options.body);
    return ExitCode::Usage;
  }
  const auto response = ask_gateway(config->operators.socket, {.method = options.method,
                                                               .target = options.path,
                                                               .body = *std::move(body),
                                                               .headers = options.headers});
  if (!response) {
    if (response.error() == OperatorClientError::BadRequest) {
      fmt::print(stderr, "Method, path and headers may not be empty or hold line breaks.\n");
      return ExitCode::Usage;
    }
    fmt::print(stderr, "No gateway answers at {}.\n", config->operators.socket.string());
    return ExitCode::Unreachable;
  }
  const ExitCode code = exit_code_of_status(response->status);
  // A body that ends its last line itself (a proof file) is passed on to the byte.
  fmt::print(code == ExitCode::Ok ? stdout : stderr, "{}{}", response->body,
             response->body.ends_with('\n') ? "" : "\n");
  return code;
}

ExitCode run_operator_token(const std::filesystem::path& config_file) {
  return run_api({.config_file = config_file,
                  .method = "POST",
                  .path = "/v1/operator/tokens",
                  .body = "{}",
                  .headers = {}});
}

ExitCode run_routes() {
  fmt::print("{}\n", route_table_json());
  return ExitCode::Ok;
}

}  // namespace sealpost
