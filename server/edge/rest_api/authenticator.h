// Who calls: a machine by its access token, an operator by the kernel's word on the Unix socket or by an
// operator token, or nobody. Tokens are verified, nothing is authorized yet. From memory; thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "access/identity/access_token.h"
#include "edge/answers/problem.h"
#include "foundation/http_types/http_message.h"

namespace sealpost {

// What the kernel reports for a user that a namespace does not know: nobody in particular.
inline constexpr std::uint32_t kOverflowUid = 65534;

struct OperatorCaller {
  OperatorClaims claims;
  bool over_socket = false;
};
using Caller = std::variant<std::monostate, TokenClaims, OperatorCaller>;

class Authenticator final {
 public:
  Authenticator(const AccessTokens& tokens, std::vector<std::uint32_t> operator_uids);

  // missing_token, invalid_token, expired_token, malformed_request.
  Result<Caller, Problem> authenticate(const HttpRequest& request, WallTime now) const;
  // Whose token it was that authenticate() refused, if it was made here: it has expired, say.
  [[nodiscard]] std::optional<TokenClaims> refused_machine(const HttpRequest& request) const;

 private:
  [[nodiscard]] bool is_operator(std::uint32_t uid) const;
  const AccessTokens& tokens_;
  std::vector<std::uint32_t> operator_uids_;
};

// A token or client secret in the query: by the parameter's name, or by the form of its value.
[[nodiscard]] bool has_token_in_query(const RequestTarget& target);

}  // namespace sealpost
