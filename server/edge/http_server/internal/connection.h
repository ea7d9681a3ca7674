// One socket's life:
//
//   Handshake -> Idle -> Head -> Body -> Handling -> Writing -> Idle ...
//                                                          \-> Lingering -> Closed
//
// One request at a time: while one is with the handler nothing more is parsed, and what a pipelining peer
// sent ahead waits in a buffer of bounded size. A refusal is written, then the peer's remaining bytes are
// read away for a moment, because closing with unread bytes would reset the connection and take the refusal
// with it. Every state but Handling has a deadline. Lives on its loop's thread; kept alive by its pending
// operations.
#pragma once

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "edge/http_server/internal/core.h"
#include "edge/http_server/internal/loop.h"
#include "edge/http_server/internal/message_parser.h"
#include "edge/http_server/internal/tls.h"
#include "edge/http_server/request_head.h"

namespace sealpost::http_internal {

using Socket = boost::asio::generic::stream_protocol::socket;

// The bytes that arrived and were not consumed yet.
class ReadBuffer final {
 public:
  [[nodiscard]] std::string_view view() const { return {data_.get() + begin_, end_ - begin_}; }
  [[nodiscard]] bool empty() const { return begin_ == end_; }
  void consume(std::size_t size) {
    begin_ += size;
    if (begin_ == end_) begin_ = end_ = 0;
  }
  void commit(std::size_t size) { end_ += size; }
  // Room for more: moves what is there to the front, grows up to `most`. Empty if `most` bytes are held.
  [[nodiscard]] boost::asio::mutable_buffer prepare(std::size_t most);
  // Gives a large block back between requests.
  void shrink_if_empty();

 private:
  void move_to(std::size_t capacity);
  std::unique_ptr<char[]> data_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

class Connection final : public std::enable_shared_from_this<Connection> {
 public:
  struct Origin {
    Peer peer;
    std::size_t listener = 0;
    HttpListener::Kind kind = HttpListener::Kind::PlainTcp;
    bool counted_by_address = false;
    TlsContext tls;  // null for plain
  };
  Connection(Loop& loop, std::uint64_t id, Socket socket, Origin origin);
  ~Connection();

  void start();
  void on_answer(std::uint64_t ticket, std::optional<HttpResponse>&& response);
  // Closes, or answers 408, if the deadline of the present state has passed.
  void expire(SteadyTime now);
  void begin_drain();
  void close();
  [[nodiscard]] std::uint64_t id() const { return id_; }

  // A ticket names a connection and one of its requests.
  static constexpr unsigned kSequenceBits = 24;
  static std::uint64_t connection_of(std::uint64_t ticket) { return ticket >> kSequenceBits; }

 private:
  enum class State : std::uint8_t { Handshake, Idle, Head, Body, Handling, Writing, Lingering, Closed };
  enum class Step : std::uint8_t { Continue, Wait };

  void handshake();
  void read_more();
  void on_read(std::size_t size);
  void process();
  Step step();
  Step step_head();
  Step step_body();
  Step dispatch();

  // Both return a refusal, or nothing.
  std::optional<ProtocolErrorKind> take_head(std::size_t size);
  std::optional<ProtocolErrorKind> admit_body(const Framing& framing);
  std::optional<ProtocolErrorKind> judge_host(const Framing& framing, const RequestTarget& target) const;

  Step refuse(ProtocolErrorKind kind);
  Step respond(HttpResponse&& response);
  Step send_continue();
  // Writes head_ and body_; Continue if all was taken at once.
  Step write();
  void write_rest(std::size_t already_written);
  Step after_write();
  Step linger();
  void read_away();
  bool serialize_head(const HttpResponse& response);
  void release_request();
  void set_deadline(Milliseconds from_now);
  void new_request_id();

  Loop& loop_;
  Core& core_;
  Bounds& bounds_;
  const std::uint64_t id_;
  Socket socket_;
  std::unique_ptr<boost::asio::ssl::stream<Socket&>> tls_;
  Origin origin_;
  std::optional<TlsInfo> tls_info_;

  State state_ = State::Idle;
  SteadyTime deadline_ = SteadyTime::max();
  ReadBuffer in_;
  std::vector<HeaderView> fields_;
  std::optional<HeadScanner> scanner_;
  std::optional<MessageParser> parser_;
  HttpRequest request_;
  std::string request_id_;
  std::uint64_t sequence_ = 0;
  std::size_t charged_ = 0;  // bytes of the body budget held
  std::size_t lingered_ = 0;
  bool counted_in_flight_ = false;
  bool keep_alive_ = true;
  bool head_request_ = false;
  bool reading_ = false;
  bool writing_continue_ = false;

  std::string head_;
  std::string body_;
};

}  // namespace sealpost::http_internal
