#include "trust/audit_trail/testing/audit_world.h"

#include <span>
#include <utility>

namespace sealpost {

AuditWorld::AuditWorld() {
  EXPECT_TRUE(FileRootKey::create(directory_.path() / "root.key", entropy_));
  root_ = *FileRootKey::load(directory_.path() / "root.key");
  SqliteOptions options;
  options.work_row_key = key_that_everybody_knows;
  options.path = directory_.path() / "sealpost.db";
  store_ = *SqliteStore::open(std::move(options), clock_, entropy_);
  scripted_ = std::make_unique<ScriptedStore>(*store_);
  vault_ = *Vault::open(*scripted_, *root_, clock_, entropy_);
  trail_ = open_trail();
  store_->set_log_listener([this](std::span<const OrganizationId> logs) { trail_->logs_grew(logs); });
  organization_ = add_organization();
}

AuditWorld::~AuditWorld() { store_->close(); }

std::unique_ptr<AuditTrail> AuditWorld::open_trail() {
  return std::make_unique<AuditTrail>(*scripted_, *vault_, clock_, entropy_,
                                      InstallationName{"testhouse", 1});
}

void AuditWorld::settle() {
  EXPECT_TRUE(store_->transact_and_wait([](Transaction&) { return StoreResult<void>(); }));
}

StoreResult<void> AuditWorld::change(Store::Work work) { return store_->transact_and_wait(std::move(work)); }

void AuditWorld::tamper(Tampering tampering) {
  tampering_ = std::move(tampering);
  scripted_->through = [this](Reader& reader, const Store::Look& look) {
    TamperedReader tampered(reader, tampering_);
    return look(tampered);
  };
}

OrganizationId AuditWorld::add_organization() {
  const OrganizationId organization{store_->positions().draw()};
  EXPECT_TRUE(change([&](Transaction& transaction) -> StoreResult<void> {
    ObjectRow row;
    row.kind = EntityKind::Organization;
    row.head.position = organization.position;
    row.head.tenancy = {organization, Environment::Shared};
    row.body = "{}";
    SEALPOST_TRY_VOID(transaction.insert_object(row));
    SEALPOST_TRY_VOID(vault_->create_organization_key(transaction, organization));
    return trail_->create_log(transaction, organization);
  }));
  EXPECT_TRUE(vault_->load_organization(organization));
  return organization;
}

AuditEvent AuditWorld::event(std::int64_t number) {
  AuditEvent made("test.happened", {organization_, Environment::Test}, clock_.wall_now());
  made.who().add("actor", "crd_someone");
  made.what().add("number", number).add("result", "accepted");
  made.where().add("source_address", "192.0.2.7");
  return made;
}

std::uint64_t AuditWorld::append(const AuditEvent& made) {
  const auto draft = trail_->draft(made);
  EXPECT_TRUE(draft);
  std::uint64_t index = 0;
  EXPECT_TRUE(change([&](Transaction& transaction) -> StoreResult<void> {
    SEALPOST_TRY(index, transaction.append_audit(*draft));
    return {};
  }));
  return index;
}

void AuditWorld::append_many(int count) {
  EXPECT_TRUE(change([&](Transaction& transaction) -> StoreResult<void> {
    for (int i = 0; i < count; ++i) {
      const auto draft = trail_->draft(event(i));
      EXPECT_TRUE(draft);
      SEALPOST_TRY(const std::uint64_t index, transaction.append_audit(*draft));
      static_cast<void>(index);
    }
    return {};
  }));
}

AuditRow AuditWorld::row(std::uint64_t index) {
  AuditRow found;
  EXPECT_TRUE(store_->read([&](Reader& reader) -> StoreResult<void> {
    SEALPOST_TRY(found, reader.audit_row(organization_, index));
    return {};
  }));
  return found;
}

Result<OpenedRecord, AuditError> AuditWorld::open(std::uint64_t index) {
  return trail_->open_record({organization_, Environment::Test}, index);
}

}  // namespace sealpost
