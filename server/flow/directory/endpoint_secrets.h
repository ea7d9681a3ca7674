// An endpoint's secrets at rest: the query of its URL and the values of its headers lie in the row's sealed
// column, bound to the row and its version; the body keeps what may be read. In memory the record is whole.
// Free functions, thread-safe.
#pragma once

#include "domain/model/records.h"
#include "storage/store/rows.h"
#include "trust/vault/vault.h"

namespace sealpost {

// From the whole record to the row that is stored.
Result<ObjectRow, VaultError> hide_endpoint_secrets(const Vault& vault, ObjectRow row);
// And back. Malformed: the row can't be read.
Result<ObjectRow, VaultError> show_endpoint_secrets(const Vault& vault, ObjectRow row);

}  // namespace sealpost
