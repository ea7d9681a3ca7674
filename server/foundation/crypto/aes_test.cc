#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <memory>
#include <thread>

#include "foundation/bytes/secret_access.h"
#include "foundation/crypto/crypto.h"
#include "foundation/system/testing/fakes.h"

namespace sealpost {
namespace {

Bytes hex(std::string_view text) { return from_hex(text).value(); }

XAes256Gcm xaes(std::uint8_t octet) {
  return XAes256Gcm::create(SecretBytes::take(Bytes(32, octet))).value();
}

constexpr std::string_view kNonce = "ABCDEFGHIJKLMNOPQRSTUVWX";

// The specification's two vectors: the first with MSB(L) = 0, the second with 1.
TEST(XAes, FollowsThePublishedVectors) {
  const Bytes first = xaes(0x01).seal_with_nonce_for_test(as_bytes("XAES-256-GCM"), {}, as_bytes(kNonce));
  EXPECT_EQ(as_text(ByteView(first).first(24)), kNonce);
  EXPECT_EQ(to_hex(ByteView(first).subspan(24)), "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271");
  const Bytes second = xaes(0x03).seal_with_nonce_for_test(
      as_bytes("XAES-256-GCM"), as_bytes("c2sp.org/XAES-256-GCM"), as_bytes(kNonce));
  EXPECT_EQ(to_hex(ByteView(second).subspan(24)), "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d");
}

Bytes shake128(ByteView in, std::size_t size) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  Bytes out(size);
  SEALPOST_CHECK(EVP_DigestInit_ex(context.get(), EVP_shake128(), nullptr) == 1);
  SEALPOST_CHECK(EVP_DigestUpdate(context.get(), in.data(), in.size()) == 1);
  SEALPOST_CHECK(EVP_DigestFinalXOF(context.get(), out.data(), out.size()) == 1);
  return out;
}

// The specification's accumulated test of 10 000 messages drawn from SHAKE-128 of the empty string.
TEST(XAes, FollowsThePublishedAccumulatedTest) {
  constexpr std::size_t kIterations = 10'000;
  const Bytes stream = shake128({}, kIterations * (32 + 24 + 1 + 255 + 1 + 255));
  std::size_t at = 0;
  const auto draw = [&stream, &at](std::size_t size) {
    const ByteView piece = ByteView(stream).subspan(at, size);
    at += size;
    return piece;
  };
  Bytes accumulated;
  for (std::size_t i = 0; i < kIterations; ++i) {
    const auto key = XAes256Gcm::create(SecretBytes::copy_of(draw(32))).value();
    const ByteView nonce = draw(24);
    const ByteView plaintext = draw(draw(1).front());
    const ByteView context = draw(draw(1).front());
    const Bytes sealed = key.seal_with_nonce_for_test(plaintext, context, nonce);
    append(accumulated, ByteView(sealed).subspan(24));
    const auto opened = key.open(sealed, context);
    ASSERT_TRUE(opened);
    ASSERT_TRUE(constant_time_equal(*opened, plaintext));
  }
  EXPECT_EQ(to_hex(shake128(accumulated, 32)),
            "e6b9edf2df6cec60c8cbd864e2211b597fb69a529160cd040d56c0c210081939");
}

TEST(XAes, OpensWhatItSealedIntoEitherStorage) {
  SeededEntropy entropy;
  const XAes256Gcm key = xaes(0x42);
  for (const std::size_t size : {0U, 1U, 15U, 16U, 17U, 65536U}) {
    const Bytes plain(size, 0x5a);
    const Bytes sealed = key.seal(plain, as_bytes("context"), entropy);
    EXPECT_EQ(sealed.size(), size + XAes256Gcm::kOverhead);
    const auto opened = key.open(sealed, as_bytes("context"));
    ASSERT_TRUE(opened) << size;
    EXPECT_EQ(*opened, plain);
    const auto secret = key.open_secret(sealed, as_bytes("context"));
    ASSERT_TRUE(secret) << size;
    EXPECT_TRUE(secret->equals(plain));
  }
}

TEST(XAes, EachSealingTakesAFreshNonce) {
  SeededEntropy entropy;
  const XAes256Gcm key = xaes(0x42);
  const Bytes first = key.seal(as_bytes("same"), {}, entropy);
  const Bytes second = key.seal(as_bytes("same"), {}, entropy);
  EXPECT_NE(first, second);
  EXPECT_NE(Bytes(first.begin(), first.begin() + 24), Bytes(second.begin(), second.begin() + 24));
}

TEST(XAes, RefusesAnyChangedBitAnyOtherContextAndAnyOtherKey) {
  SeededEntropy entropy;
  const XAes256Gcm key = xaes(0x42);
  const Bytes sealed = key.seal(as_bytes("secret"), as_bytes("context"), entropy);
  for (std::size_t i = 0; i < sealed.size() * 8; ++i) {
    Bytes bad = sealed;
    bad[i / 8] ^= static_cast<std::uint8_t>(1U << (i % 8));
    const auto opened = key.open(bad, as_bytes("context"));
    ASSERT_FALSE(opened) << "bit " << i;
    EXPECT_EQ(opened.error(), CryptoError::Tampered);
  }
  EXPECT_FALSE(key.open(sealed, as_bytes("contexu")));
  EXPECT_FALSE(key.open(sealed, {}));
  EXPECT_FALSE(xaes(0x43).open(sealed, as_bytes("context")));
  EXPECT_FALSE(key.open_secret(sealed, as_bytes("other")));
  EXPECT_TRUE(key.open(sealed, as_bytes("context")))
      << "a refusal leaves nothing behind in the thread's context";
}

TEST(XAes, RefusesEveryTruncation) {
  SeededEntropy entropy;
  const XAes256Gcm key = xaes(0x42);
  const Bytes sealed = key.seal(as_bytes("secret"), {}, entropy);
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    const auto opened = key.open(ByteView(sealed).first(size), {});
    ASSERT_FALSE(opened) << size;
    EXPECT_EQ(opened.error(), CryptoError::Tampered);
  }
}

TEST(XAes, TakesKeysOf32OctetsOnly) {
  for (const std::size_t size : {0U, 16U, 31U, 33U}) {
    EXPECT_EQ(XAes256Gcm::create(SecretBytes::take(Bytes(size))).error(), CryptoError::BadKey) << size;
    EXPECT_EQ(Aes256Block::create(SecretBytes::take(Bytes(size))).error(), CryptoError::BadKey) << size;
  }
}

TEST(XAes, OneObjectServesManyThreads) {
  const XAes256Gcm key = xaes(0x42);
  SeededEntropy entropy;
  std::vector<int> wrong(4, 0);
  {
    std::vector<std::jthread> threads;
    for (int& mine : wrong)
      threads.emplace_back([&key, &entropy, &mine] {
        for (int i = 0; i < 200; ++i)
          mine += key.open(key.seal(as_bytes("m"), as_bytes("c"), entropy), as_bytes("c")).ok() ? 0 : 1;
      });
  }
  EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

Hash128 block(std::string_view text) {
  const Bytes bytes = hex(text);
  Hash128 out{};
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}

// FIPS 197 appendix C.3, and the ECB example of NIST SP 800-38A section F.1.5.
TEST(Aes256Block, FollowsThePublishedExamples) {
  struct Row {
    const char* key;
    const char* plain;
    const char* sealed;
  };
  constexpr Row rows[] = {
      {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "00112233445566778899aabbccddeeff",
       "8ea2b7ca516745bfeafc49904b496089"},
      {"603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", "6bc1bee22e409f96e93d7e117393172a",
       "f3eed1bdb5d2a03c064b5a7e3db181f8"},
  };
  for (const auto& row : rows) {
    const auto key = Aes256Block::create(SecretBytes::take(hex(row.key)));
    ASSERT_TRUE(key);
    EXPECT_EQ(to_hex(key->encrypt(block(row.plain))), row.sealed);
    EXPECT_EQ(to_hex(key->decrypt(block(row.sealed))), row.plain);
  }
}

TEST(Aes256Block, IsAPermutationOfItsKeyAlone) {
  const auto key = Aes256Block::create(SecretBytes::take(Bytes(32, 0x11))).value();
  const auto other = Aes256Block::create(SecretBytes::take(Bytes(32, 0x12))).value();
  SeededEntropy entropy;
  for (int i = 0; i < 200; ++i) {
    const auto plain = entropy.array<16>();
    EXPECT_EQ(key.decrypt(key.encrypt(plain)), plain);
    EXPECT_EQ(key.encrypt(key.decrypt(plain)), plain);
    EXPECT_NE(other.encrypt(plain), key.encrypt(plain));
  }
}

}  // namespace
}  // namespace sealpost
