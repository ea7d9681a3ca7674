// A sender to send through in tests, and requests to a server on loopback. One thread.
#pragma once

#include <future>
#include <memory>
#include <string>
#include <utility>

#include "edge/http_sender/curl_http_sender.h"
#include "edge/http_sender/testing/test_http_server.h"

namespace sealpost {

inline IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }

inline std::string answer_with(const std::string& status, const std::string& headers = "",
                               const std::string& body = "") {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers +
         "\r\n" + body;
}

// A sender and its results; destroyed before the servers it talks to.
class Door {
 public:
  explicit Door(HttpSenderOptions options = {}) {
    auto created = CurlHttpSender::create(std::move(options), clock_);
    SEALPOST_CHECK(created.ok());
    sender = *std::move(created);
  }
  std::future<OutboundResult> send(OutboundRequest request) {
    auto promise = std::make_shared<std::promise<OutboundResult>>();
    auto future = promise->get_future();
    const auto taken = sender->submit(
        std::move(request), [promise](OutboundResult&& result) { promise->set_value(std::move(result)); });
    SEALPOST_CHECK(taken.ok());
    return future;
  }
  OutboundResult get(OutboundRequest request) { return send(std::move(request)).get(); }

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

inline EgressPolicyPtr plain_policy(std::uint16_t port, To to = {}) {
  EgressPolicy::Settings settings;
  settings.tenancy = {OrganizationId{to.organization}, to.environment};
  settings.version = to.version;
  settings.plain_http = {{ip("127.0.0.1"), port}};
  return std::make_shared<const EgressPolicy>(std::move(settings));
}

inline EgressPolicyPtr loopback_opened(To to = {}) {
  EgressPolicy::Settings settings;
  settings.tenancy = {OrganizationId{to.organization}, Environment::Live};
  settings.version = to.version;
  settings.opened_networks = {*Cidr::parse("127.0.0.0/8")};
  return std::make_shared<const EgressPolicy>(std::move(settings));
}

inline OutboundRequest request_to(std::uint16_t port, To to = {}) {
  OutboundRequest request;
  request.tag = 7;
  request.policy = plain_policy(port, to);
  request.url = "http://127.0.0.1:" + std::to_string(port) + "/hook?token=x";
  request.headers = {{"Content-Type", "application/json"}, {"webhook-id", "msg_1"}};
  request.body = {'{', '}'};
  return request;
}

}  // namespace sealpost
