#include "trust/signing/key_ring.h"

#include <algorithm>
#include <array>
#include <utility>

#include "trust/signing/key_life.h"
#include "trust/signing/key_material.h"

namespace sealpost {
namespace {

using KeyPointers = std::vector<std::shared_ptr<const SigningKey>>;

std::optional<VerificationKeyState> verification_state(KeyState state) {
  switch (state) {
    case KeyState::Pending:
      return VerificationKeyState::Pending;
    case KeyState::Active:
      return VerificationKeyState::Active;
    case KeyState::Retiring:
      return VerificationKeyState::Retiring;
    case KeyState::Retired:
      return VerificationKeyState::Retired;
    case KeyState::Compromised:
      return VerificationKeyState::Compromised;
    case KeyState::Destroyed:
      return std::nullopt;
  }
  die(__FILE__, __LINE__, "a key state that nobody mapped");
}

bool signs(KeyState state) { return state == KeyState::Active || state == KeyState::Retiring; }

KeyStamps stamps_of(const KeyPointers& keys, WallTime now) {
  KeyStamps stamps;
  for (const auto& key : keys)
    stamps.push_back({key->head.position, key->head.version, effective_state(*key, now)});
  std::ranges::sort(stamps);
  return stamps;
}

Result<SecretBytes, VaultError> opened_material(const KeyRing::Inputs& inputs, const SigningKey& key) {
  const auto keys = inputs.vault.organization(key.head.tenancy.organization);
  if (keys == nullptr) return fail(VaultError::KeyUnavailable);
  const auto sealed = inputs.sealed.find(key.head.position);
  if (sealed == inputs.sealed.end() || sealed->second == nullptr) return fail(VaultError::Destroyed);
  return open_material(*keys, key.head.tenancy, key.id(), *sealed->second);
}

using VerificationMaterial = std::variant<HmacSha256, Ed25519PublicKey, SecretBytes>;
Result<VerificationMaterial, KeyMaterialError> verification_material(const KeyRing::Inputs& inputs,
                                                                     const SigningKey& key) {
  if (key.algorithm == KeyAlgorithm::Ed25519) {
    auto public_key = parse_public_key(key.public_key);
    if (!public_key) return fail(KeyMaterialError::Unusable);
    return VerificationMaterial(std::move(*public_key));
  }
  auto secret = opened_material(inputs, key);
  if (!secret) return fail(KeyMaterialError::Vault);
  // An HMAC under an empty key would verify what anybody can sign.
  if (secret->size() * 8 < 128) return fail(KeyMaterialError::Unusable);
  if (key.algorithm == KeyAlgorithm::StaticToken) return VerificationMaterial(std::move(*secret));
  return VerificationMaterial(HmacSha256(*secret));
}

using SigningMaterial = std::variant<HmacSha256, Ed25519PrivateKey>;
Result<SigningMaterial, KeyMaterialError> signing_material(const KeyRing::Inputs& inputs,
                                                           const SigningKey& key) {
  auto secret = opened_material(inputs, key);
  if (!secret) return fail(KeyMaterialError::Vault);
  if (key.algorithm == KeyAlgorithm::HmacSha256 && secret->size() * 8 >= 128)
    return SigningMaterial(HmacSha256(*secret));
  if (key.algorithm != KeyAlgorithm::Ed25519) return fail(KeyMaterialError::Unusable);
  auto private_key = Ed25519PrivateKey::create(*secret);
  if (!private_key) return fail(KeyMaterialError::Unusable);
  return SigningMaterial(std::move(*private_key));
}

// Keys beyond the bound are not tried by verification, so the ones that matter come first.
std::size_t rank(VerificationKeyState state) {
  constexpr std::array kOrder = {VerificationKeyState::Active, VerificationKeyState::Retiring,
                                 VerificationKeyState::Pending, VerificationKeyState::Retired,
                                 VerificationKeyState::Compromised};
  return static_cast<std::size_t>(std::ranges::find(kOrder, state) - kOrder.begin());
}

}  // namespace

SignerSet::SignerSet(std::vector<Signer> signers) : signers_(std::move(signers)) {}

std::vector<OutboundKey> SignerSet::keys(Choice choice) const {
  std::vector<OutboundKey> out;
  for (const Signer& signer : signers_) {
    if (const auto* hmac = std::get_if<HmacSha256>(&signer.material)) {
      if (choice.v1) out.emplace_back(hmac);
    } else if (choice.v1a) {
      out.emplace_back(std::get_if<Ed25519PrivateKey>(&signer.material));
    }
  }
  return out;
}

std::vector<std::string> SignerSet::key_ids(Choice choice) const {
  std::vector<std::string> out;
  for (const Signer& signer : signers_)
    if (std::holds_alternative<HmacSha256>(signer.material) ? choice.v1 : choice.v1a)
      out.push_back(signer.public_id);
  return out;
}

struct KeyRing::InboundKeys {
  KeyStamps stamps;
  std::vector<VerificationKey> keys;
  std::vector<SigningKeyId> unusable;
};
struct KeyRing::OutboundKeys {
  KeyStamps stamps;
  std::shared_ptr<const SignerSet> set;
  std::vector<SigningKeyId> unusable;
};

std::shared_ptr<const KeyRing::InboundKeys> KeyRing::build_inbound(const Inputs& inputs,
                                                                   const KeyPointers& keys,
                                                                   KeyStamps stamps) {
  auto built = std::make_shared<InboundKeys>();
  built->stamps = std::move(stamps);
  for (const auto& key : keys) {
    const auto state = verification_state(effective_state(*key, inputs.now));
    if (key->use != KeyUse::Inbound || !state) continue;
    auto material = verification_material(inputs, *key);
    if (!material) {
      built->unusable.push_back(key->id());
      continue;
    }
    built->keys.push_back({.id = inputs.ids.encode(key->id()),
                           .state = *state,
                           .retired_at = retired_since(*key, inputs.now),
                           .material = std::move(*material)});
  }
  std::ranges::stable_sort(built->keys, {}, [](const VerificationKey& key) { return rank(key.state); });
  return built;
}

std::shared_ptr<const KeyRing::OutboundKeys> KeyRing::build_outbound(const Inputs& inputs,
                                                                     const KeyPointers& keys,
                                                                     KeyStamps stamps) {
  auto built = std::make_shared<OutboundKeys>();
  built->stamps = std::move(stamps);
  std::vector<SignerSet::Signer> signers;
  for (const auto& key : keys) {
    if (key->use != KeyUse::Outbound || !signs(effective_state(*key, inputs.now))) continue;
    auto material = signing_material(inputs, *key);
    if (!material) {
      built->unusable.push_back(key->id());
      continue;
    }
    signers.push_back(
        {.id = key->id(), .public_id = inputs.ids.encode(key->id()), .material = std::move(*material)});
  }
  std::ranges::sort(signers, std::ranges::greater{},
                    [](const SignerSet::Signer& signer) { return signer.id; });
  if (!signers.empty()) built->set = std::make_shared<const SignerSet>(std::move(signers));
  return built;
}

KeyRing::Rebuilt KeyRing::rebuild(const Inputs& inputs, const KeyRing* previous) {
  auto ring = std::make_shared<KeyRing>();
  Rebuilt out;
  for (const auto& [owner, keys] : inputs.picture.keys_of) {
    KeyStamps stamps = stamps_of(keys, inputs.now);
    for (const auto& key : keys) {
      const auto change = next_change_at(*key, inputs.now);
      if (change && (!ring->rebuild_at_ || *change < *ring->rebuild_at_)) ring->rebuild_at_ = change;
    }
    // What could not be opened is tried again each time, because its key may have come since.
    const auto unchanged = [&](const auto& map) {
      const auto it = map.find(owner);
      return it != map.end() && it->second->stamps == stamps && it->second->unusable.empty() ? it->second
                                                                                             : nullptr;
    };
    std::shared_ptr<const InboundKeys> inbound = previous ? unchanged(previous->inbound_) : nullptr;
    if (inbound == nullptr) inbound = build_inbound(inputs, keys, stamps);
    std::shared_ptr<const OutboundKeys> outbound = previous ? unchanged(previous->outbound_) : nullptr;
    if (outbound == nullptr) outbound = build_outbound(inputs, keys, std::move(stamps));
    for (const auto* list : {&inbound->unusable, &outbound->unusable})
      out.unusable.insert(out.unusable.end(), list->begin(), list->end());
    ring->inbound_.emplace(owner, std::move(inbound));
    ring->outbound_.emplace(owner, std::move(outbound));
  }
  std::ranges::sort(out.unusable);
  out.ring = std::move(ring);
  return out;
}

std::span<const VerificationKey> KeyRing::inbound(SourceId source) const {
  const auto it = inbound_.find(source.position);
  if (it == inbound_.end()) return {};
  return it->second->keys;
}

std::shared_ptr<const SignerSet> KeyRing::outbound(EndpointId endpoint) const {
  const auto it = outbound_.find(endpoint.position);
  return it == outbound_.end() ? nullptr : it->second->set;
}

}  // namespace sealpost
