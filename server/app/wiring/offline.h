// An installation opened without running it: for commands that verify or look. Errors are sentences for the
// operator. One thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/wiring/core.h"
#include "flow/history/record_check.h"

namespace sealpost {

class OfflineInstallation final {
 public:
  static Result<std::unique_ptr<OfflineInstallation>, std::string> open(const Config& config);
  [[nodiscard]] AuditTrail& audit() { return *core_->audit; }
  [[nodiscard]] std::vector<OrganizationId> logs();
  // Holds every row of the control plane against its tag; `tell` hears a line for each that does not fit. How
  // many there are; nothing when the store can't be read.
  struct ObjectVerdict {
    std::uint64_t rows = 0;
    std::uint64_t damaged = 0;
  };
  std::optional<ObjectVerdict> check_objects(const std::function<void(const std::string&)>& tell);
  // For RecordCheck, whose store nobody else may write to.
  [[nodiscard]] RecordCheck::Parts record_check_parts();

 private:
  explicit OfflineInstallation(std::unique_ptr<Core> core) : core_(std::move(core)) {}
  std::unique_ptr<Core> core_;
};

}  // namespace sealpost
