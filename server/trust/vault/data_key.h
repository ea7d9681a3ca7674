// A data key: one organization, one retention class, one UTC day. What it seals can be made unreadable all at
// once by destroying it. The sealed form names its key, so that a reader needs nothing but the bytes and the
// context:
//
//   0x01 || key position (8, big-endian) || nonce (24) || ciphertext || tag (16)
//
// Each seal derives a key of its own from a random nonce (XAES-256-GCM), so no counter can repeat after a
// restore. Immutable, thread-safe.
#pragma once

#include <chrono>
#include <optional>

#include "domain/model/retention.h"
#include "foundation/crypto/crypto.h"
#include "foundation/result/result.h"
#include "foundation/system/entropy.h"
#include "trust/vault/seal_context.h"
#include "trust/vault/vault_error.h"

namespace sealpost {

class DataKey final {
 public:
  static constexpr std::size_t kOverhead = 1 + 8 + XAes256Gcm::kOverhead;

  struct Name {
    DataKeyId id;
    OrganizationId organization;
    RetentionClass retention = RetentionClass::Payload;
    std::chrono::sys_days day{};
  };
  DataKey(const Name& name, const SecretBytes& key);
  DataKey(const DataKey&) = delete;
  DataKey& operator=(const DataKey&) = delete;

  [[nodiscard]] const Name& name() const { return name_; }
  [[nodiscard]] DataKeyId id() const { return name_.id; }

  // `context` names the key's own organization; anything else is a bug of the caller.
  [[nodiscard]] Bytes seal(ByteView plaintext, const SealContext& context, Entropy& entropy) const;
  // The same behind what `out` holds already: plaintext.size() + kOverhead octets.
  void seal_onto(Bytes& out, ByteView plaintext, const SealContext& context, Entropy& entropy) const;
  Result<Bytes, VaultError> open(ByteView sealed, const SealContext& context) const;
  // HMAC under a key derived from this one: comparable within the day, meaningless once the key is destroyed.
  [[nodiscard]] Hash256 digest(ByteView content) const { return digest_.tag(content); }

  // Which key a sealed value names; nothing if it has not the form above.
  [[nodiscard]] static std::optional<DataKeyId> key_of(ByteView sealed);

 private:
  Name name_;
  XAes256Gcm sealer_;
  HmacSha256 digest_;
};

}  // namespace sealpost
