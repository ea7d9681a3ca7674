#include "edge/rest_api/metrics_handler.h"

#include <gtest/gtest.h>

#include "edge/http_server/testing/captured_response.h"

namespace sealpost {
namespace {

TEST(MetricsHandler, WritesTheExpositionFormat) {
  std::vector<Metric> metrics;
  metrics.push_back(counter("sealpost_things_total", "Things.", [] { return std::uint64_t{3}; }));
  metrics.push_back({.kind = MetricKind::Gauge, .name = "sealpost_queue", .help = "Waiting.", .samples = [] {
                       return std::vector<MetricSample>{{{{"of", "a\"b\\c\nd"}, {"to", "x"}}, 7}};
                     }});
  const MetricsHandler handler(std::move(metrics));
  EXPECT_EQ(
      handler.text(),
      "# HELP sealpost_things_total Things.\n# TYPE sealpost_things_total counter\nsealpost_things_total 3\n"
      "# HELP sealpost_queue Waiting.\n# TYPE sealpost_queue gauge\n"
      "sealpost_queue{of=\"a\\\"b\\\\c\\nd\",to=\"x\"} 7\n");
}

TEST(MetricsHandler, ServesNothingElse) {
  MetricsHandler handler(http_server_metrics("http", [] { return HttpServerStats{}; }));
  const auto status_of = [&](std::string_view path, HttpMethod method) {
    const auto captured = CapturedResponse::create();
    HttpRequest request;
    request.method = method;
    request.target.path = path;
    handler.handle(std::move(request), captured->responder());
    return captured->wait().status;
  };
  EXPECT_EQ(status_of("/metrics", HttpMethod::Get), 200);
  EXPECT_EQ(status_of("/metrics", HttpMethod::Post), 405);
  EXPECT_EQ(status_of("/", HttpMethod::Get), 404);
  EXPECT_EQ(handler.body_limit("GET", "/metrics"), 0U);
  EXPECT_NE(handler.text().find("sealpost_http_responses_total{class=\"2xx\"} 0\n"), std::string::npos);
}

}  // namespace
}  // namespace sealpost
