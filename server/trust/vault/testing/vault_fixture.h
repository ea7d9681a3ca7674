// A vault over a store in memory, with one or more organizations in it. Tests only.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "foundation/system/testing/fakes.h"
#include "trust/vault/root_key.h"
#include "trust/vault/testing/memory_store.h"
#include "trust/vault/vault.h"

namespace sealpost {

// A directory of its own that is gone afterwards.
class ScratchDirectory final {
 public:
  ScratchDirectory();
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

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
