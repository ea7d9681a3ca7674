#include "app/wiring/metrics.h"

namespace sealpost {

std::vector<Metric> gateway_metrics(const MeasuredParts& parts) {
  HttpServer& server = parts.server;
  Store& store = parts.store;
  DeliveryEngine& delivery = parts.delivery;
  RefusalLedger& ledger = parts.ledger;
  CurlHttpSender& sender = parts.sender;
  Directory& directory = parts.directory;
  std::vector<Metric> metrics = http_server_metrics("api", [&server] { return server.stats(); });

  metrics.push_back(
      {MetricKind::Counter, "sealpost_refusals_total", "Refusals filed, by public code.", [&ledger] {
         std::vector<MetricSample> samples;
         for (const auto& [code, count] : ledger.totals())
           samples.push_back({{{"code", std::string(to_string(code))}}, count});
         return samples;
       }});
  metrics.push_back(counter("sealpost_unknown_source_total", "Webhooks to sources that do not exist.",
                            [&ledger] { return ledger.unknown_sources(); }));
  metrics.push_back(counter("sealpost_unknown_caller_total", "Calls without a credential that is known.",
                            [&ledger] { return ledger.unknown_callers(); }));
  metrics.push_back(counter("sealpost_store_batches_total", "Transactions committed by the store's writer.",
                            [&store] { return store.metrics().batches; }));
  metrics.push_back(counter("sealpost_store_commands_total", "Commands run by the store's writer.",
                            [&store] { return store.metrics().commands; }));
  metrics.push_back(counter("sealpost_store_sync_nanoseconds_total", "Time spent committing.",
                            [&store] { return store.metrics().sync_ns; }));
  metrics.push_back(counter("sealpost_store_written_bytes_total", "Bytes written to the write-ahead log.",
                            [&store] { return store.metrics().bytes_written; }));
  metrics.push_back(gauge("sealpost_store_queue_depth", "Commands waiting for the store's writer.",
                          [&store] { return store.metrics().queue_depth; }));
  metrics.push_back(gauge("sealpost_store_wal_pages", "Pages in the write-ahead log.",
                          [&store] { return store.metrics().wal_pages; }));
  metrics.push_back(gauge("sealpost_store_rows_damaged",
                          "Deliveries passed over because somebody edited their rows.",
                          [&store] { return store.metrics().damaged_rows; }));
  metrics.push_back(gauge("sealpost_store_writes_failing", "1 while the last batch could not be filed.",
                          [&store] { return store.metrics().write_error ? 1U : 0U; }));
  metrics.push_back(
      {MetricKind::Counter, "sealpost_delivery_attempts_total", "Attempts filed, by result.", [&delivery] {
         const DeliveryMetrics now = delivery.metrics();
         std::vector<MetricSample> samples;
         for (std::size_t i = 0; i < now.attempts.size(); ++i)
           samples.push_back(
               {{{"result", std::string(name_of(static_cast<AttemptResult>(i)))}}, now.attempts[i]});
         return samples;
       }});
  metrics.push_back(counter("sealpost_deliveries_dead_total", "Deliveries that became dead letters.",
                            [&delivery] { return delivery.metrics().dead; }));
  metrics.push_back(gauge("sealpost_deliveries_held", "Deliveries in hand.",
                          [&delivery] { return delivery.metrics().held; }));
  metrics.push_back(gauge("sealpost_deliveries_in_flight", "Deliveries being sent.",
                          [&delivery] { return delivery.metrics().in_flight; }));
  metrics.push_back(gauge("sealpost_breakers_open", "Endpoints whose circuit breaker is open.",
                          [&delivery] { return delivery.metrics().breakers_open; }));
  metrics.push_back(counter("sealpost_breakers_opened_total", "Circuit breakers that opened.",
                            [&delivery] { return delivery.metrics().breakers_opened; }));
  metrics.push_back(counter("sealpost_sender_connections_total", "Connections opened to receivers.",
                            [&sender] { return sender.stats().connections_opened; }));
  metrics.push_back(gauge("sealpost_control_rows_damaged",
                          "Rows of the control plane that are not what the gateway wrote, and not in use.",
                          [&directory] { return directory.picture()->directory->damaged.size(); }));
  return metrics;
}

}  // namespace sealpost
