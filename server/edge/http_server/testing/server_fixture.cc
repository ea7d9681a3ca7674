#include "edge/http_server/testing/server_fixture.h"

#include <stdlib.h>

#include <system_error>
#include <utility>

namespace sealpost {

HttpServerFixture::HttpServerFixture() {
  std::string pattern = (std::filesystem::temp_directory_path() / "sealpost-http-XXXXXX").string();
  SEALPOST_CHECK(::mkdtemp(pattern.data()) != nullptr);
  directory_ = pattern;
  options_.listeners = {plain()};
}

HttpServerFixture::~HttpServerFixture() {
  server_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

HttpListener HttpServerFixture::plain() { return {.address = *IpAddress::parse("127.0.0.1")}; }

void HttpServerFixture::start() {
  auto server = HttpServer::start(options_, handler_, clock_, entropy_);
  ASSERT_TRUE(server.ok()) << server.error().detail;
  server_ = *std::move(server);
}

RawClient HttpServerFixture::connect() const { return RawClient::tcp(server_->port(0)); }

std::string HttpServerFixture::get(std::string_view path, std::string_view fields) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(fields) + "\r\n";
}

std::string HttpServerFixture::post(std::string_view body, std::string_view fields) {
  return "POST /in HTTP/1.1\r\nHost: localhost\r\n" + std::string(fields) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

std::string HttpServerFixture::refusal(ProtocolErrorKind kind) {
  return std::to_string(static_cast<int>(kind));
}

}  // namespace sealpost
