#include <gtest/gtest.h>

#include "foundation/bytes/secret_access.h"
#include "foundation/crypto/crypto.h"
#include "foundation/system/testing/fakes.h"

namespace sealpost {
namespace {

Bytes hex(std::string_view text) { return from_hex(text).value(); }

struct SignRow {
  const char* name;
  const char* seed;
  const char* public_key;
  const char* message;
  const char* signature;
};

// RFC 8032 section 7.1.
constexpr SignRow kRows[] = {
    {"test 1", "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
     "d25bf5f0595bbe24655141438e7a100b"},
    {"test 2", "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
     "387b2eaeb4302aeeb00d291612bb0c00"},
    {"test 3", "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
     "4a7c15e9716ed28dc027beceea1ec40a"},
    {"sha(abc)", "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
     "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd"
     "454d4423643ce80e2a9ac94fa54ca49f",
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e030"
     "3dca179c138ac17ad9bef1177331a704"},
};

TEST(Ed25519, FollowsTheVectorsOfRfc8032) {
  for (const auto& row : kRows) {
    const auto key = Ed25519PrivateKey::create(SecretBytes::take(hex(row.seed)));
    ASSERT_TRUE(key) << row.name;
    EXPECT_EQ(to_hex(key->public_bytes()), row.public_key) << row.name;
    EXPECT_EQ(to_hex(key->sign(hex(row.message))), row.signature) << row.name;
    const auto pub = Ed25519PublicKey::create(hex(row.public_key));
    ASSERT_TRUE(pub) << row.name;
    EXPECT_EQ(to_hex(pub->bytes()), row.public_key) << row.name;
    EXPECT_TRUE(pub->verify(hex(row.message), hex(row.signature))) << row.name;
  }
}

TEST(Ed25519, RefusesOtherMessagesKeysAndSignatures) {
  SeededEntropy entropy(7);
  const auto key = Ed25519PrivateKey::generate(entropy);
  const auto other = Ed25519PrivateKey::generate(entropy);
  const auto pub = Ed25519PublicKey::create(key.public_bytes()).value();
  const Ed25519Signature good = key.sign(as_bytes("message"));
  EXPECT_TRUE(pub.verify(as_bytes("message"), good));
  EXPECT_FALSE(pub.verify(as_bytes("messagf"), good));
  EXPECT_FALSE(pub.verify({}, good));
  EXPECT_FALSE(pub.verify(as_bytes("message"), other.sign(as_bytes("message"))));
  EXPECT_FALSE(pub.verify(as_bytes("message"), ByteView(good).first(63)));
  EXPECT_FALSE(pub.verify(as_bytes("message"), {}));
  Bytes longer(good.begin(), good.end());
  longer.push_back(0);
  EXPECT_FALSE(pub.verify(as_bytes("message"), longer));
  for (std::size_t i = 0; i < good.size(); ++i) {
    Ed25519Signature bad = good;
    bad[i] ^= 0x40;
    EXPECT_FALSE(pub.verify(as_bytes("message"), bad)) << "octet " << i;
  }
}

// RFC 8032 section 8.4: S + L would be a second signature of the same message.
TEST(Ed25519, RefusesAnSOutsideItsRange) {
  const auto pub = Ed25519PublicKey::create(hex(kRows[1].public_key)).value();
  const Bytes order = hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  Bytes signature = hex(kRows[1].signature);
  unsigned carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    const unsigned sum = signature[32 + i] + order[i] + carry;
    signature[32 + i] = static_cast<std::uint8_t>(sum);
    carry = sum >> 8U;
  }
  EXPECT_EQ(carry, 0U);
  EXPECT_FALSE(pub.verify(hex("72"), signature));
}

struct BadKeyRow {
  const char* name;
  const char* key;
};
constexpr BadKeyRow kBadKeys[] = {
    {"empty", ""},
    {"31 octets", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f70751"},
    {"33 octets", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a00"},
    {"order 1", "0100000000000000000000000000000000000000000000000000000000000000"},
    {"order 1, signed zero", "0100000000000000000000000000000000000000000000000000000000000080"},
    {"order 2", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"},
    {"order 2, signed zero", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"},
    {"order 4", "0000000000000000000000000000000000000000000000000000000000000000"},
    {"order 4, other sign", "0000000000000000000000000000000000000000000000000000000000000080"},
    {"order 8", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"},
    {"order 8, other sign", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85"},
    {"second order 8", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"},
    {"second order 8, other sign", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"},
    {"y = p", "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"},
    {"y = p, other sign", "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"},
    {"y = p + 1", "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"},
    {"y = p + 1, other sign", "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"},
    {"y = p + 3, a usable point written twice",
     "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"},
    {"y = 2 lies off the curve", "0200000000000000000000000000000000000000000000000000000000000000"},
    {"y = 7 lies off the curve", "0700000000000000000000000000000000000000000000000000000000000080"},
};

TEST(Ed25519, RefusesPublicKeysNoHonestPartyMakes) {
  for (const auto& row : kBadKeys) {
    const auto key = Ed25519PublicKey::create(hex(row.key));
    ASSERT_FALSE(key) << row.name;
    EXPECT_EQ(key.error(), CryptoError::BadKey) << row.name;
  }
  EXPECT_TRUE(
      Ed25519PublicKey::create(hex("0300000000000000000000000000000000000000000000000000000000000000")));
}

TEST(Ed25519, EveryGeneratedKeyPassesTheChecks) {
  SeededEntropy entropy(11);
  for (int i = 0; i < 64; ++i) {
    const auto key = Ed25519PrivateKey::generate(entropy);
    EXPECT_TRUE(Ed25519PublicKey::create(key.public_bytes())) << i;
  }
}

TEST(Ed25519, APrivateKeyIsItsSeed) {
  for (const std::size_t size : {0U, 31U, 33U, 64U}) {
    const auto key = Ed25519PrivateKey::create(SecretBytes::take(Bytes(size)));
    ASSERT_FALSE(key) << size;
    EXPECT_EQ(key.error(), CryptoError::BadKey);
  }
  SeededEntropy entropy(3);
  const auto first = Ed25519PrivateKey::generate(entropy);
  const auto second = Ed25519PrivateKey::generate(entropy);
  EXPECT_NE(first.public_bytes(), second.public_bytes());
  const auto again = Ed25519PrivateKey::create(first.seed());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->public_bytes(), first.public_bytes());
  EXPECT_EQ(again->sign(as_bytes("x")), first.sign(as_bytes("x")));
}

}  // namespace
}  // namespace sealpost
