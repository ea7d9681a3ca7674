// Any text as a cursor: none is accepted that was not made here, for this list.
#include <cstddef>
#include <cstdint>

#include "flow/directory/page_cursor.h"
#include "trust/vault/testing/vault_fixture.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sealpost;
  static const VaultFixture fixture;
  static const PublicIdCodec ids = fixture.vault->make_public_id_codec({{1, 0}});
  const auto read = [](std::string_view scope, std::string_view text) {
    return read_cursor(*fixture.vault, ids, EntityKind::Message, scope, text);
  };
  const std::string_view text = as_text({data, size});
  SEALPOST_CHECK(!read("list", text));
  constexpr Position kLast = 1ULL << 40;
  const std::string own = make_cursor(*fixture.vault, ids, EntityKind::Message, "list", kLast);
  SEALPOST_CHECK(read("list", own) == kLast);
  SEALPOST_CHECK(text == "list" || !read(text, own));
  SEALPOST_CHECK(size == 0 ||
                 (!read("list", own + std::string(text)) && !read("list", std::string(text) + own)));
  return 0;
}
