// An audit trail over a real store in a directory of its own, under a clock and entropy that tests move, with
// one organization whose log is empty. The store in front of the real one does as a test says. Tests only.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>

#include "storage/store/testing/scripted_store.h"
#include "storage/store/testing/tampered_reader.h"
#include "storage/store_sqlite/sqlite_store.h"
#include "trust/audit_trail/audit_trail.h"
#include "trust/vault/testing/vault_fixture.h"

namespace sealpost {

class AuditWorld : public ::testing::Test {
 protected:
  AuditWorld();
  // The writer tells of grown logs until it is closed.
  ~AuditWorld() override;

  std::unique_ptr<AuditTrail> open_trail();
  // Returns after the writer has told of every commit before.
  void settle();
  StoreResult<void> change(Store::Work work);
  // From now on reads show this.
  void tamper(Tampering tampering);
  void mend() { scripted_->through = nullptr; }

  OrganizationId add_organization();

  AuditEvent event(std::int64_t number = 1);
  std::uint64_t append(const AuditEvent& made);
  void append_many(int count);
  AuditRow row(std::uint64_t index);
  Result<OpenedRecord, AuditError> open(std::uint64_t index);

  FakeClock clock_;
  SeededEntropy entropy_;
  ScratchDirectory directory_;
  std::unique_ptr<FileRootKey> root_;
  std::unique_ptr<SqliteStore> store_;
  std::unique_ptr<ScriptedStore> scripted_;
  Tampering tampering_;
  std::unique_ptr<Vault> vault_;
  std::unique_ptr<AuditTrail> trail_;
  OrganizationId organization_;
};

}  // namespace sealpost
