// A vault over a store in memory, with one or more organizations in it. Tests only.
#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "foundation/system/testing/fakes.h"
#include "foundation/system/testing/scratch_directory.h"
#include "trust/vault/root_key.h"
#include "trust/vault/testing/memory_store.h"
#include "trust/vault/vault.h"

namespace sealpost {

struct VaultFixture {
  explicit VaultFixture(std::uint64_t seed = 1);
  // Opens the vault once more over the same store, as a restart does.
  Result<std::unique_ptr<Vault>, VaultError> reopen() { return Vault::open(store, *root, clock, entropy); }
  OrganizationId add_organization();

  FakeClock clock;
  SeededEntropy entropy;
  MemoryStore store{clock};
  ScratchDirectory directory;
  std::unique_ptr<FileRootKey> root;
  std::unique_ptr<Vault> vault;
};

}  // namespace sealpost
