#include "edge/http_server/listener_check.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "edge/http_server/testing/certificates.h"
#include "edge/http_server/testing/server_fixture.h"

namespace sealpost {
namespace {

class ListenerCheckTest : public HttpServerFixture {
 protected:
  static std::string told(const Result<void, HttpServerError>& checked) {
    return checked.ok() ? "" : checked.error().detail;
  }
  [[nodiscard]] HttpListener local() const {
    return {.kind = HttpListener::Kind::Unix, .socket_path = directory_ / "s"};
  }
  [[nodiscard]] std::string place(const HttpListener& listener) const { return told(check_place(listener)); }
  [[nodiscard]] std::string tls() const { return told(check_tls_files(certificate_, key_)); }
  const std::filesystem::path certificate_ = directory_ / "cert.pem";
  const std::filesystem::path key_ = directory_ / "key.pem";
};

TEST_F(ListenerCheckTest, ARunningServerHasItsPlaces) {
  options_.listeners = {plain(), local()};
  start();
  HttpListener taken = plain();
  taken.port = server_->port(0);
  EXPECT_NE(place(taken).find("port " + std::to_string(taken.port)), std::string::npos) << place(taken);
  EXPECT_NE(place(local()).find(local().socket_path.string()), std::string::npos) << place(local());
  server_->stop();
  EXPECT_EQ(place(taken), "");
  EXPECT_EQ(place(local()), "");
  options_.listeners = {taken, local()};
  start();  // asking has taken nothing away
}

TEST_F(ListenerCheckTest, WhatLiesAtASocketsPathStays) {
  EXPECT_EQ(place(local()), "");
  EXPECT_FALSE(std::filesystem::exists(local().socket_path)) << "looking made it";
  std::ofstream(local().socket_path) << "precious";
  EXPECT_NE(place(local()), "");
  EXPECT_EQ(std::filesystem::file_size(local().socket_path), 8U);
  ASSERT_EQ(::chmod(directory_.c_str(), 0750), 0);
  const auto open = check_place(local());
  ASSERT_FALSE(open.ok());
  EXPECT_EQ(open.error().fault, HttpServerFault::InsecureSocketDirectory);
}

TEST_F(ListenerCheckTest, CertificateAndKeyBelongTogether) {
  EXPECT_TRUE(tls().starts_with(certificate_.string())) << tls();
  write_test_certificate(certificate_, key_, 1);
  EXPECT_EQ(tls(), "");
  const auto other = directory_ / "other.pem";
  write_test_certificate(other, key_, 2);
  EXPECT_TRUE(tls().starts_with(key_.string())) << tls();
  std::filesystem::copy_file(other, certificate_, std::filesystem::copy_options::overwrite_existing);
  EXPECT_EQ(tls(), "");
  ASSERT_EQ(::chmod(key_.c_str(), 0640), 0);
  EXPECT_TRUE(tls().starts_with(key_.string())) << tls();
}

}  // namespace
}  // namespace sealpost
