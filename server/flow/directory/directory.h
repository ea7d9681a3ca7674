// The parties, in memory and on disk. Everything the gateway decides from is one immutable GatewayPicture;
// every change of the control plane goes through commit(), which writes the rows and their audit records in
// one transaction and publishes the next picture before it returns. Commits are one at a time; pictures are
// read by anyone, without waiting. What may be changed, and by whom, is in the operations beside this header.
// A row whose tag does not fit it (trust/vault/object_tag.h) is not in the picture, and neither is what leans
// on it: without its organization's row nothing of an organization is. Everybody else's goes on.
// Internally synchronised. load(), commit() and refresh() wait for the store: not for socket threads.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "domain/model/directory_snapshot.h"
#include "domain/model/record_json.h"
#include "flow/directory/source_plan.h"
#include "foundation/concurrency/snapshot.h"
#include "foundation/log/log.h"
#include "storage/store/store.h"
#include "trust/audit_trail/audit_trail.h"
#include "trust/signing/key_ring.h"
#include "trust/vault/vault.h"

namespace sealpost {

struct GatewayPicture {
  DirectoryPicture directory;
  std::shared_ptr<const KeyRing> keys;
  std::unordered_map<Position, std::shared_ptr<const SourcePlan>> sources;
  std::unordered_map<Position, std::shared_ptr<const RedactionPlan>>
      redactions;             // of integrations with rules
  std::uint64_t version = 0;  // grows with every picture

  [[nodiscard]] const SourcePlan* find_plan(SourceId id) const {
    const auto it = sources.find(id.position);
    return it == sources.end() ? nullptr : it->second.get();
  }
};
using GatewayPicturePtr = std::shared_ptr<const GatewayPicture>;

// A transaction of the control plane that remembers what it wrote, so that memory can follow the disk.
class ControlTransaction final {
 public:
  ControlTransaction(Transaction& store, const AuditTrail& audit, const Vault& vault)
      : store_(store), audit_(audit), vault_(vault) {}

  template <class Record>
  StoreResult<void> insert(const Record& record, Position parent, Bytes sealed = {}) {
    return write(row_of(record, parent, std::move(sealed)), true);
  }
  // Raises the record's version and stamps it; the caller passes the record as it was read. `sealed` empty:
  // destroys what was sealed, absent: keeps it.
  template <class Record>
  StoreResult<void> update(Record& record, WallTime now, std::optional<Bytes> sealed = std::nullopt) {
    SEALPOST_TRY(ObjectRow before, find_row(record.head.tenancy, Record::kKind, record.head.position));
    if (before.head.version != record.head.version) return fail(StoreError::VersionMismatch);
    ++record.head.version;
    record.head.updated_at = now;
    return write(row_of(record, before.parent, sealed ? *std::move(sealed) : std::move(before.sealed)),
                 false);
  }
  // The record as it is on disk now.
  template <class Record>
  StoreResult<Record> find(const Tenancy& tenancy, Position position) {
    SEALPOST_TRY(ObjectRow row, find_row(tenancy, Record::kKind, position));
    SEALPOST_TRY(row, opened(std::move(row)));
    auto record = record_from_text<Record>(row.head, row.body);
    if (!record) return fail(StoreError::Corrupt);
    return *std::move(record);
  }
  // The audit record of this change. Returns its index.
  StoreResult<std::uint64_t> record(const AuditEvent& event);
  // This change takes access away.
  StoreResult<void> narrow(OrganizationId organization);

  [[nodiscard]] Transaction& store() { return store_; }

 private:
  friend class Directory;
  template <class Record>
  static ObjectRow row_of(const Record& record, Position parent, Bytes&& sealed) {
    return {.kind = Record::kKind,
            .head = record.head,
            .parent = parent,
            .body = record_to_text(record),
            .sealed = std::move(sealed)};
  }
  StoreResult<void> write(ObjectRow row, bool fresh);
  // Corrupt, and remembered as damaged, when the row is not what the gateway wrote: changing it would put our
  // own tag on somebody else's words.
  StoreResult<ObjectRow> find_row(const Tenancy& tenancy, EntityKind kind, Position position);
  // An endpoint's row holds secrets that its record shows.
  StoreResult<ObjectRow> opened(ObjectRow row) const;

  Transaction& store_;
  const AuditTrail& audit_;
  const Vault& vault_;
  std::vector<ObjectRow> written_;
  std::vector<std::pair<OrganizationId, std::uint64_t>> epochs_;
  std::vector<DamagedRow> damaged_;
};

class Directory final {
 public:
  struct Parts {
    Store& store;
    Vault& vault;
    AuditTrail& audit;
    const PublicIdCodec& ids;
    const Clock& clock;
    Logger& log;
  };
  explicit Directory(Parts parts);

  // Reads all of the control plane. A row of ours that can't be read stops the start: guessing at a control
  // is worse. One that is not ours is left out and told to the log.
  StoreResult<void> load();
  [[nodiscard]] GatewayPicturePtr picture() const { return picture_.load(); }

  using Change = std::function<StoreResult<void>(ControlTransaction&)>;
  StoreResult<void> commit(const Change& change);
  // Returns once every commit that began before has been published: what a store refused for a newer epoch is
  // decided again after this.
  void settle() { const std::scoped_lock lock(writing_); }
  // Rebuilds what time alone has changed (an overlap that ended). Call it about once a second.
  void refresh(WallTime now);
  // Called after each published picture, on the publishing thread.
  void on_change(std::function<void(const GatewayPicturePtr&)> listener);

 private:
  void apply(DirectorySnapshot& next, const ObjectRow& row);
  StoreResult<void> load_row(DirectorySnapshot& next, Reader& reader, ObjectRow& row);
  void leave_out(DirectorySnapshot& next, const DamagedRow& row) const;
  void drop_orphans(DirectorySnapshot& next) const;
  void index(DirectorySnapshot& next) const;
  void publish(std::shared_ptr<const DirectorySnapshot> next);

  Parts parts_;
  std::mutex writing_;  // one commit and publication at a time
  SealedMaterial sealed_;
  Snapshot<GatewayPicture> picture_;
  std::vector<std::function<void(const GatewayPicturePtr&)>> listeners_;
};

}  // namespace sealpost
