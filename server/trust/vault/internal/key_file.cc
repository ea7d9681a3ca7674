#include "trust/vault/internal/key_file.h"

#include <utility>

#include "trust/vault/internal/derived.h"

namespace sealpost::vault_internal {

Result<SecretBytes, RootKeyError> parse_key_file(std::string_view text) {
  if (!text.starts_with(kKeyFileHeader))
    return fail(text.starts_with(kKeyFileFamily) ? RootKeyError::UnsupportedVersion
                                                 : RootKeyError::Malformed);
  text.remove_prefix(kKeyFileHeader.size());
  if (text.size() != 2 * kKeyBytes + 1 || text.back() != '\n') return fail(RootKeyError::Malformed);
  auto key = from_hex(text.substr(0, 2 * kKeyBytes));
  if (!key) return fail(RootKeyError::Malformed);
  return SecretBytes::take(std::move(*key));
}

}  // namespace sealpost::vault_internal
