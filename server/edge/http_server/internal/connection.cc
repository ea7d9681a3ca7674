#include "edge/http_server/internal/connection.h"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <cstring>

namespace sealpost::http_internal {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t kFirstBuffer = 4096;
constexpr std::size_t kBodyBuffer = 64 * 1024;
constexpr std::size_t kPipelineRoom = 4096;
constexpr std::size_t kLargestReserve = 64 * 1024;
constexpr std::size_t kMostLingered = 1024 * 1024;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

bool has_no_body(int status) { return status == 204 || status == 304; }

// Fields that describe the framing, which is this module's alone.
bool is_framing_header(std::string_view name) {
  for (const std::string_view ours :
       {"Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "Date"})
    if (equal_ignoring_case(name, ours)) return true;
  return false;
}

void append_number(std::string& out, std::size_t value) {
  std::array<char, 20> digits{};
  out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
}

ProtocolErrorKind kind_of(const error_code& ec) {
  using boost::beast::http::error;
  if (ec == error::bad_content_length || ec == error::multiple_content_length ||
      ec == error::bad_transfer_encoding)
    return ProtocolErrorKind::AmbiguousFraming;
  return ProtocolErrorKind::Malformed;
}

}  // namespace

asio::mutable_buffer ReadBuffer::prepare(std::size_t most) {
  const std::size_t held = end_ - begin_;
  if (held >= most) return {};
  if (capacity_ == 0) move_to(std::min(kFirstBuffer, most));
  if (capacity_ - end_ < kFirstBuffer / 4) {
    if (begin_ > 0) {
      std::memmove(data_.get(), data_.get() + begin_, held);
      begin_ = 0;
      end_ = held;
    }
    if (capacity_ - end_ < kFirstBuffer / 4 && capacity_ < most) move_to(std::min(capacity_ * 4, most));
  }
  return {data_.get() + end_, std::min(capacity_ - end_, most - held)};
}

void ReadBuffer::move_to(std::size_t capacity) {
  auto larger = std::make_unique_for_overwrite<char[]>(capacity);
  const std::size_t held = end_ - begin_;
  if (held > 0) std::memcpy(larger.get(), data_.get() + begin_, held);
  data_ = std::move(larger);
  capacity_ = capacity;
  begin_ = 0;
  end_ = held;
}

void ReadBuffer::shrink_if_empty() {
  if (!empty() || capacity_ <= kFirstBuffer) return;
  data_.reset();
  capacity_ = 0;
}

Connection::Connection(Loop& loop, std::uint64_t id, Socket socket, Origin origin)
    : loop_(loop),
      core_(loop.core()),
      bounds_(core_.bounds(origin.kind)),
      id_(id),
      socket_(std::move(socket)),
      origin_(std::move(origin)) {}

Connection::~Connection() = default;

void Connection::set_deadline(Milliseconds from_now) { deadline_ = core_.clock.steady_now() + from_now; }

void Connection::start() {
  set_deadline(core_.options.limits.head_timeout);
  if (origin_.tls) return handshake();
  process();
}

void Connection::handshake() {
  state_ = State::Handshake;
  SSL* session = SSL_new(origin_.tls.get());
  if (session == nullptr) return close();
  tls_ = std::make_unique<asio::ssl::stream<Socket&>>(socket_, session);  // owns the session
  tls_->async_handshake(asio::ssl::stream_base::server, [self = shared_from_this()](error_code ec) {
    if (self->state_ == State::Closed) return;
    if (ec) {
      count(self->core_.counters.tls_handshakes_failed);
      return self->close();
    }
    self->tls_info_ = describe_tls(self->tls_->native_handle());
    self->state_ = State::Idle;
    self->set_deadline(self->core_.options.limits.head_timeout);
    self->process();
  });
}

void Connection::read_more() {
  if (reading_) return;
  const std::size_t most = state_ == State::Body ? std::max(kBodyBuffer, core_.options.limits.head_bytes)
                                                 : core_.options.limits.head_bytes + kPipelineRoom;
  const auto room = in_.prepare(most);
  // Only a chunk header without an end fills the buffer: heads and bodies are consumed or refused before.
  if (room.size() == 0) return close();
  reading_ = true;
  auto done = [self = shared_from_this()](error_code ec, std::size_t size) {
    self->reading_ = false;
    if (self->state_ == State::Closed) return;
    if (ec) return self->close();
    self->on_read(size);
  };
  if (tls_) {
    tls_->async_read_some(room, std::move(done));
  } else {
    socket_.async_read_some(room, std::move(done));
  }
}

void Connection::on_read(std::size_t size) {
  in_.commit(size);
  if (state_ == State::Lingering) return read_away();
  process();
}

void Connection::process() {
  const auto self = shared_from_this();
  while (step() == Step::Continue) {
  }
}

Connection::Step Connection::step() {
  switch (state_) {
    case State::Idle:
      if (in_.empty()) {
        read_more();
        return Step::Wait;
      }
      state_ = State::Head;
      scanner_.emplace(HeadLimits{.head_bytes = core_.options.limits.head_bytes,
                                  .target_bytes = core_.options.limits.target_bytes,
                                  .header_count = core_.options.limits.header_count});
      request_id_.clear();
      head_request_ = false;
      set_deadline(core_.options.limits.head_timeout);
      return Step::Continue;
    case State::Head:
      return step_head();
    case State::Body:
      return step_body();
    default:
      return Step::Wait;
  }
}

Connection::Step Connection::step_head() {
  const auto end = scanner_->scan(in_.view());
  if (!end) return refuse(end.error());
  if (*end == 0) {
    read_more();
    return Step::Wait;
  }
  new_request_id();
  const auto refusal = take_head(*end);
  in_.consume(*end);
  if (refusal) return refuse(*refusal);
  if (parser_->is_done()) return dispatch();
  if (auto answer = loop_.refuse_body(request_)) {
    parser_.reset();
    keep_alive_ = false;
    return respond(*std::move(answer));
  }
  state_ = State::Body;
  set_deadline(core_.options.limits.body_timeout);
  if (writing_continue_) {
    writing_continue_ = false;
    if (in_.empty()) return send_continue();
  }
  return Step::Continue;
}

std::optional<ProtocolErrorKind> Connection::take_head(std::size_t size) {
  parser_.emplace(fields_);
  parser_->header_limit(static_cast<std::uint32_t>(size + 1));
  parser_->body_limit(boost::none);  // ours comes from the route
  parser_->eager(true);
  error_code ec;
  const auto used = parser_->put(asio::const_buffer(in_.view().data(), size), ec);
  if (ec) return kind_of(ec);
  if (used != size || !parser_->is_header_done()) return ProtocolErrorKind::Malformed;
  head_request_ = parser_->method() == "HEAD";
  const auto framing = judge_framing(parser_->minor_version(), fields_);
  if (!framing) return framing.error();
  // Two readers of one head must agree about where the request ends.
  const auto length = parser_->content_length();
  if (parser_->chunked() != framing->chunked || length.has_value() != framing->content_length.has_value() ||
      (length && *length != *framing->content_length))
    return ProtocolErrorKind::AmbiguousFraming;
  keep_alive_ = framing->keep_alive && ++sequence_ < core_.options.limits.requests_per_connection;
  auto target = parse_target(parser_->target());
  if (!target) return ProtocolErrorKind::Malformed;
  if (const auto refusal = judge_host(*framing, *target)) return refusal;
  request_.method = to_http_method(parser_->method());
  request_.method_text = parser_->method();
  request_.target = *std::move(target);
  if (const auto refusal = admit_body(*framing)) return refusal;
  request_.headers = HttpHeaders(std::span<const HeaderView>(fields_));
  request_.peer = origin_.peer;
  request_.client = client_address(origin_.peer.address, fields_, core_.options.trusted_proxies);
  request_.tls = tls_info_;
  request_.request_id = request_id_;
  request_.listener = origin_.listener;
  return std::nullopt;
}

std::optional<ProtocolErrorKind> Connection::judge_host(const Framing& framing,
                                                        const RequestTarget& target) const {
  if (!target.authority.empty() && !equal_ignoring_case(target.authority, framing.host))
    return ProtocolErrorKind::BadHost;
  if (origin_.kind == HttpListener::Kind::Unix)
    return std::nullopt;  // who may connect is settled by the file
  if (framing.host.empty()) return ProtocolErrorKind::BadHost;
  const auto name = host_without_port(framing.host);
  if (!name) return ProtocolErrorKind::BadHost;
  if (!host_allowed(*name, core_.options.allowed_hosts)) return ProtocolErrorKind::Misdirected;
  return std::nullopt;
}

std::optional<ProtocolErrorKind> Connection::admit_body(const Framing& framing) {
  if (parser_->is_done()) return std::nullopt;
  const auto limit = core_.handler.body_limit(request_.method_text, request_.target.path);
  const auto announced = framing.content_length.value_or(0);
  if (announced > limit || (framing.chunked && limit == 0)) return ProtocolErrorKind::BodyTooLarge;
  request_.body.reserve(std::min<std::size_t>(announced, kLargestReserve));
  parser_->set_body(request_.body, limit, bounds_.body_bytes);
  writing_continue_ = framing.expects_continue;
  return std::nullopt;
}

Connection::Step Connection::step_body() {
  if (in_.empty() || !parser_->can_parse_body(in_.view().size())) {
    read_more();
    return Step::Wait;
  }
  error_code ec;
  const auto bytes = in_.view();
  const auto used = parser_->put(asio::const_buffer(bytes.data(), bytes.size()), ec);
  in_.consume(used);
  charged_ = parser_->charged();
  const bool more = ec == boost::beast::http::error::need_more || (!ec && used == 0);
  if (ec && !more) return refuse(parser_->refusal().value_or(ProtocolErrorKind::Malformed));
  if (parser_->is_done()) return dispatch();
  if (!more) return Step::Continue;
  read_more();
  return Step::Wait;
}

Connection::Step Connection::dispatch() {
  // Not before the request is whole: a head whose body never comes would hold a place for nothing.
  if (!bounds_.in_flight.take(1)) return refuse(ProtocolErrorKind::TooBusy);
  counted_in_flight_ = true;
  parser_.reset();
  state_ = State::Handling;
  deadline_ = SteadyTime::max();
  count(core_.counters.requests);
  auto answer = loop_.dispatch(std::move(request_), (id_ << kSequenceBits) | sequence_);
  if (!answer) return Step::Wait;
  return respond(*std::move(answer));
}

void Connection::on_answer(std::uint64_t ticket, std::optional<HttpResponse>&& response) {
  if (state_ != State::Handling || ticket != ((id_ << kSequenceBits) | sequence_)) return;
  if (!response) response = loop_.protocol_error(ProtocolErrorKind::Unanswered, request_id_);
  if (respond(*std::move(response)) == Step::Continue) process();
}

Connection::Step Connection::refuse(ProtocolErrorKind kind) {
  if (request_id_.empty()) new_request_id();
  parser_.reset();
  keep_alive_ = false;
  return respond(loop_.protocol_error(kind, request_id_));
}

Connection::Step Connection::respond(HttpResponse&& response) {
  if (core_.draining.load(std::memory_order_relaxed)) keep_alive_ = false;
  if (!serialize_head(response)) {
    count(core_.counters.unwritable_responses);
    response = loop_.protocol_error(ProtocolErrorKind::Unanswered, request_id_);
    if (!serialize_head(response)) {
      response = HttpResponse::empty(500);
      static_cast<void>(serialize_head(response));
    }
  }
  count(core_.counters.responses_by_class[static_cast<std::size_t>(response.status / 100)]);
  body_ = std::move(response.body);
  if (head_request_ || has_no_body(response.status)) body_.clear();
  state_ = State::Writing;
  set_deadline(core_.options.limits.write_timeout);
  return write();
}

bool Connection::serialize_head(const HttpResponse& response) {
  if (response.status < 200 || response.status > 599) return false;
  head_ = "HTTP/1.1 ";
  append_number(head_, static_cast<std::size_t>(response.status));
  head_ += ' ';
  head_ += reason_phrase(response.status);
  head_ += "\r\n";
  head_ += loop_.date_line();
  for (const auto& field : response.headers.view()) {
    if (!is_header_name(field.name) || !is_header_value(field.value)) return false;
    if (is_framing_header(field.name)) continue;
    head_ += field.name;
    head_ += ": ";
    head_ += field.value;
    head_ += "\r\n";
  }
  if (!has_no_body(response.status)) {
    head_ += "Content-Length: ";
    append_number(head_, response.body.size());
    head_ += "\r\n";
  }
  head_ += keep_alive_ ? "\r\n" : "Connection: close\r\n\r\n";
  return true;
}

Connection::Step Connection::write() {
  if (tls_) {
    write_rest(0);
    return Step::Wait;
  }
  const std::array<asio::const_buffer, 2> parts{asio::buffer(head_), asio::buffer(body_)};
  error_code ec;
  // Nearly always the kernel takes an answer whole, and a turn through the scheduler is saved.
  const std::size_t written = socket_.write_some(parts, ec);
  if (ec && ec != asio::error::would_block) {
    close();
    return Step::Wait;
  }
  if (!ec && written == head_.size() + body_.size()) return after_write();
  write_rest(ec ? 0 : written);
  return Step::Wait;
}

void Connection::write_rest(std::size_t already_written) {
  const std::size_t of_head = std::min(already_written, head_.size());
  const std::array<asio::const_buffer, 2> parts{asio::buffer(head_) + of_head,
                                                asio::buffer(body_) + (already_written - of_head)};
  auto done = [self = shared_from_this()](error_code ec, std::size_t) {
    if (self->state_ == State::Closed) return;
    if (ec) return self->close();
    if (self->after_write() == Step::Continue) self->process();
  };
  if (tls_) {
    asio::async_write(*tls_, parts, std::move(done));
  } else {
    asio::async_write(socket_, parts, std::move(done));
  }
}

Connection::Step Connection::after_write() {
  release_request();
  if (!keep_alive_) return linger();
  state_ = State::Idle;
  set_deadline(core_.options.limits.idle_timeout);
  in_.shrink_if_empty();
  return Step::Continue;
}

Connection::Step Connection::send_continue() {
  if (!tls_) {
    error_code ec;
    const auto written = socket_.write_some(asio::buffer(kContinue), ec);
    if (!ec && written == kContinue.size()) return Step::Continue;
    close();  // a peer whose receive window can't hold 25 bytes
    return Step::Wait;
  }
  state_ = State::Writing;
  asio::async_write(*tls_, asio::buffer(kContinue), [self = shared_from_this()](error_code ec, std::size_t) {
    if (self->state_ == State::Closed) return;
    if (ec) return self->close();
    self->state_ = State::Body;
    self->process();
  });
  return Step::Wait;
}

Connection::Step Connection::linger() {
  state_ = State::Lingering;
  set_deadline(core_.options.limits.linger_timeout);
  if (!tls_) {
    error_code ignored;
    socket_.shutdown(asio::socket_base::shutdown_send, ignored);
    if (!reading_) read_away();
    return Step::Wait;
  }
  if (reading_) {  // a shutdown beside a pending read is more than the TLS engine promises
    close();
    return Step::Wait;
  }
  tls_->async_shutdown([self = shared_from_this()](error_code) { self->close(); });
  return Step::Wait;
}

void Connection::read_away() {
  lingered_ += in_.view().size();
  in_.consume(in_.view().size());
  if (lingered_ > kMostLingered) return close();
  read_more();
}

void Connection::expire(SteadyTime now) {
  if (now < deadline_ || state_ == State::Closed) return;
  const auto self = shared_from_this();
  if (state_ != State::Lingering) count(core_.counters.timeouts);
  if (state_ != State::Head && state_ != State::Body) return close();
  const auto kind = state_ == State::Head ? ProtocolErrorKind::HeadTimeout : ProtocolErrorKind::BodyTimeout;
  if (refuse(kind) == Step::Continue) process();
}

void Connection::begin_drain() {
  if (state_ != State::Idle && state_ != State::Handshake) return;
  deadline_ = std::min(deadline_, core_.clock.steady_now() + core_.options.limits.drain_idle_grace);
}

void Connection::close() {
  if (state_ == State::Closed) return;
  const auto self = shared_from_this();
  state_ = State::Closed;
  error_code ignored;
  socket_.close(ignored);
  release_request();
  bounds_.admission.leave(origin_.counted_by_address ? &origin_.peer.address : nullptr);
  loop_.forget(id_);
}

void Connection::release_request() {
  if (counted_in_flight_) bounds_.in_flight.give_back(1);
  counted_in_flight_ = false;
  if (charged_ > 0) bounds_.body_bytes.give_back(charged_);
  charged_ = 0;
  writing_continue_ = false;
  request_.body = Bytes();
}

void Connection::new_request_id() { request_id_ = "req_" + to_base32(core_.entropy.array<10>()); }

}  // namespace sealpost::http_internal
