#include "access/identity/client_secret.h"

#include <gtest/gtest.h>

#include "foundation/bytes/secret_access.h"
#include "trust/vault/testing/vault_fixture.h"

namespace sealpost {
namespace {

struct ClientSecretTest : ::testing::Test, VaultFixture {
  PublicIdCodec ids = vault->make_public_id_codec({{1, 0}});
  DirectorySnapshot picture;
  const Tenancy live{{1}, Environment::Live};
  const WallTime now = clock.wall_now();
  const CredentialId id{store.positions().draw()};
  const CredentialId second{store.positions().draw()};

  static std::string text_of(const ClientSecret& secret) {
    return std::string(as_text(secret.text.reveal(SecretAccess("test"))));
  }
  // Files a credential and gives the secret its machine was shown.
  std::string file(CredentialId credential_id, const Tenancy& tenancy,
                   CredentialState state = CredentialState::Active,
                   std::optional<WallTime> expires_at = std::nullopt) {
    const ClientSecret secret = make_client_secret(*vault, tenancy, credential_id, entropy);
    auto credential = std::make_shared<Credential>();
    credential->head.position = credential_id.position;
    credential->head.tenancy = tenancy;
    credential->state = state;
    credential->expires_at = expires_at;
    credential->secret_hash = secret.hash;
    credential->hint = secret.hint;
    picture.credentials.insert_or_assign(credential_id.position, credential);
    return text_of(secret);
  }
  [[nodiscard]] Result<const Credential*, ClientRefusal> check(std::string_view secret,
                                                               CredentialId who) const {
    return authenticate_client(*vault, ids, picture, ids.encode(who), secret, now);
  }
};

TEST_F(ClientSecretTest, AuthenticatesItsCredential) {
  for (const Environment environment : {Environment::Live, Environment::Test}) {
    const std::string secret = file(id, {{1}, environment});
    EXPECT_TRUE(secret.starts_with(environment == Environment::Live ? kLiveSecretPrefix : kTestSecretPrefix));
    const auto who = check(secret, id);
    ASSERT_TRUE(who.ok());
    EXPECT_EQ((*who)->id(), id);
  }
}

TEST_F(ClientSecretTest, NothingStoredLeadsBackToIt) {
  const std::string secret = file(id, live);
  const Credential& stored = *picture.find(id);
  EXPECT_EQ(stored.secret_hash.size(), 64U);
  EXPECT_EQ(stored.hint, secret.substr(secret.size() - 4));
  EXPECT_EQ(secret.find(stored.secret_hash), std::string::npos);
  const auto raw = *from_base32(std::string_view(secret).substr(kLiveSecretPrefix.size()));
  EXPECT_NE(to_hex(sha256(ByteView(raw).first(32))), stored.secret_hash) << "keyed, not merely hashed";
}

TEST_F(ClientSecretTest, EachWrongLetterIsRefusedAsATypingMistake) {
  const std::string secret = file(id, live);
  for (std::size_t i = 0; i < secret.size(); ++i) {
    std::string changed = secret;
    changed[i] = changed[i] == '7' ? 'q' : '7';
    const auto refused = check(changed, id);
    ASSERT_FALSE(refused.ok()) << i;
    EXPECT_EQ(refused.error(), ClientRefusal::MalformedSecret) << i;
  }
  for (std::size_t size = 0; size < secret.size(); ++size)
    EXPECT_EQ(check(secret.substr(0, size), id).error(), ClientRefusal::MalformedSecret) << size;
  EXPECT_EQ(check(secret + "0", id).error(), ClientRefusal::MalformedSecret);
  EXPECT_EQ(check(" " + secret, id).error(), ClientRefusal::MalformedSecret);
}

// With the checksum made right again, as an inventor of secrets would.
std::string with_checksum(std::string_view prefix, Bytes body) {
  Bytes all;
  append(all, prefix);
  append(all, body);
  append_u32(body, crc32c(all));
  return std::string(prefix) + to_base32(body);
}

TEST_F(ClientSecretTest, InventedSecretsFailBeforeAnyLookUp) {
  const std::string secret = file(id, live);
  picture.credentials.clear();  // a look-up would say UnknownCredential
  Bytes body = *from_base32(std::string_view(secret).substr(kLiveSecretPrefix.size()));
  body.resize(40);
  ASSERT_EQ(check(with_checksum(kLiveSecretPrefix, body), id).error(), ClientRefusal::UnknownCredential);
  for (std::size_t i = 0; i < body.size(); ++i) {
    Bytes changed = body;
    changed[i] ^= 1;
    ASSERT_EQ(check(with_checksum(kLiveSecretPrefix, changed), id).error(), ClientRefusal::ForgedSecret) << i;
  }
  EXPECT_EQ(check(with_checksum(kTestSecretPrefix, body), id).error(), ClientRefusal::ForgedSecret)
      << "a live secret is no test secret";
  EXPECT_EQ(check(secret, second).error(), ClientRefusal::ForgedSecret) << "nor another credential's";
}

TEST_F(ClientSecretTest, Refusals) {
  const std::string secret = file(id, live);
  EXPECT_EQ(authenticate_client(*vault, ids, picture, "crd_invented", secret, now).error(),
            ClientRefusal::MalformedId);
  EXPECT_EQ(authenticate_client(*vault, ids, picture, ids.encode(EntityKind::Grant, id.position), secret, now)
                .error(),
            ClientRefusal::MalformedId);
  const std::string newer = file(id, live);  // the hash was replaced
  EXPECT_EQ(check(secret, id).error(), ClientRefusal::WrongSecret);
  EXPECT_TRUE(check(newer, id).ok());
  EXPECT_EQ(check(file(id, live, CredentialState::Revoked), id).error(), ClientRefusal::Revoked);
  EXPECT_EQ(check(file(id, live, CredentialState::Active, now), id).error(), ClientRefusal::Expired);
  EXPECT_TRUE(check(file(id, live, CredentialState::Active, now + Milliseconds(1)), id).ok());
}

TEST_F(ClientSecretTest, StateIsToldToTheRightSecretOnly) {
  const std::string older = file(id, live);
  file(id, live, CredentialState::Revoked);
  EXPECT_EQ(check(older, id).error(), ClientRefusal::WrongSecret);
}

TEST_F(ClientSecretTest, AnUnreadableStoredHashMatchesNothing) {
  const std::string secret = file(id, live);
  auto damaged = std::make_shared<Credential>(*picture.find(id));
  damaged->secret_hash.clear();
  picture.credentials[id.position] = damaged;
  EXPECT_EQ(check(secret, id).error(), ClientRefusal::WrongSecret);
}

TEST_F(ClientSecretTest, ARecordMovedToAnotherEnvironmentIsUnknown) {
  const std::string secret = file(id, live);
  auto moved = std::make_shared<Credential>(*picture.find(id));
  moved->head.tenancy.environment = Environment::Test;
  picture.credentials[id.position] = moved;
  EXPECT_EQ(check(secret, id).error(), ClientRefusal::UnknownCredential);
}

TEST_F(ClientSecretTest, BelongsToAnEnvironment) {
  EXPECT_DEATH((void)make_client_secret(*vault, {{1}, Environment::Shared}, id, entropy), "invariant broken");
}

}  // namespace
}  // namespace sealpost
