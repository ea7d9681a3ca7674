#include "flow/acceptance/refusal_ledger.h"

#include "domain/policy/access_policy.h"
#include "foundation/crypto/crypto.h"

namespace sealpost {

std::string network_prefix(const IpAddress& address) {
  const auto octets = address.octets();
  const bool v4 = address.family() == IpAddress::Family::V4;
  std::array<std::uint8_t, 16> kept{};
  for (std::size_t i = 0; i < (v4 ? 3U : 6U); ++i) kept[i] = octets[i];
  const IpAddress network = v4 ? IpAddress::v4({kept[0], kept[1], kept[2], 0}) : IpAddress::v6(kept);
  return network.to_string() + (v4 ? "/24" : "/48");
}

namespace {

// Whether the sender had shown a key of the source when it was refused.
bool proven(PublicCode code) {
  // Told before the signature is looked at, though other categories than Signature own them.
  if (code == PublicCode::BodyTooLarge || code == PublicCode::UnsupportedEncoding) return false;
  const PublicCodeInfo& info = public_code_info(code);
  return info.category != CodeCategory::Signature || code == PublicCode::Replayed ||
         code == PublicCode::RetiredKey || code == PublicCode::ChallengeRefused;
}

}  // namespace

RefusalId RefusalLedger::note(const RefusalKind& kind, const IpAddress& client,
                              const std::function<std::string()>& steps) {
  const WallTime now = parts_.clock.wall_now();
  const std::scoped_lock lock(mutex_);
  ++totals_[kind.code];
  std::string network = network_prefix(client);
  Key key{kind.source.position, kind.code, network};
  auto it = entries_.find(key);
  if (it == entries_.end()) {
    auto& prefixes = prefixes_[{kind.source.position, kind.code}];
    if (prefixes >= kMaxPrefixes || entries_.size() >= kMaxKinds) {
      network = "other";
      key = {kind.source.position, kind.code, network};
      it = entries_.find(key);
    } else {
      ++prefixes;
    }
  }
  if (it == entries_.end()) {
    Entry fresh{.kind = kind,
                .id = {parts_.store.positions().draw()},
                .interval_began = parts_.clock.steady_now(),
                .pending = 0,
                .first_at = now,
                .last_at = now,
                .steps = steps()};
    it = entries_.emplace(std::move(key), std::move(fresh)).first;
    Entry& entry = it->second;
    const RefusalId told = entry.id;
    if (write(network, entry, 1)) {
      entry.id = {};
    } else {
      entry.pending = 1;
    }
    return told;
  }
  Entry& entry = it->second;
  if (entry.pending == 0) {
    entry.kind = kind;
    entry.id = {parts_.store.positions().draw()};
    entry.first_at = now;
    entry.steps = steps();
  }
  ++entry.pending;
  entry.last_at = now;
  return entry.id;
}

bool RefusalLedger::write(const std::string& network, Entry& entry, std::uint64_t count) {
  const auto& ids = parts_.ids;
  AuditEvent event("webhook.refused", entry.kind.tenancy, entry.last_at);
  event.what()
      .add("category", to_string(entry.kind.code))
      .add("count", static_cast<std::int64_t>(count))
      .add("environment", name_of(entry.kind.tenancy.environment))
      .add("first_ms", to_unix_ms(entry.first_at))
      .add("integration", ids.encode(entry.kind.integration))
      .add("last_ms", to_unix_ms(entry.last_at))
      .add("organization", ids.encode(entry.kind.tenancy.organization))
      .add("refusal", ids.encode(entry.id))
      .add("result", "refused")
      .add("scheme", entry.kind.scheme)
      .add("source", ids.encode(entry.kind.source))
      .add("source_system", entry.kind.source_system)
      .add("steps_sha256", to_hex(sha256(as_bytes(entry.steps))))
      .add("workspace", ids.encode(entry.kind.workspace));
  event.where().add("network", network);
  event.who()
      .add("actor", ids.encode(entry.kind.source))
      .add("policy", kAccessPolicyId)
      .add("policy_version", static_cast<std::int64_t>(kAccessPolicyVersion))
      .add("request", ids.encode(entry.kind.request))
      .add("signature", proven(entry.kind.code) ? "verified" : "not_verified");
  auto draft = parts_.audit.draft(event);
  if (!draft) {
    parts_.log.error("refusal_not_recorded", {{"category", to_string(entry.kind.code)}});
    return false;
  }
  std::vector<RecordRefusal> rows;
  rows.push_back({.tenancy = entry.kind.tenancy,
                  .refusal = entry.id,
                  .integration = entry.kind.integration,
                  .source = entry.kind.source.position,
                  .category = std::string(to_string(entry.kind.code)),
                  .network = network,
                  .count = count,
                  .first_at = entry.first_at,
                  .last_at = entry.last_at,
                  .steps = entry.steps,
                  .audit = *std::move(draft)});
  Logger& log = parts_.log;
  return parts_.store.record_refusals(std::move(rows), [&log](std::optional<StoreError> error) {
    if (error) log.error("refusal_not_recorded", {{"store_error", static_cast<std::int64_t>(*error)}});
  });
}

void RefusalLedger::flush(bool all) {
  const SteadyTime now = parts_.clock.steady_now();
  const std::scoped_lock lock(mutex_);
  for (auto it = entries_.begin(); it != entries_.end();) {
    Entry& entry = it->second;
    const bool over = all || now - entry.interval_began >= kInterval;
    if (over && entry.pending > 0 && write(std::get<2>(it->first), entry, entry.pending)) {
      entry.pending = 0;
      entry.interval_began = now;
    } else if (over && entry.pending == 0) {
      const auto& [source, code, network] = it->first;
      if (network != "other")
        if (const auto prefix = prefixes_.find({source, code});
            prefix != prefixes_.end() && --prefix->second == 0)
          prefixes_.erase(prefix);
      it = entries_.erase(it);
      continue;
    }
    ++it;
  }
}

std::map<PublicCode, std::uint64_t> RefusalLedger::totals() const {
  const std::scoped_lock lock(mutex_);
  return totals_;
}

}  // namespace sealpost
