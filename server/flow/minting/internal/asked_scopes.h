// The `scope` parameter of a token request (RFC 6749 section 3.3): scopes apart by one space, each once, or
// narrowed as `channels:read=chn_...`, once for each resource. Whether they are granted is not judged here.
// Pure. Private to minting.
#pragma once

#include <string_view>

#include "access/authorization/authorization_gate.h"
#include "domain/model/public_id.h"
#include "foundation/result/result.h"

namespace sealpost {

inline constexpr std::size_t kMaxScopeText = 2000;

// Empty text asks for nothing in particular. A failure is a sentence for the caller.
Result<TokenRequest, std::string_view> read_asked_scopes(std::string_view text, const PublicIdCodec& ids);

}  // namespace sealpost
