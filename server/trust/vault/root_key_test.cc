#include "trust/vault/root_key.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "foundation/bytes/secret_access.h"
#include "foundation/system/files.h"
#include "trust/vault/testing/vault_fixture.h"

namespace sealpost {
namespace {

namespace fs = std::filesystem;
const SecretAccess kLook("test");

struct RootKeyFile : ::testing::Test {
  ScratchDirectory directory;
  SeededEntropy entropy;
  fs::path file = directory.path() / "root.key";

  void write(std::string_view content,
             fs::perms mode = fs::perms::owner_read | fs::perms::owner_write) const {
    std::ofstream(file, std::ios::binary | std::ios::trunc) << content;
    fs::permissions(file, mode);
  }
  [[nodiscard]] RootKeyError load_error() const {
    const auto loaded = FileRootKey::load(file);
    EXPECT_FALSE(loaded.ok());
    return loaded ? RootKeyError::Unavailable : loaded.error();
  }
};

TEST_F(RootKeyFile, IsMadePrivateAndReadBack) {
  ASSERT_TRUE(FileRootKey::create(file, entropy).ok());
  EXPECT_EQ(fs::status(file).permissions() & fs::perms::mask, fs::perms::owner_read | fs::perms::owner_write);
  const auto first = FileRootKey::load(file);
  const auto second = FileRootKey::load(file);
  ASSERT_TRUE(first.ok());
  ASSERT_TRUE(second.ok());
  EXPECT_EQ((*first)->id(), (*second)->id());
  EXPECT_TRUE((*first)->id().starts_with("file:"));
}

TEST_F(RootKeyFile, IsNeverReplaced) {
  ASSERT_TRUE(FileRootKey::create(file, entropy).ok());
  const std::string id = FileRootKey::load(file).value()->id();
  const auto again = FileRootKey::create(file, entropy);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error(), RootKeyError::Exists);
  EXPECT_EQ(FileRootKey::load(file).value()->id(), id);
}

TEST_F(RootKeyFile, IsRefusedWhenOthersMayReadOrWriteIt) {
  ASSERT_TRUE(FileRootKey::create(file, entropy).ok());
  using enum fs::perms;
  for (const fs::perms extra : {group_read, group_write, others_read, others_write}) {
    fs::permissions(file, owner_read | owner_write | extra);
    EXPECT_EQ(load_error(), RootKeyError::Permissions) << static_cast<unsigned>(extra);
  }
  fs::permissions(file, owner_read);
  EXPECT_TRUE(FileRootKey::load(file).ok()) << "stricter than 0600 is fine";
}

TEST_F(RootKeyFile, MissingIsToldFromDamaged) { EXPECT_EQ(load_error(), RootKeyError::NotFound); }

TEST_F(RootKeyFile, IsReadStrictly) {
  const std::string digits(64, 'a');
  const struct {
    const char* name;
    std::string content;
    std::optional<RootKeyError> error;
  } rows[] = {
      {"as written", "sealpost-root-key v1\n" + digits + "\n", std::nullopt},
      {"upper case digits", "sealpost-root-key v1\n" + std::string(64, 'A') + "\n", std::nullopt},
      {"empty", "", RootKeyError::Malformed},
      {"no header", digits + "\n", RootKeyError::Malformed},
      {"another version", "sealpost-root-key v2\n" + digits + "\n", RootKeyError::UnsupportedVersion},
      {"a digit too few", "sealpost-root-key v1\n" + digits.substr(1) + "\n", RootKeyError::Malformed},
      {"a digit too many", "sealpost-root-key v1\na" + digits + "\n", RootKeyError::Malformed},
      {"not a digit", "sealpost-root-key v1\ng" + digits.substr(1) + "\n", RootKeyError::Malformed},
      {"no line end", "sealpost-root-key v1\n" + digits, RootKeyError::Malformed},
      {"something after", "sealpost-root-key v1\n" + digits + "\n\n", RootKeyError::Malformed},
      {"carriage return", "sealpost-root-key v1\r\n" + digits + "\n", RootKeyError::UnsupportedVersion},
      {"oversize", std::string(5000, 'x'), RootKeyError::Malformed},
  };
  for (const auto& row : rows) {
    write(row.content);
    const auto loaded = FileRootKey::load(file);
    ASSERT_EQ(loaded.ok(), !row.error) << row.name;
    if (row.error) {
      EXPECT_EQ(loaded.error(), *row.error) << row.name;
    }
  }
}

TEST_F(RootKeyFile, WrapsAndUnwrapsOnlyInItsContext) {
  ASSERT_TRUE(FileRootKey::create(file, entropy).ok());
  const auto key = std::move(FileRootKey::load(file)).value();
  const SecretBytes secret = SecretBytes::copy_of(as_bytes("0123456789abcdef0123456789abcdef"));
  const Bytes wrapped = key->wrap(secret, as_bytes("here"), entropy).value();
  const auto back = key->unwrap(wrapped, as_bytes("here"));
  ASSERT_TRUE(back.ok());
  EXPECT_TRUE(back->equals(secret));
  EXPECT_EQ(key->unwrap(wrapped, as_bytes("there")).error(), RootKeyError::Tampered);
  EXPECT_EQ(key->unwrap({}, as_bytes("here")).error(), RootKeyError::Tampered);
  for (std::size_t i = 0; i < wrapped.size(); ++i) {
    Bytes changed = wrapped;
    changed[i] ^= 1;
    ASSERT_FALSE(key->unwrap(changed, as_bytes("here")).ok()) << i;
  }
}

TEST_F(RootKeyFile, TwoRootsShareNothing) {
  write("sealpost-root-key v1\n" + std::string(64, 'a') + "\n");
  const auto one = std::move(FileRootKey::load(file)).value();
  write("sealpost-root-key v1\n" + std::string(63, 'a') + "b\n");
  const auto two = std::move(FileRootKey::load(file)).value();
  EXPECT_NE(one->id(), two->id());
  const SecretBytes secret = SecretBytes::copy_of(as_bytes("secret"));
  const Bytes wrapped = one->wrap(secret, {}, entropy).value();
  EXPECT_EQ(two->unwrap(wrapped, {}).error(), RootKeyError::Tampered);
  EXPECT_FALSE(one->derive("x")->equals(*two->derive("x")));
}

TEST_F(RootKeyFile, DerivesByPurposeAndNeverItself) {
  write("sealpost-root-key v1\n" + std::string(64, 'a') + "\n");
  const auto root = std::move(FileRootKey::load(file)).value();
  const SecretBytes anchor = derive_anchor_key(*root).value();
  EXPECT_EQ(anchor.size(), 32U);
  EXPECT_TRUE(anchor.equals(*root->derive("anchor"))) << "stable over time";
  EXPECT_FALSE(anchor.equals(*root->derive("anchors")));
  const Bytes itself(32, 0xaa);
  EXPECT_FALSE(anchor.equals(itself));
  EXPECT_EQ(root->id().find("aaaaaaaa"), std::string::npos) << "the id tells nothing of the key";
  EXPECT_NE(to_hex(anchor.reveal(kLook)).substr(0, 16), root->id().substr(5));
}

}  // namespace
}  // namespace sealpost
