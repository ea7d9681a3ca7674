// Prometheus text (exposition format 0.0.4) on a listener of its own: GET /metrics and nothing else. What is
// counted is asked from a list of functions when somebody reads it, so that this module knows none of the
// counters' owners. A metric's functions must be thread-safe and must not wait. Immutable once serving,
// thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "edge/http_server/http_handler.h"
#include "edge/http_server/http_server.h"

namespace sealpost {

enum class MetricKind : std::uint8_t { Counter, Gauge };

struct MetricSample {
  // Label names and values; names are ours, values are escaped.
  std::vector<std::pair<std::string, std::string>> labels{};
  std::uint64_t value = 0;
};
struct Metric {
  MetricKind kind = MetricKind::Counter;
  std::string name;  // a-z, digits, underscores; a counter's ends with _total
  std::string help;
  std::function<std::vector<MetricSample>()> samples;
};

class MetricsHandler final : public HttpHandler {
 public:
  explicit MetricsHandler(std::vector<Metric> metrics) : metrics_(std::move(metrics)) {}
  [[nodiscard]] std::size_t body_limit(std::string_view, std::string_view) override { return 0; }
  void handle(HttpRequest&& request, Responder responder) override;
  [[nodiscard]] HttpResponse protocol_error(ProtocolErrorKind kind, std::string_view request_id) override;

  [[nodiscard]] std::string text() const;

 private:
  std::vector<Metric> metrics_;
};

// One metric without labels.
[[nodiscard]] Metric counter(std::string name, std::string help, std::function<std::uint64_t()> value);
[[nodiscard]] Metric gauge(std::string name, std::string help, std::function<std::uint64_t()> value);
// What the HTTP server counts; `prefix` keeps several servers apart.
[[nodiscard]] std::vector<Metric> http_server_metrics(std::string_view server,
                                                      std::function<HttpServerStats()> stats);

}  // namespace sealpost
