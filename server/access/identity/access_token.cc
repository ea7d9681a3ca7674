#include "access/identity/access_token.h"

#include <algorithm>
#include <array>

#include "access/identity/internal/claims_codec.h"

namespace sealpost {
namespace {

constexpr std::string_view kLivePrefix = "spt_live_";
constexpr std::string_view kTestPrefix = "spt_test_";
constexpr std::string_view kOperatorPrefix = "spo_";
constexpr std::uint8_t kFormat = 0x01;
constexpr std::size_t kCheckBytes = 4;
// Nodes' clocks may differ by so much; more means that time went back.
constexpr Milliseconds kClockTolerance = std::chrono::seconds(60);

// The prefix names kind and environment, and being the context it can't be exchanged.
Bytes context_of(std::string_view prefix) {
  Bytes out;
  append(out, "sealpost/access-token/v1/");
  append(out, prefix);
  return out;
}

std::uint32_t checksum(std::string_view prefix, ByteView content) {
  Bytes all;
  append(all, prefix);
  append(all, content);
  return crc32c(all);
}

SecretBytes to_token(std::string_view prefix, ByteView sealed) {
  Bytes content;
  content.push_back(kFormat);
  append(content, sealed);
  append_u32(content, checksum(prefix, content));
  Bytes text;
  std::string letters = to_base32(content);
  text.reserve(prefix.size() + letters.size());
  append(text, prefix);
  append(text, letters);
  wipe_memory(letters.data(), letters.size());
  wipe_memory(content.data(), content.size());
  return SecretBytes::take(std::move(text));
}

// The sealed part of a token of that prefix.
Result<Bytes, TokenRefusal> from_token(std::string_view prefix, std::string_view text) {
  if (text.size() > kMaxTokenText || !text.starts_with(prefix)) return fail(TokenRefusal::Malformed);
  auto content = from_base32(text.substr(prefix.size()));
  if (!content || content->size() < 1 + XAes256Gcm::kOverhead + kCheckBytes)
    return fail(TokenRefusal::Malformed);
  const std::size_t end = content->size() - kCheckBytes;
  if (checksum(prefix, ByteView(*content).first(end)) != read_u32(ByteView(*content).subspan(end)))
    return fail(TokenRefusal::Malformed);
  if ((*content)[0] != kFormat) return fail(TokenRefusal::Malformed);
  return Bytes(content->begin() + 1, content->begin() + static_cast<std::ptrdiff_t>(end));
}

template <class Claims>
std::optional<TokenRefusal> judge_time(const Claims& claims, WallTime now) {
  if (claims.expires_at <= now) return TokenRefusal::Expired;
  if (claims.issued_at > now + kClockTolerance) return TokenRefusal::NotYetValid;
  return std::nullopt;
}

}  // namespace

std::string_view name_of(TokenRefusal refusal) {
  switch (refusal) {
    case TokenRefusal::Malformed:
      return "malformed_token";
    case TokenRefusal::Forged:
      return "forged_token";
    case TokenRefusal::Expired:
      return "expired_token";
    case TokenRefusal::NotYetValid:
      return "token_from_the_future";
    case TokenRefusal::Denied:
      return "revoked_token";
  }
  die(__FILE__, __LINE__, "a refusal without a name");
}

std::optional<TokenKind> token_kind(std::string_view text) {
  if (text.starts_with(kLivePrefix) || text.starts_with(kTestPrefix)) return TokenKind::Machine;
  if (text.starts_with(kOperatorPrefix)) return TokenKind::Operator;
  return std::nullopt;
}

SecretBytes AccessTokens::mint(const TokenClaims& claims, Entropy& entropy) const {
  SEALPOST_CHECK(claims.tenancy.environment != Environment::Shared);
  std::size_t resources = 0;
  for (const NarrowedScope& scope : claims.narrowed) {
    SEALPOST_CHECK(!scope.resources.empty());
    resources += scope.resources.size();
  }
  SEALPOST_CHECK(claims.narrowed.size() <= kScopeCount && resources <= kMaxTokenResources);
  const std::string_view prefix = claims.tenancy.environment == Environment::Live ? kLivePrefix : kTestPrefix;
  return to_token(prefix,
                  vault_.access_token_sealer().seal(encode_claims(claims), context_of(prefix), entropy));
}

Result<TokenClaims, TokenRefusal> AccessTokens::open(std::string_view text) const {
  const bool live = text.starts_with(kLivePrefix);
  const std::string_view prefix = live ? kLivePrefix : kTestPrefix;
  SEALPOST_TRY(const Bytes sealed, from_token(prefix, text));
  const auto octets = vault_.access_token_sealer().open(sealed, context_of(prefix));
  if (!octets) return fail(TokenRefusal::Forged);
  auto claims = decode_claims(*octets);
  const Environment environment = live ? Environment::Live : Environment::Test;
  if (!claims || claims->tenancy.environment != environment) return fail(TokenRefusal::Forged);
  return std::move(*claims);
}

Result<TokenClaims, TokenRefusal> AccessTokens::verify(std::string_view text, WallTime now) const {
  SEALPOST_TRY(TokenClaims claims, open(text));
  if (const auto refusal = judge_time(claims, now)) return fail(*refusal);
  if (denied_.contains(claims.token)) return fail(TokenRefusal::Denied);
  return claims;
}

std::optional<TokenClaims> AccessTokens::made_for(std::string_view text) const {
  auto claims = open(text);
  if (!claims) return std::nullopt;
  return *std::move(claims);
}

SecretBytes AccessTokens::mint_operator(const OperatorClaims& claims, Entropy& entropy) const {
  SEALPOST_CHECK(claims.expires_at - claims.issued_at <= kMaxOperatorTokenLifetime);
  const Bytes octets = encode_operator_claims(claims);
  return to_token(kOperatorPrefix,
                  vault_.operator_token_sealer().seal(octets, context_of(kOperatorPrefix), entropy));
}

Result<OperatorClaims, TokenRefusal> AccessTokens::verify_operator(std::string_view text,
                                                                   WallTime now) const {
  SEALPOST_TRY(const Bytes sealed, from_token(kOperatorPrefix, text));
  const auto octets = vault_.operator_token_sealer().open(sealed, context_of(kOperatorPrefix));
  if (!octets) return fail(TokenRefusal::Forged);
  const auto claims = decode_operator_claims(*octets);
  if (!claims) return fail(TokenRefusal::Forged);
  if (const auto refusal = judge_time(*claims, now)) return fail(*refusal);
  if (denied_.contains(claims->token)) return fail(TokenRefusal::Denied);
  return *claims;
}

}  // namespace sealpost
