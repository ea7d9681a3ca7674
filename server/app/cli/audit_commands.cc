#include <chrono>
#include <cstdio>

#include <fmt/format.h>

#include "app/cli/commands.h"
#include "app/cli/operator_client.h"
#include "app/wiring/offline.h"
#include "domain/tlog/proof_file.h"
#include "domain/wire/time_text.h"
#include "foundation/system/files.h"

namespace sealpost {
namespace {

constexpr std::size_t kMaxKeyBytes = 4096;

// "name+hash+key", or @FILE with that in it.
std::optional<std::string> read_key(const std::string& argument) {
  if (!argument.starts_with('@')) return argument;
  const auto bytes = read_file(argument.substr(1), kMaxKeyBytes);
  if (!bytes) return std::nullopt;
  std::string key(as_text(*bytes));
  while (!key.empty() && (key.back() == '\n' || key.back() == '\r')) key.pop_back();
  return key;
}

// What a check tells may hold text of the file that is doubted: nothing of it moves a cursor.
std::string printable(std::string_view line) {
  constexpr std::size_t kMost = 2'000;
  std::string out(line.substr(0, kMost));
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return out;
}

std::string_view explain(AuditError error) {
  switch (error) {
    case AuditError::NotFound:
      return "audit_log.organization names nobody whose log has a signing key";
    case AuditError::Damaged:
      return "the setting with its signing key, or one of its checkpoints, is damaged";
    case AuditError::KeyUnavailable:
      return "a key of the organization is missing";
    default:
      return "the store or a key can't be read";
  }
}

}  // namespace

ExitCode run_audit_verify(const VerifyOptions& options) {
  const auto key = read_key(options.key);
  const auto proof = read_file(options.proof, kMaxProofFileBytes);
  const auto leaf = read_file(options.leaf, kMaxLeafBytes);
  if (!key || !proof || !leaf) {
    fmt::print(stderr, "A file can't be read: {}\n",
               !key     ? options.key
               : !proof ? options.proof.string()
                        : options.leaf.string());
    return ExitCode::Usage;
  }
  const auto verified = verify_proof_file(as_text(*proof), *leaf, std::string_view(*key));
  if (!verified) {
    fmt::print(stderr, "NOT VERIFIED: {}\n", refusal_name(verified.error()));
    return ExitCode::VerificationFailed;
  }
  const auto parsed = parse_leaf(*leaf);
  if (!parsed || parsed->sequence != verified->index) {
    fmt::print(stderr, "NOT VERIFIED: leaf_malformed\n");
    return ExitCode::VerificationFailed;
  }
  fmt::print("verified: {} at {} is record {} of {}, in the tree of {} records that its key signed\n",
             parsed->fields.event_class, to_rfc3339(from_unix_ms(parsed->fields.time_ms)), verified->index,
             verified->checkpoint.origin, verified->checkpoint.size);
  return ExitCode::Ok;
}

ExitCode run_audit_check(const std::filesystem::path& config_file) {
  const auto config = load_config(config_file);
  if (!config) {
    fmt::print(stderr, "{}\n", config.error().message);
    return ExitCode::Usage;
  }
  // Two processes on one database would each be wrong about it, so the other one has to end first.
  // One that listens and answers badly runs, too.
  const auto health = ask_gateway(config->operators.socket,
                                  {.method = "GET", .target = "/healthz", .body = {}, .headers = {}});
  if (health || health.error() == OperatorClientError::Broken) {
    fmt::print(
        stderr,
        "The gateway runs (it answers at {}). Stop it with SIGTERM and check then, or check a copy of {} "
        "that was made while it was stopped.\n",
        config->operators.socket.string(), config->data_dir.string());
    return ExitCode::Conflict;
  }
  auto installation = OfflineInstallation::open(*config);
  if (!installation) {
    fmt::print(stderr, "{}\n", installation.error());
    return ExitCode::Unexpected;
  }
  const auto tell = [](const std::string& line) { fmt::print(stderr, "  {}\n", printable(line)); };
  RecordCheck rows((*installation)->record_check_parts(),
                   std::chrono::days(config->limits.payload_inbox_days), tell);
  AuditTrail::LogVerdict all;
  for (const OrganizationId log : (*installation)->logs()) {
    const std::uint64_t before = rows.contradictions();
    const auto verdict = (*installation)->audit().verify_log(log, tell, [&](const OpenedRecord& record) {
      rows.judge(log, record);
    });
    const std::string name = (*installation)->audit().origin(log).text();
    if (!verdict) {
      fmt::print(stderr, "{}: can't be read: {}\n", name, explain(verdict.error()));
      ++all.contradictions;
      continue;
    }
    all.records += verdict->records;
    all.tiles += verdict->tiles;
    all.checkpoints += verdict->checkpoints;
    all.contradictions += verdict->contradictions;
    const std::uint64_t here = verdict->contradictions + rows.contradictions() - before;
    fmt::print("{}: {} records, {}\n", name, verdict->records,
               here == 0 ? "consistent" : fmt::format("{} contradictions", here));
  }
  rows.finish(all);
  fmt::print("payloads: {} stored, {} opened\n", rows.payloads_stored(), rows.payloads_opened());
  const auto objects = (*installation)->check_objects(tell);
  if (objects) {
    fmt::print("control plane: {} rows, {}\n", objects->rows,
               objects->damaged == 0 ? "consistent" : fmt::format("{} damaged", objects->damaged));
    all.contradictions += objects->damaged;
  } else {
    fmt::print(stderr, "control plane: can't be read\n");
    ++all.contradictions;
  }
  return all.contradictions + rows.contradictions() == 0 ? ExitCode::Ok : ExitCode::VerificationFailed;
}

}  // namespace sealpost
