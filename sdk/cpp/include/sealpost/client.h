// Sends messages to a gateway and reads receipts and inboxes. The client exchanges its credential for access
// tokens by itself, renews them at four fifths of their life, and repeats what may be repeated: every call
// is a read or carries an idempotency key that stays the same, so that a message is accepted once.
//
//   auto client = Client::create();  // from SEALPOST_URL, SEALPOST_CLIENT_ID, SEALPOST_CLIENT_SECRET_FILE
//   auto accepted = client->send({.type = "invoice.paid", .data = R"({"total":1200})"});
//   if (!accepted) return give_up(to_string(accepted.error()));
//
// Calls block. Thread-safe and cheap to copy: copies share one token and one set of connections. What the
// network or a gateway does never throws.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sealpost/error.h"
#include "sealpost/outcome.h"
#include "sealpost/secret.h"
#include "sealpost/transport.h"

namespace sealpost::sdk {

using TimePoint = std::chrono::system_clock::time_point;

// What is empty here is taken from the environment variable named beside it, if that is set.
struct ClientOptions {
  std::string url{};                      // SEALPOST_URL: https://host[:port]; http to this machine only
  std::string client_id{};                // SEALPOST_CLIENT_ID
  std::optional<Secret> client_secret{};  // SEALPOST_CLIENT_SECRET_FILE holds it, on one line
  std::filesystem::path ca_file{};        // SEALPOST_CA_FILE: PEM; then only these authorities are trusted
  bool use_environment = true;
  std::string scope{};  // separated by spaces; empty: all that the grant holds

  int max_retries = 2;                             // 0..5, after the first attempt
  std::chrono::milliseconds first_backoff{500};    // doubled each time, then drawn evenly from zero to that
  std::chrono::milliseconds longest_wait{60'000};  // a longer Retry-After is left to the caller
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds read_timeout{30'000};

  std::shared_ptr<Transport> transport{};  // empty: libcurl with the CA file and timeouts above
  std::shared_ptr<Pace> pace{};            // empty: the machine's clocks
};

struct CallOptions {
  std::string idempotency_key{};  // 1..128 visible ASCII characters; empty: a fresh one
  std::stop_token stop{};         // ends waits and transfers early
};

struct Message {
  std::string type;
  std::string data;  // one JSON text, sent as it is
  std::optional<TimePoint> occurred_at{};
  std::string idempotency_key{};  // in batches, for this element alone; empty: a fresh one
};

// Where the audit record stands. Without an index: the tree does not reach it yet (at most a second).
struct AuditPosition {
  std::string log_origin;
  std::optional<std::uint64_t> index{};
};

struct Acceptance {
  std::string message_id;
  bool duplicate = false;  // accepted before; this is the first receipt again
  TimePoint accepted_at{};
  std::uint64_t deliveries = 0;
  std::string receipt{};  // path
  AuditPosition audit{};
};

// Enumerations of the contract are kept as their words, because they may grow.
struct Stage {
  std::string stage;
  TimePoint at{};
  std::string result{};
  std::string code{};           // empty: none
  std::string failure_class{};  // empty: none
  std::string delivery_id{};    // empty: not of a delivery
  std::optional<std::uint64_t> attempt{};
};

struct Attempt {
  std::uint64_t number = 0;
  TimePoint started_at{};
  std::string result{};
  std::string code{};
  std::string failure_class{};
  std::optional<int> response_status{};
  std::vector<std::string> key_ids{};  // that signed it
};

struct Delivery {
  std::string id;
  std::string endpoint_id{};  // this or the next is set
  std::string channel_id{};
  std::string state{};
  std::optional<TimePoint> next_attempt_at{};
  std::optional<TimePoint> ended_at{};
  std::vector<Attempt> attempts{};
};

struct Receipt {
  std::string message_id;
  std::string type{};
  std::string environment{};
  TimePoint accepted_at{};
  std::string payload_state{};
  std::vector<Stage> stages{};
  std::vector<Delivery> deliveries{};
  AuditPosition audit{};
  std::string json{};  // the whole receipt as it came, for what has no member here
};

struct InboxMessage {
  std::string delivery_id;
  std::string message_id{};
  std::string type{};
  TimePoint received_at{};
  std::string summary_json{};
  std::optional<TimePoint> erase_at{};
  bool has_payload = false;  // false: erased
  std::string content_type{};
  std::string payload{};  // JSON text (printed anew by the gateway), or the octets of any other body
};

struct InboxPage {
  std::vector<InboxMessage> items{};
  std::string next_cursor{};  // empty: the last page
};

class InboxReader;

class Client final {
 public:
  // Sends nothing: the first call fetches the first token.
  static Outcome<Client, Error> create() { return create(ClientOptions()); }
  static Outcome<Client, Error> create(ClientOptions options);

  [[nodiscard]] Outcome<Acceptance, Error> send(const Message& message, const CallOptions& call = {}) const;
  // 1..100 messages, each accepted or refused on its own; the results stand in their order.
  [[nodiscard]] Outcome<std::vector<Outcome<Acceptance, Error>>, Error> send_batch(
      std::span<const Message> messages, const CallOptions& call = {}) const;
  [[nodiscard]] Outcome<Receipt, Error> receipt(std::string_view message_id,
                                                const std::stop_token& stop = {}) const;
  // `limit` is 1..200; an empty cursor asks for the first page.
  [[nodiscard]] Outcome<InboxPage, Error> inbox_page(std::string_view channel_id,
                                                     std::string_view cursor = {}, std::size_t limit = 50,
                                                     const std::stop_token& stop = {}) const;
  [[nodiscard]] InboxReader inbox(std::string_view channel_id, std::size_t page_size = 50) const;

 private:
  struct State;
  explicit Client(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

// Walks an inbox from the oldest message on, page by page. One thread.
class InboxReader final {
 public:
  // The next message; nothing at the end. After an error the same message is asked for again.
  [[nodiscard]] Outcome<std::optional<InboxMessage>, Error> next(const std::stop_token& stop = {});

 private:
  friend class Client;
  InboxReader(Client client, std::string channel_id, std::size_t page_size);
  Client client_;
  std::string channel_id_;
  std::size_t page_size_;
  InboxPage page_{};
  std::size_t position_ = 0;
  bool begun_ = false;
};

}  // namespace sealpost::sdk
