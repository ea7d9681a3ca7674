// What a finished transfer means to whoever submitted it.
#pragma once

#include <curl/curl.h>

#include "edge/http_sender/internal/transfer.h"

namespace sealpost {

// All but the total time. `code` is how libcurl ended it; what the callbacks found decides first.
[[nodiscard]] OutboundResult result_of(Transfer& transfer, CURLcode code, WallTime now);

}  // namespace sealpost
