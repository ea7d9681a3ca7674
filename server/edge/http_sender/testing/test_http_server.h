// A small blocking HTTP/1.1 server on a random loopback port, one thread per connection, that does what a
// test tells it: answer, drip, hang, reset. Counts connections and requests. Tests only.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace sealpost {

struct TestReply {
  enum class Then : std::uint8_t { KeepOpen, Close, Reset, Hang };
  std::string bytes = "HTTP/1.1 204 No Content\r\n\r\n";
  Then then = Then::KeepOpen;
};

class TestHttpServer final {
 public:
  // Gets the whole request, head and body.
  using Handler = std::function<TestReply(const std::string& request)>;
  struct Tls {
    std::string certificate_file;
    std::string key_file;
  };
  explicit TestHttpServer(Handler handler);
  TestHttpServer(Handler handler, const Tls& tls);
  ~TestHttpServer();
  TestHttpServer(const TestHttpServer&) = delete;
  TestHttpServer& operator=(const TestHttpServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] int accepted() const { return accepted_; }
  [[nodiscard]] int requests() const { return requests_; }
  // Returns once this many requests have arrived.
  void wait_for_requests(int count);

 private:
  class Stream;
  void listen_on_loopback();
  void accept_loop();
  void serve(int socket);
  bool answer(Stream& stream, std::string& buffered, int socket);

  Handler handler_;
  void* tls_ = nullptr;  // SSL_CTX
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> accepted_{0};
  std::atomic<int> requests_{0};
  std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  bool stopping_ = false;
  std::set<int> open_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

// A certificate authority for one test: certificates and keys go as PEM files into `folder`.
class TestAuthority final {
 public:
  explicit TestAuthority(std::string folder);
  ~TestAuthority();
  TestAuthority(const TestAuthority&) = delete;
  TestAuthority& operator=(const TestAuthority&) = delete;
  [[nodiscard]] const std::string& ca_file() const { return ca_file_; }
  // `subject_alternative_name` as OpenSSL writes it: "IP:127.0.0.1" or "DNS:localhost".
  TestHttpServer::Tls issue(const std::string& name, const std::string& subject_alternative_name);

 private:
  std::string folder_;
  std::string ca_file_;
  void* key_;   // EVP_PKEY
  void* cert_;  // X509
};

}  // namespace sealpost
