// Outbound signing as Standard Webhooks defines it: the signed string is id, full stop, timestamp, full
// stop, body. Every key that is current signs, so that a receiver may roll its key at leisure.
// Pure functions; keys are only read. Thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "foundation/bytes/bytes.h"
#include "foundation/crypto/crypto.h"
#include "foundation/result/result.h"

namespace sealpost {

enum class SignError : std::uint8_t {
  BadId,         // not 1..256 visible ASCII characters, or it holds the separating full stop
  BadTimestamp,  // negative or above 12 digits
  NoKeys,
  TooManyKeys,  // more than a receiver must look at (8)
};

// "v1,<base64>" and "v1a,<base64>".
Result<std::string, SignError> sign_standard_v1(std::string_view id, std::int64_t timestamp, ByteView body,
                                                const HmacSha256& key);
Result<std::string, SignError> sign_standard_v1a(std::string_view id, std::int64_t timestamp, ByteView body,
                                                 const Ed25519PrivateKey& key);

using OutboundKey = std::variant<const HmacSha256*, const Ed25519PrivateKey*>;

struct StandardHeaders {
  std::string id;         // webhook-id
  std::string timestamp;  // webhook-timestamp
  std::string signature;  // webhook-signature: one entry per key, in the order given
};
Result<StandardHeaders, SignError> sign_standard(std::string_view id, std::int64_t timestamp, ByteView body,
                                                 std::span<const OutboundKey> keys);

}  // namespace sealpost
