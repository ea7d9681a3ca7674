#include "domain/tlog/proof_file.h"
#include "trust/audit_trail/audit_trail.h"

namespace sealpost {
namespace {

constexpr std::uint32_t kRowsPerRead = 256;

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

Result<AuditTrail::LogVerdict, AuditError> AuditTrail::verify_log(
    OrganizationId log, const std::function<void(const std::string&)>& tell) {
  LogVerdict verdict;
  const auto complain = [&](const std::string& what) {
    ++verdict.contradictions;
    tell(what);
  };
  const std::string name = origin(log).text();
  std::uint64_t size = 0;
  std::optional<SignedCheckpoint> last;
  Frontier frontier;
  std::map<unsigned, std::vector<Hash256>> open_tiles;  // by tile level: hashes of the tile being filled
  std::optional<Hash256> root_at_checkpoint;
  const auto head = store_.read([&](Reader& reader) -> StoreResult<void> {
    SEALPOST_TRY(size, reader.log_size(log));
    SEALPOST_TRY(last, reader.latest_checkpoint(log));
    return {};
  });
  if (!head) return fail(from_store(head.error()));
  if (last && last->size == 0) root_at_checkpoint = empty_root();

  const auto check_tile = [&](unsigned level, std::uint64_t index, const std::vector<Hash256>& expected) {
    const auto read = store_.read([&](Reader& reader) -> StoreResult<void> {
      SEALPOST_TRY(const auto stored, reader.tile(log, level, index, 256));
      if (stored != expected) return fail(StoreError::Corrupt);
      return {};
    });
    if (!read)
      complain("audit_tile.hashes: level " + std::to_string(level) + " tile " + std::to_string(index) +
               " contradicts the leaves below it");
  };
  for (std::uint64_t from = 0; from < size;) {
    std::vector<AuditRow> rows;
    const auto read = store_.read([&](Reader& reader) -> StoreResult<void> {
      SEALPOST_TRY(rows, reader.audit_rows(log, from, kRowsPerRead));
      return {};
    });
    if (!read) return fail(from_store(read.error()));
    if (rows.empty()) {
      complain("audit_record: no record at " + std::to_string(from) + " of " + std::to_string(size));
      break;
    }
    for (const AuditRow& row : rows) {
      const std::string at = std::to_string(row.index);
      if (row.index != from) complain("audit_record: gap before " + at);
      from = row.index + 1;
      ++verdict.records;
      if (leaf_hash(as_bytes(row.leaf)) != row.leaf_hash) complain("audit_record.leaf_hash: record " + at);
      if (const auto leaf = parse_leaf(as_bytes(row.leaf)); !leaf || leaf->sequence != row.index)
        complain("audit_record.leaf: record " + at + " is not the leaf of its place");
      else if (const auto opened = open_row(log, row); !opened && opened.error() == AuditError::Damaged)
        complain("audit_record.body: record " + at + " contradicts its leaf");
      frontier.append(leaf_hash(as_bytes(row.leaf)),
                      [&](unsigned level, std::uint64_t index, const Hash256& hash) {
                        if (level % 8 != 0) return;
                        auto& tile = open_tiles[level / 8];
                        tile.push_back(hash);
                        if (tile.size() == 256) {
                          check_tile(level / 8, index / 256, tile);
                          tile.clear();
                        }
                      });
      if (last && frontier.size() == last->size) root_at_checkpoint = frontier.root();
    }
  }
  if (last && (!root_at_checkpoint || *root_at_checkpoint != last->root))
    complain("checkpoint.root: the signed tree of size " + std::to_string(last->size) +
             " is not the stored one");
  if (last && !last->note.empty()) {
    const std::scoped_lock lock(signing_);
    SEALPOST_TRY(const auto key, signer(log));
    const auto verifier = NoteVerifier::parse(key->vkey());
    SEALPOST_CHECK(verifier.ok());
    const auto opened = open_checkpoint(last->note, *verifier);
    if (!opened || opened->size != last->size || opened->root != last->root)
      complain("checkpoint.note: the signed note of " + name + " does not say what its row says");
  }
  return verdict;
}

}  // namespace sealpost
