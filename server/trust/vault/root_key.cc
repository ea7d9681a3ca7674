#include "trust/vault/root_key.h"

#include <utility>

#include "foundation/bytes/secret_access.h"
#include "foundation/system/files.h"
#include "trust/vault/internal/derived.h"
#include "trust/vault/internal/key_file.h"

namespace sealpost {
namespace {

using vault_internal::derive_key;
using vault_internal::derive_sealer;
using vault_internal::kKeyFileHeader;
using vault_internal::parse_key_file;

constexpr std::size_t kMaxFile = 1024;

RootKeyError from_file_error(FileError error) {
  switch (error) {
    case FileError::NotFound:
      return RootKeyError::NotFound;
    case FileError::Exists:
      return RootKeyError::Exists;
    case FileError::TooLarge:
      return RootKeyError::Malformed;
    case FileError::Permissions:
      return RootKeyError::Permissions;
    case FileError::Io:
      return RootKeyError::Io;
  }
  die(__FILE__, __LINE__, "a file error that nobody mapped");
}

std::string id_of(const SecretBytes& key) {
  const Hash256 tag = HmacSha256(derive_key(key, "root/id/v1")).tag(as_bytes("id"));
  return "file:" + to_hex(ByteView(tag).first(8));
}

}  // namespace

FileRootKey::FileRootKey(SecretBytes key)
    : key_(std::move(key)), id_(id_of(key_)), wrapper_(derive_sealer(key_, "root/wrap/v1")) {}

Result<void, RootKeyError> FileRootKey::create(const std::filesystem::path& path, Entropy& entropy) {
  const SecretBytes key = vault_internal::random_key(entropy);
  std::string digits = to_hex(key.reveal(SecretAccess("the root key's one way into its file")));
  Bytes content;
  content.reserve(kKeyFileHeader.size() + digits.size() +
                  1);  // no growth: a moved buffer would leave its octets behind
  append(content, kKeyFileHeader);
  append(content, digits);
  content.push_back('\n');
  const auto created = create_private_file(path, content);
  wipe_memory(digits.data(), digits.size());
  wipe_memory(content.data(), content.size());
  if (!created) return fail(from_file_error(created.error()));
  return {};
}

Result<std::unique_ptr<FileRootKey>, RootKeyError> FileRootKey::load(const std::filesystem::path& path) {
  auto content = read_private_file(path, kMaxFile);
  if (!content) return fail(from_file_error(content.error()));
  auto key = parse_key_file(as_text(*content));
  wipe_memory(content->data(), content->size());
  if (!key) return fail(key.error());
  return std::unique_ptr<FileRootKey>(new FileRootKey(std::move(*key)));
}

Result<Bytes, RootKeyError> FileRootKey::wrap(const SecretBytes& key, ByteView context,
                                              Entropy& entropy) const {
  return wrapper_.seal(key.reveal(SecretAccess("wrap a key under the root")), context, entropy);
}

Result<SecretBytes, RootKeyError> FileRootKey::unwrap(ByteView wrapped, ByteView context) const {
  auto key = wrapper_.open_secret(wrapped, context);
  if (!key) return fail(RootKeyError::Tampered);
  return std::move(*key);
}

Result<SecretBytes, RootKeyError> FileRootKey::derive(std::string_view purpose) const {
  return derive_key(key_, "root/derived/v1/" + std::string(purpose));
}

Result<SecretBytes, RootKeyError> derive_anchor_key(const RootKey& root) { return root.derive("anchor"); }

}  // namespace sealpost
