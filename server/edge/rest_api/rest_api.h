// The HttpHandler of the gateway. For each request, in this order: a request id; the route; tokens in the
// query refused; who calls; may they call this operation at all; the form of the body; then, on a pool
// thread, the operation itself, which authorizes once more for the exact target. A full pool answers 503 with
// Retry-After. Every answer carries the request id, `no-store` and `nosniff`. A refusal of a caller that we
// know is filed on its way out (refused_call.h); others are only counted.
//
// Life: all parts outlive it; the pool is stopped before it dies. Thread-safe; socket threads never wait in
// it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "domain/model/position_allocator.h"
#include "edge/http_server/http_handler.h"
#include "edge/webhook_inlet/webhook_inlet.h"
#include "flow/directory/operations.h"
#include "flow/history/message_history.h"
#include "flow/minting/token_minting.h"
#include "foundation/concurrency/thread_pool.h"
#include "foundation/log/log.h"

namespace sealpost {

// The contract's OperatorStatus; wiring gathers it.
struct GatewayStatus {
  std::string version;
  std::string installation_id;
  std::uint32_t generation = 1;
  std::string node;
  WallTime started_at{};
  std::string state = "ready";  // ready | draining | rolled_back | store_failed
  std::string sqlite_version;
  std::uint64_t queued_deliveries = 0;
  std::uint64_t wal_bytes = 0;
};
struct ReadinessCheck {
  std::string_view name;  // store | keys | anchor | listeners
  bool ok = false;
};

struct ApiOptions {
  // Who may act as the operator over the Unix socket. The overflow uid never may, listed or not.
  std::vector<std::uint32_t> operator_uids;
  // Asked on a pool thread, for the operator alone.
  std::function<GatewayStatus()> status;
  // Asked on a socket thread for /readyz: from memory, without waiting.
  std::function<std::vector<ReadinessCheck>()> readiness;
};

class RestApi final : public HttpHandler {
 public:
  struct Parts {
    Operations& operations;
    MessageHistory& history;
    Acceptance& acceptance;
    TokenMinting& minting;
    WebhookInlet& inlet;
    ThreadPool& pool;
    PositionAllocator& positions;  // request ids
    Logger& log;
    RefusalLedger& refusals;
  };
  RestApi(Parts parts, const ApiOptions& options);
  ~RestApi() override;
  RestApi(const RestApi&) = delete;
  RestApi& operator=(const RestApi&) = delete;

  [[nodiscard]] std::size_t body_limit(std::string_view method, std::string_view path) override;
  // Callers are known by their token, so no body is taken from whom handle() would refuse for it; in the same
  // words.
  [[nodiscard]] std::optional<HttpResponse> refuse_body(const HttpRequest& head) override;
  void handle(HttpRequest&& request, Responder responder) override;
  [[nodiscard]] HttpResponse protocol_error(ProtocolErrorKind kind, std::string_view request_id) override;

 private:
  struct State;
  std::unique_ptr<const State> state_;
};

}  // namespace sealpost
