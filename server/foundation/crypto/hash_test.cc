#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "foundation/bytes/secret_access.h"
#include "foundation/crypto/crypto.h"

namespace sealpost {
namespace {

Bytes hex(std::string_view text) { return from_hex(text).value(); }
std::string repeat(const char* text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

// FIPS 180-4 examples.
TEST(Sha256, FollowsThePublishedExamples) {
  EXPECT_EQ(to_hex(sha256(as_bytes(""))), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256(as_bytes("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256(as_bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(to_hex(sha256(as_bytes(std::string(1'000'000, 'a')))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, HashesPartsAsOneString) {
  EXPECT_EQ(sha256({as_bytes("a"), ByteView(), as_bytes("bc")}), sha256(as_bytes("abc")));
  EXPECT_EQ(sha256({}), sha256(as_bytes("")));
}

struct HmacRow {
  const char* name;
  std::string key;
  std::string data;
  const char* tag;
};

// RFC 4231 section 4.
TEST(Hmac, FollowsTheVectorsOfRfc4231) {
  const std::string long_key = repeat("aa", 131);
  const HmacRow rows[] = {
      {"case 1", repeat("0b", 20), "4869205468657265",
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {"case 2", "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {"case 3", repeat("aa", 20), repeat("dd", 50),
       "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {"case 4", "0102030405060708090a0b0c0d0e0f10111213141516171819", repeat("cd", 50),
       "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
      {"case 6", long_key, to_hex(as_bytes("Test Using Larger Than Block-Size Key - Hash Key First")),
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
      {"case 7", long_key,
       to_hex(as_bytes(
           "This is a test using a larger than block-size key and a larger than block-size data. The "
           "key needs to be hashed before being used by the HMAC algorithm.")),
       "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
  };
  for (const auto& row : rows) {
    const Bytes key = hex(row.key);
    const Bytes data = hex(row.data);
    const HmacSha256 hmac{ByteView(key)};
    EXPECT_EQ(to_hex(hmac.tag(data)), row.tag) << row.name;
    EXPECT_EQ(to_hex(HmacSha256(SecretBytes::copy_of(key)).tag(data)), row.tag) << row.name;
    EXPECT_TRUE(hmac.verify({data}, hex(row.tag))) << row.name;
    EXPECT_EQ(hmac.tag({ByteView(data).first(3), ByteView(data).subspan(3)}), hmac.tag(data)) << row.name;
  }
}

TEST(Hmac, RefusesOtherKeysOtherDataAndOtherTags) {
  const HmacSha256 hmac(as_bytes("key"));
  const Hash256 good = hmac.tag(as_bytes("data"));
  EXPECT_TRUE(hmac.verify({as_bytes("data")}, good));
  EXPECT_FALSE(hmac.verify({as_bytes("datb")}, good));
  EXPECT_FALSE(HmacSha256(as_bytes("kez")).verify({as_bytes("data")}, good));
  EXPECT_FALSE(hmac.verify({as_bytes("data")}, ByteView(good).first(31)));
  EXPECT_FALSE(hmac.verify({as_bytes("data")}, {}));
  for (std::size_t i = 0; i < good.size() * 8; ++i) {
    Hash256 bad = good;
    bad[i / 8] ^= static_cast<std::uint8_t>(1U << (i % 8));
    EXPECT_FALSE(hmac.verify({as_bytes("data")}, bad)) << "bit " << i;
  }
}

TEST(Hmac, AKeyOfBlockSizeIsUsedAsItIsAndALongerOneHashed) {
  const std::string block(64, 'k');
  const std::string longer(65, 'k');
  EXPECT_NE(HmacSha256(as_bytes(block)).tag(as_bytes("x")),
            HmacSha256(sha256(as_bytes(block))).tag(as_bytes("x")));
  EXPECT_EQ(HmacSha256(as_bytes(longer)).tag(as_bytes("x")),
            HmacSha256(sha256(as_bytes(longer))).tag(as_bytes("x")));
}

TEST(Hmac, OneObjectServesManyThreads) {
  const HmacSha256 hmac(as_bytes("shared"));
  const Hash256 expected = hmac.tag(as_bytes("message"));
  std::vector<int> wrong(4, 0);
  {
    std::vector<std::jthread> threads;
    for (int& mine : wrong)
      threads.emplace_back([&hmac, &expected, &mine] {
        for (int i = 0; i < 500; ++i) mine += hmac.tag(as_bytes("message")) == expected ? 0 : 1;
      });
  }
  EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

TEST(Hmac, MovesItsKey) {
  HmacSha256 first(as_bytes("a"));
  const Hash256 tag = first.tag(as_bytes("x"));
  HmacSha256 second(std::move(first));
  EXPECT_EQ(second.tag(as_bytes("x")), tag);
  HmacSha256 third(as_bytes("b"));
  third = std::move(second);
  EXPECT_EQ(third.tag(as_bytes("x")), tag);
}

std::string derive(std::string_view key, std::string_view salt, std::string_view info, std::size_t length) {
  const SecretBytes secret = SecretBytes::take(hex(key));
  const SecretBytes out = hkdf_sha256(secret, hex(salt), hex(info), length);
  return to_hex(out.reveal(SecretAccess("compared with a published vector")));
}

std::string count_up(int from, int to) {
  Bytes out;
  for (int i = from; i <= to; ++i) out.push_back(static_cast<std::uint8_t>(i));
  return to_hex(out);
}

// RFC 5869 appendix A.1 to A.3.
TEST(Hkdf, FollowsTheVectorsOfRfc5869) {
  EXPECT_EQ(derive(repeat("0b", 22), "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9", 42),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  EXPECT_EQ(derive(count_up(0x00, 0x4f), count_up(0x60, 0xaf), count_up(0xb0, 0xff), 82),
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
            "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87");
  EXPECT_EQ(derive(repeat("0b", 22), "", "", 42),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

TEST(Hkdf, LengthsShareAPrefixAndOtherInputsDoNot) {
  const std::string key = repeat("0b", 22);
  const std::string longest = derive(key, "00", "01", 255 * 32);
  EXPECT_EQ(longest.size(), 2U * 255 * 32);
  EXPECT_EQ(derive(key, "00", "01", 33), longest.substr(0, 66));
  EXPECT_EQ(derive(key, "00", "01", 0), "");
  EXPECT_NE(derive(key, "00", "02", 32), longest.substr(0, 64));
  EXPECT_NE(derive(key, "01", "01", 32), longest.substr(0, 64));
}

TEST(HkdfDeathTest, MoreThanTheStandardAllowsIsABug) {
  const SecretBytes key = SecretBytes::copy_of(as_bytes("k"));
  EXPECT_DEATH((void)hkdf_sha256(key, {}, {}, 255 * 32 + 1), "invariant broken");
}

}  // namespace
}  // namespace sealpost
