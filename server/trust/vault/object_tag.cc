#include "trust/vault/object_tag.h"

#include <utility>

namespace sealpost {
namespace {

constexpr std::string_view kTable = "object";
constexpr std::uint32_t kPageRows = 500;

Hash256 tag_of(const Vault& vault, const ObjectRow& row) {
  Bytes head;
  head.reserve(8 * sizeof(std::uint64_t));
  append_u64(head, static_cast<std::uint64_t>(row.kind));
  append_u64(head, row.head.tenancy.organization.position);
  append_u64(head, static_cast<std::uint64_t>(row.head.tenancy.environment));
  append_u64(head, row.head.position);
  append_u64(head, row.parent);
  append_u64(head, row.head.version);
  append_u64(head, static_cast<std::uint64_t>(to_unix_ms(row.head.created_at)));
  append_u64(head, static_cast<std::uint64_t>(to_unix_ms(row.head.updated_at)));
  return vault.tag(InstallationTag::ObjectRow, {as_bytes(kTable), head, as_bytes(row.body), row.sealed});
}

}  // namespace

ObjectRow stamped(const Vault& vault, ObjectRow row) {
  const Hash256 tag = tag_of(vault, row);
  row.tag.assign(tag.begin(), tag.end());
  return row;
}

bool is_authentic(const Vault& vault, const ObjectRow& row) {
  return constant_time_equal(row.tag, tag_of(vault, row));
}

StoreResult<std::uint64_t> check_objects(Store& store, const Vault& vault,
                                         const std::function<void(const DamagedRow&)>& damaged) {
  std::uint64_t count = 0;
  for (Page page{.after = 0, .limit = kPageRows};;) {
    std::vector<ObjectRow> rows;
    SEALPOST_TRY_VOID(store.read([&](Reader& reader) -> StoreResult<void> {
      SEALPOST_TRY(rows, reader.load_objects(page));
      return {};
    }));
    for (const ObjectRow& row : rows)
      if (!is_authentic(vault, row)) damaged({row.kind, row.head.position, row.head.tenancy});
    count += rows.size();
    if (rows.size() < page.limit) return count;
    page.after = rows.back().head.position;
  }
}

std::string public_name(const PublicIdCodec& ids, const DamagedRow& row) {
  const bool known = row.kind >= EntityKind::Organization && row.kind <= EntityKind::DataKey;
  return known ? ids.encode(row.kind, row.position)
               : "kind " + std::to_string(static_cast<unsigned>(row.kind));
}

std::string describe(const PublicIdCodec& ids, const DamagedRow& row) {
  return "object: " + public_name(ids, row) + ", row " + std::to_string(row.position) + ", of " +
         ids.encode(row.tenancy.organization) + ", is not what the gateway wrote";
}

}  // namespace sealpost
