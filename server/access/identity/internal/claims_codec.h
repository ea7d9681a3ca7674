// Claims to octets and back, as they are sealed inside a token. Strict: the whole input, known members only.
// Free functions, thread-safe.
#pragma once

#include <optional>

#include "access/identity/access_token.h"

namespace sealpost {

[[nodiscard]] Bytes encode_claims(const TokenClaims& claims);
[[nodiscard]] std::optional<TokenClaims> decode_claims(ByteView octets);

[[nodiscard]] Bytes encode_operator_claims(const OperatorClaims& claims);
[[nodiscard]] std::optional<OperatorClaims> decode_operator_claims(ByteView octets);

}  // namespace sealpost
