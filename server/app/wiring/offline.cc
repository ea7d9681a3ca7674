#include "app/wiring/offline.h"

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

RecordCheck::Parts OfflineInstallation::record_check_parts() {
  return {.store = *core_->store, .vault = *core_->vault, .ids = *core_->ids, .clock = core_->clock};
}

}  // namespace sealpost
