// The text of a root key's file: the header line, 64 hexadecimal digits, a line end, and nothing else.
// Pure, thread-safe.
#pragma once

#include <string_view>

#include "trust/vault/root_key.h"

namespace sealpost::vault_internal {

inline constexpr std::string_view kKeyFileFamily = "sealpost-root-key ";
inline constexpr std::string_view kKeyFileHeader = "sealpost-root-key v1\n";

// Malformed or UnsupportedVersion, else the 32 octets. The caller wipes the text.
Result<SecretBytes, RootKeyError> parse_key_file(std::string_view text);

}  // namespace sealpost::vault_internal
