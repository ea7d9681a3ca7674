// Ed25519 (RFC 8032), with the key checks that OpenSSL 3.0 leaves to its caller.
#include <openssl/bn.h>

#include <algorithm>

#include "foundation/bytes/secret_access.h"
#include "foundation/crypto/crypto.h"
#include "foundation/crypto/internal/openssl.h"

namespace sealpost {
namespace {

using BigNumber = std::unique_ptr<BIGNUM, openssl::Deleter<&BN_free>>;
using BigNumberCtx = std::unique_ptr<BN_CTX, openssl::Deleter<&BN_CTX_free>>;

constexpr std::size_t kKeySize = 32;

// The field prime 2^255 - 19 and the curve's d, big-endian (RFC 8032 section 5.1).
constexpr const char* kPrime = "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed";
constexpr const char* kCurveD = "52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3";

// y coordinates of the eight points whose order divides the cofactor: 0 (order 4), 1 (the neutral
// element), -1 (order 2), and the two of order 8. Each stands for both signs of x.
constexpr const char* kSmallOrderY[] = {"0000000000000000000000000000000000000000000000000000000000000000",
                                        "0000000000000000000000000000000000000000000000000000000000000001",
                                        "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffec",
                                        "05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826",
                                        "7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7"};

BigNumber from_hex_number(const char* text) {
  BIGNUM* raw = nullptr;
  SEALPOST_CHECK(BN_hex2bn(&raw, text) > 0);
  return BigNumber(raw);
}

BigNumber new_number() {
  BigNumber number(BN_new());
  SEALPOST_CHECK(number != nullptr);
  return number;
}

// x^2 = (y^2 - 1) / (d y^2 + 1) has a solution when the product of both sides of the fraction is a
// square, which Euler's criterion tells (RFC 8032 section 5.1.3).
bool has_x(const BIGNUM* y, const BIGNUM* prime) {
  const BigNumberCtx scratch(BN_CTX_new());
  SEALPOST_CHECK(scratch != nullptr);
  const BigNumber d = from_hex_number(kCurveD);
  const BigNumber y2 = new_number();
  const BigNumber product = new_number();
  const BigNumber denominator = new_number();
  const BigNumber exponent = new_number();
  const BigNumber legendre = new_number();
  bool ok = BN_mod_sqr(y2.get(), y, prime, scratch.get()) == 1;
  ok = ok && BN_mod_sub(product.get(), y2.get(), BN_value_one(), prime, scratch.get()) == 1;
  ok = ok && BN_mod_mul(denominator.get(), d.get(), y2.get(), prime, scratch.get()) == 1;
  ok = ok && BN_mod_add(denominator.get(), denominator.get(), BN_value_one(), prime, scratch.get()) == 1;
  ok = ok && BN_mod_mul(product.get(), product.get(), denominator.get(), prime, scratch.get()) == 1;
  ok = ok && BN_rshift1(exponent.get(), prime) == 1;
  ok = ok && BN_mod_exp(legendre.get(), product.get(), exponent.get(), prime, scratch.get()) == 1;
  SEALPOST_CHECK(ok);
  return BN_is_one(legendre.get()) || BN_is_zero(legendre.get());
}

// On the curve, written in the one canonical way, and not of small order.
bool is_usable_public_key(const Ed25519PublicBytes& bytes) {
  Ed25519PublicBytes without_sign = bytes;
  without_sign.back() &= 0x7f;
  const BigNumber y(BN_lebin2bn(without_sign.data(), static_cast<int>(without_sign.size()), nullptr));
  SEALPOST_CHECK(y != nullptr);
  const BigNumber prime = from_hex_number(kPrime);
  if (BN_cmp(y.get(), prime.get()) >= 0) return false;
  for (const char* small : kSmallOrderY)
    if (BN_cmp(y.get(), from_hex_number(small).get()) == 0) return false;
  return has_x(y.get(), prime.get());
}

std::shared_ptr<void> own(EVP_PKEY* key) {
  SEALPOST_CHECK(key != nullptr);
  return {key, [](EVP_PKEY* held) { EVP_PKEY_free(held); }};
}

EVP_PKEY* pkey(const std::shared_ptr<void>& key) { return static_cast<EVP_PKEY*>(key.get()); }

openssl::MdCtx new_context() {
  openssl::MdCtx context(EVP_MD_CTX_new());
  SEALPOST_CHECK(context != nullptr);
  return context;
}

}  // namespace

Result<Ed25519PublicKey, CryptoError> Ed25519PublicKey::create(ByteView thirty_two_bytes) {
  if (thirty_two_bytes.size() != kKeySize) return fail(CryptoError::BadKey);
  Ed25519PublicBytes bytes;
  std::copy(thirty_two_bytes.begin(), thirty_two_bytes.end(), bytes.begin());
  if (!is_usable_public_key(bytes)) return fail(CryptoError::BadKey);
  return Ed25519PublicKey(bytes);
}

Ed25519PublicKey::Ed25519PublicKey(const Ed25519PublicBytes& bytes)
    : bytes_(bytes),
      key_(own(EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, bytes.data(), bytes.size()))) {}

bool Ed25519PublicKey::verify(ByteView message, ByteView signature) const {
  if (signature.size() != Ed25519Signature().size()) return false;
  const openssl::MdCtx context = new_context();
  SEALPOST_CHECK(
      EVP_DigestVerifyInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, pkey(key_), nullptr) == 1);
  return EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                          message.size()) == 1;
}

Ed25519PrivateKey::Ed25519PrivateKey(SecretBytes seed, std::shared_ptr<void> key,
                                     const Ed25519PublicBytes& pub)
    : seed_(std::move(seed)), key_(std::move(key)), public_(pub) {}

Result<Ed25519PrivateKey, CryptoError> Ed25519PrivateKey::create(const SecretBytes& seed) {
  if (seed.size() != kKeySize) return fail(CryptoError::BadKey);
  const ByteView raw = seed.reveal(SecretAccess("the signing key is made of the seed"));
  auto key = own(EVP_PKEY_new_raw_private_key_ex(nullptr, "ED25519", nullptr, raw.data(), raw.size()));
  Ed25519PublicBytes pub;
  std::size_t size = pub.size();
  SEALPOST_CHECK(EVP_PKEY_get_raw_public_key(pkey(key), pub.data(), &size) == 1 && size == pub.size());
  return Ed25519PrivateKey(seed.clone(), std::move(key), pub);
}

Ed25519PrivateKey Ed25519PrivateKey::generate(Entropy& entropy) {
  Bytes seed(kKeySize);
  entropy.fill(seed);
  auto made = create(SecretBytes::take(std::move(seed)));
  return std::move(made).value();
}

Ed25519Signature Ed25519PrivateKey::sign(ByteView message) const {
  const openssl::MdCtx context = new_context();
  SEALPOST_CHECK(
      EVP_DigestSignInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, pkey(key_), nullptr) == 1);
  Ed25519Signature out;
  std::size_t size = out.size();
  SEALPOST_CHECK(EVP_DigestSign(context.get(), out.data(), &size, message.data(), message.size()) == 1);
  SEALPOST_CHECK(size == out.size());
  return out;
}

}  // namespace sealpost
