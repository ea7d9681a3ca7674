// The vault's word for a row of the control plane. Whoever can write to the database, and has no root key,
// can change a row but not the tag that fits it: the tag is an HMAC under a key of its own purpose, derived
// from the installation key, over the table, kind, tenancy, id, parent, version, times, body and sealed part,
// each behind its length. A row that was moved, copied from another organization or installation, or edited
// in any column is not authentic. What a row was once may be put back whole: that is for the anchor to find.
//
// Written in the transaction that changes the row; checked wherever a row is read to decide from: no message
// path does. Free functions, thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "domain/model/directory_snapshot.h"
#include "domain/model/public_id.h"
#include "storage/store/store.h"
#include "trust/vault/vault.h"

namespace sealpost {

// The row with the tag of what it now says.
[[nodiscard]] ObjectRow stamped(const Vault& vault, ObjectRow row);
// Compared in constant time.
[[nodiscard]] bool is_authentic(const Vault& vault, const ObjectRow& row);

// Reads every row, page by page; `damaged` hears of each that is not authentic. How many there are in all.
StoreResult<std::uint64_t> check_objects(Store& store, const Vault& vault,
                                         const std::function<void(const DamagedRow&)>& damaged);

// "grt_…", or "kind 99" when there is no such kind.
[[nodiscard]] std::string public_name(const PublicIdCodec& ids, const DamagedRow& row);
// "object: grt_…, row 17, of org_…, is not what the gateway wrote": for people.
[[nodiscard]] std::string describe(const PublicIdCodec& ids, const DamagedRow& row);

}  // namespace sealpost
