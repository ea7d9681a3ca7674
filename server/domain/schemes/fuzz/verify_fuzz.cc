// Any request under any scheme: what comes back is one known refusal or a complete acceptance, and an
// acceptance needs a key. The first octet chooses the scheme; then header lines "name: value", an empty line,
// and the body.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "domain/schemes/verify.h"
#include "foundation/result/result.h"

namespace sealpost {
namespace {

constexpr std::string_view kSecret = "a text secret of 33 octets, fixed";

HmacTemplate full_template() {
  HmacTemplate t;
  t.signature_header = "X-Signature";
  t.prefix = "v1=";
  t.encoding = SignatureEncoding::Base64Url;
  t.timestamp_header = "X-Time";
  t.id_header = "X-Id";
  t.event_type_header = "X-Event";
  t.parts = *parse_template("{id}.{timestamp}.{body}");
  return t;
}

std::vector<VerificationKey> make_keys(Scheme scheme) {
  std::vector<VerificationKey> keys;
  if (scheme == Scheme::GitLabToken) {
    keys.push_back({.id = "t", .material = SecretBytes::copy_of(as_bytes(kSecret))});
    return keys;
  }
  keys.push_back({.id = "h", .material = HmacSha256(as_bytes(kSecret))});
  // The base point of the curve: a key whose private half nobody needs here.
  Ed25519PublicBytes point{};
  point.fill(0x66);
  point[0] = 0x58;
  if (auto key = Ed25519PublicKey::create(point)) keys.push_back({.id = "e", .material = std::move(*key)});
  return keys;
}

std::vector<HeaderView> take_headers(std::string_view& text) {
  std::vector<HeaderView> headers;
  while (headers.size() < 32) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const std::size_t colon = line.find(": ");
    if (colon == std::string_view::npos) break;
    headers.push_back({line.substr(0, colon), line.substr(colon + 2)});
  }
  return headers;
}

void run(Scheme scheme, std::string_view text) {
  SchemeSettings::Options options{.scheme = scheme, .max_body_bytes = 4096};
  if (scheme == Scheme::GenericHmac) options.hmac_template = full_template();
  const auto settings = SchemeSettings::create(std::move(options));
  SEALPOST_CHECK(settings.ok());
  static const VerificationTime now(std::chrono::seconds(1'700'000'000));
  const auto keys = make_keys(scheme);
  const auto headers = take_headers(text);
  const auto facts = gather(*settings, headers, as_bytes(text), keys, now);
  const auto refusal = decide(facts, {});
  const bool matched = facts.signature == SignatureFinding::Match;
  SEALPOST_CHECK(matched == !facts.key_id.empty());
  SEALPOST_CHECK(matched || refusal.has_value());
  SEALPOST_CHECK(refusal.has_value() || facts.replay.kind != ReplayIdentity::Kind::SignedId ||
                 !facts.replay.id.empty());
  SEALPOST_CHECK(decide(gather(*settings, headers, as_bytes(text), {}, now), {}).has_value());
  const auto trace = explain(*settings, headers, as_bytes(text), keys, now);
  SEALPOST_CHECK(trace.body_length == text.size());
  if (const auto challenge = slack_challenge(as_bytes(text)); challenge.text)
    SEALPOST_CHECK(challenge.asked && challenge.text->size() <= 256);
}

}  // namespace
}  // namespace sealpost

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = sealpost::as_text({data, size});
  sealpost::run(sealpost::kAllSchemes[data[0] % sealpost::kAllSchemes.size()], text.substr(1));
  return 0;
}
