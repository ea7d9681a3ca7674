// A running server on random ports with a scripted handler. Tests only.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "edge/http_server/http_server.h"
#include "edge/http_server/testing/raw_client.h"
#include "edge/http_server/testing/scripted_handler.h"

namespace sealpost {

class HttpServerFixture : public ::testing::Test {
 protected:
  HttpServerFixture();
  ~HttpServerFixture() override;

  static HttpListener plain();
  void start();
  [[nodiscard]] RawClient connect() const;

  static std::string get(std::string_view path, std::string_view fields = "");
  static std::string post(std::string_view body, std::string_view fields = "");
  static std::string refusal(ProtocolErrorKind kind);

  std::filesystem::path directory_;
  SystemClock clock_;
  SystemEntropy entropy_;
  ScriptedHandler handler_;
  HttpServerOptions options_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace sealpost
