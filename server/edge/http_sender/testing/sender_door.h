// A sender to send through in tests, and requests to a server on loopback. One thread.
#pragma once

#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <string_view>

#include "edge/http_sender/curl_http_sender.h"
#include "edge/http_sender/testing/test_http_server.h"

namespace sealpost {

IpAddress ip(std::string_view text);
std::string answer_with(const std::string& status, const std::string& headers = "",
                        const std::string& body = "");

// A sender and its results; destroyed before the servers it talks to.
class Door {
 public:
  explicit Door(HttpSenderOptions options = {});
  ~Door();
  std::future<OutboundResult> send(OutboundRequest request);
  OutboundResult get(OutboundRequest request);

 private:
  SystemClock clock_;

 public:
  std::unique_ptr<CurlHttpSender> sender;
};

struct To {
  std::uint64_t organization = 1;
  Environment environment = Environment::Test;
  std::uint64_t version = 1;
};

EgressPolicyPtr plain_policy(std::uint16_t port, To to = {});
EgressPolicyPtr loopback_opened(To to = {});
OutboundRequest request_to(std::uint16_t port, To to = {});

}  // namespace sealpost
