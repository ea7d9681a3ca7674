#include "access/identity/internal/claims_codec.h"

namespace sealpost {
namespace {

void append_time(Bytes& out, WallTime time) { append_u64(out, static_cast<std::uint64_t>(to_unix_ms(time))); }

// Takes integers off the front; once something was missing, everything is zero and good() is false.
class Cursor final {
 public:
  explicit Cursor(ByteView octets) : rest_(octets) {}
  std::uint64_t take(std::size_t width) {
    if (rest_.size() < width) {
      good_ = false;
      rest_ = {};
      return 0;
    }
    std::uint64_t value = 0;
    for (const std::uint8_t octet : rest_.first(width)) value = value << 8 | octet;
    rest_ = rest_.subspan(width);
    return value;
  }
  WallTime take_time() { return from_unix_ms(static_cast<std::int64_t>(take(8))); }
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool finished() const { return good_ && rest_.empty(); }

 private:
  ByteView rest_;
  bool good_ = true;
};

}  // namespace

Bytes encode_claims(const TokenClaims& claims) {
  Bytes out;
  append_u64(out, claims.token.position);
  append_u64(out, claims.tenancy.organization.position);
  out.push_back(static_cast<std::uint8_t>(claims.tenancy.environment));
  append_u64(out, claims.integration.position);
  append_u64(out, claims.credential.position);
  append_u64(out, claims.grant.position);
  append_u32(out, claims.grant_version);
  append_u64(out, claims.epoch);
  append_u32(out, claims.scopes.bits());
  append_time(out, claims.issued_at);
  append_time(out, claims.expires_at);
  out.push_back(static_cast<std::uint8_t>(claims.narrowed.size()));
  for (const NarrowedScope& scope : claims.narrowed) {
    out.push_back(static_cast<std::uint8_t>(scope.scope));
    out.push_back(static_cast<std::uint8_t>(scope.resources.size()));
    for (const Position resource : scope.resources) append_u64(out, resource);
  }
  return out;
}

std::optional<TokenClaims> decode_claims(ByteView octets) {
  Cursor cursor(octets);
  TokenClaims claims;
  claims.token.position = cursor.take(8);
  claims.tenancy.organization.position = cursor.take(8);
  const std::uint64_t environment = cursor.take(1);
  if (environment != 1 && environment != 2) return std::nullopt;
  claims.tenancy.environment = environment == 2 ? Environment::Live : Environment::Test;
  claims.integration.position = cursor.take(8);
  claims.credential.position = cursor.take(8);
  claims.grant.position = cursor.take(8);
  claims.grant_version = static_cast<std::uint32_t>(cursor.take(4));
  claims.epoch = cursor.take(8);
  const auto bits = static_cast<std::uint32_t>(cursor.take(4));
  claims.scopes = ScopeSet::from_bits(bits);
  if (claims.scopes.bits() != bits) return std::nullopt;
  claims.issued_at = cursor.take_time();
  claims.expires_at = cursor.take_time();
  const std::uint64_t narrowed = cursor.take(1);
  if (narrowed > kScopeCount) return std::nullopt;
  for (std::uint64_t i = 0; i < narrowed && cursor.good(); ++i) {
    NarrowedScope scope;
    const std::uint64_t number = cursor.take(1);
    const std::uint64_t count = cursor.take(1);
    if (number >= kScopeCount || count == 0 || count > kMaxTokenResources) return std::nullopt;
    scope.scope = static_cast<Scope>(number);
    for (std::uint64_t j = 0; j < count && cursor.good(); ++j) scope.resources.push_back(cursor.take(8));
    claims.narrowed.push_back(std::move(scope));
  }
  if (!cursor.finished()) return std::nullopt;
  return claims;
}

Bytes encode_operator_claims(const OperatorClaims& claims) {
  Bytes out;
  append_u64(out, claims.token.position);
  append_u32(out, claims.uid);
  append_time(out, claims.issued_at);
  append_time(out, claims.expires_at);
  return out;
}

std::optional<OperatorClaims> decode_operator_claims(ByteView octets) {
  Cursor cursor(octets);
  OperatorClaims claims;
  claims.token.position = cursor.take(8);
  claims.uid = static_cast<std::uint32_t>(cursor.take(4));
  claims.issued_at = cursor.take_time();
  claims.expires_at = cursor.take_time();
  if (!cursor.finished()) return std::nullopt;
  return claims;
}

}  // namespace sealpost
