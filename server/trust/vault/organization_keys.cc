#include "trust/vault/organization_keys.h"

#include <algorithm>

#include "foundation/bytes/secret_access.h"
#include "trust/vault/internal/derived.h"

namespace sealpost {
namespace {

constexpr std::array<std::string_view, kOrganizationTagCount> kTagPurposes = {
    "organization/tag/replay-key/v1",      "organization/tag/replay-body/v1",
    "organization/tag/idempotency-key/v1", "organization/tag/idempotency-body/v1",
    "organization/tag/fingerprint/v1",     "organization/tag/search-term/v1"};

}  // namespace

OrganizationKeys::OrganizationKeys(OrganizationId organization, const SecretBytes& organization_key)
    : organization_(organization),
      secrets_(vault_internal::derive_sealer(organization_key, "organization/secrets/v1")),
      data_key_wrapper_(vault_internal::derive_sealer(organization_key, "organization/data-keys/v1")),
      tags_(vault_internal::derive_tags(organization_key, kTagPurposes)) {}

Hash256 OrganizationKeys::tag(OrganizationTag purpose, std::initializer_list<ByteView> parts) const {
  return tags_.at(static_cast<std::size_t>(purpose)).tag(vault_internal::join_parts(parts));
}

Hash128 OrganizationKeys::short_tag(OrganizationTag purpose, std::initializer_list<ByteView> parts) const {
  const Hash256 whole = tag(purpose, parts);
  Hash128 half;
  std::copy_n(whole.begin(), half.size(), half.begin());
  return half;
}

Bytes OrganizationKeys::seal_secret(const SecretBytes& secret, const SealContext& context,
                                    Entropy& entropy) const {
  SEALPOST_CHECK(context.tenancy.organization == organization_);
  return secrets_.seal(secret.reveal(SecretAccess("seal a secret for its row")), encode(context), entropy);
}

Result<SecretBytes, VaultError> OrganizationKeys::open_secret(ByteView sealed,
                                                              const SealContext& context) const {
  if (context.tenancy.organization != organization_) return fail(VaultError::Tampered);
  auto secret = secrets_.open_secret(sealed, encode(context));
  if (!secret) return fail(VaultError::Tampered);
  return std::move(*secret);
}

}  // namespace sealpost
