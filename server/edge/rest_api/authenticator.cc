#include "edge/rest_api/authenticator.h"

#include <algorithm>
#include <array>

#include "edge/rest_api/basic_credentials.h"

namespace sealpost {
namespace {

// A socket's peer is who it is for as long as the request takes.
constexpr Milliseconds kSocketRequestLifetime = std::chrono::minutes(1);

Problem refusal_of(TokenRefusal refusal) {
  return refusal == TokenRefusal::Expired ? Problem(PublicCode::ExpiredToken)
                                          : Problem(PublicCode::InvalidToken);
}

}  // namespace

Authenticator::Authenticator(const AccessTokens& tokens, std::vector<std::uint32_t> operator_uids)
    : tokens_(tokens), operator_uids_(std::move(operator_uids)) {}

bool Authenticator::is_operator(std::uint32_t uid) const {
  return uid != kOverflowUid && std::ranges::find(operator_uids_, uid) != operator_uids_.end();
}

Result<Caller, Problem> Authenticator::authenticate(const HttpRequest& request, WallTime now) const {
  const auto token = bearer_token(request.headers);
  if (!token) {
    if (token.error() == AuthorizationError::Malformed) return fail(Problem(PublicCode::MalformedRequest));
    const auto& peer = request.peer.credentials;
    if (!peer || !is_operator(peer->uid)) return fail(Problem(PublicCode::MissingToken));
    return OperatorCaller{.claims = {.token = {},
                                     .uid = peer->uid,
                                     .issued_at = now,
                                     .expires_at = now + kSocketRequestLifetime},
                          .over_socket = true};
  }
  const auto kind = token_kind(*token);
  if (kind == TokenKind::Machine) {
    auto claims = tokens_.verify(*token, now);
    if (!claims) return fail(refusal_of(claims.error()));
    return *std::move(claims);
  }
  if (kind == TokenKind::Operator) {
    const auto claims = tokens_.verify_operator(*token, now);
    if (!claims) return fail(refusal_of(claims.error()));
    if (!is_operator(claims->uid)) return fail(Problem(PublicCode::InvalidToken));
    return OperatorCaller{.claims = *claims, .over_socket = false};
  }
  return fail(Problem(PublicCode::InvalidToken));
}

std::optional<TokenClaims> Authenticator::refused_machine(const HttpRequest& request) const {
  const auto token = bearer_token(request.headers);
  if (!token || token_kind(*token) != TokenKind::Machine) return std::nullopt;
  return tokens_.made_for(*token);
}

bool has_token_in_query(const RequestTarget& target) {
  constexpr std::array<std::string_view, 4> kNames{"access_token", "token", "client_secret", "authorization"};
  constexpr std::array<std::string_view, 5> kPrefixes{"spt_live_", "spt_test_", "spo_", "sps_live_",
                                                      "sps_test_"};
  return std::ranges::any_of(target.query, [&](const QueryParameter& one) {
    return std::ranges::any_of(kNames, [&](auto name) { return equal_ignoring_case(one.name, name); }) ||
           std::ranges::any_of(kPrefixes, [&](auto prefix) { return one.value.starts_with(prefix); });
  });
}

}  // namespace sealpost
