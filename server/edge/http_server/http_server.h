// HTTP/1.1 over TCP, TLS and Unix sockets: bytes in, HttpRequest to the handler, HttpResponse back,
// everything bounded in size, number and time. One request per connection is worked on at a time; pipelined
// ones wait in the read buffer, so answers keep their order by construction.
//
// Life cycle: start() binds everything or nothing; drain() ends gently, stop() at once; the destructor stops.
// Threads: each socket thread owns its connections; public functions may be called from any thread but
// socket threads. The handler, clock and entropy outlive the server.
// Source: RFC 9110, RFC 9112; where those leave a choice that request smuggling lives on, the choice is
// refusal.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "edge/http_server/http_handler.h"
#include "foundation/http_types/ip_address.h"
#include "foundation/result/result.h"
#include "foundation/system/clock.h"
#include "foundation/system/entropy.h"

namespace sealpost {

enum class HttpServerFault : std::uint8_t {
  BadOptions,
  PlainHttpNotLoopback,     // plain HTTP may listen on loopback addresses only
  BindFailed,               // address in use, no permission, path too long
  InsecureSocketDirectory,  // the Unix socket's directory is open to others
  BadCertificate,           // unreadable, expired form, or key and certificate do not belong together
};

struct HttpServerError {
  HttpServerFault fault;
  std::string detail;  // one sentence for the operator; names the listener, holds no secrets
};

struct HttpListener {
  enum class Kind : std::uint8_t { PlainTcp, TlsTcp, Unix };
  Kind kind = Kind::PlainTcp;
  IpAddress address{};                  // TCP
  std::uint16_t port = 0;               // TCP; 0 lets the system choose, see HttpServer::port()
  std::filesystem::path socket_path{};  // Unix: made with mode 0600 in a directory closed to others
  std::filesystem::path certificate{};  // TLS: PEM chain, leaf first
  std::filesystem::path private_key{};  // TLS: PEM, readable by us alone
};

// What the network uses up is counted apart from what the Unix sockets use up: the operator is heard while
// anonymous callers hold every place of theirs.
struct HttpLimits {
  std::size_t head_bytes = 16 * 1024;
  std::size_t target_bytes = 8 * 1024;
  std::size_t header_count = 100;
  std::size_t connections = 10'000;
  // Of one IPv4 address or IPv6 /64; loopback and trusted proxies are not counted.
  std::size_t connections_per_address = 1'000;
  std::size_t requests_in_flight = 4'096;  // whole requests whose answer is not written yet
  std::size_t requests_per_connection = 100'000;
  std::size_t body_bytes_in_memory = 256 * 1024 * 1024;  // bodies being read or waiting for their answer
  std::size_t unix_connections = 256;
  std::size_t unix_requests_in_flight = 256;
  std::size_t unix_body_bytes_in_memory = 32 * 1024 * 1024;
  Milliseconds head_timeout{10'000};   // from the first byte (or the TLS accept) to the end of the head
  Milliseconds body_timeout{30'000};   // for the whole body
  Milliseconds idle_timeout{75'000};   // between requests
  Milliseconds write_timeout{30'000};  // for one response to be taken by the peer
  Milliseconds linger_timeout{1'000};  // after a refusal: how long what the peer still sends is read away
  Milliseconds drain_idle_grace{250};  // how long an idle connection survives once drain() began
};

struct HttpServerOptions {
  std::vector<HttpListener> listeners;
  std::size_t threads = 1;
  HttpLimits limits;
  // Names (without port) this server answers to on TCP. Empty: localhost, 127.0.0.1 and [::1] only, which
  // keeps a page in a browser from reaching a local server under a name of its own.
  std::vector<std::string> allowed_hosts;
  // Whose X-Forwarded-For is believed. Empty: nobody's.
  NetworkSet trusted_proxies;
};

// A snapshot; counters only grow, gauges are marked.
struct HttpServerStats {
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_refused = 0;  // over a limit of connections
  std::uint64_t connections_open = 0;     // gauge
  std::uint64_t tls_handshakes_failed = 0;
  std::uint64_t requests = 0;            // given to the handler
  std::uint64_t requests_in_flight = 0;  // gauge
  std::uint64_t body_bytes_held = 0;     // gauge
  std::uint64_t timeouts = 0;            // of any kind, idle connections included
  std::uint64_t handler_exceptions = 0;
  std::uint64_t unwritable_responses = 0;
  std::array<std::uint64_t, 6> responses_by_class{};  // [2] counts 2xx; [0] and [1] stay 0
  std::array<std::uint64_t, kProtocolErrorKinds> protocol_errors{};
};

class HttpServer final {
 public:
  static Result<std::unique_ptr<HttpServer>, HttpServerError> start(HttpServerOptions options,
                                                                    HttpHandler& handler, const Clock& clock,
                                                                    Entropy& entropy);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();

  // The port that listener `index` is bound to; 0 for a Unix socket.
  [[nodiscard]] std::uint16_t port(std::size_t index) const;
  [[nodiscard]] std::vector<std::uint16_t> ports() const;

  // Reads certificates and keys again. Open connections keep theirs; on failure all listeners keep theirs.
  Result<void, HttpServerError> reload_tls();

  // Stops accepting, answers what is in flight with `Connection: close`, closes idle connections after a
  // short grace, and stops. Blocks until all are gone or `deadline`; then cuts the rest.
  // Returns how many requests were cut unanswered.
  std::size_t drain(SteadyTime deadline);
  // Closes every socket and joins the threads. Safe to call twice.
  void stop();

  [[nodiscard]] HttpServerStats stats() const;

 private:
  struct State;
  explicit HttpServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace sealpost
