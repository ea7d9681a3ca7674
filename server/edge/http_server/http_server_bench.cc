// Round trips of 1 KiB POSTs over 64 keep-alive connections, answered by a constant 202. Client and server
// share the machine, so the figure is a lower bound; its use is to see changes.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "edge/http_server/http_server.h"
#include "edge/http_server/testing/raw_client.h"
#include "edge/http_server/testing/scripted_handler.h"

namespace {

using namespace sealpost;

void accept_constant(benchmark::State& state) {
  ScriptedHandler handler;
  handler.on_request = [](HttpRequest&&, Responder responder) {
    responder.send(HttpResponse::json(202, R"({"receipt":"msg_0123456789"})"));
  };
  const SystemClock clock;
  SystemEntropy entropy;
  HttpServerOptions options;
  options.listeners = {{.address = *IpAddress::parse("127.0.0.1")}};
  auto server = HttpServer::start(options, handler, clock, entropy);
  if (!server) return state.SkipWithError("the server did not start");
  std::vector<RawClient> clients;
  for (int i = 0; i < 64; ++i) clients.push_back(RawClient::tcp((*server)->port(0)));
  const std::string request =
      "POST /v1/in/src HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
      "1024\r\n\r\n" +
      std::string(1024, 'x');
  for (auto _ : state) {
    for (auto& client : clients) client.send(request);
    for (auto& client : clients)
      if (const auto response = client.read_response(); !response || response->status != 202)
        return state.SkipWithError("a request was not answered by 202");
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(clients.size()));
}
BENCHMARK(accept_constant)->UseRealTime();

}  // namespace
