// The commands, each a function from its options to an exit code. They write data to stdout and everything
// else to stderr. One thread.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "app/cli/exit_code.h"

namespace sealpost {

ExitCode run_init(const std::filesystem::path& data_dir);
// Until SIGTERM or SIGINT. SIGHUP reads the egress settings and TLS files again.
ExitCode run_server(const std::filesystem::path& config_file);
ExitCode run_doctor(const std::filesystem::path& config_file);
ExitCode run_config_validate(const std::filesystem::path& config_file);

struct ApiCommand {
  std::filesystem::path config_file;
  std::string method;
  std::string path;
  std::string body;  // JSON, @FILE, or - for stdin
  std::vector<std::string> headers;
};
ExitCode run_api(const ApiCommand& options);
ExitCode run_operator_token(const std::filesystem::path& config_file);

struct VerifyOptions {
  std::string key;  // the pinned verifier key, or @FILE
  std::filesystem::path proof;
  std::filesystem::path leaf;
};
// Offline: reads nothing but these files.
ExitCode run_audit_verify(const VerifyOptions& options);
// Verifies every log of a gateway that is not running.
ExitCode run_audit_check(const std::filesystem::path& config_file);

ExitCode run_routes();

}  // namespace sealpost
