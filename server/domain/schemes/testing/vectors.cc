#include "domain/schemes/testing/vectors.h"

#include <fstream>
#include <iterator>

#include "domain/schemes/key_text.h"
#include "foundation/result/result.h"

namespace sealpost::testing {
namespace {

namespace json = boost::json;

VerificationTime time_of(const json::value& seconds) {
  return VerificationTime(std::chrono::seconds(seconds.to_number<std::int64_t>()));
}

VerificationKey make_key(const json::object& row) {
  const std::string kind = text_of(row, "kind");
  const std::string material = text_of(row, "material");
  VerificationKey key{.id = text_of(row, "id"), .material = SecretBytes()};
  if (kind == "whsec") {
    key.material.emplace<HmacSha256>(*parse_hmac_secret(material));
  } else if (kind == "whpk") {
    key.material.emplace<Ed25519PublicKey>(*parse_public_key(material));
  } else if (kind == "text") {
    key.material.emplace<HmacSha256>(*parse_text_secret(material));
  } else {
    SEALPOST_CHECK(kind == "token");
    key.material.emplace<SecretBytes>(SecretBytes::copy_of(as_bytes(material)));
  }
  const std::string state = text_of(row, "state");
  key.state = state == "active"     ? VerificationKeyState::Active
              : state == "retiring" ? VerificationKeyState::Retiring
              : state == "retired"  ? VerificationKeyState::Retired
              : state == "pending"  ? VerificationKeyState::Pending
                                    : VerificationKeyState::Compromised;
  if (const auto* retired = row.if_contains("retired_at")) key.retired_at = time_of(*retired);
  return key;
}

SchemeSettings make_settings(const json::object& row) {
  SchemeSettings::Options options{.scheme = *scheme_from_name(text_of(row, "scheme"))};
  const json::object& told = row.at("settings").as_object();
  if (const auto* window = told.if_contains("window"))
    options.window = std::chrono::seconds(window->to_number<std::int64_t>());
  if (const auto* bound = told.if_contains("max_body_bytes"))
    options.max_body_bytes = bound->to_number<std::size_t>();
  if (const auto* shape = told.if_contains("template")) {
    const json::object& t = shape->as_object();
    const std::string encoding = text_of(t, "encoding");
    options.hmac_template = HmacTemplate{.signature_header = text_of(t, "signature_header"),
                                         .prefix = text_of(t, "prefix"),
                                         .encoding = encoding == "hex"      ? SignatureEncoding::Hex
                                                     : encoding == "base64" ? SignatureEncoding::Base64
                                                                            : SignatureEncoding::Base64Url,
                                         .timestamp_header = text_of(t, "timestamp_header"),
                                         .id_header = text_of(t, "id_header"),
                                         .event_type_header = text_of(t, "event_type_header"),
                                         .parts = *parse_template(text_of(t, "signed"))};
  }
  return *SchemeSettings::create(std::move(options));
}

}  // namespace

std::vector<HeaderView> VerifyVector::header_views() const {
  std::vector<HeaderView> views;
  for (const auto& header : headers) views.push_back({header.first, header.second});
  return views;
}

const json::object& signing_vectors() {
  static const json::value document = [] {
    std::ifstream file(SEALPOST_SIGNING_VECTORS, std::ios::binary);
    SEALPOST_CHECK(file.good());
    return json::parse(std::string(std::istreambuf_iterator<char>(file), {}));
  }();
  return document.as_object();
}

std::string text_of(const json::object& object, std::string_view name) {
  return std::string(std::string_view(object.at(name).as_string()));
}

Bytes octets_of(const json::object& object, std::string_view name) {
  return *from_base64(text_of(object, name));
}

std::vector<VerifyVector> verify_vectors() {
  std::vector<VerifyVector> vectors;
  for (const json::value& value : signing_vectors().at("verify").as_array()) {
    const json::object& row = value.as_object();
    VerifyVector vector{.name = text_of(row, "name"),
                        .settings = make_settings(row),
                        .keys = {},
                        .headers = {},
                        .body = octets_of(row, "body"),
                        .now = time_of(row.at("now")),
                        .row = row};
    if (const auto* spaces = row.if_contains("body_padding"))
      vector.body.resize(vector.body.size() + spaces->to_number<std::size_t>(), ' ');
    for (const json::value& key : row.at("keys").as_array()) vector.keys.push_back(make_key(key.as_object()));
    for (const json::value& header : row.at("headers").as_array())
      vector.headers.emplace_back(header.at(0).as_string(), header.at(1).as_string());
    vectors.push_back(std::move(vector));
  }
  return vectors;
}

}  // namespace sealpost::testing
