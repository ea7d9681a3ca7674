#include "trust/audit_trail/audit_trail.h"

namespace sealpost {
namespace {

std::string signer_setting(OrganizationId log) { return "log_signer/" + std::to_string(log.position); }

// Reads tiles inside one snapshot of the store.
class SnapshotTiles final {
 public:
  SnapshotTiles(Reader& reader, OrganizationId log) : reader_(reader), log_(log) {}
  [[nodiscard]] HashReader hashes(std::uint64_t size) {
    return TileHashReader(size,
                          [this](unsigned level, std::uint64_t index,
                                 unsigned width) -> Result<std::span<const Hash256>, TlogRefusal> {
                            auto tile = reader_.tile(log_, level, index, width);
                            if (!tile || tile->size() < width) return fail(TlogRefusal::TileUnavailable);
                            last_ = *std::move(tile);
                            return std::span<const Hash256>(last_);
                          });
  }

 private:
  Reader& reader_;
  OrganizationId log_;
  std::vector<Hash256> last_;
};

}  // namespace

StoreResult<void> AuditTrail::create_log(Transaction& transaction, OrganizationId log) const {
  const auto seed = Ed25519PrivateKey::generate(entropy_);
  const Bytes sealed = vault_.seal_installation_secret(signer_setting(log), seed.seed());
  return transaction.set_setting(signer_setting(log), to_base64(sealed));
}

void AuditTrail::logs_grew(std::span<const OrganizationId> logs) {
  const std::scoped_lock lock(grown_mutex_);
  grown_.insert(logs.begin(), logs.end());
}

Result<std::shared_ptr<const NoteSigner>, AuditError> AuditTrail::signer(OrganizationId log) {
  if (const auto it = signers_.find(log); it != signers_.end()) return it->second;
  std::optional<std::string> text;
  const auto read = store_.read([&](Reader& reader) -> StoreResult<void> {
    SEALPOST_TRY(text, reader.setting(signer_setting(log)));
    return {};
  });
  if (!read) return fail(AuditError::StoreFailed);
  if (!text) return fail(AuditError::NotFound);
  const auto sealed = from_base64(*text);
  if (!sealed) return fail(AuditError::Damaged);
  const auto seed = vault_.open_installation_secret(signer_setting(log), *sealed);
  if (!seed) return fail(AuditError::Damaged);
  auto key = Ed25519PrivateKey::create(*seed);
  if (!key) return fail(AuditError::Damaged);
  auto made = NoteSigner::create(origin(log).text(), *std::move(key));
  SEALPOST_CHECK(made.ok());
  auto shared = std::make_shared<const NoteSigner>(*std::move(made));
  signers_.emplace(log, shared);
  return std::shared_ptr<const NoteSigner>(shared);
}

Result<std::string, AuditError> AuditTrail::verifier_key(OrganizationId log) {
  const std::scoped_lock lock(signing_);
  SEALPOST_TRY(const auto key, signer(log));
  return key->vkey();
}

Result<std::string, AuditError> AuditTrail::checkpoint(OrganizationId log) {
  const std::scoped_lock lock(signing_);
  return checkpoint_locked(log);
}

Result<std::string, AuditError> AuditTrail::checkpoint_locked(OrganizationId log) {
  SEALPOST_TRY(const auto key, signer(log));
  SignedCheckpoint next;
  std::optional<SignedCheckpoint> last;
  bool diverged = false;
  const auto read = store_.read([&](Reader& reader) -> StoreResult<void> {
    SEALPOST_TRY(next.size, reader.log_size(log));
    SEALPOST_TRY(last, reader.latest_checkpoint(log));
    if (last && last->size == next.size && !last->note.empty()) return {};
    SnapshotTiles tiles(reader, log);
    const auto root = tree_root(next.size, tiles.hashes(next.size));
    if (!root) return fail(StoreError::Corrupt);
    next.root = *root;
    if (last) {
      const auto then = last->size <= next.size ? tree_root(last->size, tiles.hashes(next.size)) : root;
      diverged = last->size > next.size || !then || *then != last->root;
    }
    return {};
  });
  if (!read) return fail(read.error() == StoreError::Corrupt ? AuditError::Damaged : AuditError::StoreFailed);
  if (diverged) return fail(AuditError::Diverged);
  if (last && last->size == next.size && !last->note.empty()) return last->note;

  const auto write = [&] {
    return store_.transact_and_wait(
        [&](Transaction& transaction) { return transaction.put_checkpoint(log, next); });
  };
  // Durable before the signature exists.
  if (!write()) return fail(AuditError::StoreFailed);
  auto note = sign_checkpoint({.origin = origin(log).text(), .size = next.size, .root = next.root}, *key);
  SEALPOST_CHECK(note.ok());
  next.note = *note;
  if (!write()) return fail(AuditError::StoreFailed);
  return next.note;
}

std::size_t AuditTrail::sign_grown() {
  std::set<OrganizationId> grown;
  {
    const std::scoped_lock lock(grown_mutex_);
    grown.swap(grown_);
  }
  std::size_t signed_logs = 0;
  for (const OrganizationId log : grown) {
    const auto signed_one = checkpoint(log);
    if (signed_one) {
      ++signed_logs;
    } else if (signed_one.error() == AuditError::StoreFailed) {
      logs_grew(std::span(&log, 1));
    }
  }
  return signed_logs;
}

Result<InclusionProof, AuditError> AuditTrail::prove_inclusion(OrganizationId log, std::uint64_t index,
                                                               std::uint64_t size) {
  InclusionProof proof{.index = index, .size = size, .leaf = {}, .root = {}, .hashes = {}};
  bool damaged = false;
  const auto read = store_.read([&](Reader& reader) -> StoreResult<void> {
    SEALPOST_TRY(const std::uint64_t now, reader.log_size(log));
    if (size > now || index >= size) return fail(StoreError::NotFound);
    SEALPOST_TRY(const AuditRow row, reader.audit_row(log, index));
    proof.leaf = leaf_hash(as_bytes(row.leaf));
    SnapshotTiles tiles(reader, log);
    auto hashes = inclusion_proof(index, size, tiles.hashes(size));
    const auto root = tree_root(size, tiles.hashes(size));
    if (!hashes || !root) return fail(StoreError::Corrupt);
    proof.hashes = *std::move(hashes);
    proof.root = *root;
    damaged = !verify_inclusion(proof.leaf, index, size, proof.hashes, proof.root).ok();
    return {};
  });
  if (!read && read.error() == StoreError::NotFound) return fail(AuditError::NotFound);
  if (!read) return fail(read.error() == StoreError::Corrupt ? AuditError::Damaged : AuditError::StoreFailed);
  if (damaged) return fail(AuditError::Damaged);
  return proof;
}

Result<HashList, AuditError> AuditTrail::prove_consistency(OrganizationId log, std::uint64_t old_size,
                                                           std::uint64_t new_size) {
  HashList hashes;
  const auto read = store_.read([&](Reader& reader) -> StoreResult<void> {
    SEALPOST_TRY(const std::uint64_t now, reader.log_size(log));
    if (new_size > now || old_size > new_size) return fail(StoreError::NotFound);
    SnapshotTiles tiles(reader, log);
    auto proof = consistency_proof(old_size, new_size, tiles.hashes(new_size));
    if (!proof) return fail(StoreError::Corrupt);
    hashes = *std::move(proof);
    return {};
  });
  if (!read && read.error() == StoreError::NotFound) return fail(AuditError::NotFound);
  if (!read) return fail(read.error() == StoreError::Corrupt ? AuditError::Damaged : AuditError::StoreFailed);
  return hashes;
}

}  // namespace sealpost
