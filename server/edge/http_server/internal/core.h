// What all socket threads of one server share: options, counters, bounds. Thread-safe.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <map>
#include <mutex>

#include "edge/http_server/http_server.h"

namespace sealpost::http_internal {

struct Counters {
  std::atomic<std::uint64_t> connections_accepted{0};
  std::atomic<std::uint64_t> connections_refused{0};
  std::atomic<std::uint64_t> tls_handshakes_failed{0};
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> timeouts{0};
  std::atomic<std::uint64_t> handler_exceptions{0};
  std::atomic<std::uint64_t> unwritable_responses{0};
  std::array<std::atomic<std::uint64_t>, 6> responses_by_class{};
  std::array<std::atomic<std::uint64_t>, kProtocolErrorKinds> protocol_errors{};
};

inline void count(std::atomic<std::uint64_t>& counter) { counter.fetch_add(1, std::memory_order_relaxed); }

// A bound that many threads draw from; what was drawn is given back by whoever drew it.
class Budget final {
 public:
  explicit Budget(std::size_t bound) : bound_(bound) {}
  [[nodiscard]] bool take(std::size_t amount) {
    const auto before = used_.fetch_add(amount, std::memory_order_relaxed);
    if (before + amount <= bound_) return true;
    give_back(amount);
    return false;
  }
  void give_back(std::size_t amount) { used_.fetch_sub(amount, std::memory_order_relaxed); }
  [[nodiscard]] std::size_t used() const { return used_.load(std::memory_order_relaxed); }

 private:
  const std::size_t bound_;
  std::atomic<std::size_t> used_{0};
};

// Open connections, in all and by address. An IPv6 /64 counts as one address: it is the least that one
// customer is given, who can call from any part of it.
class Admission final {
 public:
  Admission(std::size_t all, std::size_t per_address) : all_(all), per_address_(per_address) {}

  // `address` null: counted in all only.
  [[nodiscard]] bool admit(const IpAddress* address);
  void leave(const IpAddress* address);
  [[nodiscard]] std::size_t open() const;
  // True once none is open; false at the deadline.
  bool wait_until_none(SteadyTime deadline);

 private:
  const std::size_t all_;
  const std::size_t per_address_;
  mutable std::mutex mutex_;
  std::condition_variable none_;
  std::size_t open_ = 0;
  std::map<IpAddress, std::size_t> by_address_;
};

// What a peer can use up.
struct Bounds {
  Bounds(std::size_t connections, std::size_t per_address, std::size_t requests, std::size_t bytes)
      : in_flight(requests), body_bytes(bytes), admission(connections, per_address) {}
  Budget in_flight;
  Budget body_bytes;
  Admission admission;
};

struct Core {
  Core(HttpServerOptions server_options, HttpHandler& server_handler, const Clock& server_clock,
       Entropy& server_entropy)
      : options(std::move(server_options)),
        handler(server_handler),
        clock(server_clock),
        entropy(server_entropy),
        network(options.limits.connections, options.limits.connections_per_address,
                options.limits.requests_in_flight, options.limits.body_bytes_in_memory),
        local(options.limits.unix_connections, options.limits.unix_connections,
              options.limits.unix_requests_in_flight, options.limits.unix_body_bytes_in_memory) {}

  [[nodiscard]] Bounds& bounds(HttpListener::Kind kind) {
    return kind == HttpListener::Kind::Unix ? local : network;
  }

  const HttpServerOptions options;
  HttpHandler& handler;
  const Clock& clock;
  Entropy& entropy;
  Counters counters;
  // Apart, so that nobody on the network can use up what the operator's Unix socket needs.
  Bounds network;
  Bounds local;
  std::atomic<bool> draining{false};
};

}  // namespace sealpost::http_internal
