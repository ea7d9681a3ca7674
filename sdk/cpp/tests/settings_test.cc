#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "client_settings.h"
#include "testing/test_gateway.h"

namespace sealpost::sdk {
namespace {

TEST(JudgeUrl, HttpsAnywhereAndHttpHere) {
  const std::vector<std::pair<const char*, const char*>> rows{
      {"https://gateway.example", "ok"},
      {"https://gateway.example/", "ok"},
      {"https://gateway.example:8443", "ok"},
      {"https://[2001:db8::1]:8443", "ok"},
      {"http://localhost:1", "ok"},
      {"http://127.0.0.1:8080", "ok"},
      {"http://127.8.9.10", "ok"},
      {"http://[::1]:8080", "ok"},
      {"http://gateway.example", "insecure_url"},
      {"http://127.0.0.1.example", "insecure_url"},
      {"http://localhost.example", "insecure_url"},
      {"http://127.1", "insecure_url"},
      {"http://10.0.0.1", "insecure_url"},
      {"http://[::2]", "insecure_url"},
      {"", "validation_failed"},
      {"gateway.example", "validation_failed"},
      {"ftp://gateway.example", "validation_failed"},
      {"https://", "validation_failed"},
      {"https://user@gateway.example", "validation_failed"},
      {"http://localhost@gateway.example", "validation_failed"},
      {"https://gateway.example/path", "validation_failed"},
      {"https://gateway.example?x", "validation_failed"},
      {"https://gateway.example:0", "validation_failed"},
      {"https://gateway.example:65536", "validation_failed"},
      {"https://gateway.example:", "validation_failed"},
      {"https://gate way", "validation_failed"},
      {"https://[::1", "validation_failed"},
      {"http://[::1]x:1", "validation_failed"},
  };
  for (const auto& [url, wanted] : rows) {
    const auto judged = judge_url(url);
    EXPECT_EQ(judged ? "ok" : judged.error().code, wanted) << url;
  }
}

ClientOptions complete() {
  ClientOptions options;
  options.url = "https://gateway.example";
  options.client_id = "crd_1";
  options.client_secret = Secret::copy_of(kSecretWord);
  options.use_environment = false;
  return options;
}

TEST(Settle, RefusesWhatCannotWork) {
  const auto code = [](auto change) {
    ClientOptions options = complete();
    change(options);
    const auto settled = settle(std::move(options));
    return settled ? "ok" : settled.error().code;
  };
  EXPECT_EQ(code([](ClientOptions&) {}), "ok");
  EXPECT_EQ(code([](ClientOptions& o) { o.client_id.clear(); }), "invalid_client");
  EXPECT_EQ(code([](ClientOptions& o) { o.client_id = "a b"; }), "invalid_client");
  EXPECT_EQ(code([](ClientOptions& o) { o.client_secret.reset(); }), "invalid_client");
  EXPECT_EQ(code([](ClientOptions& o) { o.client_secret = Secret::copy_of("a\nb"); }), "invalid_client");
  EXPECT_EQ(code([](ClientOptions& o) { o.scope = "a\r\nb"; }), "invalid_scope");
  EXPECT_EQ(code([](ClientOptions& o) { o.max_retries = 6; }), "validation_failed");
  EXPECT_EQ(code([](ClientOptions& o) { o.max_retries = -1; }), "validation_failed");
  EXPECT_EQ(code([](ClientOptions& o) { o.read_timeout = {}; }), "validation_failed");
}

class Environment : public ::testing::Test {
 protected:
  // NOLINTBEGIN(concurrency-mt-unsafe): this program has one thread while a fixture is set up
  void SetUp() override {
    path_ = std::filesystem::temp_directory_path() / ("sealpost_sdk_" + std::to_string(::getpid()));
    std::ofstream(path_) << kSecretWord << "\n";
    ::setenv("SEALPOST_URL", "https://from.environment", 1);
    ::setenv("SEALPOST_CLIENT_ID", "crd_environment", 1);
    ::setenv("SEALPOST_CLIENT_SECRET_FILE", path_.c_str(), 1);
    ::setenv("SEALPOST_CA_FILE", "/ca.pem", 1);
  }
  void TearDown() override {
    for (const char* name :
         {"SEALPOST_URL", "SEALPOST_CLIENT_ID", "SEALPOST_CLIENT_SECRET_FILE", "SEALPOST_CA_FILE"})
      ::unsetenv(name);
    std::filesystem::remove(path_);
  }
  // NOLINTEND(concurrency-mt-unsafe)
  std::filesystem::path path_;
};

TEST_F(Environment, FillsWhatIsEmpty) {
  const auto settled = settle({});
  ASSERT_TRUE(settled) << to_string(settled.error());
  EXPECT_EQ(settled->url, "https://from.environment");
  EXPECT_EQ(settled->client_id, "crd_environment");
  EXPECT_EQ(settled->client_secret->reveal_secret_text(), kSecretWord);
  EXPECT_EQ(settled->ca_file, "/ca.pem");
}

TEST_F(Environment, GivesWayToWhatIsSaid) {
  ClientOptions options = complete();
  options.use_environment = true;
  options.client_secret = Secret::copy_of("explicit");
  options.ca_file = "/mine.pem";
  const auto settled = settle(std::move(options));
  ASSERT_TRUE(settled);
  EXPECT_EQ(settled->url, "https://gateway.example");
  EXPECT_EQ(settled->client_id, "crd_1");
  EXPECT_EQ(settled->client_secret->reveal_secret_text(), "explicit");
  EXPECT_EQ(settled->ca_file, "/mine.pem");
  EXPECT_EQ(settle(complete())->ca_file, "");
}

TEST_F(Environment, ASecretFileThatIsNoneIsNamedAndNotQuoted) {
  std::ofstream(path_) << std::string(300, 'x');
  EXPECT_EQ(settle({}).error().code, "validation_failed");
  std::ofstream(path_) << "";
  EXPECT_EQ(settle({}).error().code, "invalid_client");
  std::filesystem::remove(path_);
  const auto settled = settle({});
  ASSERT_FALSE(settled);
  EXPECT_NE(settled.error().detail.find("SEALPOST_CLIENT_SECRET_FILE"), std::string::npos);
}

}  // namespace
}  // namespace sealpost::sdk
