// What was refused, in aggregate: the first of a kind at once, then one record per interval with how many
// more there were. A kind is (source, category, network prefix); a source and category keep at most 64
// prefixes apart, the rest is "other". So a million bad signatures leave a bounded number of rows. Every
// refusal is answered with the id of the record that counts it. Internally synchronised; note() never waits.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <tuple>

#include "domain/model/public_code.h"
#include "domain/model/public_id.h"
#include "foundation/http_types/ip_address.h"
#include "foundation/log/log.h"
#include "storage/store/store.h"
#include "trust/audit_trail/audit_trail.h"

namespace sealpost {

struct RefusalKind {
  Tenancy tenancy;
  IntegrationId integration;
  SourceId source;
  PublicCode code = PublicCode::BadSignature;
  // Bound into the record beside the above.
  WorkspaceId workspace;
  std::string source_system;
  std::string scheme;
  RequestId request;  // of the first one counted
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

  // `steps` is asked only when a new record begins. JSON for readers with deliveries:read.
  RefusalId note(const RefusalKind& kind, const IpAddress& client, const std::function<std::string()>& steps);
  // Writes the counts of intervals that are over. Call it about once a second; `all` at the end of the
  // process.
  void flush(bool all = false);
  // Refused because nobody knows the source: only counted.
  void note_unknown_source() { unknown_sources_.fetch_add(1, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t unknown_sources() const {
    return unknown_sources_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::map<PublicCode, std::uint64_t> totals() const;

 private:
  using Key = std::tuple<Position, PublicCode, std::string>;
  struct Entry {
    RefusalKind kind;
    RefusalId id;  // of the record that counts the present interval
    SteadyTime interval_began{};
    std::uint64_t pending = 0;  // refused since, not written yet
    WallTime first_at{};
    WallTime last_at{};
    std::string steps;
  };
  // False when the store did not take it; the counts then stay pending.
  bool write(const std::string& network, Entry& entry, std::uint64_t count);

  Parts parts_;
  mutable std::mutex mutex_;
  std::map<Key, Entry> entries_;
  std::map<std::pair<Position, PublicCode>, std::size_t> prefixes_;
  std::map<PublicCode, std::uint64_t> totals_;
  std::atomic<std::uint64_t> unknown_sources_{0};
};

}  // namespace sealpost
