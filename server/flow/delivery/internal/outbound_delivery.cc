#include "flow/delivery/internal/outbound_delivery.h"

#include <algorithm>

#include "domain/wire/outbound_body.h"
#include "foundation/http_types/headers.h"

namespace sealpost::delivery {
namespace {

Bytes body_of(const OutboundInputs& in, std::string_view message_id) {
  const CarriedMessage& message = in.message;
  if (in.endpoint.body == EndpointBody::Unwrapped) return message.payload;
  const std::string organization = in.ids.encode(in.leased.tenancy.organization);
  const std::string endpoint = in.ids.encode(in.endpoint.id());
  const std::string source = message.source.set() ? in.ids.encode(message.source) : std::string{};
  return wrapped_body({.message_id = message_id,
                       .event_type = in.leased.event_type,
                       .accepted_at = in.leased.accepted_at,
                       .organization_id = organization,
                       .environment = name_of(in.leased.tenancy.environment),
                       .endpoint_id = endpoint,
                       .source_id = source,
                       .hops = message.hops + 1,
                       .content_type = in.leased.content_type,
                       .payload_is_json = message.is_json,
                       .payload = message.payload});
}

std::string content_type_of(const OutboundInputs& in) {
  if (in.endpoint.body == EndpointBody::Wrapped) return "application/json";
  return in.leased.content_type.empty() ? "application/octet-stream" : in.leased.content_type;
}

// What a person set on the endpoint may add to our headers and replace none of them.
bool is_ours(std::string_view name) {
  constexpr std::string_view kPrefix = "webhook-";
  return equal_ignoring_case(name, "content-type") || equal_ignoring_case(name, "user-agent") ||
         equal_ignoring_case(name.substr(0, kPrefix.size()), kPrefix);
}

}  // namespace

Result<OutboundDelivery, PublicCode> make_outbound(OutboundInputs in) {
  const SignerSet::Choice choice{.v1 = in.endpoint.sign_v1, .v1a = in.endpoint.sign_v1a};
  const auto keys = in.signers == nullptr ? std::vector<OutboundKey>{} : in.signers->keys(choice);
  if (keys.empty()) return fail(PublicCode::SigningKeyMissing);
  if (in.policy == nullptr) return fail(PublicCode::ForbiddenAddress);
  if (std::ranges::any_of(in.endpoint.headers,
                          [](const CustomHeader& header) { return is_ours(header.name); }))
    return fail(PublicCode::ValidationFailed);

  const std::string message_id = in.ids.encode(in.leased.message);
  OutboundDelivery out;
  out.request.body = body_of(in, message_id);
  auto signature = sign_standard(message_id, to_unix_seconds(in.now), out.request.body, keys);
  if (!signature) return fail(PublicCode::InternalError);
  out.key_ids = in.signers->key_ids(choice);

  OutboundRequest& request = out.request;
  request.tag = in.leased.delivery.position;
  request.policy = std::move(in.policy);
  request.url = in.endpoint.url;
  request.timeout = in.endpoint.timeout_ms == 0 ? kDefaultSendTimeout : Milliseconds(in.endpoint.timeout_ms);
  request.headers.reserve(in.endpoint.headers.size() + 5);
  request.headers.push_back({"content-type", content_type_of(in)});
  request.headers.push_back({"user-agent", in.user_agent});
  request.headers.push_back({"webhook-id", std::move(signature->id)});
  request.headers.push_back({"webhook-timestamp", std::move(signature->timestamp)});
  request.headers.push_back({"webhook-signature", std::move(signature->signature)});
  for (const CustomHeader& header : in.endpoint.headers)
    request.headers.push_back({header.name, header.value});
  return out;
}

}  // namespace sealpost::delivery
