#include "flow/acceptance/refusal_ledger.h"

#include <boost/json.hpp>

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

RefusalLedger::Subject RefusalLedger::subject_of(const RefusalKind& kind) {
  return {.organization = kind.tenancy.organization.position,
          .integration = kind.integration.position,
          .source = kind.source.position,
          .operation = kind.operation,
          .caller_kind = kind.caller.kind,
          .caller = kind.caller.position,
          .shown = kind.caller.shown,
          .code = kind.code};
}

RefusalLedger::Entries::iterator RefusalLedger::find(const Subject& subject, std::string& network) {
  if (const auto it = entries_.find(Key{subject, network}); it != entries_.end()) return it;
  const auto known = prefixes_.find(subject);
  const std::size_t prefixes = known == prefixes_.end() ? 0 : known->second;
  if (prefixes < kMaxPrefixes && entries_.size() < kMaxKinds) return entries_.end();
  network = kOther;
  return entries_.find(Key{subject, network});
}

RefusalId RefusalLedger::note(const RefusalKind& kind, const IpAddress& client,
                              const std::function<std::string()>& steps) {
  const WallTime now = parts_.clock.wall_now();
  const Subject subject = subject_of(kind);
  const auto count = [&](Entry& entry) {
    ++entry.pending;
    entry.last_at = now;
    return entry.id;
  };
  {
    const std::scoped_lock lock(mutex_);
    ++totals_[kind.code];
    std::string network = network_prefix(client);
    if (const auto it = find(subject, network); it != entries_.end() && it->second.pending > 0)
      return count(it->second);
  }
  // Explaining hashes the whole body. Nobody else waits for that, and if two come first, one does it in vain.
  std::string explained = steps();
  const std::scoped_lock lock(mutex_);
  std::string network = network_prefix(client);
  auto it = find(subject, network);
  if (it == entries_.end()) return open(kind, {subject, std::move(network)}, std::move(explained), now);
  Entry& entry = it->second;
  if (entry.pending == 0) {
    entry.kind = kind;
    entry.id = {parts_.store.positions().draw()};
    entry.first_at = now;
    entry.steps = std::move(explained);
  }
  return count(entry);
}

RefusalId RefusalLedger::open(const RefusalKind& kind, Key key, std::string explained, WallTime now) {
  const std::string network = key.second;
  if (network != kOther) ++prefixes_[key.first];
  Entry& entry = entries_
                     .emplace(std::move(key), Entry{.kind = kind,
                                                    .id = {parts_.store.positions().draw()},
                                                    .interval_began = parts_.clock.steady_now(),
                                                    .pending = 0,
                                                    .first_at = now,
                                                    .last_at = now,
                                                    .steps = std::move(explained)})
                     .first->second;
  const RefusalId told = entry.id;
  if (write(network, entry, 1)) {
    entry.id = {};
  } else {
    entry.pending = 1;
  }
  return told;
}

RefusalId RefusalLedger::note_call(const RefusalKind& kind, const IpAddress& client) {
  return note(kind, client, [&] { return steps_of_call(kind); });
}

void RefusalLedger::note_without_log(PublicCode code) {
  const std::scoped_lock lock(mutex_);
  ++totals_[code];
}

std::string RefusalLedger::name_of_caller(const RefusalKind& kind) const {
  if (kind.source.set()) return parts_.ids.encode(kind.source);
  if (kind.caller.kind == CallerKind::Operator) return "operator:" + std::to_string(kind.caller.position - 1);
  return parts_.ids.encode(CredentialId{kind.caller.position});
}

std::string RefusalLedger::steps_of_call(const RefusalKind& kind) const {
  boost::json::object out{{"actor", name_of_caller(kind)}};
  if (kind.caller.grant.set()) out["grant"] = parts_.ids.encode(kind.caller.grant);
  out["operation"] = kind.operation;
  if (!kind.caller.reason.empty()) out["reason"] = kind.caller.reason;
  return boost::json::serialize(out);
}

AuditEvent RefusalLedger::event_of(const std::string& network, const Entry& entry,
                                   std::uint64_t count) const {
  const auto& ids = parts_.ids;
  const RefusalKind& kind = entry.kind;
  const bool webhook = kind.operation.empty();
  AuditEvent event(webhook ? "webhook.refused" : "call.refused", kind.tenancy, entry.last_at);
  auto& what = event.what();
  what.add("category", to_string(kind.code))
      .add("count", static_cast<std::int64_t>(count))
      .add("environment", name_of(kind.tenancy.environment))
      .add("first_ms", to_unix_ms(entry.first_at));
  if (kind.integration.set()) what.add("integration", ids.encode(kind.integration));
  what.add("last_ms", to_unix_ms(entry.last_at));
  if (!webhook) what.add("operation", kind.operation);
  what.add("organization", ids.encode(kind.tenancy.organization))
      .add("refusal", ids.encode(entry.id))
      .add("result", "refused");
  if (webhook) what.add("scheme", kind.scheme).add("source", ids.encode(kind.source));
  if (kind.integration.set()) what.add("source_system", kind.source_system);
  what.add("steps_sha256", to_hex(sha256(as_bytes(entry.steps))));
  if (kind.workspace.set()) what.add("workspace", ids.encode(kind.workspace));

  event.where().add("network", network);

  const RefusedCaller& caller = kind.caller;
  auto& who = event.who();
  who.add("actor", name_of_caller(kind))
      .add("actor_kind", name_of(webhook ? CallerKind::WebhookSource : caller.kind));
  if (caller.grant.set())
    who.add("grant", ids.encode(caller.grant))
        .add("grant_version", static_cast<std::int64_t>(caller.grant_version));
  who.add("policy", kAccessPolicyId)
      .add("policy_version", static_cast<std::int64_t>(kAccessPolicyVersion))
      .add("request", ids.encode(kind.request))
      .add("signature", webhook ? (proven(kind.code) ? "verified" : "not_verified") : caller.shown);
  if (caller.token.set()) who.add("token", ids.encode(caller.token));
  return event;
}

bool RefusalLedger::write(const std::string& network, Entry& entry, std::uint64_t count) {
  auto draft = parts_.audit.draft(event_of(network, entry, count));
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
    if (over && entry.pending > 0 && write(it->first.second, entry, entry.pending)) {
      entry.pending = 0;
      entry.interval_began = now;
    } else if (over && entry.pending == 0) {
      const auto& [subject, network] = it->first;
      if (network != kOther)
        if (const auto prefix = prefixes_.find(subject); prefix != prefixes_.end() && --prefix->second == 0)
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
