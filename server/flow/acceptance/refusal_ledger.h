// What was refused, in aggregate: the first of a kind at once, then one record per interval with how many
// more there were. A kind is (source, category, network prefix), or for a call of the API (caller, operation,
// category, network prefix); each keeps at most 64 prefixes apart, the rest is "other". So a million bad
// signatures leave a bounded number of rows. Every refusal is answered with the id of the record that counts
// it. Who can't be told, because nobody knows the source or the credential, only raises a counter.
// Internally synchronised; note() never waits.
#pragma once

#include <atomic>
#include <compare>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "domain/model/public_code.h"
#include "domain/model/public_id.h"
#include "domain/policy/access_policy.h"
#include "foundation/http_types/ip_address.h"
#include "foundation/log/log.h"
#include "storage/store/store.h"
#include "trust/audit_trail/audit_trail.h"

namespace sealpost {

// Who called the API. Token, grant and reason are of the first call counted.
struct RefusedCaller {
  CallerKind kind = CallerKind::Machine;
  Position position = 0;  // the credential's; an operator's uid + 1
  // What was shown, a constant of the program: "bearer_token", "client_secret", "peer_credentials";
  // "not_verified": the caller only says who it is.
  std::string_view shown = "not_verified";
  AccessTokenId token{};
  GrantId grant{};
  std::uint32_t grant_version = 0;
  std::string reason{};  // more than the code tells, for who may read refusals: "wrong_client_secret"
};

struct RefusalKind {
  Tenancy tenancy;
  IntegrationId integration;  // unset: an operator's call about what stands above integrations
  SourceId source;            // unset: a call of the API
  PublicCode code = PublicCode::BadSignature;
  // Bound into the record beside the above.
  WorkspaceId workspace;
  std::string source_system;
  std::string scheme;
  RequestId request;  // of the first one counted
  // Of a call of the API: the contract's operationId, a constant of the program. Empty: a webhook.
  std::string_view operation{};
  RefusedCaller caller{};
};

// The /24 or /48 around an address.
[[nodiscard]] std::string network_prefix(const IpAddress& address);

class RefusalLedger final {
 public:
  static constexpr std::size_t kMaxPrefixes = 64;
  static constexpr std::size_t kMaxKinds = 10'000;
  static constexpr Milliseconds kInterval = std::chrono::seconds(60);

  struct Parts {
    Store& store;
    const AuditTrail& audit;
    const PublicIdCodec& ids;
    const Clock& clock;
    Logger& log;
  };
  explicit RefusalLedger(Parts parts) : parts_(parts) {}

  // `steps` is asked only when a new record begins, outside the lock. JSON for readers with deliveries:read.
  RefusalId note(const RefusalKind& kind, const IpAddress& client, const std::function<std::string()>& steps);
  // The same for a call of the API, whose steps are its operation and its caller.
  RefusalId note_call(const RefusalKind& kind, const IpAddress& client);
  // Writes the counts of intervals that are over. Call it about once a second; `all` at the end of the
  // process.
  void flush(bool all = false);
  // Refused because nobody knows the source: only counted.
  void note_unknown_source() { unknown_sources_.fetch_add(1, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t unknown_sources() const {
    return unknown_sources_.load(std::memory_order_relaxed);
  }
  // Refused before any credential that we know was shown: only counted.
  void note_unknown_caller() { unknown_callers_.fetch_add(1, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t unknown_callers() const {
    return unknown_callers_.load(std::memory_order_relaxed);
  }
  // An operator's call that names no organization: there is no log to say it in.
  void note_without_log(PublicCode code);
  [[nodiscard]] std::map<PublicCode, std::uint64_t> totals() const;

 private:
  // What is counted together, but for the network.
  struct Subject {
    Position organization = 0;
    Position integration = 0;
    Position source = 0;
    std::string_view operation;
    CallerKind caller_kind = CallerKind::Machine;
    Position caller = 0;
    std::string_view shown;  // what is proven and what is not is never counted in one record
    PublicCode code = PublicCode::BadSignature;
    friend auto operator<=>(const Subject&, const Subject&) = default;
  };
  static Subject subject_of(const RefusalKind& kind);
  using Key = std::pair<Subject, std::string>;
  struct Entry {
    RefusalKind kind;
    RefusalId id;  // of the record that counts the present interval
    SteadyTime interval_began{};
    std::uint64_t pending = 0;  // refused since, not written yet
    WallTime first_at{};
    WallTime last_at{};
    std::string steps;
  };
  using Entries = std::map<Key, Entry>;
  static constexpr std::string_view kOther = "other";  // the network that stands for all above kMaxPrefixes
  // What counts this network's refusals; makes `network` the other one where there is no room for it.
  Entries::iterator find(const Subject& subject, std::string& network);
  // A new entry, whose first refusal is written at once.
  RefusalId open(const RefusalKind& kind, Key key, std::string explained, WallTime now);
  [[nodiscard]] std::string name_of_caller(const RefusalKind& kind) const;
  [[nodiscard]] std::string steps_of_call(const RefusalKind& kind) const;
  [[nodiscard]] AuditEvent event_of(const std::string& network, const Entry& entry,
                                    std::uint64_t count) const;
  // False when the store did not take it; the counts then stay pending.
  bool write(const std::string& network, Entry& entry, std::uint64_t count);

  Parts parts_;
  mutable std::mutex mutex_;
  Entries entries_;
  std::map<Subject, std::size_t> prefixes_;
  std::map<PublicCode, std::uint64_t> totals_;
  std::atomic<std::uint64_t> unknown_sources_{0};
  std::atomic<std::uint64_t> unknown_callers_{0};
};

}  // namespace sealpost
