#include "edge/http_server/http_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/post.hpp>
#include <mutex>
#include <thread>

#include "edge/http_server/internal/connection.h"
#include "edge/http_server/internal/core.h"
#include "edge/http_server/internal/listening.h"
#include "edge/http_server/internal/loop.h"
#include "edge/http_server/internal/tls.h"

namespace sealpost {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using http_internal::Connection;
using http_internal::Core;
using http_internal::count;
using http_internal::Loop;
using http_internal::Socket;
using http_internal::SocketName;
using http_internal::TlsContext;
using Acceptor = asio::basic_socket_acceptor<asio::generic::stream_protocol>;

constexpr Milliseconds kAcceptPause{50};
constexpr std::string_view kRefusedConnection =
    "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

Failure<HttpServerError> bad_options(std::string detail) {
  return fail(HttpServerError{.fault = HttpServerFault::BadOptions, .detail = std::move(detail)});
}

std::optional<PeerCredentials> credentials_of(int fd) {
  ucred credentials{};
  socklen_t size = sizeof(credentials);
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return std::nullopt;
  return PeerCredentials{.uid = credentials.uid, .gid = credentials.gid, .pid = credentials.pid};
}

Result<void, HttpServerError> check_options(const HttpServerOptions& options) {
  const auto& limits = options.limits;
  if (options.listeners.empty()) return bad_options("no listener is configured");
  if (options.threads < 1 || options.threads > 64) return bad_options("threads must lie between 1 and 64");
  if (limits.head_bytes < 256 || limits.head_bytes > 1024 * 1024)
    return bad_options("head_bytes must lie between 256 and 1048576");
  if (limits.requests_per_connection < 1 ||
      limits.requests_per_connection >= (1U << Connection::kSequenceBits))
    return bad_options("requests_per_connection must lie between 1 and 16777215");
  for (const auto timeout : {limits.head_timeout, limits.body_timeout, limits.idle_timeout,
                             limits.write_timeout, limits.linger_timeout, limits.drain_idle_grace})
    if (timeout <= Milliseconds(0)) return bad_options("every timeout must be positive");
  for (const auto& listener : options.listeners) {
    if (listener.kind == HttpListener::Kind::PlainTcp && !listener.address.is_loopback()) {
      return fail(HttpServerError{
          .fault = HttpServerFault::PlainHttpNotLoopback,
          .detail =
              listener.address.to_string() +
              " is not a loopback address: plain HTTP listens on loopback only; configure a certificate"});
    }
  }
  return {};
}

}  // namespace

struct HttpServer::State {
  State(HttpServerOptions options, HttpHandler& handler, const Clock& clock, Entropy& entropy)
      : core(std::move(options), handler, clock, entropy) {}

  struct Listener {
    std::size_t index;
    HttpListener config;
    Acceptor acceptor;
    asio::steady_timer pause;
    std::uint16_t port = 0;
    ino_t socket_inode = 0;
    TlsContext tls;  // guarded by tls_mutex
  };

  Result<void, HttpServerError> open(const HttpListener& config);
  void accept_next(Listener& listener);
  void on_accept(Listener& listener, Loop& loop, Socket socket);
  void close_acceptors();
  void stop();

  Core core;
  std::vector<std::shared_ptr<Loop>> loops;
  std::vector<std::unique_ptr<Listener>> listeners;
  std::size_t next_loop = 0;
  std::mutex tls_mutex;
  std::mutex stop_mutex;
  bool stopped = false;  // guarded by stop_mutex
  std::vector<std::jthread> threads;
};

Result<void, HttpServerError> HttpServer::State::open(const HttpListener& config) {
  TlsContext tls;
  if (config.kind == HttpListener::Kind::TlsTcp) {
    SEALPOST_TRY(tls, http_internal::make_tls_context(config));
  }
  const bool is_unix = config.kind == HttpListener::Kind::Unix;
  SEALPOST_TRY(auto fd, is_unix ? http_internal::listen_unix(config) : http_internal::listen_tcp(config));
  auto& context = loops.front()->context();
  auto listener = std::make_unique<Listener>(Listener{.index = listeners.size(),
                                                      .config = config,
                                                      .acceptor = Acceptor(context),
                                                      .pause = asio::steady_timer(context),
                                                      .tls = std::move(tls)});
  SocketName bound;
  if (!is_unix && ::getsockname(fd.get(), bound.get(), &bound.size) == 0) {
    IpAddress ignored;
    http_internal::read_tcp_name(bound, ignored, listener->port);
  }
  struct stat status{};
  if (is_unix && ::lstat(config.socket_path.c_str(), &status) == 0) listener->socket_inode = status.st_ino;
  const int family = is_unix                                            ? AF_UNIX
                     : config.address.family() == IpAddress::Family::V4 ? AF_INET
                                                                        : AF_INET6;
  error_code ec;
  listener->acceptor.assign(asio::generic::stream_protocol(family, is_unix ? 0 : IPPROTO_TCP), fd.get(), ec);
  if (ec) return fail(HttpServerError{.fault = HttpServerFault::BindFailed, .detail = ec.message()});
  static_cast<void>(fd.release());
  listeners.push_back(std::move(listener));
  return {};
}

void HttpServer::State::accept_next(Listener& listener) {
  if (!listener.acceptor.is_open()) return;
  auto& loop = *loops[next_loop++ % loops.size()];
  listener.acceptor.async_accept(loop.context(), [this, &listener, &loop](error_code ec, Socket socket) {
    if (!listener.acceptor.is_open()) return;
    if (!ec) {
      on_accept(listener, loop, std::move(socket));
      return accept_next(listener);
    }
    if (ec == asio::error::connection_aborted || ec == asio::error::interrupted) return accept_next(listener);
    // Out of descriptors or memory: what is open must end before more can begin.
    listener.pause.expires_after(kAcceptPause);
    listener.pause.async_wait([this, &listener](error_code cancelled) {
      if (!cancelled) accept_next(listener);
    });
  });
}

void HttpServer::State::on_accept(Listener& listener, Loop& loop, Socket socket) {
  Connection::Origin origin;
  origin.listener = listener.index;
  origin.kind = listener.config.kind;
  error_code ec;
  if (origin.kind == HttpListener::Kind::Unix) {
    origin.peer.credentials = credentials_of(socket.native_handle());
    if (!origin.peer.credentials) return;
  } else {
    SocketName from;
    if (::getpeername(socket.native_handle(), from.get(), &from.size) != 0) return;  // gone already
    http_internal::read_tcp_name(from, origin.peer.address, origin.peer.port);
    const int on = 1;
    ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    origin.counted_by_address =
        !origin.peer.address.is_loopback() && !core.options.trusted_proxies.contains(origin.peer.address);
  }
  socket.non_blocking(true, ec);
  if (ec) return;
  if (!core.bounds(origin.kind).admission.admit(origin.counted_by_address ? &origin.peer.address : nullptr)) {
    count(core.counters.connections_refused);
    if (origin.kind != HttpListener::Kind::TlsTcp)
      ::send(socket.native_handle(), kRefusedConnection.data(), kRefusedConnection.size(), MSG_NOSIGNAL);
    return;
  }
  count(core.counters.connections_accepted);
  if (origin.kind == HttpListener::Kind::TlsTcp) {
    const std::scoped_lock lock(tls_mutex);
    origin.tls = listener.tls;
  }
  auto take = [&loop, socket = std::move(socket), origin = std::move(origin)]() mutable {
    loop.adopt(
        std::make_shared<Connection>(loop, loop.next_connection_id(), std::move(socket), std::move(origin)));
  };
  if (&loop == loops.front().get()) return take();
  asio::post(loop.context(), std::move(take));
}

// On the first loop's thread, or after it ended.
void HttpServer::State::close_acceptors() {
  error_code ignored;
  for (const auto& listener : listeners) {
    listener->acceptor.close(ignored);
    listener->pause.cancel();
  }
}

void HttpServer::State::stop() {
  const std::scoped_lock lock(stop_mutex);
  if (std::exchange(stopped, true)) return;
  for (const auto& loop : loops) {
    const bool first = loop == loops.front();
    asio::post(loop->context(), [this, &loop, first] {
      if (first) close_acceptors();
      loop->stop();
    });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& loop : loops) loop->close_queue();
  for (const auto& listener : listeners) {
    if (listener->socket_inode == 0) continue;
    const auto& path = listener->config.socket_path;
    struct stat status{};
    if (::lstat(path.c_str(), &status) == 0 && status.st_ino == listener->socket_inode)
      ::unlink(path.c_str());
  }
}

Result<std::unique_ptr<HttpServer>, HttpServerError> HttpServer::start(HttpServerOptions options,
                                                                       HttpHandler& handler,
                                                                       const Clock& clock, Entropy& entropy) {
  SEALPOST_TRY_VOID(check_options(options));
  auto state = std::make_unique<State>(std::move(options), handler, clock, entropy);
  for (std::size_t i = 0; i < state->core.options.threads; ++i)
    state->loops.push_back(std::make_shared<Loop>(state->core));
  for (const auto& listener : state->core.options.listeners) {
    if (auto opened = state->open(listener); !opened) {
      state->stop();  // removes the socket files of those that were opened
      return fail(opened.error());
    }
  }
  for (const auto& listener : state->listeners) state->accept_next(*listener);
  for (const auto& loop : state->loops) state->threads.emplace_back([&loop = *loop] { loop.run(); });
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(state)));
}

HttpServer::HttpServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
HttpServer::~HttpServer() { stop(); }

std::uint16_t HttpServer::port(std::size_t index) const {
  SEALPOST_CHECK(index < state_->listeners.size());
  return state_->listeners[index]->port;
}

std::vector<std::uint16_t> HttpServer::ports() const {
  std::vector<std::uint16_t> all;
  for (const auto& listener : state_->listeners) all.push_back(listener->port);
  return all;
}

Result<void, HttpServerError> HttpServer::reload_tls() {
  std::vector<TlsContext> fresh;
  for (const auto& listener : state_->listeners) {
    fresh.emplace_back();
    if (listener->config.kind != HttpListener::Kind::TlsTcp) continue;
    SEALPOST_TRY(fresh.back(), http_internal::make_tls_context(listener->config));
  }
  const std::scoped_lock lock(state_->tls_mutex);
  for (std::size_t i = 0; i < fresh.size(); ++i)
    if (fresh[i]) state_->listeners[i]->tls = fresh[i];
  return {};
}

std::size_t HttpServer::drain(SteadyTime deadline) {
  state_->core.draining = true;
  asio::post(state_->loops.front()->context(), [state = state_.get()] { state->close_acceptors(); });
  for (const auto& loop : state_->loops) asio::post(loop->context(), [&loop = *loop] { loop.begin_drain(); });
  state_->core.network.admission.wait_until_none(deadline);
  state_->core.local.admission.wait_until_none(deadline);
  const auto cut = state_->core.network.in_flight.used() + state_->core.local.in_flight.used();
  stop();
  return cut;
}

void HttpServer::stop() { state_->stop(); }

HttpServerStats HttpServer::stats() const {
  const auto& core = state_->core;
  const auto& from = core.counters;
  HttpServerStats stats;
  stats.connections_accepted = from.connections_accepted;
  stats.connections_refused = from.connections_refused;
  stats.connections_open = core.network.admission.open() + core.local.admission.open();
  stats.tls_handshakes_failed = from.tls_handshakes_failed;
  stats.requests = from.requests;
  stats.requests_in_flight = core.network.in_flight.used() + core.local.in_flight.used();
  stats.body_bytes_held = core.network.body_bytes.used() + core.local.body_bytes.used();
  stats.timeouts = from.timeouts;
  stats.handler_exceptions = from.handler_exceptions;
  stats.unwritable_responses = from.unwritable_responses;
  for (std::size_t i = 0; i < stats.responses_by_class.size(); ++i)
    stats.responses_by_class[i] = from.responses_by_class[i];
  for (std::size_t i = 0; i < stats.protocol_errors.size(); ++i)
    stats.protocol_errors[i] = from.protocol_errors[i];
  return stats;
}

}  // namespace sealpost
