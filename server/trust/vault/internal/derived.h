// Keys by purpose out of one key (RFC 5869), and the encoding of parts that are tagged together. Private to
// the vault. Free functions, thread-safe.
#pragma once

#include <array>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "foundation/bytes/bytes.h"
#include "foundation/bytes/secret_bytes.h"
#include "foundation/crypto/crypto.h"

namespace sealpost::vault_internal {

inline constexpr std::size_t kKeyBytes = 32;

// The purpose is a constant of the program: "organization/secrets/v1".
[[nodiscard]] inline SecretBytes derive_key(const SecretBytes& key, std::string_view purpose) {
  Bytes info;
  append(info, "sealpost/");
  append(info, purpose);
  return hkdf_sha256(key, {}, info, kKeyBytes);
}

[[nodiscard]] inline XAes256Gcm derive_sealer(const SecretBytes& key, std::string_view purpose) {
  return XAes256Gcm::create(derive_key(key, purpose)).value();  // of the right length by construction
}

template <std::size_t N>
[[nodiscard]] std::array<HmacSha256, N> derive_tags(const SecretBytes& key,
                                                    const std::array<std::string_view, N>& purposes) {
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    return std::array<HmacSha256, N>{HmacSha256(derive_key(key, purposes[I]))...};
  }(std::make_index_sequence<N>{});
}

[[nodiscard]] inline SecretBytes random_key(Entropy& entropy) {
  Bytes bytes(kKeyBytes);
  entropy.fill(bytes);
  return SecretBytes::take(std::move(bytes));
}

// Each part behind its length, so that no two lists of parts share an encoding.
[[nodiscard]] inline Bytes join_parts(std::initializer_list<ByteView> parts) {
  std::size_t size = 0;
  for (const ByteView part : parts) size += 8 + part.size();
  Bytes out;
  out.reserve(size);
  for (const ByteView part : parts) {
    append_u64(out, part.size());
    append(out, part);
  }
  return out;
}

}  // namespace sealpost::vault_internal
