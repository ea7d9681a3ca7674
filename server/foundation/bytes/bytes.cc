#include "foundation/bytes/bytes.h"

#include <algorithm>
#include <cstring>

#include "foundation/result/result.h"

namespace sealpost {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kStandard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view kCrockford = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::int16_t kNone = -1;

using Table = std::array<std::int16_t, 256>;

constexpr Table invert(std::string_view alphabet) {
  Table table{};
  table.fill(kNone);
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int16_t>(i);
  return table;
}

constexpr Table kFromStandard = invert(kStandard);
constexpr Table kFromUrl = invert(kUrl);
constexpr Table kFromCrockford = invert(kCrockford);

constexpr std::array<std::uint32_t, 256> make_crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1U) != 0U ? 0x82F63B78U : 0U);
    table[i] = value;
  }
  return table;
}
constexpr auto kCrcTable = make_crc_table();

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Whole groups, which fill whole characters, first: 5 octets make 8 of 5 bits, 3 make 4 of 6 bits.
template <unsigned Width>
void encode_bits(ByteView bytes, std::string_view alphabet, char* out) {
  constexpr std::size_t kOctets = Width == 5 ? 5 : 3;
  constexpr std::uint64_t kMask = (1U << Width) - 1U;
  for (; bytes.size() >= kOctets; bytes = bytes.subspan(kOctets)) {
    std::uint64_t group = 0;
    for (std::size_t i = 0; i < kOctets; ++i) group = (group << 8) | bytes[i];
    for (std::size_t bits = kOctets * 8; bits > 0;) {
      bits -= Width;
      *out++ = alphabet[(group >> bits) & kMask];
    }
  }
  std::uint64_t rest = 0;
  std::size_t bits = 0;
  for (const std::uint8_t byte : bytes) {
    rest = (rest << 8) | byte;
    bits += 8;
  }
  while (bits >= Width) {
    bits -= Width;
    *out++ = alphabet[(rest >> bits) & kMask];
  }
  if (bits > 0) *out++ = alphabet[(rest << (Width - bits)) & kMask];
}

template <unsigned Width>
std::string encode_bits(ByteView bytes, std::string_view alphabet) {
  std::string out((bytes.size() * 8 + Width - 1) / Width, '\0');
  encode_bits<Width>(bytes, alphabet, out.data());
  return out;
}

std::size_t decoded_size(std::string_view text, unsigned width) { return text.size() * width / 8; }

// Writes decoded_size() octets to `out`.
bool decode_bits(std::string_view text, const Table& table, unsigned width, std::uint8_t* out) {
  if (width == 6) {  // four characters at a time while there are so many
    for (; text.size() >= 4; text.remove_prefix(4)) {
      const auto at = [&](std::size_t i) { return table[static_cast<unsigned char>(text[i])]; };
      const int a = at(0);
      const int b = at(1);
      const int c = at(2);
      const int d = at(3);
      if ((a | b | c | d) < 0) return false;
      *out++ = static_cast<std::uint8_t>((a << 2) | (b >> 4));
      *out++ = static_cast<std::uint8_t>(((b & 15) << 4) | (c >> 2));
      *out++ = static_cast<std::uint8_t>(((c & 3) << 6) | d);
    }
  }
  std::uint32_t buffer = 0;
  unsigned bits = 0;
  for (const char c : text) {
    const std::int16_t value = table[static_cast<unsigned char>(c)];
    if (value == kNone) return false;
    buffer = (buffer << width) | static_cast<std::uint32_t>(value);
    bits += width;
    if (bits >= 8) {
      bits -= 8;
      *out++ = static_cast<std::uint8_t>(buffer >> bits);
      buffer &= (1U << bits) - 1U;
    }
  }
  // A whole spare symbol, or spare bits that are set, would make two texts mean one value.
  return bits < width && buffer == 0;
}

std::optional<Bytes> decode_bits(std::string_view text, const Table& table, unsigned width) {
  Bytes out(decoded_size(text, width));
  if (!decode_bits(text, table, width, out.data())) return std::nullopt;
  return out;
}

const Table& base64_table(Base64Alphabet alphabet) {
  return alphabet == Base64Alphabet::Standard ? kFromStandard : kFromUrl;
}

// Takes the padding off; false if there is too much or too little of it.
bool remove_padding(std::string_view& text, Base64Padding padding) {
  const std::size_t whole = text.size();
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  const std::size_t pads = whole - text.size();
  const bool padded = pads == (4 - text.size() % 4) % 4;
  return padding == Base64Padding::Required    ? padded
         : padding == Base64Padding::Forbidden ? pads == 0
                                               : padded || pads == 0;
}

}  // namespace

std::string to_hex(ByteView bytes) {
  std::string out(bytes.size() * 2, '\0');
  char* next = out.data();
  for (const std::uint8_t byte : bytes) {
    *next++ = kHex[byte >> 4];
    *next++ = kHex[byte & 15U];
  }
  return out;
}

bool decode_hex(std::string_view text, std::span<std::uint8_t> out) {
  if (text.size() != out.size() * 2) return false;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int high = hex_digit(text[2 * i]);
    const int low = hex_digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    out[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return true;
}

std::optional<Bytes> from_hex(std::string_view text) {
  Bytes out(text.size() / 2);
  if (!decode_hex(text, out)) return std::nullopt;
  return out;
}

std::string to_base64(ByteView bytes, Base64Alphabet alphabet) {
  const bool standard = alphabet == Base64Alphabet::Standard;
  std::string out = encode_bits<6>(bytes, standard ? kStandard : kUrl);
  while (standard && out.size() % 4 != 0) out.push_back('=');
  return out;
}

std::optional<Bytes> from_base64(std::string_view text, Base64Alphabet alphabet, Base64Padding padding) {
  if (!remove_padding(text, padding)) return std::nullopt;
  return decode_bits(text, base64_table(alphabet), 6);
}

bool decode_base64(std::string_view text, std::span<std::uint8_t> out, Base64Alphabet alphabet,
                   Base64Padding padding) {
  if (!remove_padding(text, padding) || decoded_size(text, 6) != out.size()) return false;
  return decode_bits(text, base64_table(alphabet), 6, out.data());
}

std::string to_base32(ByteView bytes) { return encode_bits<5>(bytes, kCrockford); }
void encode_base32(ByteView bytes, std::span<char> out) {
  SEALPOST_CHECK(out.size() == base32_size(bytes.size()));
  encode_bits<5>(bytes, kCrockford, out.data());
}
bool decode_base32(std::string_view text, std::span<std::uint8_t> out) {
  return decoded_size(text, 5) == out.size() && decode_bits(text, kFromCrockford, 5, out.data());
}
std::optional<Bytes> from_base32(std::string_view text) { return decode_bits(text, kFromCrockford, 5); }

void append_u16(Bytes& out, std::uint16_t value) { append(out, big_endian(value)); }
void append_u32(Bytes& out, std::uint32_t value) { append(out, big_endian(value)); }
void append_u64(Bytes& out, std::uint64_t value) { append(out, big_endian(value)); }
void append(Bytes& out, ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }
void append(Bytes& out, std::string_view text) { append(out, as_bytes(text)); }

std::uint64_t read_u64(ByteView bytes) {
  std::uint64_t value = 0;
  for (const std::uint8_t byte : bytes.first(8)) value = (value << 8) | byte;
  return value;
}
std::uint32_t read_u32(ByteView bytes) {
  std::uint32_t value = 0;
  for (const std::uint8_t byte : bytes.first(4)) value = (value << 8) | byte;
  return value;
}

std::uint32_t crc32c(ByteView bytes) {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const std::uint8_t byte : bytes) crc = (crc >> 8) ^ kCrcTable[(crc ^ byte) & 0xFFU];
  return ~crc;
}

bool constant_time_equal(ByteView a, ByteView b) {
  if (a.size() != b.size()) return false;
  // volatile keeps the compiler from leaving the loop at the first difference; words, because each round
  // goes through memory.
  volatile std::uint64_t difference = 0;
  std::size_t i = 0;
  for (; i + 8 <= a.size(); i += 8) {
    std::uint64_t left = 0;
    std::uint64_t right = 0;
    std::memcpy(&left, a.data() + i, sizeof left);
    std::memcpy(&right, b.data() + i, sizeof right);
    difference = difference | (left ^ right);
  }
  for (; i < a.size(); ++i) difference = difference | static_cast<std::uint64_t>(a[i] ^ b[i]);
  return difference == 0;
}

}  // namespace sealpost
