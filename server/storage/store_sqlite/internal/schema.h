// The tables, as numbered steps that are applied once and never edited afterwards. A file written by a later
// release is refused.
#pragma once

#include "storage/store_sqlite/internal/database.h"

namespace sealpost::store_sqlite {

// Brings the file to this release's schema, inside the caller's transaction. Whether it held nothing before.
StoreResult<bool> migrate(Database& database);

}  // namespace sealpost::store_sqlite
