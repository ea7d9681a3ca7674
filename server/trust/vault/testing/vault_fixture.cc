#include "trust/vault/testing/vault_fixture.h"

namespace sealpost {

VaultFixture::VaultFixture(std::uint64_t seed) : entropy(seed) {
  const auto file = directory.path() / "root.key";
  SEALPOST_CHECK(FileRootKey::create(file, entropy).ok());
  root = std::move(FileRootKey::load(file)).value();
  vault = std::move(reopen()).value();
}

OrganizationId VaultFixture::add_organization() {
  const OrganizationId organization{store.positions().draw()};
  const auto created = store.transact_and_wait([&](Transaction& transaction) -> StoreResult<void> {
    SEALPOST_TRY([[maybe_unused]] const auto key, vault->create_organization_key(transaction, organization));
    return {};
  });
  SEALPOST_CHECK(created.ok());
  SEALPOST_CHECK(vault->load_organization(organization).ok());
  return organization;
}

}  // namespace sealpost
