// Evidence: makes audit records, signs checkpoints of the logs, proves, and reads records back.
//
// draft() is for every path, the message path included: it takes keys from memory only. Everything under
// "loads" reads the store and may wait; never from a socket thread or the store's writer. A checkpoint's
// (size, root) is on disk before its signature exists, so that a log never signs two histories:
// contract/audit.md. Internally synchronised.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <span>
#include <string>
#include <vector>

#include "domain/tlog/checkpoint.h"
#include "domain/tlog/commitment.h"
#include "domain/tlog/leaf.h"
#include "domain/tlog/merkle.h"
#include "domain/tlog/origin.h"
#include "storage/store/store.h"
#include "trust/audit_trail/audit_event.h"
#include "trust/vault/vault.h"

namespace sealpost {

enum class AuditError : std::uint8_t {
  KeyUnavailable,  // the vault has no key in memory: answer 503
  BadField,        // a field that has no canonical form: a bug, or outside text that was not cleaned
  StoreFailed,
  NotFound,  // no such log, record, or tree size
  Damaged,   // stored hashes, leaf or body contradict each other: tampering or a broken disk
  Diverged,  // the tree no longer continues what was signed: nothing more is signed
};

struct InstallationName {
  std::string id;  // frozen at init
  std::uint32_t generation = 1;
};

// A record as its readers see it. A group that can't be opened any more shows its commitment alone.
struct OpenedGroup {
  std::string label;
  Hash256 commitment{};
  std::optional<GroupSalt> salt;
  std::string canonical;         // empty when not opened
  std::optional<DataKeyId> key;  // that seals it
};
struct OpenedRecord {
  Leaf leaf;
  std::string leaf_bytes;
  std::vector<OpenedGroup> groups;
};

struct InclusionProof {
  std::uint64_t index = 0;
  std::uint64_t size = 0;
  Hash256 leaf{};
  Hash256 root{};
  HashList hashes;
};

class AuditTrail final {
 public:
  AuditTrail(Store& store, Vault& vault, const Clock& clock, Entropy& entropy, InstallationName installation);

  // ---- From memory ----
  Result<AuditDraft, AuditError> draft(const AuditEvent& event) const;
  // Valid as long as this object.
  [[nodiscard]] const std::string& pseudonym(OrganizationId log) const { return names_of(log).pseudonym; }
  [[nodiscard]] const LogOrigin& origin(OrganizationId log) const { return names_of(log).origin; }
  // Inside the transaction that creates the organization: the log's signing key.
  StoreResult<void> create_log(Transaction& transaction, OrganizationId log) const;
  // For Store::set_log_listener(): remembers which logs grew.
  void logs_grew(std::span<const OrganizationId> logs);

  // ---- Loads ----
  // What auditors pin.
  Result<std::string, AuditError> verifier_key(OrganizationId log);
  // A signed checkpoint of all that is in the log now.
  Result<std::string, AuditError> checkpoint(OrganizationId log);
  // Signs every log that grew since the last call; call it at most once a second. How many were signed.
  std::size_t sign_grown();
  Result<InclusionProof, AuditError> prove_inclusion(OrganizationId log, std::uint64_t index,
                                                     std::uint64_t size);
  Result<HashList, AuditError> prove_consistency(OrganizationId log, std::uint64_t old_size,
                                                 std::uint64_t new_size);
  // A tlog-proof file over the newest checkpoint: with the leaf, all an auditor needs beside the pinned key.
  Result<std::string, AuditError> proof_file(OrganizationId log, std::uint64_t index);
  // Refuses a record whose parts contradict each other.
  Result<OpenedRecord, AuditError> open_record(const Tenancy& tenancy, std::uint64_t index);
  // Recomputes every leaf hash, tile and commitment of a log and compares the roots with its checkpoints.
  // `tell` gets one line per contradiction, naming column and row; `seen` gets every record that is sound in
  // itself, in order, outside of any snapshot. How many rows of each kind the log accounts for comes back.
  struct LogVerdict {
    std::uint64_t records = 0;
    std::uint64_t tiles = 0;
    std::uint64_t checkpoints = 0;
    std::uint64_t contradictions = 0;
  };
  using Tell = std::function<void(const std::string&)>;
  using Seen = std::function<void(const OpenedRecord&)>;
  Result<LogVerdict, AuditError> verify_log(OrganizationId log, const Tell& tell, const Seen& seen = {});

 private:
  struct LogNames {
    std::string pseudonym;
    LogOrigin origin;
  };
  [[nodiscard]] const LogNames& names_of(OrganizationId log) const;
  [[nodiscard]] SealContext context_of(const Tenancy& tenancy, std::string_view label) const;
  Result<std::shared_ptr<const NoteSigner>, AuditError> signer(OrganizationId log);
  Result<OpenedRecord, AuditError> open_row(OrganizationId log, const AuditRow& row);
  Result<std::string, AuditError> checkpoint_locked(OrganizationId log);
  class LogCheck;

  Store& store_;
  Vault& vault_;
  const Clock& clock_;
  Entropy& entropy_;
  const InstallationName installation_;

  // A name is derived once per log, of which there are as many as organizations, and never changes.
  mutable std::shared_mutex names_mutex_;
  mutable std::map<OrganizationId, LogNames> names_;

  std::mutex signing_;  // one signer at a time: single flight per log, and few logs grow at once
  std::map<OrganizationId, std::shared_ptr<const NoteSigner>> signers_;
  std::mutex grown_mutex_;
  std::set<OrganizationId> grown_;
};

}  // namespace sealpost
