#include "edge/http_server/testing/scripted_handler.h"

#include <string>
#include <utility>

namespace sealpost {

ScriptedHandler::ScriptedHandler()
    : limit([](auto, auto) { return 65536U; }),
      on_request([](HttpRequest&& request, Responder responder) {
        responder.send(HttpResponse::text(200, std::string(as_text(request.body))));
      }),
      on_head([](auto&) { return std::nullopt; }) {}

ScriptedHandler::~ScriptedHandler() = default;

std::size_t ScriptedHandler::body_limit(std::string_view method, std::string_view path) {
  return limit(method, path);
}

std::optional<HttpResponse> ScriptedHandler::refuse_body(const HttpRequest& head) { return on_head(head); }

void ScriptedHandler::handle(HttpRequest&& request, Responder responder) {
  on_request(std::move(request), std::move(responder));
}

HttpResponse ScriptedHandler::protocol_error(ProtocolErrorKind kind, std::string_view) {
  return HttpResponse::problem(status_of(kind), std::to_string(static_cast<int>(kind)));
}

}  // namespace sealpost
