// The body that an endpoint receives. Wrapped (the default), one JSON object names inside the signed bytes
// what a receiver has to check: organization, environment, endpoint and type; `data` is the accepted payload
// as it came when that was JSON, else `data_base64` with its `content_type`. Unwrapped is the payload alone,
// for receivers that can't change. `hops` counts how often a message went through a gateway: at four it is
// refused, which ends loops. Pure, thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "domain/model/records.h"
#include "foundation/bytes/bytes.h"

namespace sealpost {

inline constexpr std::uint32_t kMaxHops = 4;

struct OutboundMessage {
  std::string_view message_id;
  std::string_view event_type;
  WallTime accepted_at{};
  std::string_view organization_id;
  std::string_view environment;
  std::string_view endpoint_id;
  std::string_view source_id;  // empty when it came through the API
  std::uint32_t hops = 1;      // this passage included
  std::string_view content_type;
  bool payload_is_json = false;
  ByteView payload;
};

[[nodiscard]] Bytes wrapped_body(const OutboundMessage& message);

// `application/json` or a `+json` type, whatever its parameters.
[[nodiscard]] bool is_json_content_type(std::string_view content_type);

// What is kept of a sender's Content-Type: its first 128 octets, or nothing where it is not printable ASCII.
// No media type needs more (RFC 9110 section 8.3.1), and other octets would spoil the JSON that carries it.
[[nodiscard]] std::string_view storable_content_type(std::string_view content_type);

// A payload as it lies sealed in the store: one octet of format, one of hops so far, one that says whether it
// was checked to be JSON, then the bytes as they came.
struct StoredPayload {
  std::uint32_t hops = 0;
  bool is_json = false;
  Bytes bytes;
};
[[nodiscard]] Bytes encode_stored_payload(std::uint32_t hops, bool is_json, ByteView bytes);
[[nodiscard]] std::optional<StoredPayload> decode_stored_payload(ByteView stored);

}  // namespace sealpost
