#include "edge/http_sender/testing/test_http_server.h"

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string_view>

#include "foundation/result/result.h"

namespace sealpost {

class TestHttpServer::Stream final {
 public:
  Stream(int socket, void* tls) : socket_(socket) {
    if (tls == nullptr) return;
    ssl_ = SSL_new(static_cast<SSL_CTX*>(tls));
    SSL_set_fd(ssl_, socket);
    ok_ = SSL_accept(ssl_) == 1;
  }
  ~Stream() { SSL_free(ssl_); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  [[nodiscard]] bool ok() const { return ok_; }
  bool read(std::string& into) {
    char chunk[16384];
    const auto got = ssl_ != nullptr ? SSL_read(ssl_, chunk, sizeof chunk)
                                     : static_cast<int>(::recv(socket_, chunk, sizeof chunk, 0));
    if (got <= 0) return false;
    into.append(chunk, static_cast<std::size_t>(got));
    return true;
  }
  bool write(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto put = ssl_ != nullptr
                           ? SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()))
                           : static_cast<int>(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
      if (put <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(put));
    }
    return true;
  }

 private:
  int socket_;
  SSL* ssl_ = nullptr;
  bool ok_ = true;
};

TestHttpServer::TestHttpServer(Handler handler) : handler_(std::move(handler)) { listen_on_loopback(); }

TestHttpServer::TestHttpServer(Handler handler, const Tls& tls) : handler_(std::move(handler)) {
  // OpenSSL writes without MSG_NOSIGNAL; a client that hangs up must not end the test program.
  std::signal(SIGPIPE, SIG_IGN);
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  SEALPOST_CHECK(SSL_CTX_use_certificate_file(context, tls.certificate_file.c_str(), SSL_FILETYPE_PEM) == 1);
  SEALPOST_CHECK(SSL_CTX_use_PrivateKey_file(context, tls.key_file.c_str(), SSL_FILETYPE_PEM) == 1);
  tls_ = context;
  listen_on_loopback();
}

void TestHttpServer::listen_on_loopback() {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  SEALPOST_CHECK(listener_ >= 0 && ::bind(listener_, raw, size) == 0 && ::listen(listener_, 512) == 0);
  SEALPOST_CHECK(::getsockname(listener_, raw, &size) == 0);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_loop(); });
}

TestHttpServer::~TestHttpServer() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    for (const int socket : open_) ::shutdown(socket, SHUT_RDWR);
  }
  changed_.notify_all();
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  for (auto& thread : threads_) thread.join();
  ::close(listener_);
  SSL_CTX_free(static_cast<SSL_CTX*>(tls_));
}

void TestHttpServer::accept_loop() {
  while (true) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    const std::scoped_lock lock(mutex_);
    if (stopping_) {
      ::close(socket);
      return;
    }
    ++accepted_;
    open_.insert(socket);
    threads_.emplace_back([this, socket] { serve(socket); });
  }
}

void TestHttpServer::serve(int socket) {
  {
    Stream stream(socket, tls_);
    std::string buffered;
    while (stream.ok() && answer(stream, buffered, socket)) {
    }
  }
  const std::scoped_lock lock(mutex_);
  open_.erase(socket);
  ::close(socket);
}

bool TestHttpServer::answer(Stream& stream, std::string& buffered, int socket) {
  std::size_t head = 0;
  while ((head = buffered.find("\r\n\r\n")) == std::string::npos)
    if (!stream.read(buffered)) return false;
  head += 4;
  std::size_t length = 0;
  if (const auto at = buffered.find("Content-Length: "); at < head)
    length = static_cast<std::size_t>(std::strtoull(buffered.c_str() + at + 16, nullptr, 10));
  while (buffered.size() < head + length)
    if (!stream.read(buffered)) return false;
  const std::string request = buffered.substr(0, head + length);
  buffered.erase(0, head + length);
  TestReply reply = handler_(request);
  {
    const std::scoped_lock lock(mutex_);
    ++requests_;
  }
  changed_.notify_all();
  stream.write(reply.bytes);
  if (reply.then == TestReply::Then::Hang) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return stopping_; });
  }
  if (reply.then == TestReply::Then::Reset) {
    const linger now{1, 0};
    ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }
  return reply.then == TestReply::Then::KeepOpen;
}

void TestHttpServer::wait_for_requests(int count) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return requests_ >= count; });
}

}  // namespace sealpost
