#include "trust/signing/key_material.h"

#include <set>

#include <gtest/gtest.h>

#include "domain/model/record_json.h"
#include "foundation/bytes/secret_access.h"
#include "trust/vault/testing/vault_fixture.h"

namespace sealpost {
namespace {

using enum InboundScheme;
constexpr auto kHmac = KeyAlgorithm::HmacSha256;
constexpr auto kEd25519 = KeyAlgorithm::Ed25519;
constexpr auto kToken = KeyAlgorithm::StaticToken;
constexpr InboundScheme kSchemes[] = {StandardV1, StandardV1a, GitHub,       Stripe,
                                      Slack,      GitLabToken, GitLabSigned, GenericHmac};

std::string shown(const SecretBytes& secret) {
  return std::string(as_text(secret.reveal(SecretAccess("test"))));
}

struct KeyMaterialTest : ::testing::Test, VaultFixture {
  OrganizationId acme = add_organization();
  OrganizationId other = add_organization();
};

TEST_F(KeyMaterialTest, EachSchemeTakesItsOwnAlgorithms) {
  const struct {
    InboundScheme scheme;
    bool hmac, ed25519, token;
  } rows[] = {{StandardV1, true, true, false},    {StandardV1a, false, true, false},
              {GitHub, true, false, false},       {Stripe, true, false, false},
              {Slack, true, false, false},        {GitLabToken, false, false, true},
              {GitLabSigned, true, false, false}, {GenericHmac, true, false, false}};
  for (const auto& row : rows) {
    EXPECT_EQ(scheme_takes(row.scheme, kHmac), row.hmac) << enum_name(row.scheme);
    EXPECT_EQ(scheme_takes(row.scheme, kEd25519), row.ed25519) << enum_name(row.scheme);
    EXPECT_EQ(scheme_takes(row.scheme, kToken), row.token) << enum_name(row.scheme);
  }
}

TEST_F(KeyMaterialTest, WhatIsGeneratedCanBePastedBack) {
  for (const InboundScheme scheme : kSchemes) {
    for (const KeyAlgorithm algorithm : {kHmac, kEd25519, kToken}) {
      const auto made = generate_inbound_key(scheme, algorithm, entropy);
      const bool possible = scheme_takes(scheme, algorithm) && algorithm != kEd25519;
      ASSERT_EQ(made.ok(), possible) << enum_name(scheme) << " " << enum_name(algorithm);
      if (!possible) {
        EXPECT_EQ(made.error(), KeyMaterialError::WrongAlgorithm);
        continue;
      }
      const auto back = import_inbound_key(scheme, shown(printed_form(*made, scheme)));
      ASSERT_TRUE(back.ok()) << enum_name(scheme);
      EXPECT_EQ(back->algorithm, algorithm);
      EXPECT_TRUE(back->secret.equals(made->secret)) << enum_name(scheme);
    }
  }
}

TEST_F(KeyMaterialTest, GeneratedKeysHold256BitsAndDiffer) {
  std::set<std::string> seen;
  for (int i = 0; i < 10; ++i) {
    const auto hmac = generate_outbound_key(kHmac, entropy);
    EXPECT_EQ(hmac.secret.size(), 32U);
    EXPECT_TRUE(hmac.public_key.empty());
    seen.insert(shown(hmac.secret));
    const auto pair = generate_outbound_key(kEd25519, entropy);
    EXPECT_EQ(pair.secret.size(), 32U);
    EXPECT_TRUE(pair.public_key.starts_with("whpk_"));
    seen.insert(shown(pair.secret));
    const auto text = generate_inbound_key(GitHub, kHmac, entropy);
    EXPECT_EQ(text->secret.size(), 43U) << "32 octets as base64url";
    seen.insert(shown(text->secret));
  }
  EXPECT_EQ(seen.size(), 30U);
}

TEST_F(KeyMaterialTest, OutboundPrivateHalvesAreNeverPrinted) {
  const auto pair = generate_outbound_key(kEd25519, entropy);
  EXPECT_EQ(shown(printed_form(pair, std::nullopt)), pair.public_key);
  const auto hmac = generate_outbound_key(kHmac, entropy);
  EXPECT_TRUE(shown(printed_form(hmac, std::nullopt)).starts_with("whsec_"));
}

TEST_F(KeyMaterialTest, ImportsAreCheckedForForm) {
  const std::string whsec = "whsec_" + to_base64(Bytes(32, 1));
  const std::string whpk = generate_outbound_key(kEd25519, entropy).public_key;
  const std::string text(32, 'x');
  using enum KeyMaterialError;
  const struct {
    const char* name;
    InboundScheme scheme;
    std::string text;
    std::optional<KeyMaterialError> error;
  } rows[] = {
      {"whsec for v1", StandardV1, whsec, std::nullopt},
      {"whpk for v1", StandardV1, whpk, std::nullopt},
      {"whpk for v1a", StandardV1a, whpk, std::nullopt},
      {"whsec for v1a", StandardV1a, whsec, WrongForm},
      {"bare base64", StandardV1, whsec.substr(6), WrongForm},
      {"bad base64", StandardV1, "whsec_***", WrongForm},
      {"15 octets", StandardV1, "whsec_" + to_base64(Bytes(15, 1)), TooWeak},
      {"small order", StandardV1, "whpk_" + to_base64(Bytes(32, 0)), BadPublicKey},
      {"short public key", StandardV1, "whpk_" + to_base64(Bytes(31, 9)), WrongForm},
      {"whpk for GitLab is no key", GitLabSigned, whpk, WrongForm},
      {"text for GitHub", GitHub, text, std::nullopt},
      {"short text for GitHub", GitHub, std::string(15, 'x'), TooWeak},
      {"16 letters are the least", GitHub, std::string(16, 'x'), std::nullopt},
      {"control character", Slack, text + "\n", WrongForm},
      {"Stripe keeps its whole text", Stripe, whsec, std::nullopt},
      {"token", GitLabToken, text, std::nullopt},
      {"short token", GitLabToken, "short", TooWeak},
      {"empty", GenericHmac, "", TooWeak},
      {"oversize", GenericHmac, std::string(257, 'x'), WrongForm},
  };
  for (const auto& row : rows) {
    const auto made = import_inbound_key(row.scheme, row.text);
    ASSERT_EQ(made.ok(), !row.error) << row.name;
    if (row.error) {
      EXPECT_EQ(made.error(), *row.error) << row.name;
    }
  }
  EXPECT_EQ(shown(import_inbound_key(Stripe, whsec)->secret), whsec)
      << "its octets are the key, prefix included";
  EXPECT_EQ(import_inbound_key(GitLabToken, text)->algorithm, kToken);
  EXPECT_TRUE(import_inbound_key(StandardV1, whpk)->secret.empty()) << "only the public half is known";
}

TEST_F(KeyMaterialTest, OutboundImports) {
  const auto pair = generate_outbound_key(kEd25519, entropy);
  const auto key = Ed25519PrivateKey::create(pair.secret);
  const std::string whsk = shown(format_private_key(*key));
  const auto back = import_outbound_key(whsk);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->public_key, pair.public_key);
  EXPECT_TRUE(back->secret.equals(pair.secret));
  Bytes foreign = *from_base64(std::string_view(whsk).substr(5));
  foreign[40] ^= 1;
  EXPECT_EQ(import_outbound_key("whsk_" + to_base64(foreign)).error(), KeyMaterialError::BadPublicKey);
  EXPECT_EQ(import_outbound_key(pair.public_key).error(), KeyMaterialError::WrongForm) << "can't sign";
  EXPECT_EQ(import_outbound_key("whsec_" + to_base64(Bytes(8, 1))).error(), KeyMaterialError::TooWeak);
  EXPECT_TRUE(import_outbound_key("whsec_" + to_base64(Bytes(24, 1))).ok());
}

TEST_F(KeyMaterialTest, FingerprintsShowReuseWithinOneOrganizationOnly) {
  const auto mine = vault->organization(acme);
  const auto theirs = vault->organization(other);
  const auto one = import_inbound_key(GitHub, std::string(32, 'x')).value().secret.clone();
  const KeyMaterial a{.algorithm = kHmac, .secret = one.clone(), .public_key = {}};
  const KeyMaterial as_token{.algorithm = kToken, .secret = one.clone(), .public_key = {}};
  const KeyMaterial b{
      .algorithm = kHmac, .secret = SecretBytes::copy_of(as_bytes("another secret")), .public_key = {}};
  EXPECT_EQ(fingerprint(*mine, a), fingerprint(*mine, a));
  EXPECT_EQ(fingerprint(*mine, a), fingerprint(*mine, as_token)) << "the same secret, whatever it is used as";
  EXPECT_NE(fingerprint(*mine, a), fingerprint(*mine, b));
  EXPECT_NE(fingerprint(*mine, a), fingerprint(*theirs, a)) << "nothing is said across organizations";
  const auto pair = generate_outbound_key(kEd25519, entropy);
  const KeyMaterial public_half{.algorithm = kEd25519, .secret = {}, .public_key = pair.public_key};
  EXPECT_EQ(fingerprint(*mine, pair), fingerprint(*mine, public_half));
}

TEST_F(KeyMaterialTest, ReuseIsFoundAcrossOwnersEnvironmentsAndStates) {
  const auto make = [&](Position position, OrganizationId organization, Environment environment,
                        Position owner, KeyState state, std::string print) {
    auto key = std::make_shared<SigningKey>();
    key->head.position = position;
    key->head.tenancy = {organization, environment};
    key->owner = owner;
    key->state = state;
    key->fingerprint = std::move(print);
    return key;
  };
  const struct {
    const char* name;
    std::shared_ptr<SigningKey> key;
    bool found;
  } rows[] = {
      {"another source", make(1, acme, Environment::Live, 20, KeyState::Active, "f"), true},
      {"another environment", make(1, acme, Environment::Test, 20, KeyState::Active, "f"), true},
      {"destroyed there", make(1, acme, Environment::Live, 20, KeyState::Destroyed, "f"), true},
      {"the same source", make(1, acme, Environment::Live, 10, KeyState::Active, "f"), false},
      {"another secret", make(1, acme, Environment::Live, 20, KeyState::Active, "g"), false},
      {"another organization", make(1, other, Environment::Live, 20, KeyState::Active, "f"), false},
  };
  for (const auto& row : rows) {
    DirectorySnapshot picture;
    picture.keys.emplace(1, row.key);
    EXPECT_EQ(find_reuse(picture, acme, "f", 10) != nullptr, row.found) << row.name;
  }
  DirectorySnapshot picture;
  auto outbound = make(1, acme, Environment::Live, 20, KeyState::Active, "f");
  outbound->use = KeyUse::Outbound;
  picture.keys.emplace(1, outbound);
  EXPECT_NE(find_reuse(picture, acme, "f", 10), nullptr)
      << "what an endpoint's secret signs, a source must not take for somebody else's";
}

TEST_F(KeyMaterialTest, SealedMaterialIsBoundToItsKeyAndTenancy) {
  const auto keys = vault->organization(acme);
  const Tenancy live{acme, Environment::Live};
  const auto material = generate_outbound_key(kHmac, entropy);
  const Bytes sealed = seal_material(*keys, live, {5}, material, entropy);
  EXPECT_TRUE(open_material(*keys, live, {5}, sealed)->equals(material.secret));
  EXPECT_EQ(open_material(*keys, live, {6}, sealed).error(), VaultError::Tampered);
  EXPECT_EQ(open_material(*keys, {acme, Environment::Test}, {5}, sealed).error(), VaultError::Tampered);
  EXPECT_EQ(open_material(*keys, {other, Environment::Live}, {5}, sealed).error(), VaultError::Tampered);
  EXPECT_EQ(open_material(*vault->organization(other), {other, Environment::Live}, {5}, sealed).error(),
            VaultError::Tampered);
  const KeyMaterial public_half{.algorithm = kEd25519, .secret = {}, .public_key = "whpk_"};
  EXPECT_TRUE(seal_material(*keys, live, {5}, public_half, entropy).empty());
}

}  // namespace
}  // namespace sealpost
