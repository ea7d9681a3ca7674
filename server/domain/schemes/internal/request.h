// What the headers of one request say under a scheme, before any key is looked at. Borrows from the
// headers and the body. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "domain/schemes/verify.h"

namespace sealpost {

// One signature as it was sent, decoded.
struct SentSignature {
  enum class Kind : std::uint8_t { Hmac, Ed25519 };
  Kind kind = Kind::Hmac;
  std::array<std::uint8_t, 64> octets;  // beyond bytes(): not set
  [[nodiscard]] ByteView bytes() const { return ByteView(octets).first(kind == Kind::Hmac ? 32 : 64); }
};

struct RequestReading {
  FormatFinding format = FormatFinding::Readable;
  std::optional<std::int64_t> timestamp{};  // signed
  std::string_view signed_id{};
  std::string_view unsigned_id{};
  std::string_view event_type{};  // from a header, unsigned
  std::string_view token{};       // GitLabToken

  // The signed string, piece after piece; unused pieces are empty.
  std::array<ByteView, HmacTemplate::kMaxParts> parts{};
  std::array<SentSignature, kMaxSignatures> signatures;
  std::size_t signature_count = 0;
};

[[nodiscard]] RequestReading read_request(const SchemeSettings& settings, std::span<const HeaderView> headers,
                                          ByteView body);

// Names of the headers that the scheme reads.
[[nodiscard]] std::vector<std::string_view> headers_read(const SchemeSettings& settings);

// The signed string as one piece, for algorithms that need it whole.
[[nodiscard]] Bytes joined(const RequestReading& reading);
[[nodiscard]] Hash256 signed_sha256(const RequestReading& reading);
[[nodiscard]] std::size_t signed_length(const RequestReading& reading);

}  // namespace sealpost
