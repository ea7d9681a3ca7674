// Access tokens: opaque to who carries them, sealed claims to us. Nothing is stored when one is minted:
//
//   spt_live_<base 32 of: 0x01 || sealed claims || CRC-32C (4)>      a machine's, ten minutes
//   spo_<the same>                                                   an operator's, minutes, bound to a uid
//
// Kind and environment are in the sealing context, so a token of one never verifies as another. A token says
// what was true when it was minted; the gate checks all of it again against the present.
// Immutable, thread-safe.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "access/identity/token_deny_list.h"
#include "domain/model/scopes.h"
#include "domain/model/tenancy.h"
#include "trust/vault/vault.h"

namespace sealpost {

inline constexpr Milliseconds kAccessTokenLifetime = std::chrono::minutes(10);
inline constexpr Milliseconds kOperatorTokenLifetime = std::chrono::minutes(5);
inline constexpr Milliseconds kMaxOperatorTokenLifetime = std::chrono::minutes(15);
inline constexpr std::size_t kMaxTokenText = 4096;
inline constexpr std::size_t kMaxTokenResources = 64;

// A scope together with the only resources it reaches.
struct NarrowedScope {
  Scope scope = Scope::MessagesWrite;
  std::vector<Position> resources;  // never empty
  friend bool operator==(const NarrowedScope&, const NarrowedScope&) = default;
};

struct TokenClaims {
  AccessTokenId token;
  Tenancy tenancy;
  IntegrationId integration;
  CredentialId credential;
  GrantId grant;
  std::uint32_t grant_version = 0;
  std::uint64_t epoch = 0;  // of the organization, when minted
  ScopeSet scopes;
  std::vector<NarrowedScope> narrowed;  // a scope without an entry reaches all its grant reaches
  WallTime issued_at{};
  WallTime expires_at{};
  friend bool operator==(const TokenClaims&, const TokenClaims&) = default;
};

struct OperatorClaims {
  AccessTokenId token;
  std::uint32_t uid = 0;
  WallTime issued_at{};
  WallTime expires_at{};
  friend bool operator==(const OperatorClaims&, const OperatorClaims&) = default;
};

enum class TokenRefusal : std::uint8_t {
  Malformed,  // prefix, length, alphabet or checksum
  Forged,     // not sealed here, or sealed as another kind or environment
  Expired,
  NotYetValid,  // issued in the future: the clock went back
  Denied,       // revoked one by one
};
[[nodiscard]] std::string_view name_of(TokenRefusal refusal);

enum class TokenKind : std::uint8_t { Machine, Operator };
// By prefix alone; proves nothing.
[[nodiscard]] std::optional<TokenKind> token_kind(std::string_view text);

class AccessTokens final {
 public:
  // Both outlive this object.
  AccessTokens(const Vault& vault, const TokenDenyList& denied) : vault_(vault), denied_(denied) {}

  // Environment `test` or `live`, at most kMaxTokenResources resources in all. A bearer secret: shown once.
  [[nodiscard]] SecretBytes mint(const TokenClaims& claims, Entropy& entropy) const;
  Result<TokenClaims, TokenRefusal> verify(std::string_view text, WallTime now) const;
  // Whom a token made here was made for, whatever verify() says of it now. For the record of its refusal
  // alone.
  [[nodiscard]] std::optional<TokenClaims> made_for(std::string_view text) const;

  [[nodiscard]] SecretBytes mint_operator(const OperatorClaims& claims, Entropy& entropy) const;
  Result<OperatorClaims, TokenRefusal> verify_operator(std::string_view text, WallTime now) const;

 private:
  [[nodiscard]] Result<TokenClaims, TokenRefusal> open(std::string_view text) const;
  const Vault& vault_;
  const TokenDenyList& denied_;
};

}  // namespace sealpost
