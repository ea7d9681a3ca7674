#include "edge/rest_api/metrics_handler.h"

#include <memory>
#include <utility>

#include "edge/answers/problem.h"

namespace sealpost {
namespace {

// Backslash, quote and line feed are all that the format escapes in a label's value.
void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
}

void append_sample(std::string& out, const std::string& name, const MetricSample& sample) {
  out += name;
  for (std::size_t i = 0; i < sample.labels.size(); ++i) {
    out += i == 0 ? '{' : ',';
    out.append(sample.labels[i].first).append("=\"");
    append_escaped(out, sample.labels[i].second);
    out += '"';
  }
  if (!sample.labels.empty()) out += '}';
  out.append(" ").append(std::to_string(sample.value)).append("\n");
}

Metric single(MetricKind kind, std::string name, std::string help, std::function<std::uint64_t()> value) {
  return {
      .kind = kind, .name = std::move(name), .help = std::move(help), .samples = [value = std::move(value)] {
        return std::vector<MetricSample>{{.labels = {}, .value = value()}};
      }};
}

}  // namespace

std::string MetricsHandler::text() const {
  std::string out;
  for (const Metric& metric : metrics_) {
    out.append("# HELP ").append(metric.name).append(" ").append(metric.help).append("\n# TYPE ");
    out.append(metric.name).append(metric.kind == MetricKind::Counter ? " counter\n" : " gauge\n");
    for (const MetricSample& sample : metric.samples()) append_sample(out, metric.name, sample);
  }
  return out;
}

void MetricsHandler::handle(HttpRequest&& request, Responder responder) {
  if (request.target.path != "/metrics") return responder.send(HttpResponse::empty(404));
  if (request.method != HttpMethod::Get) {
    HttpResponse response = HttpResponse::empty(405);
    response.headers.set("Allow", "GET");
    return responder.send(std::move(response));
  }
  HttpResponse response = HttpResponse::with_body(200, "text/plain; version=0.0.4; charset=utf-8", text());
  response.headers.set("Cache-Control", "no-store");
  response.headers.set("X-Content-Type-Options", "nosniff");
  responder.send(std::move(response));
}

HttpResponse MetricsHandler::protocol_error(ProtocolErrorKind kind, std::string_view request_id) {
  HttpResponse response = problem_response(public_code_of(kind), request_id);
  finish_answer(response, request_id);
  return response;
}

Metric counter(std::string name, std::string help, std::function<std::uint64_t()> value) {
  return single(MetricKind::Counter, std::move(name), std::move(help), std::move(value));
}

Metric gauge(std::string name, std::string help, std::function<std::uint64_t()> value) {
  return single(MetricKind::Gauge, std::move(name), std::move(help), std::move(value));
}

std::vector<Metric> http_server_metrics(std::string_view server, std::function<HttpServerStats()> stats) {
  const auto shared = std::make_shared<const std::function<HttpServerStats()>>(std::move(stats));
  const std::string prefix = "sealpost_" + std::string(server) + "_";
  const auto of = [&](MetricKind kind, std::string_view name, std::string help,
                      std::uint64_t HttpServerStats::* field) {
    return single(kind, prefix + std::string(name), std::move(help),
                  [shared, field] { return (*shared)().*field; });
  };
  using enum MetricKind;
  std::vector<Metric> metrics;
  metrics.push_back(
      of(Counter, "connections_total", "Connections accepted.", &HttpServerStats::connections_accepted));
  metrics.push_back(of(Counter, "connections_refused_total", "Connections over a limit.",
                       &HttpServerStats::connections_refused));
  metrics.push_back(of(Gauge, "connections", "Open connections.", &HttpServerStats::connections_open));
  metrics.push_back(of(Counter, "tls_handshakes_failed_total", "TLS handshakes that failed.",
                       &HttpServerStats::tls_handshakes_failed));
  metrics.push_back(
      of(Counter, "requests_total", "Requests given to the gateway.", &HttpServerStats::requests));
  metrics.push_back(of(Gauge, "requests_in_flight", "Requests waiting for their answer.",
                       &HttpServerStats::requests_in_flight));
  metrics.push_back(
      of(Gauge, "body_bytes", "Bytes of bodies held in memory.", &HttpServerStats::body_bytes_held));
  metrics.push_back(
      of(Counter, "timeouts_total", "Connections ended by a timeout.", &HttpServerStats::timeouts));
  metrics.push_back(of(Counter, "handler_exceptions_total", "Requests whose handling threw.",
                       &HttpServerStats::handler_exceptions));
  metrics.push_back(of(Counter, "unwritable_responses_total", "Answers that could not be written.",
                       &HttpServerStats::unwritable_responses));
  metrics.push_back({.kind = Counter,
                     .name = prefix + "responses_total",
                     .help = "Answers by class of status.",
                     .samples = [shared] {
                       const HttpServerStats now = (*shared)();
                       std::vector<MetricSample> samples;
                       for (std::size_t i = 2; i < now.responses_by_class.size(); ++i)
                         samples.push_back(
                             {{{"class", std::to_string(i) + "xx"}}, now.responses_by_class[i]});
                       return samples;
                     }});
  metrics.push_back(
      {.kind = Counter,
       .name = prefix + "protocol_errors_total",
       .help = "Requests that the server itself refused, by kind.",
       .samples = [shared] {
         const HttpServerStats now = (*shared)();
         std::vector<MetricSample> samples;
         for (std::size_t i = 0; i < now.protocol_errors.size(); ++i)
           samples.push_back(
               {{{"kind", std::string(name_of(static_cast<ProtocolErrorKind>(i)))}}, now.protocol_errors[i]});
         return samples;
       }});
  return metrics;
}

}  // namespace sealpost
