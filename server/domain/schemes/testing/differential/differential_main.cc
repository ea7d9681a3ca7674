// Signs and verifies what it is told to, one JSON object per line in, one per line out: the side that
// tests/differential compares with the published libraries. Not part of the product.
//
//   {"op":"sign","id":..,"timestamp":n,"body":base64,"keys":["whsec_..","whsk_.."]}
//     -> {"headers":{"webhook-id":..,...}} or {"error":"sign"}
//   {"op":"verify","scheme":"standard_v1","headers":[[name,value],..],"body":base64,"now":n,
//    "keys":["whsec_..","whpk_.."]}
//     -> {"ok":true,"key":"0"} or {"refusal":"bad_signature"}
#include <boost/json.hpp>
#include <iostream>
#include <string>

#include "domain/schemes/key_text.h"
#include "domain/schemes/sign.h"
#include "domain/schemes/verify.h"

namespace sealpost {
namespace {

namespace json = boost::json;

std::string_view text(const json::value& value) { return value.as_string(); }

struct SigningKeys {
  std::vector<HmacSha256> hmac;
  std::vector<Ed25519PrivateKey> ed25519;
};

json::object sign(const json::object& request) {
  SigningKeys keys;
  std::vector<std::pair<bool, std::size_t>> order;
  for (const json::value& key : request.at("keys").as_array()) {
    if (auto ed25519 = parse_private_key(text(key))) {
      order.emplace_back(false, keys.ed25519.size());
      keys.ed25519.push_back(std::move(*ed25519));
    } else if (auto secret = parse_hmac_secret(text(key))) {
      order.emplace_back(true, keys.hmac.size());
      keys.hmac.emplace_back(*secret);
    } else {
      return {{"error", "key"}};
    }
  }
  std::vector<OutboundKey> outbound;
  for (const auto& [hmac, index] : order) {
    if (hmac)
      outbound.emplace_back(&keys.hmac[index]);
    else
      outbound.emplace_back(&keys.ed25519[index]);
  }
  const auto body = from_base64(text(request.at("body")));
  if (!body) return {{"error", "body"}};
  const auto headers = sign_standard(text(request.at("id")),
                                     request.at("timestamp").to_number<std::int64_t>(), *body, outbound);
  if (!headers) return {{"error", "sign"}};
  return {{"headers", json::object{{"webhook-id", headers->id},
                                   {"webhook-timestamp", headers->timestamp},
                                   {"webhook-signature", headers->signature}}}};
}

json::object verify(const json::object& request) {
  const auto scheme = scheme_from_name(text(request.at("scheme")));
  const auto body = from_base64(text(request.at("body")));
  if (!scheme || !body) return {{"error", "request"}};
  const auto settings = SchemeSettings::create({.scheme = *scheme});
  std::vector<VerificationKey> keys;
  for (const json::value& key : request.at("keys").as_array()) {
    const std::string id = std::to_string(keys.size());
    if (auto secret = parse_hmac_secret(text(key)))
      keys.push_back({.id = id, .material = HmacSha256(*secret)});
    else if (auto pub = parse_public_key(text(key)))
      keys.push_back({.id = id, .material = std::move(*pub)});
    else
      return {{"error", "key"}};
  }
  std::vector<HeaderView> headers;
  for (const json::value& pair : request.at("headers").as_array())
    headers.push_back({text(pair.at(0)), text(pair.at(1))});
  const VerificationTime now(std::chrono::seconds(request.at("now").to_number<std::int64_t>()));
  const SignatureFacts facts = gather(*settings, headers, *body, keys, now);
  if (const auto refusal = decide(facts, {})) return {{"refusal", name(*refusal)}};
  return {{"ok", true}, {"key", facts.key_id}};
}

int run() {
  for (std::string line; std::getline(std::cin, line);) {
    const json::object request = json::parse(line).as_object();
    const bool signs = text(request.at("op")) == "sign";
    std::cout << json::serialize(signs ? sign(request) : verify(request)) << std::endl;
  }
  return 0;
}

}  // namespace
}  // namespace sealpost

int main() { return sealpost::run(); }
