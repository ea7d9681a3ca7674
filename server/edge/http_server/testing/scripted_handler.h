// A handler that a test writes as functions. Its refusals are problems whose body is the kind's number.
#pragma once

#include <functional>
#include <string>

#include "edge/http_server/http_handler.h"

namespace sealpost {

class ScriptedHandler final : public HttpHandler {
 public:
  std::function<std::size_t(std::string_view, std::string_view)> limit = [](auto, auto) { return 65536U; };
  std::function<void(HttpRequest&&, Responder)> on_request = [](HttpRequest&& request, Responder responder) {
    responder.send(HttpResponse::text(200, std::string(as_text(request.body))));
  };

  std::function<std::optional<HttpResponse>(const HttpRequest&)> on_head = [](auto&) { return std::nullopt; };

  std::size_t body_limit(std::string_view method, std::string_view path) override {
    return limit(method, path);
  }
  std::optional<HttpResponse> refuse_body(const HttpRequest& head) override { return on_head(head); }
  void handle(HttpRequest&& request, Responder responder) override {
    on_request(std::move(request), std::move(responder));
  }
  HttpResponse protocol_error(ProtocolErrorKind kind, std::string_view) override {
    return HttpResponse::problem(status_of(kind), std::to_string(static_cast<int>(kind)));
  }
};

}  // namespace sealpost
