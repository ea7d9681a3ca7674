#include "access/identity/access_token.h"

#include <set>

#include <gtest/gtest.h>

#include "foundation/bytes/secret_access.h"
#include "trust/vault/testing/vault_fixture.h"

namespace sealpost {
namespace {

using std::chrono::minutes;

struct TokenTest : ::testing::Test, VaultFixture {
  TokenDenyList denied;
  AccessTokens tokens{*vault, denied};
  const WallTime now = clock.wall_now();

  [[nodiscard]] TokenClaims claims(Environment environment = Environment::Live) const {
    return {.token = {11},
            .tenancy = {{1}, environment},
            .integration = {2},
            .credential = {3},
            .grant = {4},
            .grant_version = 5,
            .epoch = 6,
            .scopes = {Scope::MessagesWrite, Scope::ChannelsRead},
            .narrowed = {{Scope::ChannelsRead, {7, 8}}},
            .issued_at = now,
            .expires_at = now + kAccessTokenLifetime};
  }
  std::string minted(const TokenClaims& claims) {
    const SecretBytes token = tokens.mint(claims, entropy);
    return std::string(as_text(token.reveal(SecretAccess("test"))));
  }
  std::string operator_minted(std::uint32_t uid = 1000) {
    const SecretBytes token = tokens.mint_operator(
        {.token = {12}, .uid = uid, .issued_at = now, .expires_at = now + kOperatorTokenLifetime}, entropy);
    return std::string(as_text(token.reveal(SecretAccess("test"))));
  }
};

TEST_F(TokenTest, ClaimsComeBackWhole) {
  for (const Environment environment : {Environment::Live, Environment::Test}) {
    const std::string text = minted(claims(environment));
    EXPECT_TRUE(text.starts_with(environment == Environment::Live ? "spt_live_" : "spt_test_"));
    EXPECT_EQ(token_kind(text), TokenKind::Machine);
    const auto verified = tokens.verify(text, now);
    ASSERT_TRUE(verified.ok());
    EXPECT_EQ(*verified, claims(environment));
  }
  auto bare = claims();
  bare.narrowed.clear();
  EXPECT_EQ(*tokens.verify(minted(bare), now), bare);
}

TEST_F(TokenTest, IsOpaqueAndNeverTheSameTwice) {
  std::set<std::string> seen;
  for (int i = 0; i < 10; ++i) seen.insert(minted(claims()));
  EXPECT_EQ(seen.size(), 10U);
}

TEST_F(TokenTest, EachWrongLetterIsRefused) {
  const std::string text = minted(claims());
  ASSERT_TRUE(tokens.verify(text, now).ok());
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == '7' ? 'q' : '7';
    ASSERT_FALSE(tokens.verify(changed, now).ok()) << i;
  }
  for (std::size_t size = 0; size < text.size(); ++size)
    ASSERT_FALSE(tokens.verify(text.substr(0, size), now).ok()) << size;
  EXPECT_EQ(tokens.verify(text + "0", now).error(), TokenRefusal::Malformed);
  EXPECT_EQ(tokens.verify(std::string(100'000, 'a'), now).error(), TokenRefusal::Malformed);
  EXPECT_EQ(tokens.verify("spt_live_" + std::string(5000, '0'), now).error(), TokenRefusal::Malformed);
}

TEST_F(TokenTest, EachWrongOctetIsRefusedAlsoWithARightChecksum) {
  const std::string prefix = "spt_live_";
  const Bytes content = *from_base32(minted(claims()).substr(prefix.size()));
  const auto rebuilt = [&](Bytes changed) {
    changed.resize(changed.size() - 4);
    Bytes all;
    append(all, prefix);
    append(all, changed);
    append_u32(changed, crc32c(all));
    return tokens.verify(prefix + to_base32(changed), now);
  };
  ASSERT_TRUE(rebuilt(content).ok());
  for (std::size_t i = 0; i + 4 < content.size(); ++i) {
    Bytes changed = content;
    changed[i] ^= 1;
    const auto refused = rebuilt(changed);
    ASSERT_FALSE(refused.ok()) << i;
    EXPECT_EQ(refused.error(), i == 0 ? TokenRefusal::Malformed : TokenRefusal::Forged) << i;
  }
}

TEST_F(TokenTest, NeverVerifiesAsAnotherKindOrEnvironment) {
  const auto relabelled = [&](std::string_view from, std::string_view to, const std::string& text) {
    Bytes content = *from_base32(std::string_view(text).substr(from.size()));
    content.resize(content.size() - 4);
    Bytes all;
    append(all, to);
    append(all, content);
    append_u32(content, crc32c(all));
    return std::string(to) + to_base32(content);
  };
  const std::string live = minted(claims());
  EXPECT_EQ(tokens.verify(relabelled("spt_live_", "spt_test_", live), now).error(), TokenRefusal::Forged);
  EXPECT_EQ(tokens.verify_operator(relabelled("spt_live_", "spo_", live), now).error(), TokenRefusal::Forged);
  const std::string mine = operator_minted();
  EXPECT_EQ(tokens.verify(relabelled("spo_", "spt_live_", mine), now).error(), TokenRefusal::Forged);
  EXPECT_EQ(tokens.verify(mine, now).error(), TokenRefusal::Malformed);
  EXPECT_EQ(tokens.verify_operator(live, now).error(), TokenRefusal::Malformed);
}

TEST_F(TokenTest, EndsAtItsEnd) {
  const std::string text = minted(claims());
  EXPECT_TRUE(tokens.verify(text, now + minutes(10) - Milliseconds(1)).ok());
  EXPECT_EQ(tokens.verify(text, now + minutes(10)).error(), TokenRefusal::Expired);
  EXPECT_TRUE(tokens.verify(text, now - Seconds(60)).ok()) << "clocks of nodes differ a little";
  EXPECT_EQ(tokens.verify(text, now - Seconds(61)).error(), TokenRefusal::NotYetValid);
}

TEST_F(TokenTest, CanBeRevokedAlone) {
  const std::string text = minted(claims());
  ASSERT_TRUE(denied.add({11}, now + minutes(10)));
  EXPECT_EQ(tokens.verify(text, now).error(), TokenRefusal::Denied);
  auto other = claims();
  other.token = {13};
  EXPECT_TRUE(tokens.verify(minted(other), now).ok());
}

// For the record of its refusal: a token of ours names its bearer, whatever became of it; another never does.
TEST_F(TokenTest, ARefusedTokenOfOursSaysWhoseItWas) {
  const std::string text = minted(claims());
  ASSERT_TRUE(denied.add({11}, now + minutes(10)));
  ASSERT_FALSE(tokens.verify(text, now + minutes(20)).ok());
  EXPECT_EQ(tokens.made_for(text), claims());
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == '7' ? 'q' : '7';
    ASSERT_FALSE(tokens.made_for(changed)) << i;
  }
  VaultFixture elsewhere(99);
  EXPECT_FALSE(AccessTokens(*elsewhere.vault, denied).made_for(text));
  EXPECT_FALSE(tokens.made_for(operator_minted()));
}

TEST_F(TokenTest, AnotherInstallationsTokenIsForged) {
  VaultFixture elsewhere(99);
  const AccessTokens theirs(*elsewhere.vault, denied);
  EXPECT_EQ(theirs.verify(minted(claims()), now).error(), TokenRefusal::Forged);
}

TEST_F(TokenTest, ARestartKeepsTokensValid) {
  const std::string text = minted(claims());
  const auto again = std::move(reopen()).value();
  EXPECT_TRUE(AccessTokens(*again, denied).verify(text, now).ok());
}

TEST_F(TokenTest, OperatorTokensHoldAUidForMinutes) {
  const std::string text = operator_minted(4711);
  EXPECT_TRUE(text.starts_with("spo_"));
  EXPECT_EQ(token_kind(text), TokenKind::Operator);
  EXPECT_EQ(tokens.verify_operator(text, now)->uid, 4711U);
  EXPECT_EQ(tokens.verify_operator(text, now + minutes(5)).error(), TokenRefusal::Expired);
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == '7' ? 'q' : '7';
    ASSERT_FALSE(tokens.verify_operator(changed, now).ok()) << i;
  }
  ASSERT_TRUE(denied.add({12}, now + minutes(5)));
  EXPECT_EQ(tokens.verify_operator(text, now).error(), TokenRefusal::Denied);
  EXPECT_DEATH((void)tokens.mint_operator({{1}, 1, now, now + minutes(16)}, entropy), "invariant broken");
}

TEST_F(TokenTest, TheLargestTokenStillFits) {
  auto large = claims();
  large.narrowed = {{Scope::ChannelsRead, std::vector<Position>(kMaxTokenResources, ~0ULL)}};
  const std::string text = minted(large);
  EXPECT_LE(text.size(), kMaxTokenText);
  EXPECT_EQ(*tokens.verify(text, now), large);
  large.narrowed[0].resources.push_back(1);
  EXPECT_DEATH((void)minted(large), "invariant broken");
  large.narrowed[0].resources.clear();
  EXPECT_DEATH((void)minted(large), "invariant broken");
}

TEST(TokenKindByPrefix, KnowsOurPrefixesOnly) {
  EXPECT_EQ(token_kind("spt_test_x"), TokenKind::Machine);
  EXPECT_EQ(token_kind("spt_"), std::nullopt);
  EXPECT_EQ(token_kind("sps_live_x"), std::nullopt) << "a client secret is no token";
  EXPECT_EQ(token_kind(""), std::nullopt);
}

TEST(TokenDenyListTest, ForgetsWhatHasExpiredAndIsBounded) {
  TokenDenyList list;
  const WallTime now = from_unix_ms(1'800'000'000'000);
  ASSERT_TRUE(list.add({1}, now + minutes(1)));
  ASSERT_TRUE(list.add({2}, now + minutes(2)));
  list.drop_expired(now + minutes(1));
  EXPECT_FALSE(list.contains({1}));
  EXPECT_TRUE(list.contains({2}));
  for (Position i = 10; list.size() < TokenDenyList::kMaxEntries; ++i)
    ASSERT_TRUE(list.add({i}, now + minutes(3)));
  EXPECT_FALSE(list.add({5}, now)) << "full: the caller raises the epoch";
  EXPECT_TRUE(list.add({2}, now + minutes(2))) << "what is there already fits";
}

}  // namespace
}  // namespace sealpost
