#include "domain/tlog/proof_file.h"
#include "trust/audit_trail/audit_trail.h"

namespace sealpost {
namespace {

AuditError from_store(StoreError error) {
  if (error == StoreError::NotFound) return AuditError::NotFound;
  return error == StoreError::Corrupt ? AuditError::Damaged : AuditError::StoreFailed;
}

Result<Checkpoint, AuditError> checkpoint_in(std::string_view note) {
  const auto parsed = parse_note(note);
  if (!parsed) return fail(AuditError::Damaged);
  auto checkpoint = parse_checkpoint(parsed->text);
  if (!checkpoint) return fail(AuditError::Damaged);
  return *std::move(checkpoint);
}

}  // namespace

Result<std::string, AuditError> AuditTrail::proof_file(OrganizationId log, std::uint64_t index) {
  SEALPOST_TRY(const std::string note, checkpoint(log));
  SEALPOST_TRY(const Checkpoint at, checkpoint_in(note));
  SEALPOST_TRY(auto proof, prove_inclusion(log, index, at.size));
  return marshal_proof_file(
      {.extra = {}, .index = index, .path = std::move(proof.hashes), .checkpoint_note = note});
}

Result<OpenedRecord, AuditError> AuditTrail::open_record(const Tenancy& tenancy, std::uint64_t index) {
  AuditRow row;
  const auto read = store_.read([&](Reader& reader) -> StoreResult<void> {
    SEALPOST_TRY(row, reader.audit_row(tenancy.organization, index));
    return {};
  });
  if (!read) return fail(from_store(read.error()));
  return open_row(tenancy.organization, row);
}

}  // namespace sealpost
