// The root of all sealing. A provider wraps and unwraps a few small keys and derives by purpose; the root key
// itself seals nothing and leaves its provider never. The file is the first provider; key services come
// behind the same interface, which is why there is no method that returns the key. Implementations are
// thread-safe after construction.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "foundation/bytes/secret_bytes.h"
#include "foundation/crypto/crypto.h"
#include "foundation/result/result.h"
#include "foundation/system/entropy.h"

namespace sealpost {

enum class RootKeyError : std::uint8_t {
  NotFound,
  Exists,              // create() never replaces a key
  Permissions,         // group or others may read or write the file
  Malformed,           // not a key file, or damaged
  UnsupportedVersion,  // written by a later release
  Io,
  Unavailable,  // a remote provider doesn't answer
  Tampered,     // unwrap: wrapped by another root, for another context, or changed
};

class RootKey {
 public:
  virtual ~RootKey() = default;
  // Names the key without telling anything of it ("file:9f2c…"); stored beside what it wraps.
  [[nodiscard]] virtual std::string id() const = 0;
  virtual Result<Bytes, RootKeyError> wrap(const SecretBytes& key, ByteView context,
                                           Entropy& entropy) const = 0;
  virtual Result<SecretBytes, RootKeyError> unwrap(ByteView wrapped, ByteView context) const = 0;
  // 32 octets that only this root yields for this purpose. For what must be checked before the database can
  // be trusted; everything else is wrapped, so that changing the root changes nothing below.
  virtual Result<SecretBytes, RootKeyError> derive(std::string_view purpose) const = 0;
};

// A file of mode 0600: one header line, one line of 64 hexadecimal digits.
class FileRootKey final : public RootKey {
 public:
  static Result<void, RootKeyError> create(const std::filesystem::path& path, Entropy& entropy);
  static Result<std::unique_ptr<FileRootKey>, RootKeyError> load(const std::filesystem::path& path);

  [[nodiscard]] std::string id() const override { return id_; }
  Result<Bytes, RootKeyError> wrap(const SecretBytes& key, ByteView context, Entropy& entropy) const override;
  Result<SecretBytes, RootKeyError> unwrap(ByteView wrapped, ByteView context) const override;
  Result<SecretBytes, RootKeyError> derive(std::string_view purpose) const override;

 private:
  explicit FileRootKey(SecretBytes key);
  SecretBytes key_;
  std::string id_;
  XAes256Gcm wrapper_;
};

// Authenticates the anchor file. Needed before the database is opened, hence not a key of the vault.
Result<SecretBytes, RootKeyError> derive_anchor_key(const RootKey& root);

}  // namespace sealpost
