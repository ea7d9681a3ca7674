#include "domain/schemes/sign.h"

#include "domain/schemes/internal/text.h"
#include "domain/schemes/verify.h"

namespace sealpost {
namespace {

Result<std::string, SignError> checked_timestamp(std::string_view id, std::int64_t timestamp) {
  if (!is_message_id(id, '.')) return fail(SignError::BadId);
  if (timestamp < 0 || timestamp > 999'999'999'999) return fail(SignError::BadTimestamp);
  return std::to_string(timestamp);
}

}  // namespace

Result<std::string, SignError> sign_standard_v1(std::string_view id, std::int64_t timestamp, ByteView body,
                                                const HmacSha256& key) {
  SEALPOST_TRY(const std::string time, checked_timestamp(id, timestamp));
  const Hash256 tag = key.tag({as_bytes(id), as_bytes("."), as_bytes(time), as_bytes("."), body});
  return "v1," + to_base64(tag);
}

Result<std::string, SignError> sign_standard_v1a(std::string_view id, std::int64_t timestamp, ByteView body,
                                                 const Ed25519PrivateKey& key) {
  SEALPOST_TRY(const std::string time, checked_timestamp(id, timestamp));
  Bytes message;
  message.reserve(id.size() + time.size() + body.size() + 2);
  append(message, id);
  append(message, ".");
  append(message, time);
  append(message, ".");
  append(message, body);
  return "v1a," + to_base64(key.sign(message));
}

Result<StandardHeaders, SignError> sign_standard(std::string_view id, std::int64_t timestamp, ByteView body,
                                                 std::span<const OutboundKey> keys) {
  if (keys.empty()) return fail(SignError::NoKeys);
  if (keys.size() > kMaxSignatures) return fail(SignError::TooManyKeys);
  StandardHeaders headers{std::string(id), std::to_string(timestamp), {}};
  for (const OutboundKey& key : keys) {
    const auto* hmac = std::get_if<const HmacSha256*>(&key);
    SEALPOST_TRY(const std::string entry,
                 hmac != nullptr
                     ? sign_standard_v1(id, timestamp, body, **hmac)
                     : sign_standard_v1a(id, timestamp, body, *std::get<const Ed25519PrivateKey*>(key)));
    if (!headers.signature.empty()) headers.signature.push_back(' ');
    headers.signature += entry;
  }
  return headers;
}

}  // namespace sealpost
