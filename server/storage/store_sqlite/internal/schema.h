// The tables, as numbered steps that are applied once and never edited afterwards. A file written by a later
// release is refused.
#pragma once

#include "storage/store_sqlite/internal/database.h"

namespace sealpost::store_sqlite {

// Brings the file to this release's schema, in one transaction.
StoreResult<void> migrate(Database& database, WallTime now);

}  // namespace sealpost::store_sqlite
