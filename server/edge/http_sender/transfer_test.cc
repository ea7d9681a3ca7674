// The last two judgements, asked directly: in a whole send the earlier ones would refuse first.
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <cstring>

#include "edge/http_sender/internal/connection_pool.h"
#include "edge/http_sender/internal/transfer_callbacks.h"

namespace sealpost {
namespace {

IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }

curl_sockaddr v4(std::uint32_t address, std::uint16_t port) {
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_port = htons(port);
  in.sin_addr.s_addr = htonl(address);
  curl_sockaddr out{};
  out.family = AF_INET;
  out.socktype = SOCK_STREAM;
  out.addrlen = sizeof in;
  std::memcpy(&out.addr, &in, sizeof in);
  return out;
}

// A transfer pinned to 127.0.0.1:8080, which its policy allows unless a test says otherwise.
class PinnedTransfer : public testing::Test {
 protected:
  void SetUp() override { prepare({}); }
  void prepare(std::optional<SocketAddress> proxy) {
    pool_.reset();
    const auto outlet = Outlet::create({.ca_file = {}, .proxy = proxy});
    pool_ = ConnectionPool::create({}, {options_, clock_, *sockets_, outlet}, nullptr);
    transfer_ = pool_->take();
    allow("127.0.0.1", 8080);
    transfer_->target = policy().judge_url("http://127.0.0.1:8080/").value();
    transfer_->pinned = ip("127.0.0.1");
  }
  void allow(std::string_view address, std::uint16_t port) {
    EgressPolicy::Settings settings;
    settings.tenancy = {OrganizationId{1}, Environment::Test};
    settings.plain_http = {{ip(address), port}};
    transfer_->work.request.policy = std::make_shared<const EgressPolicy>(settings);
  }
  [[nodiscard]] const EgressPolicy& policy() const { return *transfer_->work.request.policy; }

  // How the request and the socket fare; both must agree.
  std::string before_request(std::string remote, int port = 8080) {
    transfer_->reset_response();
    const int answer = on_before_request(transfer_, remote.data(), nullptr, port, 0);
    EXPECT_EQ(answer == CURL_PREREQFUNC_OK, transfer_->request_sent);
    return verdict();
  }
  std::string at_socket(curl_sockaddr address) {
    transfer_->reset_response();
    const std::uint64_t before = sockets_->sockets_opened();
    const curl_socket_t socket = on_open_socket(transfer_, CURLSOCKTYPE_IPCXN, &address);
    EXPECT_EQ(socket != CURL_SOCKET_BAD, sockets_->sockets_opened() == before + 1);
    EXPECT_EQ(socket == CURL_SOCKET_BAD, transfer_->refusal.has_value());
    if (socket != CURL_SOCKET_BAD) sockets_->close_socket(socket);
    return verdict();
  }
  [[nodiscard]] std::string verdict() const {
    return transfer_->refusal ? std::string(name_of(*transfer_->refusal)) : "ok";
  }

  SystemClock clock_;
  HttpSenderOptions options_;
  std::unique_ptr<SocketWatch> sockets_ = SocketWatch::create();
  std::unique_ptr<ConnectionPool> pool_;
  Transfer* transfer_ = nullptr;
};

constexpr std::uint32_t kLoopback = 0x7f000001;

TEST_F(PinnedTransfer, GoesToThePinnedAddressOnly) {
  EXPECT_EQ(before_request("127.0.0.1"), "ok");
  EXPECT_EQ(before_request("127.0.0.2"), "special_purpose");
  EXPECT_EQ(before_request("8.8.8.8"), "special_purpose");
  EXPECT_EQ(before_request("127.0.0.1", 8081), "special_purpose");
  EXPECT_EQ(before_request("::ffff:127.0.0.1"), "special_purpose");
  EXPECT_EQ(before_request(""), "special_purpose");
  EXPECT_EQ(at_socket(v4(kLoopback, 8080)), "ok");
  EXPECT_EQ(at_socket(v4(kLoopback + 1, 8080)), "special_purpose");
  EXPECT_EQ(at_socket(v4(kLoopback, 8081)), "special_purpose");
  curl_sockaddr local{};
  local.family = AF_UNIX;
  local.addr.sa_family = AF_UNIX;
  EXPECT_EQ(at_socket(local), "special_purpose");
}

TEST_F(PinnedTransfer, IsJudgedAgainByItsOwnPolicy) {
  allow("127.0.0.1", 9090);
  EXPECT_EQ(before_request("127.0.0.1"), "plain_http");
  EXPECT_EQ(at_socket(v4(kLoopback, 8080)), "plain_http");
}

TEST_F(PinnedTransfer, ThroughAProxyTheSocketGoesThereAndThePinnedAddressIsJudged) {
  prepare(SocketAddress{ip("127.0.0.3"), 3128});
  EXPECT_EQ(before_request("127.0.0.3", 3128), "ok");
  EXPECT_EQ(before_request("127.0.0.1", 8080), "special_purpose");
  EXPECT_EQ(at_socket(v4(kLoopback + 2, 3128)), "ok");
  EXPECT_EQ(at_socket(v4(kLoopback, 8080)), "special_purpose");
  allow("127.0.0.1", 9090);
  EXPECT_EQ(before_request("127.0.0.3", 3128), "plain_http");
  EXPECT_EQ(at_socket(v4(kLoopback + 2, 3128)), "plain_http");
}

}  // namespace
}  // namespace sealpost
