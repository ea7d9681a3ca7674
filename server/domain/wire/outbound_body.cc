#include "domain/wire/outbound_body.h"

#include <algorithm>

#include <boost/json/serialize.hpp>

#include "domain/wire/time_text.h"
#include "foundation/http_types/headers.h"

namespace sealpost {
namespace {

constexpr std::uint8_t kStoredFormat = 1;
constexpr std::size_t kMaxContentType = 128;

void member(Bytes& out, std::string_view name, std::string_view value) {
  append(out, out.size() == 1 ? "\"" : ",\"");
  append(out, name);
  append(out, "\":");
  append(out, boost::json::serialize(boost::json::string_view(value.data(), value.size())));
}

}  // namespace

Bytes wrapped_body(const OutboundMessage& message) {
  Bytes out;
  out.reserve(message.payload.size() + 512);
  out.push_back('{');
  member(out, "id", message.message_id);
  member(out, "type", message.event_type);
  member(out, "timestamp", to_rfc3339(message.accepted_at));
  member(out, "organization", message.organization_id);
  member(out, "environment", message.environment);
  member(out, "endpoint", message.endpoint_id);
  if (!message.source_id.empty()) member(out, "source", message.source_id);
  append(out, ",\"hops\":");
  append(out, std::to_string(message.hops));
  if (message.payload_is_json) {
    append(out, ",\"data\":");
    append(out, message.payload);
  } else {
    member(out, "content_type", message.content_type);
    member(out, "data_base64", to_base64(message.payload));
  }
  out.push_back('}');
  return out;
}

bool is_json_content_type(std::string_view content_type) {
  content_type = content_type.substr(0, content_type.find(';'));
  while (!content_type.empty() && (content_type.back() == ' ' || content_type.back() == '\t'))
    content_type.remove_suffix(1);
  if (equal_ignoring_case(content_type, "application/json")) return true;
  return content_type.size() > 5 &&
         equal_ignoring_case(content_type.substr(content_type.size() - 5), "+json");
}

std::string_view storable_content_type(std::string_view content_type) {
  const auto printable = [](char c) { return c >= ' ' && c <= '~'; };
  return std::ranges::all_of(content_type, printable) ? content_type.substr(0, kMaxContentType)
                                                      : std::string_view();
}

Bytes encode_stored_payload(std::uint32_t hops, bool is_json, ByteView bytes) {
  Bytes out;
  out.reserve(bytes.size() + 3);
  out.push_back(kStoredFormat);
  out.push_back(static_cast<std::uint8_t>(hops));
  out.push_back(is_json ? 1 : 0);
  append(out, bytes);
  return out;
}

std::optional<StoredPayload> decode_stored_payload(ByteView stored) {
  if (stored.size() < 3 || stored[0] != kStoredFormat || stored[2] > 1) return std::nullopt;
  const ByteView rest = stored.subspan(3);
  return StoredPayload{stored[1], stored[2] == 1, Bytes(rest.begin(), rest.end())};
}

}  // namespace sealpost
