// What Prometheus may read of the running gateway. Names and meanings are in docs/operate/metrics.md.
#pragma once

#include <vector>

#include "edge/http_sender/curl_http_sender.h"
#include "edge/http_server/http_server.h"
#include "edge/rest_api/metrics_handler.h"
#include "flow/acceptance/refusal_ledger.h"
#include "flow/delivery/delivery_engine.h"
#include "flow/directory/directory.h"
#include "storage/store/store.h"

namespace sealpost {

struct MeasuredParts {
  HttpServer& server;
  Store& store;
  DeliveryEngine& delivery;
  RefusalLedger& ledger;
  CurlHttpSender& sender;
  Directory& directory;
};
// The parts outlive the list.
[[nodiscard]] std::vector<Metric> gateway_metrics(const MeasuredParts& parts);

}  // namespace sealpost
