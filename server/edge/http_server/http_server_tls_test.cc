#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <fstream>
#include <future>

#include "edge/http_server/testing/certificates.h"
#include "edge/http_server/testing/server_fixture.h"

namespace sealpost {
namespace {

class HttpServerTlsTest : public HttpServerFixture {
 protected:
  HttpServerTlsTest() {
    write_test_certificate(certificate_, key_, 1);
    options_.listeners = {{.kind = HttpListener::Kind::TlsTcp,
                           .address = *IpAddress::parse("127.0.0.1"),
                           .certificate = certificate_,
                           .private_key = key_}};
  }
  [[nodiscard]] RawClient tls(const TlsClientOptions& options = {}) const {
    return RawClient::tls(server_->port(0), options);
  }
  const std::filesystem::path certificate_ = directory_ / "cert.pem";
  const std::filesystem::path key_ = directory_ / "key.pem";
};

TEST_F(HttpServerTlsTest, ServesOverTls) {
  std::promise<HttpRequest> seen;
  handler_.limit = [](auto, auto) { return 300'000U; };
  handler_.on_request = [&](HttpRequest&& request, Responder responder) {
    auto body = std::string(as_text(request.body));
    if (request.target.path == "/") seen.set_value(std::move(request));
    responder.send(HttpResponse::text(200, body));
  };
  start();
  auto client = tls({.alpn = "http/1.1"});
  ASSERT_TRUE(client.connected());
  EXPECT_EQ(client.negotiated_protocol(), "http/1.1");
  EXPECT_EQ(client.exchange(get("/"))->status, 200);
  const std::string large(250'000, 'y');
  EXPECT_EQ(client.exchange(post(large))->body, large);
  const std::string head =
      "POST /in HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
  EXPECT_EQ(client.exchange(head)->status, 100);
  EXPECT_EQ(client.exchange("ok")->body, "ok");
  EXPECT_EQ(client.exchange(get("/x", "Connection: close\r\n"))->status, 200);
  EXPECT_TRUE(client.read_until_closed());
  const auto request = seen.get_future().get();
  ASSERT_TRUE(request.tls.has_value());
  EXPECT_EQ(request.tls->version, "TLSv1.3");
  EXPECT_EQ(request.tls->server_name, "localhost");
}

TEST_F(HttpServerTlsTest, RefusesWeakTls) {
  start();
  EXPECT_TRUE(tls({.max_version = TLS1_2_VERSION}).connected());
  EXPECT_FALSE(tls({.max_version = TLS1_1_VERSION}).connected());
  EXPECT_FALSE(tls({.max_version = TLS1_2_VERSION, .ciphers = "ECDHE-ECDSA-AES128-SHA"}).connected());
  EXPECT_FALSE(tls({.alpn = "h2"}).connected());
  auto client = tls({.max_version = TLS1_2_VERSION});
  EXPECT_TRUE(client.renegotiation_refused());
}

TEST_F(HttpServerTlsTest, SurvivesGarbageAndSilence) {
  options_.limits.head_timeout = Milliseconds(500);  // long enough for a handshake on a busy machine
  start();
  auto silent = RawClient::tcp(server_->port(0));
  auto garbage = RawClient::tcp(server_->port(0));
  ASSERT_TRUE(garbage.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  EXPECT_TRUE(garbage.read_until_closed());
  EXPECT_TRUE(silent.read_until_closed());
  EXPECT_EQ(server_->stats().tls_handshakes_failed, 1U);
  auto slow = tls();
  ASSERT_TRUE(slow.send("GET / HT"));
  EXPECT_EQ(slow.read_response()->status, 408);
  EXPECT_TRUE(slow.read_until_closed());
}

TEST_F(HttpServerTlsTest, ReloadsCertificatesWithoutDroppingConnections) {
  start();
  auto before = tls();
  EXPECT_EQ(before.peer_certificate_serial(), "1");
  write_test_certificate(certificate_, key_, 2);
  ASSERT_TRUE(server_->reload_tls().ok());
  auto after = tls();
  EXPECT_EQ(after.peer_certificate_serial(), "2");
  EXPECT_EQ(before.exchange(get("/"))->status, 200);
  EXPECT_EQ(after.exchange(get("/"))->status, 200);
}

TEST_F(HttpServerTlsTest, KeepsTheOldCertificateWhenTheNewOneIsUnusable) {
  start();
  const auto other_key = directory_ / "other.pem";
  write_test_certificate(directory_ / "other-cert.pem", other_key, 3);
  std::filesystem::copy_file(other_key, key_, std::filesystem::copy_options::overwrite_existing);
  auto mismatch = server_->reload_tls();
  ASSERT_FALSE(mismatch.ok());
  EXPECT_EQ(mismatch.error().fault, HttpServerFault::BadCertificate);
  write_test_certificate(certificate_, key_, 4);
  ASSERT_EQ(::chmod(key_.c_str(), 0644), 0);
  EXPECT_FALSE(server_->reload_tls().ok());
  std::ofstream(certificate_) << "not PEM";
  EXPECT_FALSE(server_->reload_tls().ok());
  EXPECT_EQ(tls().peer_certificate_serial(), "1");
}

}  // namespace
}  // namespace sealpost
