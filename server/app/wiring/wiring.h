// The running gateway. start() builds every object in the order in which they lean on each other and returns
// when requests are answered; finish() drains. The only place that knows all concrete types, and the only one
// that makes SystemCalls. One thread calls start(), reload() and finish().
#pragma once

#include <memory>
#include <string>

#include "app/config/config.h"
#include "app/wiring/core.h"
#include "foundation/log/log.h"

namespace sealpost {

class Wiring final {
 public:
  // Errors are sentences for the operator.
  static Result<std::unique_ptr<Wiring>, std::string> start(Config config, std::string version) {
    return start(std::move(config), std::move(version), nullptr);
  }
  // What takes days runs in one process: everything goes by `clock`, which outlives the gateway.
  static Result<std::unique_ptr<Wiring>, std::string> start_for_test(Config config, const Clock& clock) {
    return start(std::move(config), "test", &clock);
  }
  ~Wiring();
  Wiring(const Wiring&) = delete;
  Wiring& operator=(const Wiring&) = delete;

  [[nodiscard]] const Config& config() const;
  [[nodiscard]] std::uint16_t http_port() const;
  [[nodiscard]] std::uint16_t metrics_port() const;  // 0: none
  [[nodiscard]] Logger& log();

  // Egress settings and TLS files again; everything else keeps.
  void reload(const Config& config);
  // Every chore's next call, now.
  void wake_chores_for_test();
  // Stops accepting, answers what is in flight, files what was sent, closes. How many requests were cut.
  std::size_t finish();

 private:
  struct Parts;
  static Result<std::unique_ptr<Wiring>, std::string> start(Config config, std::string version,
                                                            const Clock* clock);
  explicit Wiring(std::unique_ptr<Parts> parts);
  // In this order; each leans on what was built before.
  Result<void, std::string> open();
  Result<void, std::string> build_delivery();
  void build_operations();
  void build_arrivals();
  void build_api();
  Result<void, std::string> listen();
  void tell_openings();
  void add_chores();
  void disable_endpoint(const Tenancy& tenancy, EndpointId endpoint, std::string_view reason);
  std::unique_ptr<Parts> parts_;
};

}  // namespace sealpost
