// What leaves the gateway over HTTP, as those see it who send: a request, what became of it, and the one door
// it goes through. Deliveries, discovery, key sets, tokens, sinks: all use HttpSender. The real one is
// CurlHttpSender in edge/http_sender. Flows know only this header.
//
// A request carries the egress policy it is judged by; the sender judges the URL, every address the name
// resolves to, and the connected address before each request, and never follows a redirect. Refused
// requests open no socket.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/model/tenancy.h"
#include "domain/policy/egress_policy.h"
#include "foundation/bytes/bytes.h"
#include "foundation/http_types/ip_address.h"
#include "foundation/result/result.h"
#include "foundation/system/clock.h"

namespace sealpost {

enum class OutboundMethod : std::uint8_t { Get, Post, Put, Delete };

struct OutboundHeader {
  std::string name;
  std::string value;
};

// A delivery keeps an excerpt for people to read; discovery and tokens need the document itself.
enum class ResponseBody : std::uint8_t { RedactedExcerpt, Whole };

inline constexpr Milliseconds kDefaultSendTimeout{15'000};
inline constexpr std::size_t kMaxResponseBytes = 64 * 1024;
inline constexpr std::size_t kMaxResponseHeaderBytes = 64 * 1024;
inline constexpr std::size_t kMaxExcerptBytes = 1024;
inline constexpr Seconds kMaxRetryAfter{24 * 3600};

// Chosen by the caller, unique among its requests in flight.
using SendTag = std::uint64_t;

struct OutboundRequest {
  SendTag tag = 0;
  EgressPolicyPtr policy;             // names the tenancy and the version of the policy
  std::uint64_t client_identity = 0;  // 0: none; else a client certificate the sender was configured with
  OutboundMethod method = OutboundMethod::Post;
  std::string url;  // path and query may be secret; wiped after the send
  std::vector<OutboundHeader> headers;
  Bytes body;                                  // wiped after the send
  Milliseconds timeout = kDefaultSendTimeout;  // from submit() to the last byte, name look-up included
  ResponseBody keep = ResponseBody::RedactedExcerpt;
  // Asked on the sender's thread when the connection stands and before the first byte leaves; false aborts.
  // This is where a revocation is seen that came after the claim. Must not block. Empty: always yes.
  std::function<bool()> still_allowed;
};

enum class OutboundOutcome : std::uint8_t {
  Responded,  // a complete status line and headers came; look at http_status
  Timeout,
  Dns,              // the name does not resolve
  Connect,          // no connection: refused, unreachable
  Tls,              // handshake or certificate
  Protocol,         // the connection broke, or what came was not HTTP
  HeadersTooLarge,  // the answer's header section had no end within kMaxResponseHeaderBytes
  Refused,          // by the egress policy; look at `refusal`
  Invalid,          // a header that may not be sent, or an unknown client identity: the caller's mistake
  Aborted,          // by abort(), abort_organization(), still_allowed or the end of the sender
};

[[nodiscard]] constexpr std::string_view name_of(OutboundOutcome outcome) {
  switch (outcome) {
    case OutboundOutcome::Responded:
      return "responded";
    case OutboundOutcome::Timeout:
      return "timeout";
    case OutboundOutcome::Dns:
      return "dns";
    case OutboundOutcome::Connect:
      return "connect";
    case OutboundOutcome::Tls:
      return "tls";
    case OutboundOutcome::Protocol:
      return "protocol";
    case OutboundOutcome::HeadersTooLarge:
      return "headers_too_large";
    case OutboundOutcome::Refused:
      return "refused";
    case OutboundOutcome::Invalid:
      return "invalid";
    case OutboundOutcome::Aborted:
      return "aborted";
  }
  return "unknown";
}

// All measured from submit(); zero when the stage was not reached or not needed.
struct OutboundTimings {
  std::chrono::microseconds resolved{0};
  std::chrono::microseconds connected{0};
  std::chrono::microseconds secured{0};
  std::chrono::microseconds first_byte{0};
  std::chrono::microseconds total{0};
};

struct OutboundResult {
  SendTag tag = 0;
  Tenancy tenancy;
  OutboundOutcome outcome = OutboundOutcome::Aborted;
  std::optional<EgressRefusal> refusal;  // set for Refused
  bool request_sent = false;             // the receiver may have seen it: after Timeout, Protocol and Aborted
                                         // the effect is unknown
  int http_status = 0;
  std::optional<Seconds> retry_after;  // at most kMaxRetryAfter
  std::string content_type;            // ResponseBody::Whole only
  std::string body;                    // excerpt of at most kMaxExcerptBytes, or the whole document
  bool body_truncated = false;  // more came than was kept; over kMaxResponseBytes the rest was not read
  OutboundTimings timings;
  std::optional<IpAddress> remote_address;
  bool reused_connection = false;
};

enum class SubmitError : std::uint8_t {
  QueueFull,  // try again later; the request is untouched
  Stopped,
};

// Thread-safe. Completions run on the sender's thread, exactly once for each accepted request, and must not
// block; they may call submit() and the abort functions.
class HttpSender {
 public:
  using Completion = std::function<void(OutboundResult&&)>;
  using AbortReport = std::function<void(std::vector<SendTag>&& aborted)>;

  virtual ~HttpSender() = default;
  // The request is taken only on success.
  virtual Result<void, SubmitError> submit(OutboundRequest&& request, Completion done) = 0;
  // Ends what was submitted under this tag before this call, if it is still in flight; its completion says
  // Aborted.
  virtual void abort(const Tenancy& tenancy, SendTag tag) = 0;
  // Ends all that was submitted for the organization before this call, in every environment. `report` runs
  // after the last of their completions, on the sender's thread, with their tags: that is the confirmation
  // a revocation waits for.
  virtual void abort_organization(OrganizationId organization, AbortReport report) = 0;
};

}  // namespace sealpost
