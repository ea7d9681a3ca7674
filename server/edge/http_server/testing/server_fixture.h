// A running server on random ports with a scripted handler. Tests only.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>

#include "edge/http_server/http_server.h"
#include "edge/http_server/testing/raw_client.h"
#include "edge/http_server/testing/scripted_handler.h"

namespace sealpost {

class HttpServerFixture : public ::testing::Test {
 protected:
  HttpServerFixture() {
    std::string pattern = (std::filesystem::temp_directory_path() / "sealpost-http-XXXXXX").string();
    SEALPOST_CHECK(::mkdtemp(pattern.data()) != nullptr);
    directory_ = pattern;
    options_.listeners = {plain()};
  }
  ~HttpServerFixture() override {
    server_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  static HttpListener plain() { return {.address = *IpAddress::parse("127.0.0.1")}; }
  void start() {
    auto server = HttpServer::start(options_, handler_, clock_, entropy_);
    ASSERT_TRUE(server.ok()) << server.error().detail;
    server_ = *std::move(server);
  }
  [[nodiscard]] RawClient connect() const { return RawClient::tcp(server_->port(0)); }

  static std::string get(std::string_view path, std::string_view fields = "") {
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(fields) + "\r\n";
  }
  static std::string post(std::string_view body, std::string_view fields = "") {
    return "POST /in HTTP/1.1\r\nHost: localhost\r\n" + std::string(fields) +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
  }
  static std::string refusal(ProtocolErrorKind kind) { return std::to_string(static_cast<int>(kind)); }

  std::filesystem::path directory_;
  SystemClock clock_;
  SystemEntropy entropy_;
  ScriptedHandler handler_;
  HttpServerOptions options_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace sealpost
