// What a client runs with: the options made whole from the environment, and judged.
#pragma once

#include <string>
#include <string_view>

#include "sealpost/client.h"

namespace sealpost::sdk {

// Fills what is empty, if the options allow it; then refuses what can't work or is not safe.
[[nodiscard]] Outcome<ClientOptions, Error> settle(ClientOptions options);

// "https://host[:port]" without path, query, user or trailing slash; http only where it stays on this
// machine. The error's code is insecure_url or validation_failed.
[[nodiscard]] Outcome<std::string, Error> judge_url(std::string_view url);

}  // namespace sealpost::sdk
