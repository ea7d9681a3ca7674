// Recomputing a whole log from its leaves, and holding everything against it that is stored beside them.
#include "trust/audit_trail/audit_trail.h"

namespace sealpost {
namespace {

constexpr std::uint32_t kRowsPerRead = 256;
constexpr std::size_t kTileWidth = 256;

AuditError from_store(StoreError error) {
  return error == StoreError::Corrupt ? AuditError::Damaged : AuditError::StoreFailed;
}

}  // namespace

// One pass over one log. Lives inside one call.
class AuditTrail::LogCheck final {
 public:
  LogCheck(AuditTrail& trail, OrganizationId log, const NoteVerifier& key, const Tell& tell, const Seen& seen)
      : trail_(trail), log_(log), key_(key), tell_(tell), seen_(seen) {}

  Result<LogVerdict, AuditError> run() {
    const auto head = trail_.store_.read([&](Reader& reader) -> StoreResult<void> {
      SEALPOST_TRY(size_, reader.log_size(log_));
      return {};
    });
    if (!head) return fail(from_store(head.error()));
    SEALPOST_TRY_VOID(judge_checkpoints());
    while (from_ < size_) {
      std::vector<AuditRow> rows;
      const auto read = trail_.store_.read([&](Reader& reader) -> StoreResult<void> {
        SEALPOST_TRY(rows, reader.audit_rows(log_, from_, kRowsPerRead));
        return {};
      });
      if (!read) {
        complain("audit_record: the record at " + std::to_string(from_) + " or one after it can't be read");
        return verdict_;
      }
      if (rows.empty()) {
        complain("audit_record: no record at " + std::to_string(from_) + ", and audit_log.size is " +
                 std::to_string(size_));
        break;
      }
      for (const AuditRow& row : rows) SEALPOST_TRY_VOID(judge_record(row));
    }
    judge_last_tiles();
    SEALPOST_TRY_VOID(tell_of_checkpoints_beyond());
    return verdict_;
  }

 private:
  void complain(const std::string& what) {
    ++verdict_.contradictions;
    tell_(what);
  }

  Result<void, AuditError> judge_record(const AuditRow& row) {
    const std::string at = std::to_string(row.index);
    if (row.index != from_)
      complain("audit_record.id: no record at " + std::to_string(from_) + ", the next one is " + at);
    from_ = row.index + 1;
    ++verdict_.records;
    const Hash256 hash = leaf_hash(as_bytes(row.leaf));
    if (hash != row.leaf_hash)
      complain("audit_record.leaf_hash: record " + at + " is not the hash of its leaf");
    const auto leaf = parse_leaf(as_bytes(row.leaf));
    if (!leaf || leaf->sequence != row.index) {
      complain("audit_record.leaf: record " + at + " is not the leaf of its place");
    } else if (const auto opened = trail_.open_row(log_, row)) {
      if (seen_) seen_(*opened);
    } else if (opened.error() == AuditError::Damaged) {
      complain("audit_record.body: record " + at + " contradicts its leaf");
    } else {
      return fail(opened.error());
    }
    frontier_.append(hash, [&](unsigned level, std::uint64_t index, const Hash256& node) {
      if (level % 8 != 0) return;
      auto& tile = open_tiles_[level / 8];
      tile.push_back(node);
      if (tile.size() != kTileWidth) return;
      judge_tile(level / 8, index / kTileWidth, tile);
      tile.clear();
    });
    return judge_checkpoints();
  }

  void judge_tile(unsigned level, std::uint64_t index, const std::vector<Hash256>& expected) {
    ++verdict_.tiles;
    const auto width = static_cast<std::uint32_t>(expected.size());
    std::vector<Hash256> stored;
    const auto read = trail_.store_.read([&](Reader& reader) -> StoreResult<void> {
      SEALPOST_TRY(stored, reader.tile(log_, level, index, width));
      return {};
    });
    const std::string at = "level " + std::to_string(level) + " tile " + std::to_string(index);
    if (!read) {
      complain("audit_tile.id: " + at + " is not there, or too short");
    } else if (stored != expected) {
      complain("audit_tile.hashes: " + at + " contradicts the leaves below it");
    }
  }

  // Above the leaves, a tile that still grows is stored as far as it has come.
  void judge_last_tiles() {
    for (const auto& [level, tile] : open_tiles_)
      if (level > 0 && !tile.empty()) judge_tile(level, frontier_.size() >> (8 * level) >> 8, tile);
  }

  // Those of the size the tree has now.
  Result<void, AuditError> judge_checkpoints() {
    for (;;) {
      if (next_ == page_.size()) {
        if (all_read_) return {};
        SEALPOST_TRY_VOID(read_checkpoints());
        if (page_.empty()) return {};
      }
      const SignedCheckpoint& stored = page_[next_];
      if (stored.size > frontier_.size()) return {};
      judge_checkpoint(stored);
      ++next_;
    }
  }

  void judge_checkpoint(const SignedCheckpoint& stored) {
    ++verdict_.checkpoints;
    const std::string at = " of the tree of size " + std::to_string(stored.size);
    const Hash256 root = frontier_.size() == 0 ? empty_root() : frontier_.root();
    if (stored.size != frontier_.size() || stored.root != root)
      complain("checkpoint.root: the root" + at + " is not that of the stored records");
    // A crash between root and signature leaves a checkpoint without a note; a later one stands for it.
    if (stored.note.empty()) return;
    const auto opened = open_checkpoint(stored.note, key_);
    if (!opened || opened->size != stored.size || opened->root != stored.root)
      complain("checkpoint.note: the signed note" + at + " does not say what its row says");
  }

  Result<void, AuditError> read_checkpoints() {
    const std::uint64_t from = page_.empty() ? 0 : page_.back().size + 1;
    next_ = 0;
    const auto read = trail_.store_.read([&](Reader& reader) -> StoreResult<void> {
      SEALPOST_TRY(page_, reader.checkpoints(log_, from, kRowsPerRead));
      return {};
    });
    if (!read) return fail(from_store(read.error()));
    all_read_ = page_.size() < kRowsPerRead;
    return {};
  }

  // What was signed and is not there any more.
  Result<void, AuditError> tell_of_checkpoints_beyond() {
    for (;;) {
      for (; next_ < page_.size(); ++next_) {
        ++verdict_.checkpoints;
        complain("checkpoint.size: a tree of size " + std::to_string(page_[next_].size) +
                 " was signed, and only " + std::to_string(frontier_.size()) + " records are stored");
      }
      if (all_read_) return {};
      SEALPOST_TRY_VOID(read_checkpoints());
    }
  }

  AuditTrail& trail_;
  const OrganizationId log_;
  const NoteVerifier& key_;
  const Tell& tell_;
  const Seen& seen_;
  LogVerdict verdict_;
  std::uint64_t size_ = 0;  // as audit_log says
  std::uint64_t from_ = 0;
  Frontier frontier_;
  std::map<unsigned, std::vector<Hash256>> open_tiles_;  // by tile level: hashes of the tile being filled
  std::vector<SignedCheckpoint> page_;
  std::size_t next_ = 0;
  bool all_read_ = false;
};

Result<AuditTrail::LogVerdict, AuditError> AuditTrail::verify_log(OrganizationId log, const Tell& tell,
                                                                  const Seen& seen) {
  SEALPOST_TRY(const std::string vkey, verifier_key(log));
  const auto key = NoteVerifier::parse(vkey);
  SEALPOST_CHECK(key.ok());
  return LogCheck(*this, log, *key, tell, seen).run();
}

}  // namespace sealpost
