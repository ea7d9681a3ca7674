// One request of the operator to the running gateway, over its Unix socket; the kernel says who asks.
// Blocking, bounded in time and size; for commands only.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/result/result.h"

namespace sealpost {

struct OperatorRequest {
  std::string method;
  std::string target;
  std::string body;
  std::vector<std::string> headers;  // "Name: value"
};
struct OperatorResponse {
  int status = 0;
  std::string body;
};
enum class OperatorClientError : std::uint8_t {
  BadRequest,   // a line break in method, target or a header
  Unreachable,  // no gateway listens there, or it may not be opened
  Broken,       // no complete HTTP answer within 30 s and 16 MiB
};

Result<OperatorResponse, OperatorClientError> ask_gateway(const std::filesystem::path& socket,
                                                          const OperatorRequest& request);

}  // namespace sealpost
