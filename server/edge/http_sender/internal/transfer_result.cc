#include "edge/http_sender/internal/transfer_result.h"

#include "edge/http_sender/excerpt.h"
#include "edge/http_sender/header_rules.h"

namespace sealpost {
namespace {

// CURLE_TOO_LARGE, which older headers do not name.
constexpr auto kCurlTooLarge = static_cast<CURLcode>(100);

OutboundOutcome outcome_of_failure(CURLcode code) {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return OutboundOutcome::Timeout;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return OutboundOutcome::Dns;
    case CURLE_COULDNT_CONNECT:
    case CURLE_OUT_OF_MEMORY:
      return OutboundOutcome::Connect;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_CLIENTCERT:
    case CURLE_USE_SSL_FAILED:
      return OutboundOutcome::Tls;
    case CURLE_ABORTED_BY_CALLBACK:
      return OutboundOutcome::Aborted;
    default:
      return OutboundOutcome::Protocol;
  }
}

OutboundOutcome outcome_of(const Transfer& transfer, CURLcode code) {
  if (transfer.refusal) return OutboundOutcome::Refused;
  if (transfer.denied) return OutboundOutcome::Aborted;
  if (code == CURLE_OK)
    return transfer.headers_complete ? OutboundOutcome::Responded : OutboundOutcome::Protocol;
  // The answer is its status. A body that breaks off, drips or never ends changes nothing for a
  // delivery; a document is of no use then.
  const bool status_is_enough = transfer.work.request.keep == ResponseBody::RedactedExcerpt;
  if (transfer.headers_complete && (status_is_enough || transfer.over_limit))
    return OutboundOutcome::Responded;
  // One line over libcurl's own bound reaches no callback; releases before 8.6 call it a lack of memory.
  const bool endless_line = code == CURLE_OUT_OF_MEMORY || code == kCurlTooLarge;
  if (!transfer.headers_complete && transfer.request_sent &&
      (transfer.header_bytes > kMaxResponseHeaderBytes || endless_line))
    return OutboundOutcome::HeadersTooLarge;
  return outcome_of_failure(code);
}

std::chrono::microseconds stage(CURL* easy, CURLINFO what, std::chrono::microseconds before) {
  curl_off_t microseconds = 0;
  curl_easy_getinfo(easy, what, &microseconds);
  return microseconds <= 0 ? std::chrono::microseconds(0) : before + std::chrono::microseconds(microseconds);
}

}  // namespace

OutboundResult result_of(Transfer& transfer, CURLcode code, WallTime now) {
  OutboundResult result;
  result.outcome = outcome_of(transfer, code);
  result.refusal = transfer.refusal;
  result.request_sent = transfer.request_sent;
  result.remote_address = transfer.pinned;
  result.timings = transfer.timings;
  CURL* easy = transfer.easy;
  const auto before = transfer.timings.resolved;
  result.timings.connected = stage(easy, CURLINFO_CONNECT_TIME_T, before);
  result.timings.secured = stage(easy, CURLINFO_APPCONNECT_TIME_T, before);
  result.timings.first_byte = stage(easy, CURLINFO_STARTTRANSFER_TIME_T, before);
  long opened = 0;
  curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &opened);
  result.reused_connection = transfer.request_sent && opened == 0;
  if (result.outcome != OutboundOutcome::Responded) return result;

  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  result.http_status = static_cast<int>(status);
  if (!transfer.retry_after.empty())
    result.retry_after = parse_retry_after(transfer.retry_after, now, kMaxRetryAfter);
  if (transfer.work.request.keep == ResponseBody::Whole) {
    result.content_type = transfer.content_type;
    result.body = std::move(transfer.body);
    result.body_truncated = transfer.over_limit;
  } else {
    result.body_truncated = transfer.over_limit || code != CURLE_OK || transfer.body_bytes > kMaxExcerptBytes;
    if (!transfer.body.empty())
      result.body = redacted_excerpt(transfer.body, transfer.work.request, kMaxExcerptBytes);
  }
  return result;
}

}  // namespace sealpost
