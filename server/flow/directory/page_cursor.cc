#include "flow/directory/page_cursor.h"

namespace sealpost {
namespace {

constexpr std::size_t kTagBytes = 10;

std::string tag_of(const Vault& vault, std::string_view scope, std::string_view id) {
  const Hash256 tag =
      vault.tag(InstallationTag::PageCursor, {as_bytes("cursor"), as_bytes(scope), as_bytes(id)});
  return to_base32(ByteView(tag).first(kTagBytes));
}

}  // namespace

std::string make_cursor(const Vault& vault, const PublicIdCodec& ids, EntityKind kind, std::string_view scope,
                        Position last) {
  const std::string id = ids.encode(kind, last);
  return id + "." + tag_of(vault, scope, id);
}

std::optional<Position> read_cursor(const Vault& vault, const PublicIdCodec& ids, EntityKind kind,
                                    std::string_view scope, std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const std::string_view id = text.substr(0, dot);
  if (!constant_time_equal(as_bytes(tag_of(vault, scope, id)), as_bytes(text.substr(dot + 1))))
    return std::nullopt;
  return ids.decode(kind, id);
}

}  // namespace sealpost
