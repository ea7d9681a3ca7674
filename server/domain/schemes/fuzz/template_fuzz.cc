// Any template of the generic scheme, one setting to a line: signed text, signature header, prefix, encoding,
// timestamp header, id header, type header. What is accepted is written back the same, and a request under it
// ends in a finding.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "domain/schemes/verify.h"

namespace sealpost {
namespace {

std::string written(const std::vector<HmacTemplate::Part>& parts) {
  std::string text;
  for (const auto& part : parts) switch (part.piece) {
      case HmacTemplate::Piece::Id:
        text += "{id}";
        break;
      case HmacTemplate::Piece::Timestamp:
        text += "{timestamp}";
        break;
      case HmacTemplate::Piece::Body:
        text += "{body}";
        break;
      case HmacTemplate::Piece::Literal:
        for (const char c : part.literal) text += c == '{' ? "{{" : c == '}' ? "}}" : std::string(1, c);
    }
  return text;
}

std::array<std::string_view, 7> lines_of(std::string_view text) {
  std::array<std::string_view, 7> lines;
  for (auto& line : lines) {
    line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return lines;
}

}  // namespace
}  // namespace sealpost

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sealpost;
  const auto lines = lines_of(as_text({data, size}));
  auto parts = parse_template(lines[0]);
  if (!parts) return 0;
  SEALPOST_CHECK(written(*parts) == lines[0] && parts->size() <= HmacTemplate::kMaxParts);

  HmacTemplate t{.signature_header = std::string(lines[1]), .prefix = std::string(lines[2])};
  if (lines[3] == "base64") t.encoding = SignatureEncoding::Base64;
  if (lines[3] == "base64url") t.encoding = SignatureEncoding::Base64Url;
  t.timestamp_header = lines[4];
  t.id_header = lines[5];
  t.event_type_header = lines[6];
  t.parts = std::move(*parts);
  const auto settings =
      SchemeSettings::create({.scheme = Scheme::GenericHmac, .hmac_template = std::move(t)});
  if (!settings) return 0;

  const HmacTemplate& held = *settings->hmac_template();
  SEALPOST_CHECK(is_header_name(held.signature_header));
  const std::string signature = held.prefix + std::string(64, 'a');
  const std::vector<HeaderView> headers{{held.signature_header, signature},
                                        {held.timestamp_header, "1700000000"},
                                        {held.id_header, "id-1"},
                                        {held.event_type_header, "a.b"}};
  std::vector<VerificationKey> keys;
  keys.push_back({.id = "h", .material = HmacSha256(as_bytes("32 octets that nobody keeps secret"))});
  const VerificationTime now(std::chrono::seconds(1'700'000'000));
  const auto facts = gather(*settings, headers, as_bytes("{}"), keys, now);
  SEALPOST_CHECK(facts.signature != SignatureFinding::Match && decide(facts, {}).has_value());
  SEALPOST_CHECK(explain(*settings, headers, as_bytes("{}"), keys, now).body_length == 2);
  return 0;
}
