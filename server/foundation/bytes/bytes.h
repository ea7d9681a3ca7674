// Plain bytes and their text forms. Nothing here is secret: secrets live in secret_bytes.h.
// Free functions, thread-safe.
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sealpost {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;
using Hash256 = std::array<std::uint8_t, 32>;
using Hash128 = std::array<std::uint8_t, 16>;

[[nodiscard]] inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
[[nodiscard]] inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Lower-case hexadecimal; decoding accepts both cases and refuses anything else.
[[nodiscard]] std::string to_hex(ByteView bytes);
[[nodiscard]] std::optional<Bytes> from_hex(std::string_view text);

enum class Base64Alphabet : std::uint8_t { Standard, Url };
enum class Base64Padding : std::uint8_t { Required, Forbidden, Optional };

// RFC 4648 sections 4 and 5. Encoding pads in the standard alphabet, and never in the URL one.
[[nodiscard]] std::string to_base64(ByteView bytes, Base64Alphabet alphabet = Base64Alphabet::Standard);
// Strict: no white space, no characters outside the alphabet, unused trailing bits are zero.
[[nodiscard]] std::optional<Bytes> from_base64(std::string_view text,
                                               Base64Alphabet alphabet = Base64Alphabet::Standard,
                                               Base64Padding padding = Base64Padding::Required);

// The same into storage of the caller's, without the heap. False, and `out` then holds anything, unless the
// text stands for exactly out.size() octets.
[[nodiscard]] bool decode_hex(std::string_view text, std::span<std::uint8_t> out);
[[nodiscard]] bool decode_base64(std::string_view text, std::span<std::uint8_t> out,
                                 Base64Alphabet alphabet = Base64Alphabet::Standard,
                                 Base64Padding padding = Base64Padding::Required);

// Crockford's base 32, lower case, without padding: what public ids and tokens are written in.
[[nodiscard]] std::string to_base32(ByteView bytes);
[[nodiscard]] std::optional<Bytes> from_base32(std::string_view text);
[[nodiscard]] constexpr std::size_t base32_size(std::size_t octets) { return (octets * 8 + 4) / 5; }
// Without the heap: `out` takes exactly base32_size(bytes.size()) characters.
void encode_base32(ByteView bytes, std::span<char> out);
[[nodiscard]] bool decode_base32(std::string_view text, std::span<std::uint8_t> out);

// Big-endian integers, as the wire formats of the contract write them.
template <std::unsigned_integral T>
[[nodiscard]] constexpr std::array<std::uint8_t, sizeof(T)> big_endian(T value) {
  static_assert(std::endian::native == std::endian::little);
  return std::bit_cast<std::array<std::uint8_t, sizeof(T)>>(std::byteswap(value));
}
void append_u16(Bytes& out, std::uint16_t value);
void append_u32(Bytes& out, std::uint32_t value);
void append_u64(Bytes& out, std::uint64_t value);
void append(Bytes& out, ByteView bytes);
void append(Bytes& out, std::string_view text);
[[nodiscard]] std::uint64_t read_u64(ByteView eight_bytes);
[[nodiscard]] std::uint32_t read_u32(ByteView four_bytes);

// CRC-32C (RFC 3720 appendix B.4): finds typing and copying mistakes in tokens; proves nothing.
[[nodiscard]] std::uint32_t crc32c(ByteView bytes);

// True if both hold the same bytes. The time depends on the lengths alone, never on the contents.
[[nodiscard]] bool constant_time_equal(ByteView a, ByteView b);

}  // namespace sealpost
