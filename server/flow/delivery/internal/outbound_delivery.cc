#include "flow/delivery/internal/outbound_delivery.h"

#include <algorithm>

#include "domain/policy/custom_header.h"
#include "domain/wire/outbound_body.h"

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

}  // namespace

Result<OutboundDelivery, PublicCode> make_outbound(OutboundInputs in) {
  const SignerSet::Choice choice{.v1 = in.endpoint.sign_v1, .v1a = in.endpoint.sign_v1a};
  const auto keys = in.signers == nullptr ? std::vector<OutboundKey>{} : in.signers->keys(choice);
  if (keys.empty()) return fail(PublicCode::SigningKeyMissing);
  if (in.policy == nullptr) return fail(PublicCode::ForbiddenAddress);
  // Judged when it was set; once more, because what is signed here must not be replaced.
  if (std::ranges::any_of(in.endpoint.headers, [](const CustomHeader& header) {
        return !judge_custom_header(header.name, header.value).ok();
      }))
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
