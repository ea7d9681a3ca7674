#include "sealpost/client.h"

#include <algorithm>
#include <array>
#include <utility>

#include "answers.h"
#include "client_settings.h"
#include "exchange.h"
#include "foundation/bytes/bytes.h"
#include "foundation/bytes/secret_bytes.h"
#include "foundation/system/entropy.h"
#include "token_source.h"

namespace sealpost::sdk {
namespace {

constexpr std::size_t kMaxKey = 128;
// Room for the number of the element behind the key of a batch.
constexpr std::size_t kMaxBatchKey = kMaxKey - 4;
constexpr std::size_t kMaxBatch = 100;

// A version 4 UUID (RFC 9562), marked as made by an SDK.
std::string fresh_key() {
  SystemEntropy entropy;
  auto octets = entropy.array<16>();
  octets[6] = static_cast<std::uint8_t>((octets[6] & 0x0fU) | 0x40U);
  octets[8] = static_cast<std::uint8_t>((octets[8] & 0x3fU) | 0x80U);
  const std::string hex = to_hex(octets);
  return "auto_" + hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-" + hex.substr(12, 4) + "-" +
         hex.substr(16, 4) + "-" + hex.substr(20);
}

bool is_key(std::string_view text, std::size_t longest) {
  return !text.empty() && text.size() <= longest &&
         std::ranges::all_of(text, [](char c) { return c >= '!' && c <= '~'; });
}

Error bad_key() {
  return wrong_use("invalid_idempotency_key",
                   "an idempotency key is 1 to 128 visible ASCII characters (124 for a batch)");
}

// Ids go into paths: nothing but what ids are made of.
bool is_id(std::string_view text, std::string_view prefix) {
  return text.starts_with(prefix) && text.size() > prefix.size() && text.size() <= 64 &&
         std::ranges::all_of(
             text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

void append_percent_encoded(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
        c == '_' || c == '~') {
      out += c;
    } else {
      out += '%';
      out += kHex[octet >> 4U];
      out += kHex[octet & 15U];
    }
  }
}

// RFC 6749 section 2.3.1: both parts form-encoded, then HTTP Basic. The body stays free of secrets.
Secret basic_authorization(std::string_view id, const Secret& client_secret) {
  std::string pair;
  pair.reserve(3 * (id.size() + client_secret.size()) + 1);  // no copy is left behind by growing
  append_percent_encoded(pair, id);
  pair += ':';
  append_percent_encoded(pair, client_secret.reveal_secret_text());
  std::string encoded = to_base64(as_bytes(pair));
  wipe_memory(pair.data(), pair.size());
  std::string value;
  value.reserve(encoded.size() + 6);
  value.append("Basic ").append(encoded);
  wipe_memory(encoded.data(), encoded.size());
  return Secret::take(std::move(value));
}

bool is_stale_token(const Error& error) {
  return error.status == 401 && (error.code == "invalid_token" || error.code == "expired_token");
}

}  // namespace

struct Client::State {
  State(ClientOptions options, std::shared_ptr<Transport> transport, std::shared_ptr<Pace> pace)
      : transport_(std::move(transport)),
        pace_(std::move(pace)),
        rules_{options.max_retries, options.first_backoff, options.longest_wait},
        exchange_(options.url, *transport_, *pace_),
        credential_(basic_authorization(options.client_id, *options.client_secret)),
        scope_(options.scope),
        tokens_(*pace_, [this](Need need, const std::stop_token& stop) { return fetch_token(need, stop); }) {}

  // The answer of one call, whatever tokens and repetitions it takes.
  Outcome<HttpAnswer, Error> run(const Call& call, const std::stop_token& stop) const {
    int sent = 0;
    bool token_may_come = false;
    auto answer = exchange_.repeat(rules_, stop, [&]() -> Outcome<HttpAnswer, Error> {
      for (bool renewed = false;; renewed = true) {
        auto token = tokens_.get(stop);
        if (!token) {
          Error error = token.error();
          // Fetching has been repeated already.
          error.retryable = false;
          token_may_come = token.error().retryable;
          return error;
        }
        ++sent;
        auto attempt = exchange_.once(call, (*token)->authorization(), stop);
        // Refused before anything was done, so sending it again is safe.
        if (attempt || renewed || !is_stale_token(attempt.error())) return attempt;
        tokens_.discard(*token);
      }
    });
    if (answer) return answer;
    Error error = answer.error();
    error.attempts = sent;
    error.retryable = error.retryable || token_may_come;
    error.idempotency_key = call.idempotency_key;
    return error;
  }

  Outcome<FreshToken, Error> fetch_token(Need need, const std::stop_token& stop) const {
    Call call{.method = "POST",
              .path = "/v1/oauth/token",
              .content_type = "application/x-www-form-urlencoded",
              .body = "grant_type=client_credentials",
              .max_answer_bytes = std::size_t{64} << 10U};
    if (!scope_.empty()) {
      call.body += "&scope=";
      append_percent_encoded(call.body, scope_);
    }
    RetryRules rules = rules_;
    if (need == Need::Early) rules.max_retries = 0;
    auto answer = exchange_.repeat(rules, stop, [&] { return exchange_.once(call, credential_, stop); });
    if (!answer) return answer.error();
    auto token = read_token(answer->body);
    if (!token) return not_understood(*answer);
    return std::move(*token);
  }

  const std::shared_ptr<Transport> transport_;
  const std::shared_ptr<Pace> pace_;
  const RetryRules rules_;
  const Exchange exchange_;
  const Secret credential_;
  const std::string scope_;
  mutable TokenSource tokens_;
};

Outcome<Client, Error> Client::create(ClientOptions options) {
  auto settled = settle(std::move(options));
  if (!settled) return settled.error();
  std::shared_ptr<Transport> transport = settled->transport;
  if (!transport)
    transport = make_curl_transport({.ca_file = settled->ca_file,
                                     .connect_timeout = settled->connect_timeout,
                                     .read_timeout = settled->read_timeout});
  std::shared_ptr<Pace> pace = settled->pace;
  if (!pace) pace = make_system_pace();
  return Client(
      std::make_shared<const State>(std::move(settled).value(), std::move(transport), std::move(pace)));
}

Outcome<Acceptance, Error> Client::send(const Message& message, const CallOptions& call) const {
  std::string key = !call.idempotency_key.empty()      ? call.idempotency_key
                    : !message.idempotency_key.empty() ? message.idempotency_key
                                                       : fresh_key();
  if (!is_key(key, kMaxKey)) return bad_key();
  auto body = write_message(message, {});
  if (!body) return body.error();
  const Call request{.method = "POST",
                     .path = "/v1/messages",
                     .content_type = "application/json",
                     .body = std::move(body).value(),
                     .idempotency_key = std::move(key)};
  auto answer = state_->run(request, call.stop);
  if (!answer) return answer.error();
  auto accepted = read_acceptance(answer->body);
  if (accepted) return std::move(*accepted);
  Error error = not_understood(*answer);
  error.idempotency_key = request.idempotency_key;
  return error;
}

Outcome<std::vector<Outcome<Acceptance, Error>>, Error> Client::send_batch(std::span<const Message> messages,
                                                                           const CallOptions& call) const {
  if (messages.empty() || messages.size() > kMaxBatch)
    return wrong_use("too_many_items", "a batch holds 1 to 100 messages");
  const std::string key = call.idempotency_key.empty() ? fresh_key() : call.idempotency_key;
  if (!is_key(key, kMaxBatchKey)) return bad_key();
  std::vector<std::string> keys;
  std::string body = "{\"messages\":[";
  for (const Message& message : messages) {
    keys.push_back(message.idempotency_key.empty() ? key + "." + std::to_string(keys.size())
                                                   : message.idempotency_key);
    if (!is_key(keys.back(), kMaxKey)) return bad_key();
    auto element = write_message(message, keys.back());
    if (!element) return element.error();
    if (keys.size() > 1) body += ',';
    body += *element;
  }
  body += "]}";
  const Call request{.method = "POST",
                     .path = "/v1/messages:batch",
                     .content_type = "application/json",
                     .body = std::move(body),
                     .idempotency_key = key};
  auto answer = state_->run(request, call.stop);
  if (!answer) return answer.error();
  auto results = read_batch(answer->body, keys);
  if (results) return std::move(*results);
  Error error = not_understood(*answer);
  error.idempotency_key = key;
  return error;
}

Outcome<Receipt, Error> Client::receipt(std::string_view message_id, const std::stop_token& stop) const {
  if (!is_id(message_id, "msg_"))
    return wrong_use("validation_failed", "a message id is msg_ and 36 characters");
  auto answer = state_->run({.method = "GET",
                             .path = "/v1/messages/" + std::string(message_id),
                             .max_answer_bytes = kMaxReceiptBytes},
                            stop);
  if (!answer) return answer.error();
  auto receipt = read_receipt(answer->body);
  if (receipt) return std::move(*receipt);
  return not_understood(*answer);
}

Outcome<InboxPage, Error> Client::inbox_page(std::string_view channel_id, std::string_view cursor,
                                             std::size_t limit, const std::stop_token& stop) const {
  if (!is_id(channel_id, "chn_"))
    return wrong_use("validation_failed", "a channel id is chn_ and 36 characters");
  if (limit < 1 || limit > 200) return wrong_use("validation_failed", "a page holds 1 to 200 messages");
  if (cursor.size() > 512) return wrong_use("invalid_cursor", "no cursor is that long");
  std::string path = "/v1/channels/";
  path.append(channel_id).append("/messages?limit=").append(std::to_string(limit));
  if (!cursor.empty()) {
    path += "&cursor=";
    append_percent_encoded(path, cursor);
  }
  auto answer =
      state_->run({.method = "GET", .path = std::move(path), .max_answer_bytes = kMaxPageBytes}, stop);
  if (!answer) return answer.error();
  auto page = read_inbox_page(answer->body);
  if (page) return std::move(*page);
  return not_understood(*answer);
}

InboxReader Client::inbox(std::string_view channel_id, std::size_t page_size) const {
  return InboxReader(*this, std::string(channel_id), page_size);
}

InboxReader::InboxReader(Client client, std::string channel_id, std::size_t page_size)
    : client_(std::move(client)), channel_id_(std::move(channel_id)), page_size_(page_size) {}

Outcome<std::optional<InboxMessage>, Error> InboxReader::next(const std::stop_token& stop) {
  // A page may be empty and still have a successor.
  while (position_ == page_.items.size()) {
    if (begun_ && page_.next_cursor.empty()) return std::optional<InboxMessage>();
    auto page = client_.inbox_page(channel_id_, page_.next_cursor, page_size_, stop);
    if (!page) return page.error();
    page_ = std::move(page).value();
    position_ = 0;
    begun_ = true;
  }
  return std::optional<InboxMessage>(std::move(page_.items[position_++]));
}

}  // namespace sealpost::sdk
