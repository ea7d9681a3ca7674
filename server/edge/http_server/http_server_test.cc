#include "edge/http_server/http_server.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <future>
#include <mutex>
#include <thread>

#include "edge/http_server/testing/server_fixture.h"

namespace sealpost {
namespace {

using Kind = ProtocolErrorKind;
class HttpServerTest : public HttpServerFixture {};

TEST_F(HttpServerTest, GivesTheHandlerWhatWasSent) {
  std::promise<HttpRequest> seen;
  handler_.on_request = [&](HttpRequest&& request, Responder responder) {
    seen.set_value(std::move(request));
    responder.send(HttpResponse::json(202, "{}"));
  };
  start();
  auto client = connect();
  const auto response = client.exchange(
      "POST /v1/in/a%20b?x=1&y=%2B HTTP/1.1\r\nHost: LOCALHOST:1\r\nX-A: 1 \r\nx-a:2\r\nContent-Encoding: "
      "gzip\r\n"
      "Content-Length: 5\r\n\r\nhello");
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 202);
  EXPECT_EQ(response->body, "{}");
  EXPECT_EQ(response->headers.sole("Content-Type"), "application/json");
  EXPECT_TRUE(response->headers.sole("Date").ends_with(" GMT"));
  EXPECT_EQ(response->headers.find("Connection").count, 0U);
  const auto request = seen.get_future().get();
  EXPECT_EQ(request.method, HttpMethod::Post);
  EXPECT_EQ(request.target.path, "/v1/in/a b");
  EXPECT_EQ(request.target.raw, "/v1/in/a%20b?x=1&y=%2B");
  EXPECT_EQ(find_parameter(request.target, "y").first, "+");
  EXPECT_EQ(request.headers.find("X-A").count, 2U);
  EXPECT_EQ(request.headers.find("X-A").first, "1");
  EXPECT_EQ(request.headers.sole("content-encoding"), "gzip");
  EXPECT_EQ(as_text(request.body), "hello");
  EXPECT_EQ(request.peer.address.to_string(), "127.0.0.1");
  EXPECT_NE(request.peer.port, 0);
  EXPECT_EQ(request.client, request.peer.address);
  EXPECT_FALSE(request.tls.has_value());
  EXPECT_FALSE(request.peer.credentials.has_value());
  EXPECT_EQ(request.request_id.size(), 20U);
}

TEST_F(HttpServerTest, KeepsConnectionsAliveAndAnswersPipelinedRequestsInOrder) {
  // The first of each pair is answered late and by another thread; the second waits for it.
  std::vector<std::jthread> threads;
  handler_.on_request = [&](HttpRequest&& request, Responder responder) {
    auto text = std::string(as_text(request.body));
    if (text.starts_with('i')) return responder.send(HttpResponse::text(200, text));
    threads.emplace_back(
        [text, late = std::move(responder)]() mutable { late.send(HttpResponse::text(200, text)); });
  };
  start();
  auto client = connect();
  std::string burst;
  std::vector<std::string> expected;
  for (int i = 0; i < 50; ++i) {
    expected.push_back((i % 3 == 0 ? "t" : "i") + std::to_string(i));
    burst += post(expected.back());
  }
  ASSERT_TRUE(client.send(burst));
  for (const auto& body : expected) {
    const auto response = client.read_response();
    ASSERT_TRUE(response.has_value());
    EXPECT_EQ(response->body, body);
  }
  EXPECT_EQ(server_->stats().connections_accepted, 1U);
  EXPECT_EQ(server_->stats().requests, 50U);
  EXPECT_EQ(server_->stats().responses_by_class[2], 50U);
}

TEST_F(HttpServerTest, ReadsBodiesInPiecesAndInChunks) {
  handler_.limit = [](auto, auto) { return 300'000U; };
  start();
  auto client = connect();
  const std::string large(250'000, 'x');
  EXPECT_EQ(client.exchange(post(large))->body, large);
  const std::string chunked = "POST /in HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
  ASSERT_TRUE(client.send(chunked + "5\r\nhel"));
  ASSERT_TRUE(client.send("lo\r\nA\r"));
  ASSERT_TRUE(client.send("\n, chunked!\r\n0\r\n\r"));
  EXPECT_EQ(client.exchange("\n")->body, "hello, chunked!");
  EXPECT_EQ(client.exchange(get("/after"))->status, 200);
  // An empty chunked body, octet by octet: a request on another connection makes sure that each arrives
  // alone.
  ASSERT_TRUE(client.send(chunked));
  for (const std::string_view octet : {"0", "\r", "\n", "\r"}) {
    ASSERT_TRUE(client.send(octet));
    auto other = connect();
    EXPECT_EQ(other.exchange(get("/between"))->status, 200);
  }
  EXPECT_EQ(client.exchange("\n")->body, "");
  EXPECT_EQ(server_->stats().body_bytes_held, 0U);
}

TEST_F(HttpServerTest, AnswersHeadWithoutBodyAndNoContentWithoutLength) {
  handler_.on_request = [](HttpRequest&& request, Responder responder) {
    responder.send(request.target.path == "/none" ? HttpResponse::empty(204)
                                                  : HttpResponse::text(200, "body"));
  };
  start();
  auto client = connect();
  ASSERT_TRUE(client.send("HEAD /x HTTP/1.1\r\nHost: localhost\r\n\r\n" + get("/none") + get("/x")));
  EXPECT_EQ(client.read_response(true)->headers.sole("Content-Length"), "4");
  const auto none = client.read_response();
  EXPECT_EQ(none->status, 204);
  EXPECT_EQ(none->headers.find("Content-Length").count, 0U);
  EXPECT_EQ(client.read_response()->body, "body");
}

TEST_F(HttpServerTest, EndsTheConnectionWhenAsked) {
  options_.limits.requests_per_connection = 2;
  start();
  for (const auto& request :
       {get("/", "Connection: close\r\n"), std::string("GET / HTTP/1.0\r\nHost: localhost\r\n\r\n")}) {
    auto client = connect();
    EXPECT_EQ(client.exchange(request)->headers.sole("Connection"), "close");
    EXPECT_TRUE(client.read_until_closed());
  }
  auto client = connect();
  EXPECT_EQ(client.exchange(get("/"))->headers.find("Connection").count, 0U);
  EXPECT_EQ(client.exchange(get("/"))->headers.sole("Connection"), "close");
  EXPECT_TRUE(client.read_until_closed());
}

TEST_F(HttpServerTest, TellsTheClientToContinue) {
  handler_.limit = [](auto, auto path) { return path == "/in" ? 10U : 0U; };
  start();
  auto client = connect();
  const std::string head = "POST /in HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: ";
  EXPECT_EQ(client.exchange(head + "2\r\n\r\n")->status, 100);
  EXPECT_EQ(client.exchange("ok")->body, "ok");
  // Refused before the body was sent: nobody is told to continue.
  EXPECT_EQ(client.exchange(head + "11\r\n\r\n")->status, 413);
}

TEST_F(HttpServerTest, AnswersForAHandlerThatDoesNot) {
  std::promise<Responder> kept;
  handler_.on_request = [&](HttpRequest&& request, Responder responder) {
    if (request.target.path == "/throw") throw std::runtime_error("broken");
    if (request.target.path == "/later") return kept.set_value(std::move(responder));
    if (request.target.path == "/split")
      responder.send({.status = 200, .headers = {{"X-A", "b\r\nSet-Cookie: c"}}, .body = ""});
    if (request.target.path == "/status") responder.send(HttpResponse::empty(42));
  };
  start();
  auto client = connect();
  for (const auto* path : {"/drop", "/throw", "/split", "/status"}) {
    SCOPED_TRACE(path);
    const auto response = client.exchange(get(path));
    ASSERT_TRUE(response.has_value());
    EXPECT_EQ(response->status, 500);
    EXPECT_EQ(response->body, refusal(Kind::Unanswered));
    EXPECT_EQ(response->headers.find("Set-Cookie").count, 0U);
  }
  ASSERT_TRUE(client.send(get("/later")));
  std::thread([responder = kept.get_future().get()] {}).join();  // dies on another thread
  EXPECT_EQ(client.read_response()->status, 500);
  EXPECT_EQ(server_->stats().handler_exceptions, 1U);
  EXPECT_EQ(server_->stats().unwritable_responses, 2U);
}

TEST_F(HttpServerTest, AnswersOnceOnly) {
  handler_.on_request = [](HttpRequest&&, Responder responder) {
    responder.send(HttpResponse::text(200, "first"));
    responder.send(HttpResponse::text(200, "second"));
  };
  start();
  auto client = connect();
  EXPECT_EQ(client.exchange(get("/"))->body, "first");
  EXPECT_EQ(client.exchange(get("/"))->body, "first");
}

TEST_F(HttpServerTest, LetsAResponderOutliveConnectionAndServer) {
  std::promise<Responder> first;
  std::promise<Responder> second;
  std::atomic<int> calls{0};
  handler_.on_request = [&](HttpRequest&&, Responder responder) {
    (calls++ == 0 ? first : second).set_value(std::move(responder));
  };
  start();
  auto gone = std::make_unique<RawClient>(connect());
  ASSERT_TRUE(gone->send(get("/")));
  auto for_closed_connection = first.get_future().get();
  gone.reset();
  for_closed_connection.send(HttpResponse::text(200, std::string(1'000'000, 'x')));
  auto client = connect();
  ASSERT_TRUE(client.send(get("/")));
  auto for_stopped_server = second.get_future().get();
  server_.reset();
  for_stopped_server.send(HttpResponse::text(200, "late"));
  EXPECT_FALSE(client.read_response().has_value());
}

TEST_F(HttpServerTest, ServesManyConnectionsOnSeveralThreads) {
  options_.threads = 3;
  std::mutex mutex;
  std::vector<Responder> waiting;
  // Answers come in bursts from whichever thread happens to fill the group, as a committing store's do.
  handler_.on_request = [&](HttpRequest&&, Responder responder) {
    std::vector<Responder> group;
    {
      const std::scoped_lock lock(mutex);
      waiting.push_back(std::move(responder));
      if (waiting.size() < 8) return;
      group.swap(waiting);
    }
    for (auto& member : group) member.send(HttpResponse::text(200, "x"));
  };
  start();
  std::vector<RawClient> clients;
  clients.reserve(16);
  for (int i = 0; i < 16; ++i) clients.push_back(connect());
  for (int round = 0; round < 50; ++round) {
    for (auto& client : clients) ASSERT_TRUE(client.send(post("body")));
    for (auto& client : clients) ASSERT_EQ(client.read_response()->status, 200);
  }
  EXPECT_EQ(server_->stats().requests, 800U);
  // The last answer is counted off after the client has read it.
  for (int i = 0; i < 1'000'000 && server_->stats().requests_in_flight != 0; ++i) std::this_thread::yield();
  EXPECT_EQ(server_->stats().requests_in_flight, 0U);
}

TEST_F(HttpServerTest, KnowsTheProcessBehindAUnixSocket) {
  const auto path = directory_ / "operator.sock";
  options_.listeners = {plain(), {.kind = HttpListener::Kind::Unix, .socket_path = path}};
  std::promise<HttpRequest> seen;
  handler_.on_request = [&](HttpRequest&& request, Responder responder) {
    seen.set_value(std::move(request));
    responder.send(HttpResponse::empty(204));
  };
  start();
  struct stat status{};
  ASSERT_EQ(::lstat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  auto client = RawClient::unix_socket(path);
  EXPECT_EQ(client.exchange("GET / HTTP/1.1\r\nHost: any\r\n\r\n")->status, 204);
  const auto request = seen.get_future().get();
  ASSERT_TRUE(request.peer.credentials.has_value());
  EXPECT_EQ(request.peer.credentials->uid, ::geteuid());
  EXPECT_EQ(request.peer.credentials->pid, ::getpid());
  EXPECT_EQ(request.listener, 1U);
  // A second server does not steal the socket of a living one; a dead one's is replaced.
  const auto second = HttpServer::start(options_, handler_, clock_, entropy_);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().fault, HttpServerFault::BindFailed);
  server_->stop();
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(HttpServerTest, RefusesToStartUnsafely) {
  const auto fault = [&](std::vector<HttpListener> listeners) {
    options_.listeners = std::move(listeners);
    const auto server = HttpServer::start(options_, handler_, clock_, entropy_);
    return server.ok() ? std::optional<HttpServerFault>() : server.error().fault;
  };
  EXPECT_EQ(fault({}), HttpServerFault::BadOptions);
  EXPECT_EQ(fault({{.address = *IpAddress::parse("0.0.0.0")}}), HttpServerFault::PlainHttpNotLoopback);
  EXPECT_EQ(fault({{.address = *IpAddress::parse("192.0.2.1")}}), HttpServerFault::PlainHttpNotLoopback);
  EXPECT_EQ(fault({{.address = *IpAddress::parse("::")}}), HttpServerFault::PlainHttpNotLoopback);
  EXPECT_EQ(fault({{.kind = HttpListener::Kind::TlsTcp,
                    .address = *IpAddress::parse("127.0.0.1"),
                    .certificate = directory_ / "none",
                    .private_key = directory_ / "none"}}),
            HttpServerFault::BadCertificate);
  const auto open_directory = directory_ / "open";
  std::filesystem::create_directory(open_directory);
  ASSERT_EQ(::chmod(open_directory.c_str(), 0755), 0);
  EXPECT_EQ(fault({{.kind = HttpListener::Kind::Unix, .socket_path = open_directory / "s"}}),
            HttpServerFault::InsecureSocketDirectory);
  std::ofstream(directory_ / "file") << "precious";
  EXPECT_EQ(fault({{.kind = HttpListener::Kind::Unix, .socket_path = directory_ / "file"}}),
            HttpServerFault::BindFailed);
  EXPECT_TRUE(std::filesystem::exists(directory_ / "file"));
}

TEST_F(HttpServerTest, DrainsGently) {
  std::promise<Responder> kept;
  handler_.on_request = [&](HttpRequest&&, Responder responder) { kept.set_value(std::move(responder)); };
  options_.limits.drain_idle_grace = Milliseconds(20);
  start();
  auto idle = connect();
  auto busy = connect();
  ASSERT_TRUE(busy.send(get("/")));
  auto responder = kept.get_future().get();
  auto drained = std::async(std::launch::async,
                            [&] { return server_->drain(clock_.steady_now() + std::chrono::seconds(20)); });
  EXPECT_TRUE(idle.read_until_closed());
  responder.send(HttpResponse::text(200, "finished"));
  const auto response = busy.read_response();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->body, "finished");
  EXPECT_EQ(response->headers.sole("Connection"), "close");
  busy.half_close();
  EXPECT_EQ(drained.get(), 0U);
  EXPECT_FALSE(connect().connected());
}

TEST_F(HttpServerTest, CutsWhatIsLeftAtTheDeadlineOfADrain) {
  std::promise<Responder> kept;
  handler_.on_request = [&](HttpRequest&&, Responder responder) { kept.set_value(std::move(responder)); };
  start();
  auto busy = connect();
  ASSERT_TRUE(busy.send(get("/")));
  auto responder = kept.get_future().get();
  EXPECT_EQ(server_->drain(clock_.steady_now() + Milliseconds(30)), 1U);
  EXPECT_TRUE(busy.read_until_closed());
}

}  // namespace
}  // namespace sealpost
