#include "flow/directory/source_plan.h"

#include <algorithm>

namespace sealpost {
namespace {

Scheme scheme_of(InboundScheme scheme) {
  switch (scheme) {
    case InboundScheme::StandardV1:
      return Scheme::StandardV1;
    case InboundScheme::StandardV1a:
      return Scheme::StandardV1a;
    case InboundScheme::GitHub:
      return Scheme::GitHub;
    case InboundScheme::Stripe:
      return Scheme::Stripe;
    case InboundScheme::Slack:
      return Scheme::Slack;
    case InboundScheme::GitLabToken:
      return Scheme::GitLabToken;
    case InboundScheme::GitLabSigned:
      return Scheme::GitLabSigned;
    case InboundScheme::GenericHmac:
      return Scheme::GenericHmac;
  }
  return Scheme::StandardV1;
}

Result<HmacTemplate, SourceProblem> template_of(const GenericHmacTemplate& stored) {
  HmacTemplate out;
  out.signature_header = stored.signature_header;
  out.prefix = stored.signature_prefix;
  if (stored.encoding == "hex")
    out.encoding = SignatureEncoding::Hex;
  else if (stored.encoding == "base64")
    out.encoding = SignatureEncoding::Base64;
  else if (stored.encoding == "base64url")
    out.encoding = SignatureEncoding::Base64Url;
  else
    return fail(SourceProblem::Template);
  out.timestamp_header = stored.timestamp_header;
  out.id_header = stored.id_header;
  out.event_type_header = stored.event_type_header;
  auto parts = parse_template(stored.signed_template);
  if (!parts) return fail(SourceProblem::Template);
  out.parts = *std::move(parts);
  return out;
}

bool is_event_type(std::string_view text) {
  return !text.empty() && text.size() <= 128 && text.front() != ' ' && text.back() != ' ' &&
         std::ranges::all_of(text, [](char c) { return c >= ' ' && c < 0x7f; });
}

}  // namespace

Result<SourcePlan, SourceProblem> SourcePlan::create(std::shared_ptr<const Source> source,
                                                     const PublicIdCodec& ids) {
  SchemeSettings::Options options{.scheme = scheme_of(source->scheme),
                                  .window = Seconds(source->window_seconds),
                                  .max_body_bytes = source->max_body_bytes,
                                  .hmac_template = {}};
  if (source->generic) {
    SEALPOST_TRY(options.hmac_template, template_of(*source->generic));
  }
  auto settings = SchemeSettings::create(std::move(options));
  if (!settings) {
    if (settings.error() == SettingsError::BadWindow) return fail(SourceProblem::Window);
    if (settings.error() == SettingsError::BadBodyBound) return fail(SourceProblem::BodyBound);
    return fail(source->generic ? SourceProblem::Template : SourceProblem::Scheme);
  }
  auto redaction = RedactionPlan::create(source->event_rules);
  if (!redaction) return fail(SourceProblem::Redaction);
  auto networks = NetworkSet::parse(source->networks);
  if (!networks) return fail(SourceProblem::Networks);
  if (!std::ranges::all_of(source->event_types, is_event_type)) return fail(SourceProblem::EventTypes);
  SourcePlan plan{.source = {},
                  .settings = *std::move(settings),
                  .redaction = *std::move(redaction),
                  .networks = *std::move(networks),
                  .source_id = ids.encode(source->id()),
                  .integration_id = ids.encode(source->integration),
                  .organization_id = ids.encode(source->head.tenancy.organization)};
  plan.source = std::move(source);
  return plan;
}

bool SourcePlan::allows_type(std::string_view event_type) const {
  const auto& types = source->event_types;
  return types.empty() || std::ranges::find(types, event_type) != types.end();
}

}  // namespace sealpost
