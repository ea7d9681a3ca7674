// What stands on disk, opened: the root key, the store, the vault, the names of the installation, the audit
// trail. Commands that work without a running gateway need no more. One thread opens; the parts are
// thread-safe as they say.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/config/config.h"
#include "domain/model/public_id.h"
#include "foundation/result/result.h"
#include "foundation/system/clock.h"
#include "foundation/system/entropy.h"
#include "storage/store/store.h"
#include "trust/audit_trail/audit_trail.h"
#include "trust/vault/vault.h"

namespace sealpost {

class Core final {
 public:
  // `Make` is init's: makes the database, and names the installation when it has no name yet; `Open` makes
  // neither. Errors are sentences for the operator.
  enum class Mode : std::uint8_t { Make, Open };
  // `clock`: what tests move days with; it outlives the core. Null: the machine's.
  static Result<std::unique_ptr<Core>, std::string> open(const Config& config, Mode mode,
                                                         const Clock* clock = nullptr);
  ~Core();
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  const Clock& clock;
  SystemEntropy entropy;
  std::unique_ptr<RootKey> root;
  std::unique_ptr<Store> store;
  std::unique_ptr<Vault> vault;
  InstallationName installation;
  std::unique_ptr<PublicIdCodec> ids;
  std::unique_ptr<AuditTrail> audit;

 private:
  explicit Core(const Clock* given) : clock(given == nullptr ? machine_clock_ : *given) {}
  SystemClock machine_clock_;
};

[[nodiscard]] std::string store_library_version();

}  // namespace sealpost
