#include "edge/http_sender/internal/connection_pool.h"

#include <algorithm>
#include <string_view>

#include "edge/http_sender/internal/transfer_callbacks.h"
#include "foundation/http_types/headers.h"

namespace sealpost {

std::unique_ptr<ConnectionPool> ConnectionPool::create(const PoolKey& key, const PoolSurroundings& around,
                                                       const ClientIdentity* identity) {
  CURLM* multi = curl_multi_init();
  if (multi == nullptr) return nullptr;
  return std::unique_ptr<ConnectionPool>(new ConnectionPool(key, around, identity, multi));
}

ConnectionPool::ConnectionPool(const PoolKey& key, const PoolSurroundings& around,
                               const ClientIdentity* identity, CURLM* multi)
    : key_(key), around_(around), identity_(identity), multi_(multi), last_used_(around.clock.steady_now()) {
  const auto connections = static_cast<long>(around.options.max_connections_per_pool);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &ConnectionPool::on_socket_wish);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &ConnectionPool::on_timer_wish);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, connections);
  curl_multi_setopt(multi_, CURLMOPT_MAX_TOTAL_CONNECTIONS, connections);
}

ConnectionPool::~ConnectionPool() {
  for (auto& transfer : all_) {
    if (transfer->easy == nullptr) continue;
    curl_multi_remove_handle(multi_, transfer->easy);
    curl_easy_cleanup(transfer->easy);
  }
  curl_multi_cleanup(multi_);
  around_.sockets.forget_pool(this);
}

Transfer* ConnectionPool::take() {
  if (idle_.empty()) {
    auto transfer = std::make_unique<Transfer>();
    transfer->pool = this;
    transfer->easy = curl_easy_init();
    if (transfer->easy == nullptr || !prepare_once(*transfer)) {
      curl_easy_cleanup(transfer->easy);
      return nullptr;
    }
    all_.push_back(std::move(transfer));
    return all_.back().get();
  }
  Transfer* transfer = idle_.back();
  idle_.pop_back();
  return transfer;
}

// Options that hold for the life of the handle. What is not set here or in set_request() stays at libcurl's
// default, and the defaults have no cookies, no netrc, no HSTS, no alternative services.
bool ConnectionPool::prepare_once(Transfer& transfer) {
  CURL* easy = transfer.easy;
  const HttpSenderOptions& options = around_.options;
  // The first few are the ones whose failure would leave the door open.
  bool ok = curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
            curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
            curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
            curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
            curl_easy_setopt(easy, CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2}) == CURLE_OK &&
            curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &on_open_socket) == CURLE_OK &&
            curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &on_before_request) == CURLE_OK;
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, &on_close_socket);
  // A connection outlives the transfer that opened it, so closing is told to the watch itself.
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, &around_.sockets);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &transfer);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
  curl_easy_setopt(easy, CURLOPT_HTTP_CONTENT_DECODING, 0L);
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, options.user_agent.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                   long{options.allow_http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1});
  curl_easy_setopt(easy, CURLOPT_POSTREDIR, 0L);
  if (const auto& proxy_address = around_.outlet->proxy) {
    std::string proxy = "http://";
    const bool v6 = proxy_address->address.family() == IpAddress::Family::V6;
    proxy += v6 ? '[' + proxy_address->address.to_string() + ']' : proxy_address->address.to_string();
    proxy += ':' + std::to_string(proxy_address->port);
    ok = ok && curl_easy_setopt(easy, CURLOPT_PROXY, proxy.c_str()) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_HTTPPROXYTUNNEL, 1L) == CURLE_OK;
  } else {
    // The empty string, unlike none at all, also shuts out the environment's proxies.
    ok = ok && curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK;
  }
  if (identity_ != nullptr) {
    ok = ok && curl_easy_setopt(easy, CURLOPT_SSLCERT, identity_->certificate_file.c_str()) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_SSLKEY, identity_->private_key_file.c_str()) == CURLE_OK;
  }
  around_.outlet->roots->install(easy);
  return ok;
}

void ConnectionPool::set_request(Transfer& transfer) {
  const OutboundRequest& request = transfer.work.request;
  // libcurl reads these lists and never writes or frees them, so the nodes can live in a vector of ours.
  auto& lines = transfer.header_lines;
  const std::size_t count = request.headers.size() + 2;
  if (lines.size() < count) lines.resize(count);
  bool typed = false;
  std::size_t used = 0;
  for (const auto& header : request.headers) {
    std::string& line = lines[used++];
    line.assign(header.name);
    // "Name:" would tell libcurl to drop the field; "Name;" is how it sends an empty one.
    if (header.value.empty()) {
      line += ';';
    } else {
      line.append(": ").append(header.value);
    }
    typed = typed || equal_ignoring_case(header.name, "content-type");
  }
  lines[used++].assign("Expect:");
  if (!typed) lines[used++].assign("Content-Type:");
  transfer.header_nodes.resize(used);
  for (std::size_t i = 0; i < used; ++i)
    transfer.header_nodes[i] = {lines[i].data(), i + 1 < used ? &transfer.header_nodes[i + 1] : nullptr};

  auto& to = transfer.connect_to;
  const bool v6 = transfer.pinned.family() == IpAddress::Family::V6;
  to.assign("::");
  to += v6 ? '[' + transfer.pinned.to_string() + ']' : transfer.pinned.to_string();
  to.append(":").append(std::to_string(transfer.target.port));
  transfer.connect_to_node = {to.data(), nullptr};

  CURL* easy = transfer.easy;
  curl_easy_setopt(easy, CURLOPT_URL, transfer.target.url.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer.header_nodes.data());
  curl_easy_setopt(easy, CURLOPT_CONNECT_TO, &transfer.connect_to_node);
  const bool sends_body = request.method == OutboundMethod::Post || request.method == OutboundMethod::Put ||
                          !request.body.empty();
  if (sends_body) {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
                     request.body.empty() ? "" : reinterpret_cast<const char*>(request.body.data()));
  } else {
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
  }
  const char* const names[] = {"GET", nullptr, "PUT", "DELETE"};
  const char* name = names[static_cast<std::size_t>(request.method)];
  if (request.method == OutboundMethod::Get && !sends_body) name = nullptr;
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, name);
}

bool ConnectionPool::start(Transfer& transfer, Milliseconds left) {
  transfer.reset_response();
  set_request(transfer);
  const auto connect = std::min(left, around_.options.connect_timeout);
  curl_easy_setopt(transfer.easy, CURLOPT_TIMEOUT_MS, static_cast<long>(left.count()));
  curl_easy_setopt(transfer.easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(connect.count()));
  last_used_ = around_.clock.steady_now();
  return curl_multi_add_handle(multi_, transfer.easy) == CURLM_OK;
}

void ConnectionPool::halt(Transfer& transfer) { curl_multi_remove_handle(multi_, transfer.easy); }

void ConnectionPool::give_back(Transfer& transfer) {
  last_used_ = around_.clock.steady_now();
  idle_.push_back(&transfer);
}

void ConnectionPool::on_socket(int socket, std::uint32_t events) {
  int mask = 0;
  if ((events & EPOLLIN) != 0) mask |= CURL_CSELECT_IN;
  if ((events & EPOLLOUT) != 0) mask |= CURL_CSELECT_OUT;
  if ((events & (EPOLLERR | EPOLLHUP)) != 0) mask |= CURL_CSELECT_ERR;
  int running = 0;
  curl_multi_socket_action(multi_, socket, mask, &running);
}

void ConnectionPool::on_timer() {
  timer_.reset();
  int running = 0;
  curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
}

Transfer* ConnectionPool::next_finished(CURLcode& code) {
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    code = message->data.result;
    CURL* easy = message->easy_handle;
    char* transfer = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
    curl_multi_remove_handle(multi_, easy);
    return reinterpret_cast<Transfer*>(transfer);
  }
  return nullptr;
}

int ConnectionPool::on_socket_wish(CURL*, curl_socket_t socket, int what, void* self, void*) {
  auto* pool = static_cast<ConnectionPool*>(self);
  std::uint32_t events = 0;
  if (what == CURL_POLL_IN || what == CURL_POLL_INOUT) events |= EPOLLIN;
  if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT) events |= EPOLLOUT;
  pool->around_.sockets.want(socket, pool, events);
  return 0;
}

int ConnectionPool::on_timer_wish(CURLM*, long timeout_ms, void* self) {
  auto* pool = static_cast<ConnectionPool*>(self);
  pool->timer_.reset();
  if (timeout_ms >= 0) pool->timer_ = pool->around_.clock.steady_now() + Milliseconds(timeout_ms);
  return 0;
}

}  // namespace sealpost
