#include "app/cli/cli.h"

#include <memory>

#include <CLI/CLI.hpp>

#include "app/cli/commands.h"
#include "app/cli/version.h"

namespace sealpost {
namespace {

// Commands that need nothing but the configuration file. Each has a text of its own for its path: the parser
// reads the environment for every command that was not called, too, and would write it over the flag of the
// one that was.
void add_config_command(CLI::App& parent, const std::string& name, const std::string& what, ExitCode& result,
                        ExitCode (*run)(const std::filesystem::path&)) {
  auto* command = parent.add_subcommand(name, what);
  const auto config = std::make_shared<std::string>();
  command->add_option("--config", *config, "Path of sealpost.toml")->required()->envname("SEALPOST_CONFIG");
  command->callback([config, &result, run] { result = run(*config); });
}

}  // namespace

int run_command_line(int argc, char** argv) {
  CLI::App app("Sealpost: the gateway that integrations with internal messaging go through", "sealpost");
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string(kVersion));
  ExitCode result = ExitCode::Ok;
  std::string data_dir;
  ApiCommand api;
  std::string api_config;
  VerifyOptions verify;
  std::string proof;
  std::string leaf;

  auto* init = app.add_subcommand("init", "Make a data directory with its root key and a configuration file");
  init->add_option("--data-dir", data_dir, "Where; must not exist or be empty")->required();
  init->callback([&] { result = run_init(data_dir); });
  add_config_command(app, "server", "Run the gateway", result, run_server);
  add_config_command(app, "doctor", "Check configuration, files and settings, and explain", result,
                     run_doctor);

  auto* call = app.add_subcommand("api", "Call the running gateway as the operator, over its Unix socket");
  call->add_option("method", api.method, "GET, POST, PATCH, DELETE")->required();
  call->add_option("path", api.path, "For example /v1/organizations")->required();
  call->add_option("body", api.body, "JSON, @FILE, or - for standard input");
  call->add_option("--config", api_config, "Path of sealpost.toml")->required()->envname("SEALPOST_CONFIG");
  call->add_option("-H,--header", api.headers, "A header, 'Name: value'");
  call->callback([&] {
    api.config_file = api_config;
    result = run_api(api);
  });

  auto* operators = app.add_subcommand("operator", "Act as the operator")->require_subcommand(1);
  add_config_command(*operators, "token", "Mint a minutes-long token for HTTP", result, run_operator_token);

  auto* audit = app.add_subcommand("audit", "Verify evidence")->require_subcommand(1);
  auto* offline = audit->add_subcommand("verify", "Verify one proof file offline, against a pinned key");
  offline->add_option("--key", verify.key, "The log's verifier key, or @FILE")->required();
  offline->add_option("--proof", proof, "The .tlog-proof file")->required();
  offline->add_option("--leaf", leaf, "The leaf's exact bytes")->required();
  offline->callback([&] {
    verify.proof = proof;
    verify.leaf = leaf;
    result = run_audit_verify(verify);
  });
  add_config_command(*audit, "check", "Verify every log of a stopped gateway", result, run_audit_check);

  auto* configuration = app.add_subcommand("config", "The configuration file")->require_subcommand(1);
  add_config_command(*configuration, "validate", "Read it and say what is wrong", result,
                     run_config_validate);
  app.add_subcommand("routes", "Print the route table as JSON")->callback([&] { result = run_routes(); });
  app.add_subcommand("version", "Print the version")->callback([] { print_version(); });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : static_cast<int>(ExitCode::Usage);
  }
  return static_cast<int>(result);
}

}  // namespace sealpost
