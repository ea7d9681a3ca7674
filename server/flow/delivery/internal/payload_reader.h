// Fetches and opens a payload that nobody carried: a read of the store and a key that may have to be loaded,
// so for pool threads only. Thread-safe.
#pragma once

#include "flow/delivery/internal/inbox.h"

namespace sealpost::delivery {

[[nodiscard]] Opened open_payload(Store& store, Vault& vault, const Tenancy& tenancy, MessageId message,
                                  SendTag tag);

}  // namespace sealpost::delivery
