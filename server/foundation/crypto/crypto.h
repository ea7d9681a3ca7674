// The only door to OpenSSL's algorithms. Algorithms are fetched once per process, because an implicit fetch
// costs more than the HMAC it serves. Keys are value types that carry exactly one algorithm, so that
// confusing algorithms does not compile. Everything here is thread-safe on const objects.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "foundation/bytes/bytes.h"
#include "foundation/bytes/secret_bytes.h"
#include "foundation/result/result.h"
#include "foundation/system/entropy.h"

namespace sealpost {

enum class CryptoError : std::uint8_t {
  BadKey,    // wrong length, not on the curve, of small order
  Tampered,  // authentication of a ciphertext failed, or it is too short to hold a tag
};

// FIPS 180-4. The parts are hashed as one string.
[[nodiscard]] Hash256 sha256(std::initializer_list<ByteView> parts);
[[nodiscard]] inline Hash256 sha256(ByteView data) { return sha256({data}); }

// HMAC with SHA-256 (RFC 2104). The key schedule is computed once.
class HmacSha256 final {
 public:
  explicit HmacSha256(ByteView key);
  explicit HmacSha256(const SecretBytes& key);
  HmacSha256(HmacSha256&&) noexcept;
  HmacSha256& operator=(HmacSha256&&) noexcept;
  ~HmacSha256();

  // The tag of the parts as one string.
  [[nodiscard]] Hash256 tag(std::initializer_list<ByteView> parts) const;
  [[nodiscard]] Hash256 tag(ByteView data) const { return tag({data}); }
  // Constant time in the tags.
  [[nodiscard]] bool verify(std::initializer_list<ByteView> parts, ByteView expected) const;

 private:
  friend Hash256 hmac_sha256(ByteView key, std::initializer_list<ByteView> parts);
  struct State;
  std::unique_ptr<State> state_;
};

// One tag under a key that is used once: nothing is kept, nothing comes from the heap.
[[nodiscard]] Hash256 hmac_sha256(ByteView key, std::initializer_list<ByteView> parts);

// HKDF with SHA-256 (RFC 5869): `length` up to 255 * 32 octets.
[[nodiscard]] SecretBytes hkdf_sha256(const SecretBytes& key, ByteView salt, ByteView info,
                                      std::size_t length);

using Ed25519Signature = std::array<std::uint8_t, 64>;
using Ed25519PublicBytes = std::array<std::uint8_t, 32>;

// Ed25519 (RFC 8032). A key of small order is refused: it would accept one signature for many messages.
class Ed25519PublicKey final {
 public:
  static Result<Ed25519PublicKey, CryptoError> create(ByteView thirty_two_bytes);
  [[nodiscard]] bool verify(ByteView message, ByteView signature) const;
  [[nodiscard]] const Ed25519PublicBytes& bytes() const { return bytes_; }

 private:
  explicit Ed25519PublicKey(const Ed25519PublicBytes& bytes);
  Ed25519PublicBytes bytes_{};
  std::shared_ptr<void> key_;  // EVP_PKEY, immutable
};

class Ed25519PrivateKey final {
 public:
  // `seed` holds 32 octets.
  static Result<Ed25519PrivateKey, CryptoError> create(const SecretBytes& seed);
  static Ed25519PrivateKey generate(Entropy& entropy);
  [[nodiscard]] Ed25519Signature sign(ByteView message) const;
  [[nodiscard]] const Ed25519PublicBytes& public_bytes() const { return public_; }
  [[nodiscard]] const SecretBytes& seed() const { return seed_; }

 private:
  Ed25519PrivateKey(SecretBytes seed, std::shared_ptr<void> key, const Ed25519PublicBytes& pub);
  SecretBytes seed_;
  std::shared_ptr<void> key_;
  Ed25519PublicBytes public_{};
};

// XAES-256-GCM (C2SP): AES-256-GCM under a key derived per message from a random 24-octet nonce, so that
// one long-lived key seals without a counter that a restore could repeat. The sealed form is
// nonce (24) || ciphertext || tag (16). `context` is authenticated and not stored.
class XAes256Gcm final {
 public:
  static constexpr std::size_t kOverhead = 24 + 16;
  static Result<XAes256Gcm, CryptoError> create(const SecretBytes& thirty_two_bytes);
  XAes256Gcm(XAes256Gcm&&) noexcept;
  XAes256Gcm& operator=(XAes256Gcm&&) noexcept;
  ~XAes256Gcm();

  [[nodiscard]] Bytes seal(ByteView plaintext, ByteView context, Entropy& entropy) const;
  // The sealed form behind what `out` holds already.
  void seal_onto(Bytes& out, ByteView plaintext, ByteView context, Entropy& entropy) const;
  [[nodiscard]] Bytes seal_with_nonce_for_test(ByteView plaintext, ByteView context, ByteView nonce24) const;
  Result<Bytes, CryptoError> open(ByteView sealed, ByteView context) const;
  // The same into storage that wipes itself.
  Result<SecretBytes, CryptoError> open_secret(ByteView sealed, ByteView context) const;

 private:
  struct State;
  explicit XAes256Gcm(std::unique_ptr<State> state);
  void seal_onto(Bytes& out, ByteView plaintext, ByteView context, ByteView nonce24) const;
  std::unique_ptr<State> state_;
};

// One AES-256 block, both ways: a keyed permutation of 128-bit numbers (public ids are made of it).
class Aes256Block final {
 public:
  static Result<Aes256Block, CryptoError> create(const SecretBytes& thirty_two_bytes);
  Aes256Block(Aes256Block&&) noexcept;
  Aes256Block& operator=(Aes256Block&&) noexcept;
  ~Aes256Block();
  [[nodiscard]] Hash128 encrypt(const Hash128& block) const;
  [[nodiscard]] Hash128 decrypt(const Hash128& block) const;

 private:
  struct State;
  explicit Aes256Block(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace sealpost
