#include "flow/history/record_check.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "domain/wire/outbound_body.h"
#include "domain/wire/time_text.h"
#include "foundation/crypto/crypto.h"
#include "foundation/json/json.h"

namespace sealpost {
namespace {

std::string text_of(const CanonicalValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  return std::get<bool>(value) ? "true" : "false";
}

std::string text_of(const boost::json::value& value) {
  return value.is_string() ? std::string(value.get_string()) : boost::json::serialize(value);
}

std::vector<std::string_view> split(std::string_view list) {
  std::vector<std::string_view> parts;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(','), list.size());
    parts.push_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return parts;
}

// 0 for what is no number.
template <class Number>
Number number_in(std::string_view text) {
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? value : Number{0};
}

// Who claims: the source, the credential, or the operator's user id.
std::optional<Position> claimant(const PublicIdCodec& ids, std::string_view actor) {
  constexpr std::string_view kOperator = "operator:";
  if (actor.starts_with(kOperator)) return number_in<Position>(actor.substr(kOperator.size())) + 1;
  if (const auto source = ids.decode<SourceId>(actor)) return source->position;
  if (const auto credential = ids.decode<CredentialId>(actor)) return credential->position;
  return std::nullopt;
}

template <std::size_t N>
bool read_hex(std::string_view text, std::array<std::uint8_t, N>& into) {
  const auto bytes = from_hex(text);
  if (!bytes || bytes->size() != N) return false;
  std::ranges::copy(*bytes, into.begin());
  return true;
}

// One of "<key>.<body>.<when it ends, in ms>". To the store it is a second comer with the same body, so that
// it is told to be Repeated exactly if the first one is there.
std::optional<Claim> claim_in(std::string_view text, Position owner) {
  const std::size_t first = text.find('.');
  const std::size_t second = text.find('.', first + 1);
  if (first == text.npos || second == text.npos) return std::nullopt;
  Claim claim{.meaning = ClaimMeaning::IdempotencyKey, .owner = owner};
  if (!read_hex(text.substr(0, first), claim.key) ||
      !read_hex(text.substr(first + 1, second - first - 1), claim.body))
    return std::nullopt;
  claim.keep_until = from_unix_ms(number_in<std::int64_t>(text.substr(second + 1)));
  return claim;
}

bool ended_by_attempt(DeliveryState state) {
  return state == DeliveryState::Delivered || state == DeliveryState::Dead;
}

}  // namespace

// What one record says, by "group.field".
class RecordCheck::Fields final {
 public:
  explicit Fields(const OpenedRecord& record) : index_(record.leaf.sequence) {
    for (const OpenedGroup& group : record.groups) {
      const auto fields = parse_canonical_fields(group.canonical);
      if (!group.salt || !fields) {
        all_open_ = false;
        continue;
      }
      groups_.emplace(group.label);
      for (const CanonicalField& field : *fields)
        values_.emplace(group.label + '.' + field.key, text_of(field.value));
    }
  }
  [[nodiscard]] std::uint64_t index() const { return index_; }
  [[nodiscard]] std::string place() const { return " (record " + std::to_string(index_) + ")"; }
  [[nodiscard]] bool all_open() const { return all_open_; }
  [[nodiscard]] bool open(std::string_view group) const { return groups_.contains(group); }
  [[nodiscard]] const std::string* find(std::string_view name) const {
    const auto it = values_.find(name);
    return it == values_.end() ? nullptr : &it->second;
  }
  [[nodiscard]] std::string_view get(std::string_view name) const {
    const std::string* found = find(name);
    return found == nullptr ? std::string_view() : std::string_view(*found);
  }

 private:
  std::uint64_t index_ = 0;
  bool all_open_ = true;
  std::set<std::string, std::less<>> groups_;
  std::map<std::string, std::string, std::less<>> values_;
};

// One row against one record. Says which column differs, never what it holds: payloads and personal data
// stand in both.
class RecordCheck::Comparison final {
 public:
  Comparison(RecordCheck& check, std::string_view table, std::string_view id, const Fields& fields)
      : check_(check), table_(table), id_(id), fields_(fields) {}

  // `absent` is what the column holds when the record has no such field.
  void same(std::string_view column, std::string_view name, std::string_view stored,
            std::string_view absent = {}) const {
    if (!fields_.open(name.substr(0, name.find('.')))) return;
    const std::string* said = fields_.find(name);
    hold(column, stored == (said == nullptr ? absent : std::string_view(*said)));
  }
  void same(std::string_view column, std::string_view name, std::int64_t stored) const {
    same(column, name, std::to_string(stored), "0");
  }
  void same(std::string_view column, std::string_view name, WallTime stored) const {
    same(column, name, to_unix_ms(stored));
  }
  void hold(std::string_view column, bool holds) const {
    if (!holds)
      check_.complain(table_ + '.' + std::string(column) + ": " + id_ + " contradicts its record" +
                      fields_.place());
  }

 private:
  RecordCheck& check_;
  std::string table_;
  std::string id_;
  const Fields& fields_;
};

namespace {

// Each member says what the record's field of that name says, and none is missing.
template <class Fields>
bool same_facts(const Fields& fields, const std::string& stored) {
  constexpr std::array<std::string_view, 11> members{"who.actor",
                                                     "what.scheme",
                                                     "who.signature",
                                                     "who.key",
                                                     "who.grant",
                                                     "who.grant_version",
                                                     "who.policy",
                                                     "who.policy_version",
                                                     "who.request",
                                                     "payload.digest_key",
                                                     "what.event_type_authenticated"};
  const auto facts = parse_json(stored);
  if (!facts || !facts->is_object() || boost::json::serialize(*facts) != stored) return false;
  std::size_t found = 0;
  for (const std::string_view member : members) {
    if (!fields.open(member.substr(0, member.find('.')))) return true;
    const auto* said = fields.find(member);
    const auto* held = facts->get_object().if_contains(member.substr(member.find('.') + 1));
    if ((said == nullptr) != (held == nullptr)) return false;
    if (said == nullptr) continue;
    if (text_of(*held) != *said) return false;
    ++found;
  }
  return found == facts->get_object().size();
}

}  // namespace

RecordCheck::RecordCheck(Parts parts, Milliseconds inbox_term, Tell tell)
    : parts_(parts), inbox_term_(inbox_term), tell_(std::move(tell)) {}

void RecordCheck::complain(const std::string& what) {
  ++contradictions_;
  tell_(what);
}

template <class Row>
std::optional<Row> RecordCheck::find(std::string_view table, std::string_view id, const Fields& fields,
                                     const std::function<StoreResult<Row>(Reader&)>& look) {
  std::optional<Row> row;
  const auto read = parts_.store.read([&](Reader& reader) -> StoreResult<void> {
    SEALPOST_TRY(row, look(reader));
    return {};
  });
  if (!read)
    complain(std::string(table) + ": the row of " + std::string(id) +
             (read.error() == StoreError::NotFound ? " is not there (position, organization, environment)"
                                                   : " can't be read") +
             fields.place());
  return row;
}

void RecordCheck::judge(OrganizationId log, const OpenedRecord& record) {
  const Fields fields(record);
  all_open_ = all_open_ && fields.all_open();
  if (!fields.open("what")) return;
  const std::string& kind = record.leaf.fields.event_class;
  const WallTime at = from_unix_ms(record.leaf.fields.time_ms);
  latest_ = std::max(latest_, at);
  clock_went_back_ = std::max(clock_went_back_, latest_ - at);
  derived_.saw_record(log, number_in<std::uint64_t>(fields.get("what.epoch")),
                      number_in<std::uint64_t>(fields.get("what.cancelled_deliveries")));
  if (kind == "delivery.redelivered") return settle_redelivery(fields);
  const auto environment = environment_from(fields.get("what.environment"));
  // An operator may be refused what stands above environments.
  if (kind == "call.refused") return judge_refusal({log, environment.value_or(Environment::Shared)}, fields);
  if (!environment) return;
  const Tenancy tenancy{log, *environment};
  if (kind == "message.accepted") return judge_acceptance(tenancy, fields);
  if (kind == "delivery.attempted") return judge_attempt(tenancy, fields);
  if (kind == "webhook.refused") return judge_refusal(tenancy, fields);
}

void RecordCheck::judge_acceptance(const Tenancy& tenancy, const Fields& fields) {
  const std::string_view id = fields.get("what.message");
  const auto message = parts_.ids.decode<MessageId>(id);
  if (!message) return;
  ++seen_.messages;
  seen_.deliveries += split(fields.get("what.targets")).size();
  const auto row = find<MessageRow>("message", id, fields,
                                    [&](Reader& reader) { return reader.find_message(tenancy, *message); });
  if (!row) return;
  const Comparison check(*this, "message", id, fields);
  check.same("integration", "who.integration", parts_.ids.encode(row->integration));
  check.same("source", "what.source",
             row->source == 0 ? std::string() : parts_.ids.encode(EntityKind::Source, row->source));
  check.same("accepted_ms", "what.accepted_ms", row->accepted_at);
  check.same("event_type", "what.event_type", row->event_type);
  check.same("event_id", "what.event_id", row->event_id);
  check.same("payload_digest", "payload.digest", to_hex(row->payload_digest));
  check.same("payload_size", "payload.size", std::int64_t{row->payload_size});
  check.same("content_type", "payload.content_type", row->content_type);
  check.same("summary", "payload.summary", row->summary);
  check.same("keep_until_ms", "payload.deletion",
             row->keep_payload_until == WallTime{} ? "after_delivery" : to_rfc3339(row->keep_payload_until));
  check.hold("facts", same_facts(fields, row->facts));
  check.hold("deliveries", row->deliveries == split(fields.get("what.targets")).size());
  check.hold("audit_index", row->audit_index == fields.index());
  derived_.saw_success({row->tenancy, row->integration},
                       from_unix_ms(number_in<std::int64_t>(fields.get("what.accepted_ms"))));
  judge_claims(*row, fields);
  judge_payload(*row, fields);
  judge_deliveries(*row, fields);
}

// Asked as acceptance would ask: what it would not find lets the same request in once more.
void RecordCheck::judge_claims(const MessageRow& row, const Fields& fields) {
  const std::string name = parts_.ids.encode(row.message);
  if (!fields.open("payload")) return;
  const auto owner = claimant(parts_.ids, fields.get("who.actor"));
  for (const std::string_view text : split(fields.get("payload.claims"))) {
    const auto claim = owner ? claim_in(text, *owner) : std::nullopt;
    if (!claim || claim->keep_until <= parts_.clock.wall_now()) continue;
    AcceptOutcome found;
    const auto read = parts_.store.read([&](Reader& reader) -> StoreResult<void> {
      SEALPOST_TRY(found, reader.judge_claim(row.tenancy, *claim));
      return {};
    });
    if (!read || found.status == AcceptStatus::Accepted) {
      complain(
          "claim, claim_index, claim_slice: that of " + name +
          " is not found, and the same request would be accepted once more (claim.id, owner, key, "
          "organization, environment; claim_index.id, entries; claim_slice.slice, class, sealed, filter)" +
          fields.place());
      continue;
    }
    const Comparison check(*this, "claim", "that of " + name, fields);
    check.hold("body", found.status == AcceptStatus::Repeated);
    check.hold("receipt", found.message == row.message);
  }
}

void RecordCheck::judge_payload(const MessageRow& row, const Fields& fields) {
  std::optional<Bytes> sealed;
  const auto read = parts_.store.read([&](Reader& reader) -> StoreResult<void> {
    SEALPOST_TRY(sealed, reader.payload_of(row.tenancy, row.message));
    return {};
  });
  const std::string_view id = fields.get("what.message");
  if (!read) return complain("payload: that of " + std::string(id) + " can't be read" + fields.place());
  if (sealed.has_value() == row.payload_erased_at.has_value())
    complain("payload, payload_erased: " + std::string(id) +
             (sealed ? " is stored and counts as erased" : " is not stored and does not count as erased") +
             fields.place());
  if (row.payload_erased_at) judge_erasure(row, fields);
  if (!sealed) return;
  ++seen_.payloads;
  if (!fields.open("payload")) return;
  const Comparison check(*this, "payload", id, fields);
  const auto key = DataKey::key_of(*sealed);
  check.hold("sealed", key && parts_.ids.encode(*key) == fields.get("payload.payload_key"));
  const auto opened = parts_.vault.open_sealed(*sealed, {.tenancy = row.tenancy,
                                                         .kind = EntityKind::Message,
                                                         .id = row.message.position,
                                                         .version = 1,
                                                         .field = "payload"});
  if (!opened) return check.hold("sealed", opened.error() == VaultError::Destroyed);
  const auto stored = decode_stored_payload(*opened);
  const auto digest_key = parts_.ids.decode<DataKeyId>(fields.get("payload.digest_key"));
  if (!stored || !digest_key) return check.hold("sealed", false);
  const auto digest = parts_.vault.data_key(row.tenancy.organization, *digest_key);
  if (!digest) return;
  const std::string hex = to_hex((*digest)->digest(stored->bytes));
  check.same("sealed", "payload.digest", hex);
  if (hex == fields.get("payload.digest")) ++payloads_opened_;
}

// Its tag says that the gateway wrote the time, this that it was one at which nothing held the payload.
void RecordCheck::judge_erasure(const MessageRow& row, const Fields& fields) {
  WallTime earliest = std::max(row.accepted_at, row.keep_payload_until);
  static_cast<void>(parts_.store.read([&](Reader& reader) -> StoreResult<void> {
    SEALPOST_TRY(const auto deliveries, reader.deliveries_of(row));
    for (const DeliveryRow& delivery : deliveries)
      earliest = std::max(earliest, delivery.ended_at.value_or(WallTime{}));
    return {};
  }));
  const WallTime latest = std::max(latest_, parts_.clock.wall_now());
  const Milliseconds off = std::max(earliest - *row.payload_erased_at, *row.payload_erased_at - latest);
  if (off > Milliseconds(0))
    misfits_.emplace_back(off, "payload_erased.at_ms: that of " + std::string(fields.get("what.message")) +
                                   " is before its deliveries ended, or still to come" + fields.place());
}

void RecordCheck::judge_deliveries(const MessageRow& row, const Fields& fields) {
  const auto targets = split(fields.get("what.targets"));
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const DeliveryId id{row.message.position + 1 + i};
    const std::string name = parts_.ids.encode(id);
    const auto found = find<DeliveryRow>(
        "delivery", name, fields, [&](Reader& reader) { return reader.find_delivery(row.tenancy, id); });
    if (!found) continue;
    const Comparison check(*this, "delivery", name, fields);
    const DeliveryRow& delivery = *found;
    check.hold("message", delivery.message == row.message);
    check.same("integration", "who.integration", parts_.ids.encode(delivery.integration));
    check.hold("siblings", delivery.siblings == targets.size());
    const bool channel = targets[i].starts_with(prefix_of(EntityKind::Channel));
    check.hold("kind", delivery.kind == (channel ? TargetKind::Channel : TargetKind::Endpoint));
    check.hold("target", parts_.ids.encode(channel ? EntityKind::Channel : EntityKind::Endpoint,
                                           delivery.target) == targets[i]);
    const bool leased = delivery.state == DeliveryState::Leased;
    const bool waiting = delivery.state == DeliveryState::Waiting;
    check.hold("next_ms", delivery.next_attempt_at.has_value() == waiting);
    check.hold("boot", leased || delivery.lease.boot == 0);
    check.hold("token", leased || delivery.lease.token == 0);
    if (channel) {
      check.hold("state", delivery.state == DeliveryState::Delivered);
      check.same("ended_ms", "what.accepted_ms", delivery.ended_at.value_or(WallTime{}));
      check.hold("attempts", delivery.attempts == 0);
      judge_inbox(row, delivery);
      continue;
    }
    if (delivery.state == DeliveryState::Cancelled) derived_.saw_cancelled(row.tenancy.organization);
    check.hold("state", delivery.state <= DeliveryState::Held &&
                            (delivery.attempts > 0 || !ended_by_attempt(delivery.state)));
    check.hold("ended_ms", delivery.ended_at.has_value() == (ended_by_attempt(delivery.state) ||
                                                             delivery.state == DeliveryState::Cancelled));
    const auto attempts = find<std::vector<AttemptRow>>(
        "attempt", name, fields, [&](Reader& reader) { return reader.attempts_of(row.tenancy, id); });
    check.hold("attempts", attempts && attempts->size() == delivery.attempts);
  }
}

void RecordCheck::judge_inbox(const MessageRow& row, const DeliveryRow& delivery) {
  std::vector<MessageRow> found;
  const auto read = parts_.store.read([&](Reader& reader) -> StoreResult<void> {
    SEALPOST_TRY(
        found, reader.inbox(row.tenancy, {delivery.target}, {.after = row.message.position - 1, .limit = 1}));
    return {};
  });
  if (read && !found.empty() && found.front().message == row.message) {
    ++seen_.inbox;
    return;
  }
  if (row.accepted_at + inbox_term_ <= parts_.clock.wall_now()) return;
  complain("inbox: " + parts_.ids.encode(row.message) + " does not lie in " +
           parts_.ids.encode(EntityKind::Channel, delivery.target) +
           " (channel, message, organization, environment)");
}

void RecordCheck::judge_attempt(const Tenancy& tenancy, const Fields& fields) {
  const auto id = parts_.ids.decode<DeliveryId>(fields.get("what.delivery"));
  if (!id) return;
  ++seen_.attempts;
  const std::string name(fields.get("what.delivery"));
  const auto delivery = find<DeliveryRow>("delivery", name, fields,
                                          [&](Reader& reader) { return reader.find_delivery(tenancy, *id); });
  const auto rows = find<std::vector<AttemptRow>>(
      "attempt", name, fields, [&](Reader& reader) { return reader.attempts_of(tenancy, *id); });
  if (!rows) return;
  const std::string number(fields.get("what.attempt"));
  const auto row = std::ranges::find_if(
      *rows, [&](const AttemptRow& one) { return std::to_string(one.number) == number; });
  if (row == rows->end())
    return complain("attempt: attempt " + number + " of " + name +
                    " is not there (delivery, number, organization, environment)" + fields.place());
  const Comparison check(*this, "attempt", name + " attempt " + number, fields);
  check.same("started_ms", "what.started_ms", row->started_at);
  check.same("ended_ms", "what.ended_ms", row->ended_at);
  check.same("result", "what.result", row->result);
  check.same("failure_class", "what.failure_class", row->failure_class);
  check.same("code", "what.code", row->code);
  check.same("http_status", "what.http_status", std::int64_t{row->http_status});
  check.same("facts", "what.facts_sha256", to_hex(sha256(as_bytes(row->facts))));
  check.hold("audit_index", row->audit_index == fields.index());
  const auto integration = parts_.ids.decode<IntegrationId>(fields.get("who.integration"));
  const WallTime ended = from_unix_ms(number_in<std::int64_t>(fields.get("what.ended_ms")));
  const std::string_view result = fields.get("what.result");
  if (integration && result == "delivered") derived_.saw_success({tenancy, *integration}, ended);
  // What access ended is no failure of anybody.
  else if (integration && result != "aborted")
    derived_.saw_failure({tenancy, *integration}, ended, std::string(fields.get("what.code")));
  if (delivery && std::to_string(delivery->attempts) == number) judge_outcome(*delivery, fields);
}

// What the last attempt did to its delivery.
void RecordCheck::judge_outcome(const DeliveryRow& row, const Fields& fields) {
  const Comparison check(*this, "delivery", fields.get("what.delivery"), fields);
  const std::string_view said = fields.get("what.state");
  const bool delivered = said == "delivered";
  const bool ended = delivered || said == "dead";
  if (ended_by_attempt(row.state)) {
    check.hold("state", ended && delivered == (row.state == DeliveryState::Delivered));
    check.same("ended_ms", "what.ended_ms", row.ended_at.value_or(WallTime{}));
  } else if (row.state == DeliveryState::Cancelled && said == "cancelled") {
    const auto ended_ms = std::to_string(to_unix_ms(row.ended_at.value_or(WallTime{})));
    if (ended_ms == fields.get("what.ended_ms")) return derived_.saw_record(row.tenancy.organization, 0, 1);
    // Delivered again and cancelled once more before an attempt, or changed.
    reopen(row, "delivery.ended_ms: " + parts_.ids.encode(row.delivery) + " contradicts its record" +
                    fields.place());
  } else if (ended) {
    reopen(row, "delivery.state: " + parts_.ids.encode(row.delivery) + " was ended by its attempt " +
                    std::to_string(row.attempts) + ", is open, and nobody asked for a redelivery");
  }
}

void RecordCheck::reopen(const DeliveryRow& row, std::string complaint) {
  reopened_.insert_or_assign(row.delivery.position, std::pair(row.attempts, std::move(complaint)));
}

void RecordCheck::settle_redelivery(const Fields& fields) {
  const auto id = parts_.ids.decode<DeliveryId>(fields.get("what.target"));
  if (!id) return;
  const auto it = reopened_.find(id->position);
  if (it != reopened_.end() && std::to_string(it->second.first) == fields.get("what.attempts_before"))
    reopened_.erase(it);
}

void RecordCheck::judge_refusal(const Tenancy& tenancy, const Fields& fields) {
  const std::string_view name = fields.get("what.refusal");
  const auto id = parts_.ids.decode<RefusalId>(name);
  if (!id) return;
  ++seen_.refusals;
  const auto row = find<RefusalRow>("refusal", name, fields,
                                    [&](Reader& reader) { return reader.find_refusal(tenancy, *id); });
  if (!row) return;
  const Comparison check(*this, "refusal", name, fields);
  // A refused call of the API has no source, and an operator's has no integration.
  check.same("integration", "what.integration",
             row->integration.set() ? parts_.ids.encode(row->integration) : std::string());
  check.same("source", "what.source",
             row->source == 0 ? std::string() : parts_.ids.encode(EntityKind::Source, row->source));
  check.same("category", "what.category", row->category);
  check.same("network", "where.network", row->network);
  check.same("count", "what.count", static_cast<std::int64_t>(row->count));
  check.same("first_ms", "what.first_ms", row->first_at);
  check.same("last_ms", "what.last_ms", row->last_at);
  check.same("steps", "what.steps_sha256", to_hex(sha256(as_bytes(row->steps))));
  check.hold("audit_index", row->audit_index == fields.index());
}

void RecordCheck::finish(const AuditTrail::LogVerdict& logs) {
  for (const auto& [delivery, said] : reopened_) complain(said.second);
  for (const auto& [off, complaint] : misfits_)
    if (off > clock_went_back_) complain(complaint);
  const auto tags = parts_.store.check_work_rows([this](const Store::WorkRow& row) {
    complain(row.table.empty() ? "the database file: " + row.key
                               : row.table + ": row " + row.key + " is not what the gateway wrote");
  });
  if (!tags) complain("the rows of work state can't be read");
  Reader::Counts stored;
  // Not on the writer, whose batches put the store's own rows in order first, and vouch for them.
  const auto read = parts_.store.read_everything([&](Reader& reader) -> StoreResult<void> {
    SEALPOST_TRY(stored, reader.counts());
    return {};
  });
  if (!read) return complain("the rows can't be counted");
  const auto compare = [&](std::string_view table, std::uint64_t there, std::uint64_t known) {
    if (there != known)
      complain(std::string(table) + ": " + std::to_string(there) + " rows are stored, and the logs know of " +
               std::to_string(known));
  };
  compare("audit_record (audit_log.organization, number, size)", stored.audit_rows, logs.records);
  compare("audit_tile", stored.audit_tiles, logs.tiles);
  compare("checkpoint (organization, size)", stored.checkpoints, logs.checkpoints);
  if (!all_open_) return;
  compare("message", stored.messages, seen_.messages);
  compare("payload", stored.payloads, seen_.payloads);
  compare("delivery", stored.deliveries, seen_.deliveries);
  compare("attempt", stored.attempts, seen_.attempts);
  compare("inbox", stored.inbox, seen_.inbox);
  compare("refusal", stored.refusals, seen_.refusals);
  derived_.finish(parts_.store, parts_.ids, [this](const std::string& what) { complain(what); });
}

}  // namespace sealpost
