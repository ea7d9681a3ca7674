// One request on its way: what the caller gave, what was judged, what came back. Belongs to a pool together
// with its easy handle and is used again for the next request. The sender's thread only.
#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/policy/outbound_http.h"

namespace sealpost {

class ConnectionPool;

// A submitted request before it has a pool.
struct Submission {
  std::uint64_t order = 0;  // of submit() and abort calls, to tell what came before what
  OutboundRequest request;
  HttpSender::Completion done;
  SteadyTime submitted;
};

struct Transfer {
  ConnectionPool* pool = nullptr;
  CURL* easy = nullptr;

  Submission work;
  JudgedTarget target;
  std::vector<IpAddress> candidates;  // all judged
  std::size_t next_candidate = 0;
  IpAddress pinned;
  OutboundTimings timings;

  // What libcurl reads while the transfer runs.
  std::vector<std::string> header_lines;
  std::vector<curl_slist> header_nodes;
  std::string connect_to;
  curl_slist connect_to_node{};

  // What its callbacks found.
  std::optional<EgressRefusal> refusal;
  bool denied = false;  // still_allowed said no
  bool request_sent = false;
  bool headers_complete = false;
  bool over_limit = false;
  std::size_t header_bytes = 0;
  std::size_t body_bytes = 0;  // seen; `body` may hold less
  std::string retry_after;
  std::string content_type;
  std::string body;

  void reset_response();
};

// The whole request before any byte of it is wiped: url, header values, body.
void wipe(OutboundRequest& request);

}  // namespace sealpost
