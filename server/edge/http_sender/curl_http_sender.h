// The one egress door, made of libcurl's multi interface on one thread of its own.
//
// Everything libcurl keeps between requests (connections, TLS sessions, easy handles) lives in a pool, and a
// pool belongs to one key: organization, environment, version of the egress policy, client identity. No two
// keys ever share a connection. Names are resolved by us (name_lookup.h), every address is judged, and the
// transfer is pinned to one of them, so libcurl never asks a name server; the address is judged once more
// when the socket is opened and, because libcurl does not repeat that for a connection it reuses, before the
// request line of every request.
//
// Life cycle: created running; stop() (or the destructor) aborts what is in flight, runs the completions and
// joins. Bounds: a queue (submit() refuses when it is full), transfers in flight (in all and by
// organization; who waits is served in turns by organization), connections per pool,
// pools.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "domain/policy/outbound_http.h"
#include "edge/http_sender/name_lookup.h"
#include "foundation/system/clock.h"

namespace sealpost {

struct ClientIdentity {
  std::uint64_t id = 0;
  std::filesystem::path certificate_file;  // PEM
  std::filesystem::path private_key_file;  // PEM, 0600
};

// The way out, and whom receivers are believed by.
struct HttpSenderOutlet {
  std::filesystem::path ca_file;       // PEM; empty: the system's store
  std::optional<SocketAddress> proxy;  // reached by plain HTTP; requests go by CONNECT to the judged address
};

struct HttpSenderOptions {
  std::string user_agent = "Sealpost";
  HttpSenderOutlet outlet;
  std::vector<ClientIdentity> client_identities;
  Milliseconds connect_timeout{10'000};
  Milliseconds idle_pool_lifetime{60'000};
  std::size_t max_queued = 4096;
  std::size_t max_in_flight = 1024;  // of which one organization holds a quarter at most
  std::size_t max_connections_per_pool = 256;
  std::size_t max_pools = 256;
  bool allow_http2 = true;
  NameLookup::Options names;
};

enum class HttpSenderError : std::uint8_t {
  Tls,     // the CA file can't be read or holds no certificate
  System,  // no epoll, eventfd or thread
};

// Figures for metrics, since the start.
struct HttpSenderStats {
  std::uint64_t completed = 0;
  std::uint64_t connections_opened = 0;
  std::size_t queued = 0;
  std::size_t in_flight = 0;
  std::size_t pools = 0;
};

class CurlHttpSender final : public HttpSender {
 public:
  static Result<std::unique_ptr<CurlHttpSender>, HttpSenderError> create(HttpSenderOptions options,
                                                                         const Clock& clock);
  ~CurlHttpSender() override;

  Result<void, SubmitError> submit(OutboundRequest&& request, Completion done) override;
  void abort(const Tenancy& tenancy, SendTag tag) override;
  void abort_organization(OrganizationId organization, AbortReport report) override;

  // For every pool made from now on; so give the policies a higher version afterwards, and each request under
  // one of them goes out the new way. Any thread. HttpSenderError::Tls: the CA file is no good, and nothing
  // has changed.
  Result<void, HttpSenderError> replace_outlet(const HttpSenderOutlet& outlet);

  // Aborts, completes and joins. Not to be called from a completion.
  void stop();
  [[nodiscard]] HttpSenderStats stats() const;

 private:
  class Impl;
  explicit CurlHttpSender(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sealpost
