// Beast's HTTP/1 parser as this server uses it: fields are noted as views into the read buffer, the body
// goes to one byte vector under the route's limit and the server's budget. It runs on heads that HeadScanner
// passed. Chunk extensions and trailers are refused: nobody here reads them, and they hide smuggled bytes.
// One per message; one thread.
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "edge/http_server/http_handler.h"
#include "edge/http_server/internal/core.h"

namespace sealpost::http_internal {

class MessageParser final : public boost::beast::http::basic_parser<true> {
 public:
  using ErrorCode = boost::beast::error_code;

  explicit MessageParser(std::vector<HeaderView>& fields) : fields_(fields) { fields_.clear(); }

  // Where the body goes; call once, after the head.
  void set_body(Bytes& body, std::size_t limit, Budget& budget) {
    body_ = &body;
    limit_ = limit;
    budget_ = &budget;
  }
  // Valid until the bytes given to put() change.
  [[nodiscard]] std::string_view method() const { return method_; }
  [[nodiscard]] std::string_view target() const { return target_; }
  [[nodiscard]] int minor_version() const { return minor_version_; }
  [[nodiscard]] std::size_t charged() const { return charged_; }
  // Beast 1.81 asserts when it is called twice over the start of a chunked body shorter than the shortest
  // one, "0\r\n\r\n": fewer octets than that are not shown to it.
  [[nodiscard]] bool can_parse_body(std::size_t held) const { return !chunked() || got_chunk_ || held >= 5; }
  // Why a callback stopped the parser.
  [[nodiscard]] std::optional<ProtocolErrorKind> refusal() const { return refusal_; }

 private:
  using StringView = boost::beast::string_view;

  void refuse(ProtocolErrorKind kind, ErrorCode& ec) {
    refusal_ = kind;
    ec = boost::beast::http::error::bad_value;
  }
  static std::string_view std_view(StringView text) { return {text.data(), text.size()}; }

  void on_request_impl(boost::beast::http::verb, StringView method, StringView target, int version,
                       ErrorCode&) override {
    method_ = std_view(method);
    target_ = std_view(target);
    minor_version_ = version - 10;
  }
  void on_response_impl(int, StringView, int, ErrorCode&) override {}
  void on_field_impl(boost::beast::http::field, StringView name, StringView value, ErrorCode& ec) override {
    if (in_body_) return refuse(ProtocolErrorKind::Malformed, ec);
    fields_.push_back({.name = std_view(name), .value = std_view(value)});
  }
  void on_header_impl(ErrorCode&) override { in_body_ = true; }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, ErrorCode&) override {}
  std::size_t on_body_impl(StringView bytes, ErrorCode& ec) override { return append_body(bytes, ec); }
  void on_chunk_header_impl(std::uint64_t size, StringView extensions, ErrorCode& ec) override {
    got_chunk_ = true;
    if (!extensions.empty()) return refuse(ProtocolErrorKind::Malformed, ec);
    if (size > limit_ - body_->size()) refuse(ProtocolErrorKind::BodyTooLarge, ec);
  }
  std::size_t on_chunk_body_impl(std::uint64_t, StringView bytes, ErrorCode& ec) override {
    return append_body(bytes, ec);
  }
  void on_finish_impl(ErrorCode&) override {}

  // Memory is charged for bytes that came, not for bytes announced: announcing is free for an attacker.
  std::size_t append_body(StringView bytes, ErrorCode& ec) {
    if (bytes.size() > limit_ - body_->size()) {
      refuse(ProtocolErrorKind::BodyTooLarge, ec);
      return 0;
    }
    if (!budget_->take(bytes.size())) {
      refuse(ProtocolErrorKind::TooBusy, ec);
      return 0;
    }
    charged_ += bytes.size();
    body_->insert(body_->end(), bytes.begin(), bytes.end());
    return bytes.size();
  }

  std::vector<HeaderView>& fields_;
  std::string_view method_;
  std::string_view target_;
  Bytes* body_ = nullptr;
  Budget* budget_ = nullptr;
  std::size_t limit_ = 0;
  std::size_t charged_ = 0;
  int minor_version_ = 1;
  bool in_body_ = false;
  bool got_chunk_ = false;
  std::optional<ProtocolErrorKind> refusal_;
};

}  // namespace sealpost::http_internal
