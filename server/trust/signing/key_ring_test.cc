#include "trust/signing/key_ring.h"

#include <gtest/gtest.h>

#include "trust/signing/key_material.h"
#include "trust/vault/testing/vault_fixture.h"

namespace sealpost {
namespace {

using std::chrono::hours;

struct KeyRingTest : ::testing::Test, VaultFixture {
  OrganizationId acme = add_organization();
  PublicIdCodec ids = vault->make_public_id_codec({{1, 0}});
  DirectorySnapshot picture;
  SealedMaterial sealed;
  Position next = 1ULL << 40;
  static constexpr SourceId kSource{700};
  static constexpr EndpointId kEndpoint{800};

  std::shared_ptr<SigningKey> add(KeyUse use, const KeyMaterial& material,
                                  KeyState state = KeyState::Active) {
    auto key = std::make_shared<SigningKey>();
    key->head.position = ++next;
    key->head.tenancy = {acme, Environment::Live};
    key->use = use;
    key->owner = use == KeyUse::Inbound ? kSource.position : kEndpoint.position;
    key->algorithm = material.algorithm;
    key->public_key = material.public_key;
    key->state = state;
    const auto keys = vault->organization(acme);
    sealed[key->head.position] =
        std::make_shared<const Bytes>(seal_material(*keys, key->head.tenancy, key->id(), material, entropy));
    picture.keys.emplace(key->head.position, key);
    picture.keys_of[key->owner].push_back(key);
    return key;
  }
  KeyMaterial hmac() { return generate_outbound_key(KeyAlgorithm::HmacSha256, entropy); }
  KeyMaterial ed25519() { return generate_outbound_key(KeyAlgorithm::Ed25519, entropy); }
  KeyRing::Rebuilt rebuild(const KeyRing* previous = nullptr) {
    return KeyRing::rebuild({picture, sealed, *vault, ids, clock.wall_now()}, previous);
  }
  // The state that verification sees of a single inbound key.
  std::optional<VerificationKeyState> seen(const SigningKey& key) {
    const auto rebuilt = rebuild();
    for (const auto& held : rebuilt.ring->inbound(kSource))
      if (held.id == ids.encode(key.id())) return held.state;
    return std::nullopt;
  }
};

TEST_F(KeyRingTest, AnUnknownOwnerHasNoKeys) {
  const auto built = rebuild();
  EXPECT_TRUE(built.ring->inbound({1}).empty());
  EXPECT_EQ(built.ring->outbound({1}), nullptr);
  EXPECT_EQ(built.ring->rebuild_at(), std::nullopt);
}

TEST_F(KeyRingTest, OutboundSignsWithOldAndNewDuringOverlapNewestFirst) {
  const auto old_key = add(KeyUse::Outbound, hmac(), KeyState::Retiring);
  old_key->retires_at = clock.wall_now() + hours(1);
  const auto new_key = add(KeyUse::Outbound, hmac());
  const auto pair = add(KeyUse::Outbound, ed25519());
  const auto built = rebuild();
  const auto set = built.ring->outbound(kEndpoint);
  ASSERT_NE(set, nullptr);
  EXPECT_EQ(set->key_ids({.v1 = true, .v1a = false}),
            (std::vector{ids.encode(new_key->id()), ids.encode(old_key->id())}));
  EXPECT_EQ(set->key_ids({.v1 = false, .v1a = true}), (std::vector{ids.encode(pair->id())}));
  EXPECT_EQ(set->keys({.v1 = true, .v1a = true}).size(), 3U);
  EXPECT_TRUE(set->keys({.v1 = false, .v1a = false}).empty());
  EXPECT_EQ(built.ring->rebuild_at(), old_key->retires_at);

  clock.advance(hours(1));
  const auto after = rebuild(built.ring.get());
  EXPECT_EQ(after.ring->outbound(kEndpoint)->signers().size(), 2U)
      << "the overlap is over, though nothing was written";
  EXPECT_EQ(after.ring->rebuild_at(), std::nullopt);
}

TEST_F(KeyRingTest, OnlyCurrentKeysSign) {
  for (const KeyState state :
       {KeyState::Pending, KeyState::Retired, KeyState::Destroyed, KeyState::Compromised})
    add(KeyUse::Outbound, hmac(), state);
  EXPECT_EQ(rebuild().ring->outbound(kEndpoint), nullptr);
}

TEST_F(KeyRingTest, SignaturesVerifyWithTheSameMaterial) {
  const KeyMaterial material = hmac();
  add(KeyUse::Outbound, material);
  const KeyMaterial pair = ed25519();
  add(KeyUse::Outbound, pair);
  const auto set = rebuild().ring->outbound(kEndpoint);
  const auto keys = set->keys({.v1 = true, .v1a = true});
  ASSERT_EQ(keys.size(), 2U);
  for (const auto& key : keys) {
    if (const auto* const* held = std::get_if<const HmacSha256*>(&key)) {
      EXPECT_EQ((*held)->tag(as_bytes("x")), HmacSha256(material.secret).tag(as_bytes("x")));
    } else {
      const auto signature = std::get<const Ed25519PrivateKey*>(key)->sign(as_bytes("x"));
      EXPECT_TRUE(parse_public_key(pair.public_key)->verify(as_bytes("x"), signature));
    }
  }
}

TEST_F(KeyRingTest, InboundStatesAsVerificationSeesThem) {
  using S = VerificationKeyState;
  const struct {
    KeyState state;
    std::optional<S> seen;
  } rows[] = {{KeyState::Pending, S::Pending},         {KeyState::Active, S::Active},
              {KeyState::Retiring, S::Retiring},       {KeyState::Retired, S::Retired},
              {KeyState::Compromised, S::Compromised}, {KeyState::Destroyed, std::nullopt}};
  for (const auto& row : rows) EXPECT_EQ(seen(*add(KeyUse::Inbound, hmac(), row.state)), row.seen);
}

TEST_F(KeyRingTest, AnExpiredInboundKeyIsARetiredOne) {
  const auto key = add(KeyUse::Inbound, hmac());
  key->expires_at = clock.wall_now() + hours(2);
  EXPECT_EQ(seen(*key), VerificationKeyState::Active);
  clock.advance(hours(2));
  EXPECT_EQ(seen(*key), VerificationKeyState::Retired);
  EXPECT_EQ(rebuild().ring->inbound(kSource)[0].retired_at, key->expires_at);
}

TEST_F(KeyRingTest, CurrentKeysComeFirst) {
  for (const KeyState state :
       {KeyState::Compromised, KeyState::Retired, KeyState::Pending, KeyState::Retiring, KeyState::Active})
    add(KeyUse::Inbound, hmac(), state);
  const auto built = rebuild();
  std::vector<VerificationKeyState> order;
  for (const auto& key : built.ring->inbound(kSource)) order.push_back(key.state);
  using enum VerificationKeyState;
  EXPECT_EQ(order, (std::vector{Active, Retiring, Pending, Retired, Compromised}));
}

TEST_F(KeyRingTest, EachAlgorithmBecomesItsOwnKind) {
  add(KeyUse::Inbound, hmac());
  add(KeyUse::Inbound,
      {.algorithm = KeyAlgorithm::Ed25519, .secret = {}, .public_key = ed25519().public_key});
  add(KeyUse::Inbound,
      generate_inbound_key(InboundScheme::GitLabToken, KeyAlgorithm::StaticToken, entropy).value());
  const auto built = rebuild();
  const auto keys = built.ring->inbound(kSource);
  ASSERT_EQ(keys.size(), 3U);
  EXPECT_TRUE(std::holds_alternative<HmacSha256>(keys[0].material));
  EXPECT_TRUE(std::holds_alternative<Ed25519PublicKey>(keys[1].material));
  EXPECT_TRUE(std::holds_alternative<SecretBytes>(keys[2].material));
}

TEST_F(KeyRingTest, WhatDoesNotOpenVerifiesNothingAndIsReported) {
  const auto good = add(KeyUse::Inbound, hmac());
  const auto missing = add(KeyUse::Inbound, hmac());
  const auto damaged = add(KeyUse::Inbound, hmac());
  const auto moved = add(KeyUse::Inbound, hmac());
  const auto weak = add(
      KeyUse::Inbound,
      {.algorithm = KeyAlgorithm::HmacSha256, .secret = SecretBytes::copy_of(Bytes(8, 1)), .public_key = {}});
  const auto no_point =
      add(KeyUse::Inbound, {.algorithm = KeyAlgorithm::Ed25519, .secret = {}, .public_key = "whpk_AAAA"});
  const auto outbound = add(KeyUse::Outbound, hmac());
  outbound->algorithm = KeyAlgorithm::StaticToken;
  sealed.erase(missing->head.position);
  Bytes changed = *sealed[damaged->head.position];
  changed.back() ^= 1;
  sealed[damaged->head.position] = std::make_shared<const Bytes>(changed);
  sealed[moved->head.position] = sealed[good->head.position];
  const auto built = rebuild();
  EXPECT_EQ(built.unusable, (std::vector{missing->id(), damaged->id(), moved->id(), weak->id(),
                                         no_point->id(), outbound->id()}));
  ASSERT_EQ(built.ring->inbound(kSource).size(), 1U);
  EXPECT_EQ(built.ring->inbound(kSource)[0].id, ids.encode(good->id()));
  EXPECT_EQ(built.ring->outbound(kEndpoint), nullptr);
}

TEST_F(KeyRingTest, AnUnreadableKeyIsTriedAgain) {
  const auto key = add(KeyUse::Inbound, hmac());
  const auto material = sealed[key->head.position];
  sealed.clear();
  const auto first = rebuild();
  EXPECT_EQ(first.unusable.size(), 1U);
  sealed[key->head.position] = material;
  const auto second = rebuild(first.ring.get());
  EXPECT_TRUE(second.unusable.empty());
  EXPECT_EQ(second.ring->inbound(kSource).size(), 1U);
}

TEST_F(KeyRingTest, UnchangedOwnersAreCarriedOver) {
  add(KeyUse::Inbound, hmac());
  const auto signer = add(KeyUse::Outbound, hmac());
  const auto first = rebuild();
  const auto second = rebuild(first.ring.get());
  EXPECT_EQ(first.ring->inbound(kSource).data(), second.ring->inbound(kSource).data());
  EXPECT_EQ(first.ring->outbound(kEndpoint), second.ring->outbound(kEndpoint));
  signer->head.version = 2;
  const auto third = rebuild(second.ring.get());
  EXPECT_EQ(first.ring->inbound(kSource).data(), third.ring->inbound(kSource).data());
  EXPECT_NE(first.ring->outbound(kEndpoint), third.ring->outbound(kEndpoint));
}

TEST_F(KeyRingTest, ADeletedOwnerIsGone) {
  add(KeyUse::Inbound, hmac());
  const auto first = rebuild();
  picture.keys_of.clear();
  EXPECT_TRUE(rebuild(first.ring.get()).ring->inbound(kSource).empty());
  EXPECT_EQ(first.ring->inbound(kSource).size(), 1U) << "who still holds the old ring keeps its keys";
}

TEST_F(KeyRingTest, AnOrganizationWithoutAKeyInMemoryYieldsNone) {
  const auto key = add(KeyUse::Inbound, hmac());
  key->head.tenancy.organization = {424242};
  EXPECT_EQ(rebuild().unusable, (std::vector{key->id()}));
}

}  // namespace
}  // namespace sealpost
