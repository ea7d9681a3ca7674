// A handler that a test writes as functions. Its refusals are problems whose body is the kind's number.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>

#include "edge/http_server/http_handler.h"

namespace sealpost {

class ScriptedHandler final : public HttpHandler {
 public:
  ScriptedHandler();
  ~ScriptedHandler() override;

  std::function<std::size_t(std::string_view, std::string_view)> limit;  // 64 KiB unless told
  std::function<void(HttpRequest&&, Responder)> on_request;              // sends the body back unless told
  std::function<std::optional<HttpResponse>(const HttpRequest&)> on_head;

  std::size_t body_limit(std::string_view method, std::string_view path) override;
  std::optional<HttpResponse> refuse_body(const HttpRequest& head) override;
  void handle(HttpRequest&& request, Responder responder) override;
  HttpResponse protocol_error(ProtocolErrorKind kind, std::string_view) override;
};

}  // namespace sealpost
