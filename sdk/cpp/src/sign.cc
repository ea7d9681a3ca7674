#include "sealpost/sign.h"

#include <utility>
#include <variant>

#include "domain/schemes/key_text.h"
#include "domain/schemes/sign.h"
#include "domain/schemes/verify.h"

namespace sealpost::sdk {
namespace {

SignerError to_sdk(SignError error) {
  switch (error) {
    case SignError::BadId:
      return SignerError::BadId;
    case SignError::BadTimestamp:
      return SignerError::BadTimestamp;
    case SignError::NoKeys:
      return SignerError::NoKeys;
    case SignError::TooManyKeys:
      return SignerError::TooManyKeys;
  }
  return SignerError::BadKey;
}

}  // namespace

std::string_view name(SignerError error) {
  switch (error) {
    case SignerError::NoKeys:
      return "no_keys";
    case SignerError::TooManyKeys:
      return "too_many_keys";
    case SignerError::BadKey:
      return "bad_key";
    case SignerError::BadId:
      return "bad_id";
    case SignerError::BadTimestamp:
      return "bad_timestamp";
  }
  return "unknown";
}

struct Signer::State {
  std::vector<std::variant<HmacSha256, Ed25519PrivateKey>> keys;
  std::vector<OutboundKey> views;  // into `keys`
};

Outcome<Signer, SignerError> Signer::create(const std::vector<Secret>& keys) {
  if (keys.empty()) return SignerError::NoKeys;
  if (keys.size() > kMaxSignatures) return SignerError::TooManyKeys;
  const auto state = std::make_shared<State>();
  state->keys.reserve(keys.size());
  for (const Secret& key : keys) {
    const std::string_view text = key.reveal_secret_text();
    if (auto secret = parse_hmac_secret(text)) {
      const auto& held = state->keys.emplace_back(HmacSha256(*secret));
      state->views.emplace_back(&std::get<HmacSha256>(held));
    } else if (auto ed25519 = parse_private_key(text)) {
      const auto& held = state->keys.emplace_back(std::move(*ed25519));
      state->views.emplace_back(&std::get<Ed25519PrivateKey>(held));
    } else {
      return SignerError::BadKey;
    }
  }
  return Signer(state);
}

Outcome<SignedHeaders, SignerError> Signer::sign(std::string_view id, std::string_view body,
                                                 std::chrono::system_clock::time_point now) const {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  auto headers = sign_standard(id, seconds, as_bytes(body), state_->views);
  if (!headers) return to_sdk(headers.error());
  return SignedHeaders{std::move(headers->id), std::move(headers->timestamp), std::move(headers->signature)};
}

}  // namespace sealpost::sdk
