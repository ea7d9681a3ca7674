#include "edge/http_sender/internal/transfer.h"

#include <algorithm>
#include <string_view>

#include "edge/http_sender/excerpt.h"
#include "edge/http_sender/internal/connection_pool.h"
#include "edge/http_sender/internal/socket_address.h"
#include "edge/http_sender/internal/transfer_callbacks.h"
#include "foundation/bytes/secret_bytes.h"
#include "foundation/http_types/headers.h"

namespace sealpost {
namespace {

constexpr std::size_t kMaxKeptHeader = 256;

// Through a proxy the socket goes to the proxy, and the judged address is what CONNECT names.
Result<void, EgressRefusal> judge_connected(const Transfer& transfer, const SocketAddress& remote) {
  const auto& proxy = transfer.pool->around().outlet->proxy;
  if (proxy) {
    if (!(remote == *proxy)) return fail(EgressRefusal::SpecialPurpose);
    return transfer.work.request.policy->judge_address(transfer.target, transfer.pinned);
  }
  // Anything but the pinned address means that libcurl found another way to a name.
  if (!(remote == SocketAddress{transfer.pinned, transfer.target.port}))
    return fail(EgressRefusal::SpecialPurpose);
  return transfer.work.request.policy->judge_address(transfer.target, remote.address);
}

std::string_view trimmed(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

void Transfer::reset_response() {
  refusal.reset();
  denied = false;
  request_sent = false;
  headers_complete = false;
  over_limit = false;
  header_bytes = 0;
  body_bytes = 0;
  retry_after.clear();
  content_type.clear();
  body.clear();
}

void wipe(OutboundRequest& request) {
  wipe_memory(request.url.data(), request.url.size());
  for (auto& header : request.headers) wipe_memory(header.value.data(), header.value.size());
  wipe_memory(request.body.data(), request.body.size());
}

curl_socket_t on_open_socket(void* self, curlsocktype, curl_sockaddr* address) {
  auto& transfer = *static_cast<Transfer*>(self);
  const auto remote = from_sockaddr(address->addr);
  const auto judged = remote ? judge_connected(transfer, *remote)
                             : Result<void, EgressRefusal>(fail(EgressRefusal::SpecialPurpose));
  if (!judged) {
    transfer.refusal = judged.error();
    return CURL_SOCKET_BAD;
  }
  return transfer.pool->around().sockets.open_socket(address->family, address->socktype, address->protocol);
}

int on_close_socket(void* sockets, curl_socket_t socket) {
  return static_cast<SocketWatch*>(sockets)->close_socket(socket);
}

int on_before_request(void* self, char* remote_ip, char*, int remote_port, int) {
  auto& transfer = *static_cast<Transfer*>(self);
  const auto address = IpAddress::parse(remote_ip);
  const auto judged = address ? judge_connected(transfer, {*address, static_cast<std::uint16_t>(remote_port)})
                              : Result<void, EgressRefusal>(fail(EgressRefusal::SpecialPurpose));
  if (!judged) {
    transfer.refusal = judged.error();
    return CURL_PREREQFUNC_ABORT;
  }
  const auto& still_allowed = transfer.work.request.still_allowed;
  if (still_allowed && !still_allowed()) {
    transfer.denied = true;
    return CURL_PREREQFUNC_ABORT;
  }
  transfer.request_sent = true;
  return CURL_PREREQFUNC_OK;
}

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const std::size_t bytes = size * count;
  transfer.header_bytes += bytes;
  if (transfer.header_bytes > kMaxResponseHeaderBytes) return 0;
  if (transfer.headers_complete) return bytes;  // trailers
  const std::string_view line(data, bytes);
  if (trimmed(line).empty()) {
    long status = 0;
    curl_easy_getinfo(transfer.easy, CURLINFO_RESPONSE_CODE, &status);
    transfer.headers_complete = status >= 200;
    if (!transfer.headers_complete) {
      // An interim answer: what it said is not what the answer says.
      transfer.retry_after.clear();
      transfer.content_type.clear();
    }
    return bytes;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return bytes;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (value.size() > kMaxKeptHeader) return bytes;
  if (equal_ignoring_case(name, "retry-after")) transfer.retry_after.assign(value);
  if (equal_ignoring_case(name, "content-type")) transfer.content_type.assign(value);
  return bytes;
}

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const std::size_t bytes = size * count;
  const bool whole = transfer.work.request.keep == ResponseBody::Whole;
  const std::size_t keep = whole ? kMaxResponseBytes : kMaxExcerptBytes + kExcerptMargin;
  transfer.body.append(data, std::min(bytes, keep - transfer.body.size()));
  transfer.body_bytes += bytes;
  if (transfer.body_bytes <= kMaxResponseBytes) return bytes;
  transfer.over_limit = true;
  return 0;
}

}  // namespace sealpost
