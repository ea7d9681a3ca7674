// One organization's keys, opened: its sealer for control-plane secrets and its tags. All are derived from
// the organization key, so that destroying that one key takes every tag and secret of the organization with
// it, and equal values of two organizations never show as equal. Immutable, thread-safe.
#pragma once

#include <initializer_list>

#include "domain/model/ids.h"
#include "foundation/bytes/secret_bytes.h"
#include "foundation/crypto/crypto.h"
#include "foundation/result/result.h"
#include "foundation/system/entropy.h"
#include "trust/vault/seal_context.h"
#include "trust/vault/vault_error.h"

namespace sealpost {

// Each purpose has a key of its own.
enum class OrganizationTag : std::uint8_t {
  ReplayKey,
  ReplayBody,
  IdempotencyKey,
  IdempotencyBody,
  Fingerprint,
  SearchTerm
};
inline constexpr std::size_t kOrganizationTagCount = 6;

class OrganizationKeys final {
 public:
  OrganizationKeys(OrganizationId organization, const SecretBytes& organization_key);
  OrganizationKeys(const OrganizationKeys&) = delete;
  OrganizationKeys& operator=(const OrganizationKeys&) = delete;

  [[nodiscard]] OrganizationId organization() const { return organization_; }

  // HMAC of the parts, each preceded by its length: moving a boundary changes the tag.
  [[nodiscard]] Hash256 tag(OrganizationTag purpose, std::initializer_list<ByteView> parts) const;
  // The first half of it: for rows that are found by it.
  [[nodiscard]] Hash128 short_tag(OrganizationTag purpose, std::initializer_list<ByteView> parts) const;

  // Secrets of the control plane (signing key material, custom header values). `context` names this
  // organization.
  [[nodiscard]] Bytes seal_secret(const SecretBytes& secret, const SealContext& context,
                                  Entropy& entropy) const;
  Result<SecretBytes, VaultError> open_secret(ByteView sealed, const SealContext& context) const;

  // Wraps data keys; used by the vault alone.
  [[nodiscard]] const XAes256Gcm& data_key_wrapper() const { return data_key_wrapper_; }

 private:
  OrganizationId organization_;
  XAes256Gcm secrets_;
  XAes256Gcm data_key_wrapper_;
  std::array<HmacSha256, kOrganizationTagCount> tags_;
};

}  // namespace sealpost
