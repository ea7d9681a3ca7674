// A payload as it lies in the store, and the same octets inside an outbound body: one spelling, and a
// receiver reads back exactly the payload, whatever it and its content type hold. The first octet splits the
// two.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <boost/json.hpp>

#include "domain/wire/outbound_body.h"
#include "domain/wire/time_text.h"
#include "foundation/result/result.h"

namespace sealpost {
namespace {

namespace json = boost::json;

constexpr std::size_t kDepth = 64;

json::value read(std::string_view text, json::error_code& error) {
  json::parse_options options;
  options.max_depth = kDepth + 1;
  return json::parse(text, error, {}, options);
}

void check_body(std::string_view content_type, ByteView payload) {
  json::error_code malformed;
  json::parse_options options;
  options.max_depth = kDepth;
  const auto value = json::parse(as_text(payload), malformed, {}, options);
  const OutboundMessage message{.message_id = "msg_1",
                                .event_type = "a.b",
                                .organization_id = "org_1",
                                .environment = "test",
                                .endpoint_id = "end_1",
                                .source_id = "",
                                .content_type = content_type,
                                .payload_is_json = !malformed,
                                .payload = payload};
  json::error_code error;
  const auto body = read(as_text(wrapped_body(message)), error);
  SEALPOST_CHECK(!error && body.is_object());
  const auto& members = body.get_object();
  SEALPOST_CHECK(members.at("endpoint").get_string() == "end_1" && members.at("hops").to_number<int>() == 1);
  if (malformed) {
    SEALPOST_CHECK(members.size() == 9 && members.at("content_type").get_string() == content_type);
    SEALPOST_CHECK(from_base64(std::string_view(members.at("data_base64").get_string())) ==
                   Bytes(payload.begin(), payload.end()));
  } else {
    SEALPOST_CHECK(members.size() == 8 && members.at("data") == value);
  }
}

}  // namespace
}  // namespace sealpost

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sealpost;
  const ByteView input(data, size);
  if (const auto stored = decode_stored_payload(input))
    SEALPOST_CHECK(encode_stored_payload(stored->hops, stored->is_json, stored->bytes) ==
                   Bytes(data, data + size));
  if (const auto time = from_rfc3339(as_text(input))) SEALPOST_CHECK(from_rfc3339(to_rfc3339(*time)) == time);
  if (size == 0) return 0;
  const std::size_t split = std::min<std::size_t>(data[0], size - 1);
  check_body(storable_content_type(as_text(input.subspan(1, split))), input.subspan(1 + split));
  return 0;
}
