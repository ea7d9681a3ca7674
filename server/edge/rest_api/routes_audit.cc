#include <array>
#include <charconv>

#include <boost/json.hpp>

#include "domain/tlog/canonical_fields.h"
#include "domain/tlog/checkpoint.h"
#include "domain/tlog/leaf.h"
#include "domain/wire/time_text.h"
#include "edge/rest_api/api_call.h"
#include "edge/rest_api/internal/routes.h"

namespace sealpost {
namespace {

// Whose log is read, and by whom.
struct LogCall {
  AuthorizedCall call;
  OrganizationId log;
};
Result<LogCall, Problem> authorize_log(const ApiCall& api) {
  SEALPOST_TRY(const auto named, api.query_id<OrganizationId>("organization_id"));
  SEALPOST_TRY(AuthorizedCall call, api.authorize({.tenancy = {named, Environment::Shared}, .resource = {}}));
  const OrganizationId log = call.tenancy().organization;
  if (!log.set())
    return fail(api.query_problem("organization_id", "This parameter is required of operators."));
  if (named.set() && named != log) return fail(Problem(PublicCode::NotFound));
  if (named.set() && api.operations().picture()->directory->find(named) == nullptr)
    return fail(Problem(PublicCode::NotFound));
  return LogCall{std::move(call), log};
}

Problem refusal_of(AuditError error) {
  switch (error) {
    case AuditError::NotFound:
      return PublicCode::NotFound;
    case AuditError::KeyUnavailable:
      return PublicCode::KeyUnavailable;
    case AuditError::StoreFailed:
      return PublicCode::StoreUnavailable;
    case AuditError::Diverged:
      return PublicCode::StateRolledBack;
    case AuditError::BadField:
    case AuditError::Damaged:
      break;
  }
  return PublicCode::InternalError;
}
template <class T>
Result<T, Problem> told_as_problem(Result<T, AuditError> result) {
  if (!result) return fail(refusal_of(result.error()));
  return *std::move(result);
}

Result<std::uint64_t, Problem> index_in_path(const ApiCall& api) {
  const std::string_view text = api.parameter(0);
  std::uint64_t index = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  const bool plain = text == "0" || !text.starts_with('0');
  if (error != std::errc{} || end != text.data() + text.size() || !plain || index > kMaxLeafSequence)
    return fail(Problem(PublicCode::NotFound));
  return index;
}

// The newest signed checkpoint, and how far it reaches.
struct Signed {
  std::string note;
  std::uint64_t size = 0;
};
Result<Signed, Problem> newest(const ApiCall& api, OrganizationId log) {
  SEALPOST_TRY(std::string note, told_as_problem(api.base().audit.checkpoint(log)));
  const auto parsed = parse_note(note);
  if (!parsed) return fail(Problem(PublicCode::InternalError));
  const auto checkpoint = parse_checkpoint(parsed->text);
  if (!checkpoint) return fail(Problem(PublicCode::InternalError));
  return Signed{.note = std::move(note), .size = checkpoint->size};
}

boost::json::array hashes_of(const HashList& hashes) {
  boost::json::array out;
  for (const Hash256& hash : hashes) out.emplace_back(to_base64(hash));
  return out;
}

Answer audit_key_get(ApiCall& api) {
  SEALPOST_TRY(const LogCall reader, authorize_log(api));
  SEALPOST_TRY(const std::string vkey, told_as_problem(api.base().audit.verifier_key(reader.log)));
  return ApiCall::json(
      200, boost::json::object{{"origin", api.base().audit.origin(reader.log).text()}, {"vkey", vkey}});
}

Answer audit_checkpoint_get(ApiCall& api) {
  SEALPOST_TRY(const LogCall reader, authorize_log(api));
  SEALPOST_TRY(std::string note, told_as_problem(api.base().audit.checkpoint(reader.log)));
  return HttpResponse::text(200, std::move(note));
}

// Machines see what concerns their own integration in their own environment, or names neither; of the rest
// they get the commitments, which prove that it is there.
bool concerns(const OpenedRecord& record, const AuthorizedCall& call, const PublicIdCodec& ids) {
  if (call.caller_kind() != CallerKind::Machine) return true;
  const std::string environment(name_of(call.tenancy().environment));
  const std::string integration = ids.encode(call.integration());
  bool placed = false;
  for (const OpenedGroup& group : record.groups) {
    if (!group.salt) continue;
    const auto fields = parse_canonical_fields(group.canonical);
    if (!fields) return false;
    for (const CanonicalField& field : *fields) {
      const auto* text = std::get_if<std::string>(&field.value);
      if (text == nullptr) continue;
      if (field.key == "environment" && *text != environment) return false;
      placed = placed || field.key == "environment";
      if ((field.key == "integration" || field.key == "integration_id") && *text != integration) return false;
    }
  }
  return placed;
}

boost::json::value base64_or_null(bool shown, ByteView bytes) {
  if (!shown) return nullptr;
  return boost::json::value(to_base64(bytes));
}

Answer audit_entry_get(ApiCall& api) {
  SEALPOST_TRY(const std::uint64_t index, index_in_path(api));
  SEALPOST_TRY(const LogCall reader, authorize_log(api));
  const Tenancy tenancy{reader.log, Environment::Shared};
  SEALPOST_TRY(const OpenedRecord record, told_as_problem(api.base().audit.open_record(tenancy, index)));
  const bool open = concerns(record, reader.call, api.ids());
  boost::json::array groups;
  for (const OpenedGroup& group : record.groups) {
    const bool shown = open && group.salt.has_value();
    groups.push_back(
        boost::json::object{{"name", group.label},
                            {"commitment", to_base64(group.commitment)},
                            {"salt", base64_or_null(shown, group.salt ? ByteView(*group.salt) : ByteView())},
                            {"key_id", group.key ? api.ids().encode(*group.key) : std::string()},
                            {"fields", base64_or_null(shown, as_bytes(group.canonical))}});
  }
  return ApiCall::json(200, boost::json::object{{"log_origin", api.base().audit.origin(reader.log).text()},
                                                {"index", index},
                                                {"leaf", to_base64(as_bytes(record.leaf_bytes))},
                                                {"kind", record.leaf.fields.event_class},
                                                {"at", to_rfc3339(from_unix_ms(record.leaf.fields.time_ms))},
                                                {"groups", std::move(groups)}});
}

Answer audit_proof_file_get(ApiCall& api) {
  SEALPOST_TRY(const std::uint64_t index, index_in_path(api));
  SEALPOST_TRY(const LogCall reader, authorize_log(api));
  SEALPOST_TRY(std::string file, told_as_problem(api.base().audit.proof_file(reader.log, index)));
  return HttpResponse::text(200, std::move(file));
}

Answer audit_inclusion_proof_get(ApiCall& api) {
  SEALPOST_TRY(const auto index, api.query_number("index", 0));
  SEALPOST_TRY(const auto asked, api.query_number("tree_size", 1));
  if (!index) return fail(api.query_problem("index", "This parameter is required."));
  SEALPOST_TRY(const LogCall reader, authorize_log(api));
  SEALPOST_TRY(const Signed checkpoint, newest(api, reader.log));
  const std::uint64_t size = asked.value_or(checkpoint.size);
  if (size > checkpoint.size) return fail(Problem(PublicCode::NotYetIntegrated));
  if (*index >= size)
    return fail(asked ? api.query_problem("tree_size", "The leaf is not in a tree of that size.")
                      : Problem(PublicCode::NotFound));
  SEALPOST_TRY(const InclusionProof proof,
               told_as_problem(api.base().audit.prove_inclusion(reader.log, *index, size)));
  return ApiCall::json(200, boost::json::object{{"log_origin", api.base().audit.origin(reader.log).text()},
                                                {"index", *index},
                                                {"tree_size", size},
                                                {"hashes", hashes_of(proof.hashes)},
                                                {"checkpoint", checkpoint.note}});
}

Answer audit_consistency_proof_get(ApiCall& api) {
  SEALPOST_TRY(const auto old_size, api.query_number("old_size", 0));
  SEALPOST_TRY(const auto asked, api.query_number("tree_size", 1));
  if (!old_size) return fail(api.query_problem("old_size", "This parameter is required."));
  SEALPOST_TRY(const LogCall reader, authorize_log(api));
  SEALPOST_TRY(const Signed checkpoint, newest(api, reader.log));
  const std::uint64_t size = asked.value_or(checkpoint.size);
  if (size > checkpoint.size) return fail(Problem(PublicCode::NotYetIntegrated));
  if (*old_size > size) return fail(api.query_problem("old_size", "Is larger than the tree."));
  SEALPOST_TRY(const HashList hashes,
               told_as_problem(api.base().audit.prove_consistency(reader.log, *old_size, size)));
  return ApiCall::json(200, boost::json::object{{"log_origin", api.base().audit.origin(reader.log).text()},
                                                {"old_size", *old_size},
                                                {"tree_size", size},
                                                {"hashes", hashes_of(hashes)},
                                                {"checkpoint", checkpoint.note}});
}

}  // namespace

std::span<const Route> audit_routes() {
  static constexpr std::array<Route, 6> kRoutes{{
      {.method = HttpMethod::Get,
       .path = "/v1/audit/key",
       .operation_id = "audit_key_get",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::AuditRead,
       .query = "organization_id",
       .handle = audit_key_get},
      {.method = HttpMethod::Get,
       .path = "/v1/audit/checkpoint",
       .operation_id = "audit_checkpoint_get",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::AuditRead,
       .query = "organization_id",
       .handle = audit_checkpoint_get},
      {.method = HttpMethod::Get,
       .path = "/v1/audit/entries/{index}",
       .operation_id = "audit_entry_get",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::AuditRead,
       .query = "organization_id",
       .handle = audit_entry_get},
      {.method = HttpMethod::Get,
       .path = "/v1/audit/entries/{index}/proof-file",
       .operation_id = "audit_proof_file_get",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::AuditExport,
       .query = "organization_id",
       .handle = audit_proof_file_get},
      {.method = HttpMethod::Get,
       .path = "/v1/audit/proofs/inclusion",
       .operation_id = "audit_inclusion_proof_get",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::AuditRead,
       .query = "index tree_size organization_id",
       .handle = audit_inclusion_proof_get},
      {.method = HttpMethod::Get,
       .path = "/v1/audit/proofs/consistency",
       .operation_id = "audit_consistency_proof_get",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::AuditRead,
       .query = "old_size tree_size organization_id",
       .handle = audit_consistency_proof_get},
  }};
  return kRoutes;
}

}  // namespace sealpost
