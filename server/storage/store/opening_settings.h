// The settings of a store that is being opened: what makes the key of its rows reads and writes here, before
// there is anything else. Writes are part of the transaction that opens the store. One thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "foundation/result/result.h"
#include "storage/store/store_error.h"

namespace sealpost {

class OpeningSettings {
 public:
  virtual ~OpeningSettings() = default;
  virtual Result<std::optional<std::string>, StoreError> get(std::string_view name) = 0;
  virtual Result<void, StoreError> set(std::string_view name, std::string_view value) = 0;
};

}  // namespace sealpost
