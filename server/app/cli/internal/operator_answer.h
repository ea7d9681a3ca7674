// What the gateway answered on its socket, read to the end of the connection. Strict, because a command
// believes it: an answer that was cut off, or that says two things, is none. Pure. Source: RFC 9112 sections
// 4 and 6.
#pragma once

#include <string_view>

#include "app/cli/operator_client.h"

namespace sealpost {

// `method` is that of the request: an answer to HEAD tells a length and brings no body. Fails with Broken
// alone.
Result<OperatorResponse, OperatorClientError> parse_answer(std::string_view method, std::string_view raw);

}  // namespace sealpost
