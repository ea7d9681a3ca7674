// What an ill-meaning or broken peer may send, and the bound that each meets.
#include <gtest/gtest.h>

#include <future>

#include "edge/http_server/internal/core.h"
#include "edge/http_server/testing/server_fixture.h"

namespace sealpost {
namespace {

using Kind = ProtocolErrorKind;
class HttpServerLimitsTest : public HttpServerFixture {};

struct RawCase {
  const char* name;
  std::string bytes;
  Kind refusal;
};

std::vector<RawCase> malformed_cases() {
  const std::string line = "POST /in HTTP/1.1\r\n";
  const std::string host = line + "Host: localhost\r\n";
  const std::string chunked = host + "Transfer-Encoding: chunked\r\n\r\n";
  return {
      {"both framings", host + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       Kind::AmbiguousFraming},
      {"both, other order", host + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
       Kind::AmbiguousFraming},
      {"same length twice", host + "Content-Length: 1\r\nContent-Length: 1\r\n\r\na", Kind::AmbiguousFraming},
      {"two lengths", host + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", Kind::AmbiguousFraming},
      {"length list", host + "Content-Length: 1, 1\r\n\r\na", Kind::AmbiguousFraming},
      {"signed length", host + "Content-Length: +1\r\n\r\na", Kind::AmbiguousFraming},
      {"gzip coding", host + "Transfer-Encoding: gzip\r\n\r\n", Kind::UnsupportedCoding},
      {"gzip, chunked", host + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", Kind::UnsupportedCoding},
      {"chunked twice", host + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       Kind::AmbiguousFraming},
      {"chunked in 1.0",
       "POST /in HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       Kind::AmbiguousFraming},
      {"blank before colon", line + "Host : localhost\r\n\r\n", Kind::Malformed},
      {"blank before colon of a length", host + "Content-Length : 1\r\n\r\na", Kind::Malformed},
      {"folded", host + "A: b\r\n c\r\n\r\n", Kind::Malformed},
      {"bare LF", "GET / HTTP/1.1\nHost: localhost\n\n", Kind::Malformed},
      {"bare CR", host + "A: b\rTransfer-Encoding: chunked\r\n\r\n", Kind::Malformed},
      {"http 0.9", "GET /\r\n", Kind::Malformed},
      {"http 2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Kind::UnsupportedVersion},
      {"tls on a plain port", "\x16\x03\x01\x02\x03", Kind::Malformed},
      {"no host", "GET / HTTP/1.1\r\n\r\n", Kind::BadHost},
      {"no host in 1.0", "GET / HTTP/1.0\r\n\r\n", Kind::BadHost},
      {"two hosts", host + "Host: localhost\r\n\r\n", Kind::BadHost},
      {"host with userinfo", line + "Host: a@localhost\r\n\r\n", Kind::BadHost},
      {"authority differs", "GET http://other/ HTTP/1.1\r\nHost: localhost\r\n\r\n", Kind::BadHost},
      {"foreign host", line + "Host: evil.example\r\n\r\n", Kind::Misdirected},
      {"target star", "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n", Kind::Malformed},
      {"connect", "CONNECT a:1 HTTP/1.1\r\nHost: localhost\r\n\r\n", Kind::Malformed},
      {"dot segments", "GET /a/../b HTTP/1.1\r\nHost: localhost\r\n\r\n", Kind::Malformed},
      {"escaped slash", "GET /a%2fb HTTP/1.1\r\nHost: localhost\r\n\r\n", Kind::Malformed},
      {"long target", "GET /" + std::string(9000, 'a') + " HTTP/1.1\r\n", Kind::TargetTooLong},
      {"large head", host + "A: " + std::string(17'000, 'a'), Kind::HeadTooLarge},
      {"expectation", host + "Expect: teapot\r\n\r\n", Kind::ExpectationFailed},
      {"chunk without size", chunked + "\r\n\r\n\r\n", Kind::Malformed},
      {"chunk size with sign", chunked + "+1\r\na\r\n0\r\n\r\n", Kind::Malformed},
      {"chunk size with prefix", chunked + "0x1\r\na\r\n0\r\n\r\n", Kind::Malformed},
      {"chunk size with leading blank", chunked + " 1\r\na\r\n0\r\n\r\n", Kind::Malformed},
      {"chunk size with trailing blank", chunked + "1 \r\na\r\n0\r\n\r\n", Kind::Malformed},
      {"chunk size overflows", chunked + "11111111111111111\r\na\r\n0\r\n\r\n", Kind::Malformed},
      {"chunk extension", chunked + "1;a=b\r\na\r\n0\r\n\r\n", Kind::Malformed},
      {"extension of the last chunk", chunked + "1\r\na\r\n0;a\r\n\r\n", Kind::Malformed},
      {"chunk header ended by LF", chunked + "1\na\r\n0\r\n\r\n", Kind::Malformed},
      {"chunk ended by LF", chunked + "1\r\na\n0\r\n\r\n", Kind::Malformed},
      {"chunk longer than said", chunked + "1\r\nab\r\n0\r\n\r\n", Kind::Malformed},
      {"trailer", chunked + "1\r\na\r\n0\r\nHost: other\r\n\r\n", Kind::Malformed},
  };
}

TEST_F(HttpServerLimitsTest, RefusesAndClosesOnWhatCouldBeReadInTwoWays) {
  handler_.on_request = [](HttpRequest&& request, Responder responder) {
    ADD_FAILURE() << "reached the handler: " << request.target.raw;
    responder.send(HttpResponse::empty(204));
  };
  options_.limits.linger_timeout = Milliseconds(50);
  start();
  for (const auto& row : malformed_cases()) {
    SCOPED_TRACE(row.name);
    auto client = connect();
    const auto response = client.exchange(row.bytes);
    ASSERT_TRUE(response.has_value());
    EXPECT_EQ(response->status, status_of(row.refusal));
    EXPECT_EQ(response->body, refusal(row.refusal));
    EXPECT_EQ(response->headers.sole("Connection"), "close");
    EXPECT_TRUE(client.read_until_closed());
  }
}

TEST_F(HttpServerLimitsTest, NeverTakesBytesAfterARefusalForARequest) {
  std::atomic<int> handled{0};
  handler_.on_request = [&](HttpRequest&&, Responder responder) {
    ++handled;
    responder.send(HttpResponse::empty(204));
  };
  start();
  auto client = connect();
  ASSERT_TRUE(client.send(post("x", "Content-Length: 1\r\n") + get("/smuggled")));
  EXPECT_EQ(client.read_response()->status, 400);
  client.half_close();
  EXPECT_TRUE(client.read_until_closed());
  EXPECT_EQ(handled, 0);
}

TEST_F(HttpServerLimitsTest, CountsHeaderFields) {
  options_.limits.header_count = 3;
  start();
  EXPECT_EQ(connect().exchange(get("/", "A: 1\r\nB: 2\r\n"))->status, 200);
  EXPECT_EQ(connect().exchange(get("/", "A: 1\r\nB: 2\r\nC: 3\r\n"))->status, 431);
}

TEST_F(HttpServerLimitsTest, TakesBodiesUpToTheLimitOfTheirRoute) {
  handler_.limit = [](std::string_view method, std::string_view path) {
    return method == "POST" && path == "/in" ? 8U : 0U;
  };
  start();
  const std::string chunked = "POST /in HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(connect().exchange(post("12345678"))->status, 200);
  EXPECT_EQ(connect().exchange(post("123456789"))->status, 413);
  EXPECT_EQ(connect().exchange(chunked + "8\r\n12345678\r\n0\r\n\r\n")->status, 200);
  EXPECT_EQ(connect().exchange(chunked + "8\r\n12345678\r\n1\r\n")->status, 413);
  EXPECT_EQ(connect().exchange(chunked + "ffffffffffffffff\r\n")->status, 413);
  // The answer does not wait for the body.
  EXPECT_EQ(connect().exchange("POST /in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n")->status,
            413);
  EXPECT_EQ(connect().exchange("PUT /in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n")->status,
            413);
  EXPECT_EQ(connect().exchange("PUT /in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")->status,
            200);
}

TEST_F(HttpServerLimitsTest, HoldsOnlySoManyBytesOfBodies) {
  options_.limits.body_bytes_in_memory = 10;
  std::promise<Responder> kept;
  handler_.on_request = [&](HttpRequest&& request, Responder responder) {
    if (as_text(request.body) == "12345678") return kept.set_value(std::move(responder));
    responder.send(HttpResponse::empty(204));
  };
  start();
  auto first = connect();
  ASSERT_TRUE(first.send(post("12345678")));
  auto responder = kept.get_future().get();
  EXPECT_EQ(server_->stats().body_bytes_held, 8U);
  const auto refused = connect().exchange(post("abc"));
  EXPECT_EQ(refused->status, 503);
  EXPECT_EQ(refused->headers.sole("Retry-After"), "1");
  EXPECT_EQ(connect().exchange(post("ab"))->status, 204);
  responder.send(HttpResponse::empty(204));
  EXPECT_EQ(first.read_response()->status, 204);
  EXPECT_EQ(connect().exchange(post("abc"))->status, 204);
}

TEST_F(HttpServerLimitsTest, ARefusedHeadCostsNoBytesOfBodies) {
  std::atomic<int> judged{0};
  handler_.on_head = [&](const HttpRequest& head) -> std::optional<HttpResponse> {
    ++judged;
    if (head.headers.find("Authorization").count > 0) return std::nullopt;
    return HttpResponse::empty(401);
  };
  start();
  // The answer does not wait for the body, and what comes of it is read into nothing.
  auto client = connect();
  ASSERT_TRUE(client.send("POST /in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n123"));
  const auto refused = client.read_response();
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(refused->status, 401);
  EXPECT_EQ(refused->headers.sole("Connection"), "close");
  ASSERT_TRUE(client.send(std::string(500, 'x')));
  EXPECT_EQ(server_->stats().body_bytes_held, 0U);
  client.half_close();
  EXPECT_TRUE(client.read_until_closed());
  EXPECT_EQ(connect()
                .exchange("POST /in HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na")
                ->status,
            401);
  // A client that waits to be asked for its body is never asked.
  EXPECT_EQ(connect()
                .exchange("POST /in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\nExpect: "
                          "100-continue\r\n\r\n")
                ->status,
            401);
  EXPECT_EQ(judged, 3);
  EXPECT_EQ(connect().exchange(post("abc", "Authorization: x\r\n"))->status, 200);
  EXPECT_EQ(judged, 4);
  EXPECT_EQ(connect().exchange(get("/"))->status, 200) << "without a body there is nothing to refuse";
  EXPECT_EQ(judged, 4);
}

TEST_F(HttpServerLimitsTest, WorksOnOnlySoManyRequests) {
  options_.limits.requests_in_flight = 1;
  std::promise<Responder> kept;
  std::atomic<int> calls{0};
  handler_.on_request = [&](HttpRequest&&, Responder responder) {
    if (calls++ == 0) return kept.set_value(std::move(responder));
    responder.send(HttpResponse::empty(204));
  };
  start();
  auto first = connect();
  ASSERT_TRUE(first.send(get("/")));
  auto responder = kept.get_future().get();
  const auto refused = connect().exchange(get("/"));
  EXPECT_EQ(refused->status, 503);
  EXPECT_EQ(refused->headers.sole("Retry-After"), "1");
  responder.send(HttpResponse::empty(204));
  EXPECT_EQ(first.read_response()->status, 204);
  EXPECT_EQ(connect().exchange(get("/"))->status, 204);
}

TEST_F(HttpServerLimitsTest, HoldsOnlySoManyConnections) {
  options_.limits.connections = 2;
  start();
  auto first = connect();
  auto second = connect();
  EXPECT_EQ(first.exchange(get("/"))->status, 200);
  EXPECT_EQ(second.exchange(get("/"))->status, 200);
  auto third = connect();
  EXPECT_EQ(third.read_response()->status, 503);
  EXPECT_TRUE(third.read_until_closed());
  EXPECT_EQ(server_->stats().connections_refused, 1U);
  EXPECT_EQ(server_->stats().connections_open, 2U);
}

// A head without its body costs its connection alone.
TEST_F(HttpServerLimitsTest, GivesNoPlaceToARequestThatIsNotWhole) {
  options_.limits.requests_in_flight = 1;
  start();
  const std::string head =
      "POST /in HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n";
  auto first = connect();
  auto second = connect();
  for (auto* client : {&first, &second}) ASSERT_TRUE(client->send(head));
  // The interim answer shows that the head was taken.
  for (auto* client : {&first, &second}) EXPECT_EQ(client->read_response(true)->status, 100);
  EXPECT_EQ(server_->stats().requests_in_flight, 0U);
  EXPECT_EQ(connect().exchange(post("a"))->status, 200);
  EXPECT_EQ(first.exchange("b")->body, "b");
  EXPECT_EQ(second.exchange("c")->body, "c");
}

class HttpServerUnixLimitsTest : public HttpServerFixture {
 protected:
  HttpServerUnixLimitsTest() {
    options_.listeners = {plain(), {.kind = HttpListener::Kind::Unix, .socket_path = directory_ / "s"}};
  }
  [[nodiscard]] RawClient connect_unix() const { return RawClient::unix_socket(directory_ / "s"); }
  // Keeps the responder of every request whose body is "keep"; answers the others.
  void keep_some() {
    handler_.on_request = [this](HttpRequest&& request, Responder responder) {
      if (as_text(request.body) == "keep") return kept_.set_value(std::move(responder));
      responder.send(HttpResponse::empty(204));
    };
  }
  std::promise<Responder> kept_;
};

TEST_F(HttpServerUnixLimitsTest, IsHeardWhileTheNetworkHoldsAllConnections) {
  options_.limits.connections = 1;
  start();
  auto held = connect();
  EXPECT_EQ(held.exchange(get("/"))->status, 200);
  EXPECT_EQ(connect().read_response()->status, 503);
  EXPECT_EQ(connect_unix().exchange(post("a"))->status, 200);
}

TEST_F(HttpServerUnixLimitsTest, IsHeardWhileTheNetworkHoldsAllPlaces) {
  options_.limits.requests_in_flight = 1;
  keep_some();
  start();
  auto held = connect();
  ASSERT_TRUE(held.send(post("keep")));
  const auto responder = kept_.get_future().get();
  EXPECT_EQ(connect().exchange(post("a"))->status, 503);
  EXPECT_EQ(connect_unix().exchange(post("a"))->status, 204);
}

TEST_F(HttpServerUnixLimitsTest, IsHeardWhileTheNetworkHoldsAllBytesOfBodies) {
  options_.limits.body_bytes_in_memory = 4;
  keep_some();
  start();
  auto held = connect();
  ASSERT_TRUE(held.send(post("keep")));
  const auto responder = kept_.get_future().get();
  EXPECT_EQ(connect().exchange(post("a"))->status, 503);
  EXPECT_EQ(connect_unix().exchange(post("a"))->status, 204);
}

TEST_F(HttpServerUnixLimitsTest, HasBoundsOfItsOwn) {
  options_.limits.unix_connections = 2;
  options_.limits.unix_requests_in_flight = 1;
  options_.limits.unix_body_bytes_in_memory = 5;
  options_.limits.linger_timeout = Milliseconds(20'000);  // the refused one stays connected
  keep_some();
  start();
  auto held = connect_unix();
  ASSERT_TRUE(held.send(post("keep")));
  const auto responder = kept_.get_future().get();
  auto second = connect_unix();
  EXPECT_EQ(second.exchange(post("a"))->body, refusal(Kind::TooBusy));
  EXPECT_EQ(connect_unix().read_response()->status, 503);
  EXPECT_EQ(connect().exchange(post("1234567"))->status, 204);
}

TEST(HttpAdmission, CountsANetworkOfIpv6AsOneAddress) {
  http_internal::Admission admission(10, 1);
  const auto address = [](const char* text) { return *IpAddress::parse(text); };
  const auto first = address("2001:db8:0:1::1");
  const auto same_network = address("2001:db8:0:1:ffff::2");
  const auto next_network = address("2001:db8:0:2::1");
  EXPECT_TRUE(admission.admit(&first));
  EXPECT_FALSE(admission.admit(&same_network));
  EXPECT_TRUE(admission.admit(&next_network));
  const auto v4 = address("192.0.2.1");
  const auto neighbour = address("192.0.2.2");
  EXPECT_TRUE(admission.admit(&v4));
  EXPECT_FALSE(admission.admit(&v4));
  EXPECT_TRUE(admission.admit(&neighbour));
  admission.leave(&first);
  EXPECT_TRUE(admission.admit(&same_network));
  EXPECT_EQ(admission.open(), 4U);
}

TEST_F(HttpServerLimitsTest, DoesNotWaitForSlowHeads) {
  options_.limits.head_timeout = Milliseconds(50);
  start();
  auto silent = connect();
  auto slow = connect();
  ASSERT_TRUE(slow.send("GET / HTTP/1.1\r\nHost: loc"));
  const auto response = slow.read_response();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->body, refusal(Kind::HeadTimeout));
  EXPECT_TRUE(slow.read_until_closed());
  EXPECT_TRUE(silent.read_until_closed());
  EXPECT_EQ(server_->stats().timeouts, 2U);
}

TEST_F(HttpServerLimitsTest, DoesNotWaitForSlowBodies) {
  options_.limits.body_timeout = Milliseconds(50);
  start();
  auto slow = connect();
  const auto response = slow.exchange("POST /in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nab");
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->body, refusal(Kind::BodyTimeout));
  EXPECT_TRUE(slow.read_until_closed());
  EXPECT_EQ(server_->stats().body_bytes_held, 0U);
}

TEST_F(HttpServerLimitsTest, DoesNotKeepIdleConnectionsForever) {
  options_.limits.idle_timeout = Milliseconds(50);
  start();
  auto client = connect();
  EXPECT_EQ(client.exchange(get("/"))->status, 200);
  EXPECT_TRUE(client.read_until_closed());
}

TEST_F(HttpServerLimitsTest, DoesNotWaitForPeersThatNeverRead) {
  options_.limits.write_timeout = Milliseconds(50);
  handler_.on_request = [](HttpRequest&&, Responder responder) {
    responder.send(HttpResponse::text(200, std::string(64 * 1024 * 1024, 'x')));
  };
  start();
  auto client = connect();
  ASSERT_TRUE(client.send(get("/")));
  while (server_->stats().timeouts == 0) std::this_thread::yield();
  EXPECT_FALSE(client.read_response().has_value());
}

TEST_F(HttpServerLimitsTest, AnswersOnlyToItsNames) {
  options_.allowed_hosts = {"gateway.example"};
  start();
  const auto status = [&](std::string_view host) {
    return connect().exchange("GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n")->status;
  };
  EXPECT_EQ(status("Gateway.Example:8443"), 200);
  EXPECT_EQ(status("gateway.example"), 200);
  EXPECT_EQ(status("localhost"), 421);
  EXPECT_EQ(status("gateway.example.evil"), 421);
}

TEST_F(HttpServerLimitsTest, BelievesTrustedProxiesOnly) {
  handler_.on_request = [&](HttpRequest&& request, Responder responder) {
    responder.send(HttpResponse::text(200, request.client.to_string()));
  };
  start();
  const auto request = get("/", "X-Forwarded-For: 6.6.6.6, 192.0.2.7\r\n");
  EXPECT_EQ(connect().exchange(request)->body, "127.0.0.1");
  server_.reset();
  options_.trusted_proxies = *NetworkSet::parse(std::vector<std::string>{"127.0.0.0/8"});
  start();
  EXPECT_EQ(connect().exchange(request)->body, "192.0.2.7");
}

}  // namespace
}  // namespace sealpost
