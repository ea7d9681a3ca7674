// Where a list goes on: the last item's public id under a keyed tag that binds it to one operation and its
// filters, so that a cursor can neither be invented nor carried to another list. Pure, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "domain/model/public_id.h"
#include "trust/vault/vault.h"

namespace sealpost {

// `scope`: the operation, its caller's tenancy and its filters, as one text.
[[nodiscard]] std::string make_cursor(const Vault& vault, const PublicIdCodec& ids, EntityKind kind,
                                      std::string_view scope, Position last);
[[nodiscard]] std::optional<Position> read_cursor(const Vault& vault, const PublicIdCodec& ids,
                                                  EntityKind kind, std::string_view scope,
                                                  std::string_view text);

}  // namespace sealpost
