// Verifies webhooks signed as Standard Webhooks define it: v1 (HMAC-SHA256) and v1a (Ed25519). Give it the
// body exactly as it came off the wire; parsed and printed again it is another body.
//
//   auto verifier = Verifier::create(std::move(keys), {.endpoint = "end_..."});
//   auto outcome = verifier->verify(body, headers);
//   if (!outcome) return answer(suggested_status(outcome.error().code), name(outcome.error().code));
//   handle(outcome->body);
//
// Immutable, thread-safe, cheap to copy. Nothing a sender controls throws.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sealpost/outcome.h"
#include "sealpost/replay.h"
#include "sealpost/secret.h"

namespace sealpost::sdk {

// The names are those of contract/errors.yaml.
enum class RefusalCode {
  BodyTooLarge,
  UnsupportedEncoding,
  MissingSignature,
  MalformedHeader,
  TimestampExpired,
  TimestampInFuture,
  BadSignature,
  RetiredKey,
  KeyCompromised,
  UnexpectedAudience,
  EventTypeNotAllowed,
  Replayed,
  Overloaded,  // the replay store is full: let the sender come again
};
[[nodiscard]] std::string_view name(RefusalCode code);
// What to answer the sender. A committed duplicate is answered 204: the first was accepted, and an error
// would only bring it back.
struct Refusal {
  RefusalCode code = RefusalCode::BadSignature;
  std::string key_id{};            // of retired and compromised keys
  bool already_processed = false;  // Replayed: the first one was committed
};
[[nodiscard]] int suggested_status(const Refusal& refusal);

struct Header {
  std::string_view name;
  std::string_view value;
};

enum class KeyState { Active, Retiring, Retired, Compromised };

struct Key {
  std::string id;   // told in Event::key_id, so that a rotation can be watched
  Secret material;  // whsec_... or whpk_...
  KeyState state = KeyState::Active;
  std::optional<TimePoint> retired_at{};  // of a Retired key; told as retired_key for 90 days
};

struct Event {
  std::string id;         // the same on every retry
  TimePoint timestamp{};  // of this attempt
  std::string type;       // empty if the body names none
  std::string body;       // the verified octets
  std::string key_id;
};

// An event that nobody else handles now. Commit it when the work is done; dropped without that, it is
// released, and the sender's retry is accepted.
class ClaimedEvent final {
 public:
  ClaimedEvent(Event event, ReplayStore& store, TimePoint now);
  ClaimedEvent(ClaimedEvent&& other) noexcept;
  ClaimedEvent& operator=(ClaimedEvent&&) = delete;
  ~ClaimedEvent();
  [[nodiscard]] const Event& event() const { return event_; }
  void commit();

 private:
  Event event_;
  ReplayStore* store_;
  TimePoint now_;
};

enum class VerifierError {
  NoKeys,
  TooManyKeys,   // above 5
  BadKey,        // neither a whsec_ of 24..64 octets nor a whpk_
  BadTolerance,  // outside 10 s .. 1 h; zero does not mean "off"
  BadBodyBound,  // zero or above 25 MiB
  NoEd25519Key,  // required, and none given
};
[[nodiscard]] std::string_view name(VerifierError error);

class Verifier final {
 public:
  struct Options {
    std::chrono::seconds tolerance{300};  // both directions
    std::size_t max_body_bytes = 1024 * 1024;
    bool require_ed25519 = false;  // v1 signatures are then not looked at
    // What the signed body must say; without a value nothing is asked.
    std::optional<std::string> organization{};
    std::optional<std::string> environment{};
    std::optional<std::string> endpoint{};
    std::vector<std::string> event_types{};  // empty: every type
  };
  static Outcome<Verifier, VerifierError> create(std::vector<Key> keys) {
    return create(std::move(keys), Options());
  }
  static Outcome<Verifier, VerifierError> create(std::vector<Key> keys, Options options);

  // Proves who sent it, not that it comes for the first time.
  [[nodiscard]] Outcome<Event, Refusal> verify(std::string_view body, std::span<const Header> headers,
                                               TimePoint now = std::chrono::system_clock::now()) const;
  // The same, and once only. `store` outlives the ClaimedEvent.
  [[nodiscard]] Outcome<ClaimedEvent, Refusal> verify_once(
      std::string_view body, std::span<const Header> headers, ReplayStore& store,
      TimePoint now = std::chrono::system_clock::now()) const;

 private:
  struct State;
  explicit Verifier(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

}  // namespace sealpost::sdk
