// From an arrival to its receipt. The steps are always the same: gather facts, decide in one pure function,
// prepare (redact, digest, seal, commit to evidence), then one transaction that compares the epoch, claims,
// files the message, its deliveries and its audit record; the answer leaves after the sync. A store that
// finds a newer epoch sends the arrival back to be decided again, once.
//
// webhook() and messages() run on the caller's thread up to the store's queue and never wait; answers come on
// the store's writer, a pool thread, or at once. Internally synchronised.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "access/authorization/authorization_gate.h"
#include "domain/model/public_code.h"
#include "domain/model/rate_setting.h"
#include "flow/acceptance/rate_limiter.h"
#include "flow/acceptance/refusal_ledger.h"
#include "flow/directory/directory.h"
#include "foundation/concurrency/thread_pool.h"
#include "foundation/http_types/http_message.h"

namespace sealpost {

struct Receipt {
  MessageId message;
  std::uint64_t audit_index = 0;
  WallTime accepted_at{};
  bool duplicate = false;  // the first receipt again; nothing new was accepted
  std::uint32_t deliveries = 0;
};
struct Refused {
  PublicCode code = PublicCode::InternalError;
  std::optional<RefusalId> refusal;
  std::optional<Seconds> retry_after;
  std::optional<MessageId> first;  // of a replay: what was accepted first
  std::string detail;
};
struct Challenge {
  std::string text;  // echoed as text/plain
};
using AcceptanceAnswer = std::variant<Receipt, Refused, Challenge>;

struct WebhookArrival {
  SourceId source;
  RequestId request;
  HttpRequest http;
  WallTime at{};
};

// One message through the API. `data` is JSON as it came; `parsed` is the same, read.
struct NewMessage {
  std::string event_type;
  std::string event_id;
  std::string data;
  boost::json::value parsed;
  std::optional<ChannelId> channel;  // straight to one channel instead of by subscription
  std::string idempotency_key;       // empty: none
};

class Acceptance final {
 public:
  struct Parts {
    Store& store;
    Vault& vault;
    const AuditTrail& audit;
    Directory& directory;
    const AuthorizationGate& gate;
    const PublicIdCodec& ids;
    RefusalLedger& ledger;
    ThreadPool& pool;
    const Clock& clock;
    Entropy& entropy;
  };
  // `rates`: where none is set for the organization, integration, credential or source itself.
  Acceptance(Parts parts, const RateDefaults& rates) : parts_(parts), rates_(rates) {}

  using Done = std::move_only_function<void(AcceptanceAnswer)>;
  void webhook(std::shared_ptr<const WebhookArrival> arrival, Done done) {
    webhook_try(std::move(arrival), std::move(done), 1);
  }

  using DoneMany = std::move_only_function<void(std::vector<AcceptanceAnswer>)>;
  // `route` scopes the idempotency keys. Each message has its own answer.
  void messages(const AuthorizedCall& call, std::string_view route, std::vector<NewMessage> messages,
                DoneMany done);

 private:
  struct Prepared;
  struct WebhookTry;
  void webhook_try(std::shared_ptr<const WebhookArrival> arrival, Done done, int tries_left);
  // Of a sender that has shown a key of the source.
  void webhook_shown(const WebhookTry& attempt, const SignatureFacts& facts, Done done);
  // Nothing: it is none.
  std::optional<AcceptanceAnswer> answer_challenge(const WebhookTry& attempt);
  void commit(const WebhookTry& attempt, AcceptMessage message, Done done);
  void refuse_after_claims(const WebhookTry& attempt, const Claim& claim, const Refused& refusal, Done done);
  // Files the refusal.
  Refused refuse(const WebhookTry& attempt, PublicCode code, std::optional<Seconds> retry_after = {});
  // Webhooks count against their source, messages of the API against their credential, and both against the
  // integration and its organization. What was then not accepted for a reason of ours is given back.
  [[nodiscard]] RateShares shares_of(const WebhookTry& attempt) const;
  [[nodiscard]] RateShares shares_of(const AuthorizedCall& call, const DirectorySnapshot& directory) const;
  void add_shares(RateShares& shares, const DirectorySnapshot& directory,
                  const Integration* integration) const;
  void settle(const RateShares& shares, AcceptStatus status);
  std::optional<Seconds> take(const RateShares& shares) {
    return limiter_.take(shares, parts_.clock.steady_now());
  }
  Result<AcceptMessage, PublicCode> prepare(const AuthorizedCall& call, const GatewayPicture& picture,
                                            Prepared prepared);
  [[nodiscard]] std::vector<NewDelivery> route(const AuthorizedCall& call, const DirectorySnapshot& directory,
                                               const std::string& event_type,
                                               std::optional<ChannelId> channel) const;

  Parts parts_;
  RateDefaults rates_;
  RateLimiter limiter_;
};

}  // namespace sealpost
