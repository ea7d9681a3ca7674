// POST /v1/messages and /v1/messages:batch, whose answers come from acceptance. Private to rest_api.
#pragma once

#include "edge/http_server/responder.h"
#include "edge/rest_api/api_call.h"

namespace sealpost {

// `api` was admitted; acceptance answers, on whatever thread it likes. Nothing of `api` is kept.
void accept_messages(ApiCall& api, Responder responder);

}  // namespace sealpost
