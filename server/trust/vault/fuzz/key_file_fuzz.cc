// What lies where a root key should: only the one form is a key, and the key is what its digits say. The same
// octets as a wrapped key: nothing opens that this root did not seal.
#include <cstddef>
#include <cstdint>

#include "foundation/result/result.h"
#include "trust/vault/internal/key_file.h"
#include "trust/vault/testing/vault_fixture.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sealpost;
  using namespace sealpost::vault_internal;
  static const VaultFixture fixture;
  const std::string_view text = as_text({data, size});
  if (const auto key = parse_key_file(text)) {
    SEALPOST_CHECK(size == kKeyFileHeader.size() + 65 && text.starts_with(kKeyFileHeader));
    const auto digits = from_hex(text.substr(kKeyFileHeader.size(), 64));
    SEALPOST_CHECK(digits && key->equals(*digits));
  } else {
    SEALPOST_CHECK(key.error() == RootKeyError::Malformed || text.starts_with(kKeyFileFamily));
  }
  SEALPOST_CHECK(!fixture.root->unwrap({data, size}, as_bytes("a context")).ok());
  return 0;
}
