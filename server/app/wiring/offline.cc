#include "app/wiring/offline.h"

#include "trust/vault/object_tag.h"

namespace sealpost {

Result<std::unique_ptr<OfflineInstallation>, std::string> OfflineInstallation::open(const Config& config) {
  SEALPOST_TRY(auto core, Core::open(config, Core::Mode::Open));
  return std::unique_ptr<OfflineInstallation>(new OfflineInstallation(std::move(core)));
}

std::vector<OrganizationId> OfflineInstallation::logs() {
  std::vector<OrganizationId> found;
  static_cast<void>(core_->store->read([&](Reader& reader) -> StoreResult<void> {
    SEALPOST_TRY(found, reader.logs());
    return {};
  }));
  return found;
}

std::optional<OfflineInstallation::ObjectVerdict> OfflineInstallation::check_objects(
    const std::function<void(const std::string&)>& tell) {
  ObjectVerdict verdict;
  const auto rows = sealpost::check_objects(*core_->store, *core_->vault, [&](const DamagedRow& row) {
    ++verdict.damaged;
    tell(describe(*core_->ids, row));
  });
  if (!rows) return std::nullopt;
  verdict.rows = *rows;
  return verdict;
}

RecordCheck::Parts OfflineInstallation::record_check_parts() {
  return {.store = *core_->store, .vault = *core_->vault, .ids = *core_->ids, .clock = core_->clock};
}

}  // namespace sealpost
