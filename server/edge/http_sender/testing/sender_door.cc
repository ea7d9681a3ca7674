#include "edge/http_sender/testing/sender_door.h"

#include <utility>

namespace sealpost {

IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }

std::string answer_with(const std::string& status, const std::string& headers, const std::string& body) {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers +
         "\r\n" + body;
}

Door::Door(HttpSenderOptions options) {
  auto created = CurlHttpSender::create(std::move(options), clock_);
  SEALPOST_CHECK(created.ok());
  sender = *std::move(created);
}

Door::~Door() = default;

std::future<OutboundResult> Door::send(OutboundRequest request) {
  auto promise = std::make_shared<std::promise<OutboundResult>>();
  auto future = promise->get_future();
  const auto taken = sender->submit(
      std::move(request), [promise](OutboundResult&& result) { promise->set_value(std::move(result)); });
  SEALPOST_CHECK(taken.ok());
  return future;
}

OutboundResult Door::get(OutboundRequest request) { return send(std::move(request)).get(); }

EgressPolicyPtr plain_policy(std::uint16_t port, To to) {
  EgressPolicy::Settings settings;
  settings.tenancy = {OrganizationId{to.organization}, to.environment};
  settings.version = to.version;
  settings.plain_http = {{ip("127.0.0.1"), port}};
  return std::make_shared<const EgressPolicy>(std::move(settings));
}

EgressPolicyPtr loopback_opened(To to) {
  EgressPolicy::Settings settings;
  settings.tenancy = {OrganizationId{to.organization}, Environment::Live};
  settings.version = to.version;
  settings.opened_networks = {*Cidr::parse("127.0.0.0/8")};
  return std::make_shared<const EgressPolicy>(std::move(settings));
}

OutboundRequest request_to(std::uint16_t port, To to) {
  OutboundRequest request;
  request.tag = 7;
  request.policy = plain_policy(port, to);
  request.url = "http://127.0.0.1:" + std::to_string(port) + "/hook?token=x";
  request.headers = {{"Content-Type", "application/json"}, {"webhook-id", "msg_1"}};
  request.body = {'{', '}'};
  return request;
}

}  // namespace sealpost
