// Everything libcurl keeps between requests, for one key: connections, TLS sessions, easy handles. Two keys
// share nothing, so a connection judged for one organization never carries a byte of another. The sender's
// thread only.
#pragma once

#include <curl/curl.h>

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "edge/http_sender/curl_http_sender.h"
#include "edge/http_sender/internal/outlet.h"
#include "edge/http_sender/internal/socket_watch.h"
#include "edge/http_sender/internal/transfer.h"

namespace sealpost {

struct PoolKey {
  Tenancy tenancy;
  std::uint64_t policy_version = 0;
  std::uint64_t client_identity = 0;
  friend auto operator<=>(const PoolKey&, const PoolKey&) = default;
};

// What the pools of one sender have in common. What is referred to outlives them.
struct PoolSurroundings {
  const HttpSenderOptions& options;
  const Clock& clock;
  SocketWatch& sockets;
  OutletPtr outlet;
};

class ConnectionPool final {
 public:
  // Null when libcurl is out of memory. `identity` may be null.
  static std::unique_ptr<ConnectionPool> create(const PoolKey& key, const PoolSurroundings& around,
                                                const ClientIdentity* identity);
  ~ConnectionPool();
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;

  // A transfer that is not running; null when libcurl is out of memory.
  Transfer* take();
  // Starts towards transfer.pinned; `left` is what remains of its time.
  [[nodiscard]] bool start(Transfer& transfer, Milliseconds left);
  // Takes a running transfer out; an unfinished HTTP/1.1 connection is closed by that.
  void halt(Transfer& transfer);
  // Back among those that take() gives out.
  void give_back(Transfer& transfer);

  void on_socket(int socket, std::uint32_t events);
  void on_timer();
  // The next finished transfer and how it ended, already taken out; null if there is none.
  Transfer* next_finished(CURLcode& code);

  [[nodiscard]] const PoolKey& key() const { return key_; }
  [[nodiscard]] const std::optional<SteadyTime>& timer() const { return timer_; }
  [[nodiscard]] std::size_t busy() const { return all_.size() - idle_.size(); }
  [[nodiscard]] SteadyTime last_used() const { return last_used_; }
  [[nodiscard]] const PoolSurroundings& around() const { return around_; }

 private:
  ConnectionPool(const PoolKey& key, const PoolSurroundings& around, const ClientIdentity* identity,
                 CURLM* multi);
  bool prepare_once(Transfer& transfer);
  void set_request(Transfer& transfer);
  static int on_socket_wish(CURL*, curl_socket_t socket, int what, void* self, void*);
  static int on_timer_wish(CURLM*, long timeout_ms, void* self);

  const PoolKey key_;
  const PoolSurroundings around_;
  const ClientIdentity* const identity_;
  CURLM* const multi_;
  std::optional<SteadyTime> timer_;
  SteadyTime last_used_;
  std::vector<std::unique_ptr<Transfer>> all_;
  std::vector<Transfer*> idle_;
};

}  // namespace sealpost
