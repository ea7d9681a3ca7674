#include "edge/rest_api/metrics_handler.h"

#include <gtest/gtest.h>

#include <set>

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

TEST(MetricsHandler, NamesTheKindsOfProtocolErrors) {
  HttpServerStats stats;
  stats.protocol_errors[static_cast<std::size_t>(ProtocolErrorKind::BodyTooLarge)] = 3;
  const MetricsHandler handler(http_server_metrics("http", [stats] { return stats; }));
  const std::string text = handler.text();
  EXPECT_NE(text.find("sealpost_http_protocol_errors_total{kind=\"body_too_large\"} 3\n"), std::string::npos);
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kProtocolErrorKinds; ++i) {
    const std::string_view name = name_of(static_cast<ProtocolErrorKind>(i));
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_NE(text.find("{kind=\"" + std::string(name) + "\"} "), std::string::npos) << name;
  }
  EXPECT_FALSE(names.contains("unknown"));
}

}  // namespace
}  // namespace sealpost
