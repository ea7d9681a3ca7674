#include "foundation/bytes/bytes.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <ostream>

#include "foundation/bytes/secret_access.h"
#include "foundation/bytes/secret_bytes.h"

namespace sealpost {
namespace {

// RFC 4648 section 10.
struct Base64Row {
  const char* text;
  const char* encoded;
};
constexpr Base64Row kBase64Rows[] = {{"", ""},
                                     {"f", "Zg=="},
                                     {"fo", "Zm8="},
                                     {"foo", "Zm9v"},
                                     {"foob", "Zm9vYg=="},
                                     {"fooba", "Zm9vYmE="},
                                     {"foobar", "Zm9vYmFy"}};

TEST(Base64, FollowsTheVectorsOfTheRfc) {
  for (const auto& row : kBase64Rows) {
    EXPECT_EQ(to_base64(as_bytes(row.text)), row.encoded);
    const auto back = from_base64(row.encoded);
    ASSERT_TRUE(back) << row.encoded;
    EXPECT_EQ(as_text(*back), row.text);
  }
}

TEST(Base64, RefusesWhatIsNotCanonical) {
  for (const char* bad : {"Zg", "Zg=", "Zg===", "Zh==", "Z===", "Zm9v ", "Zm9v\n", "Zm-v", "====", "Zm9vA"})
    EXPECT_FALSE(from_base64(bad)) << bad;
  EXPECT_TRUE(from_base64("Zg", Base64Alphabet::Standard, Base64Padding::Optional));
  EXPECT_FALSE(from_base64("Zg==", Base64Alphabet::Url, Base64Padding::Forbidden));
  EXPECT_TRUE(from_base64("-_-_", Base64Alphabet::Url, Base64Padding::Forbidden));
}

TEST(Base64, DecodesIntoStorageOfExactlyTheSize) {
  std::array<std::uint8_t, 4> four{};
  EXPECT_TRUE(decode_base64("Zm9vYg==", four));
  EXPECT_EQ(as_text(four), "foob");
  for (const char* bad : {"", "Zm9v", "Zm9vYmE=", "Zm9vYg", "Zm9vYg=", "Zm9vYh==", "Zm9v-g=="})
    EXPECT_FALSE(decode_base64(bad, four)) << bad;
  EXPECT_TRUE(decode_base64("Zm9vYg", four, Base64Alphabet::Url, Base64Padding::Optional));
  EXPECT_TRUE(decode_base64("", {}));
}

TEST(Hex, DecodesIntoStorageOfExactlyTheSize) {
  std::array<std::uint8_t, 2> two{};
  EXPECT_TRUE(decode_hex("0aFf", two));
  EXPECT_EQ(two, (std::array<std::uint8_t, 2>{0x0a, 0xff}));
  for (const char* bad : {"", "0a", "0aff0", "0aff00", "0afg"}) EXPECT_FALSE(decode_hex(bad, two)) << bad;
}

TEST(Hex, RoundTripsAndRefusesOddOrForeign) {
  const Bytes bytes{0x00, 0xff, 0x1a};
  EXPECT_EQ(to_hex(bytes), "00ff1a");
  EXPECT_EQ(from_hex("00FF1a"), bytes);
  EXPECT_FALSE(from_hex("0"));
  EXPECT_FALSE(from_hex("0g"));
}

TEST(Base32, RoundTripsEveryLength) {
  Bytes bytes;
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(from_base32(to_base32(bytes)), bytes);
    bytes.push_back(static_cast<std::uint8_t>(i * 37));
  }
  EXPECT_FALSE(from_base32("il"));
  EXPECT_FALSE(from_base32("01"));  // a spare bit is set
}

TEST(Crc32c, MatchesThePublishedCheckValue) { EXPECT_EQ(crc32c(as_bytes("123456789")), 0xE3069283U); }

TEST(BigEndian, WritesAndReadsBack) {
  Bytes out;
  append_u16(out, 0x0102);
  append_u32(out, 0x03040506);
  append_u64(out, 0x0708090a0b0c0d0eULL);
  EXPECT_EQ(to_hex(out), "0102030405060708090a0b0c0d0e");
  EXPECT_EQ(read_u64(ByteView(out).subspan(6)), 0x0708090a0b0c0d0eULL);
  EXPECT_EQ(read_u32(ByteView(out).subspan(2)), 0x03040506U);
}

TEST(ConstantTimeEqual, SeesEachOctetOfEachLength) {
  for (std::size_t size = 0; size <= 33; ++size) {
    const Bytes one(size, 0x5a);
    EXPECT_TRUE(constant_time_equal(one, Bytes(size, 0x5a)));
    for (std::size_t at = 0; at < size; ++at) {
      Bytes other = one;
      other[at] ^= 0x80;
      EXPECT_FALSE(constant_time_equal(one, other)) << size << ' ' << at;
    }
  }
}

TEST(ConstantTimeEqual, ComparesContentsAndLength) {
  EXPECT_TRUE(constant_time_equal(as_bytes("abc"), as_bytes("abc")));
  EXPECT_FALSE(constant_time_equal(as_bytes("abc"), as_bytes("abd")));
  EXPECT_FALSE(constant_time_equal(as_bytes("xbc"), as_bytes("abc")));
  EXPECT_FALSE(constant_time_equal(as_bytes("abc"), as_bytes("abcd")));
  EXPECT_TRUE(constant_time_equal({}, {}));
}

template <class T>
concept Streamable = requires(std::ostream& out, const T& value) { out << value; };
template <class T>
concept Comparable = requires(const T& a, const T& b) { a == b; };

// A secret has no way into a text: neither fmt (which spdlog prints through) nor a stream takes it. The
// strings beside it show that the questions are asked rightly.
static_assert(fmt::is_formattable<std::string>::value && !fmt::is_formattable<SecretBytes>::value);
static_assert(Streamable<std::string> && !Streamable<SecretBytes>);
static_assert(Comparable<std::string> && !Comparable<SecretBytes>);
static_assert(!std::is_convertible_v<SecretBytes, ByteView> &&
              !std::is_convertible_v<SecretBytes, std::string>);

TEST(SecretBytes, MovesAndComparesButNeverCopies) {
  static_assert(!std::is_copy_constructible_v<SecretBytes>);
  static_assert(!std::is_copy_assignable_v<SecretBytes>);
  auto secret = SecretBytes::copy_of(as_bytes("hunter2"));
  auto moved = std::move(secret);
  EXPECT_TRUE(moved.equals(as_bytes("hunter2")));
  EXPECT_FALSE(moved.equals(as_bytes("hunter3")));
  EXPECT_EQ(as_text(moved.reveal(SecretAccess("test"))), "hunter2");
  auto second = moved.clone();
  EXPECT_TRUE(second.equals(moved));
}

}  // namespace
}  // namespace sealpost
