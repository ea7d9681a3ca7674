// An installation opened without running it: for commands that verify or look. Errors are sentences for the
// operator. One thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/wiring/core.h"

namespace sealpost {

class OfflineInstallation final {
 public:
  static Result<std::unique_ptr<OfflineInstallation>, std::string> open(const Config& config);
  [[nodiscard]] AuditTrail& audit() { return *core_->audit; }
  [[nodiscard]] std::vector<OrganizationId> logs();

 private:
  explicit OfflineInstallation(std::unique_ptr<Core> core) : core_(std::move(core)) {}
  std::unique_ptr<Core> core_;
};

}  // namespace sealpost
