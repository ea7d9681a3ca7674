#include "storage/store_sqlite/internal/sqlite_reader.h"

#include <algorithm>

#include "storage/store/transaction.h"
#include "storage/store_sqlite/internal/audit_log.h"
#include "storage/store_sqlite/internal/claim_slices.h"

namespace sealpost::store_sqlite {
namespace {

constexpr std::uint32_t kMostRows = 500;
constexpr std::uint64_t kMostOctet = 255;

std::uint32_t limit_of(std::uint32_t asked) { return std::min(asked, kMostRows); }

// Gathers what `make` builds of each row.
template <class Row, class Make>
StoreResult<std::vector<Row>> all(Query& query, Make make) {
  std::vector<Row> rows;
  for (;;) {
    SEALPOST_TRY(const bool more, query.step());
    if (!more) return rows;
    SEALPOST_TRY(Row row, make(query));
    rows.push_back(std::move(row));
  }
}

template <class Row, class Make>
StoreResult<Row> one(Query& query, Make make) {
  SEALPOST_TRY(const bool found, query.step());
  if (!found) return fail(StoreError::NotFound);
  return make(query);
}

#define SEALPOST_OBJECT_COLUMNS                                                                       \
  "SELECT kind, position, organization, environment, version, created_ms, updated_ms, parent, body, " \
  "sealed, "                                                                                          \
  "tag FROM object "

// Whether each column lies in the file in the type that it was written in. Reading converts ("3x" is read as
// 3), and comparing in SQL does not: such a row would have its tag and could be changed by nobody.
bool has_written_types(const Query& query) {
  const bool contents = query.stored_type(8) == SQLITE_TEXT && query.stored_type(9) == SQLITE_BLOB &&
                        query.stored_type(10) == SQLITE_BLOB;
  for (int column = 0; column <= 6; ++column)
    if (query.stored_type(column) != SQLITE_INTEGER) return false;
  if (query.stored_type(7) == SQLITE_NULL) return contents;
  return contents && query.stored_type(7) == SQLITE_INTEGER && query.integer(7) != 0;
}

StoreResult<ObjectRow> object_row(Query& query) {
  ObjectRow row;
  const bool written_so = has_written_types(query);
  row.kind = query.integer<EntityKind>(0);
  row.head.position = query.integer(1);
  row.head.tenancy = query.tenancy(2);
  row.head.version = query.integer(4);
  row.head.created_at = query.time(5);
  row.head.updated_at = query.time(6);
  row.parent = query.integer(7);
  row.body = query.text(8);
  row.sealed = query.bytes(9);
  row.tag = query.bytes(10);
  // A number that is no kind or environment would be read as another one: such a row has nobody's word.
  if (!written_so || query.integer(0) > kMostOctet || query.integer(3) > kMostOctet) row.tag.clear();
  return row;
}

#define SEALPOST_MESSAGE_COLUMNS                                                                            \
  "SELECT m.position, m.organization, m.environment, m.integration, m.source, m.accepted_ms, m.event_type," \
  " m.event_id, m.payload_digest, m.payload_size, m.content_type, m.summary, m.facts, m.keep_until_ms,"     \
  " (SELECT e.at_ms FROM payload_erased e WHERE e.message = m.position AND e.organization = m.organization" \
  "  AND e.environment = m.environment), m.deliveries,"                                                     \
  " (SELECT COUNT(*) FROM delivery d WHERE d.position > m.position AND d.position <= m.position + "         \
  "m.deliveries"                                                                                            \
  "  AND d.state IN (0, 1, 5)), m.audit_index FROM message m "

StoreResult<MessageRow> message_row(Query& query) {
  MessageRow row;
  row.message = query.id<MessageId>(0);
  row.tenancy = query.tenancy(1);
  row.integration = query.id<IntegrationId>(3);
  row.source = query.integer(4);
  row.accepted_at = query.time(5);
  row.event_type = query.text(6);
  row.event_id = query.text(7);
  SEALPOST_TRY(row.payload_digest, query.fixed<32>(8));
  row.payload_size = query.integer<std::uint32_t>(9);
  row.content_type = query.text(10);
  row.summary = query.text(11);
  row.facts = query.text(12);
  row.keep_payload_until = query.time(13);
  row.payload_erased_at = query.maybe_time(14);
  row.deliveries = query.integer<std::uint32_t>(15);
  row.open_deliveries = query.integer<std::uint32_t>(16);
  row.audit_index = query.integer(17);
  return row;
}

#define SEALPOST_DELIVERY_COLUMNS                                                                     \
  "SELECT position, message, organization, environment, integration, kind, target, state, attempts, " \
  "next_ms,"                                                                                          \
  " ended_ms, boot, token, siblings FROM delivery "

StoreResult<DeliveryRow> delivery_row(Query& query) {
  DeliveryRow row;
  row.delivery = query.id<DeliveryId>(0);
  row.message = query.id<MessageId>(1);
  row.tenancy = query.tenancy(2);
  row.integration = query.id<IntegrationId>(4);
  row.kind = query.integer<TargetKind>(5);
  row.target = query.integer(6);
  row.state = query.integer<DeliveryState>(7);
  row.attempts = query.integer<std::uint32_t>(8);
  row.next_attempt_at = query.maybe_time(9);
  row.ended_at = query.maybe_time(10);
  row.lease = {query.integer(11), query.integer(12)};
  row.siblings = query.integer<std::uint32_t>(13);
  return row;
}

StoreResult<AttemptRow> attempt_row(Query& query) {
  AttemptRow row;
  row.delivery = query.id<DeliveryId>(0);
  row.number = query.integer<std::uint32_t>(1);
  row.started_at = query.time(2);
  row.ended_at = query.time(3);
  row.result = query.text(4);
  row.failure_class = query.text(5);
  row.code = query.text(6);
  row.http_status = query.integer<std::uint32_t>(7);
  row.facts = query.text(8);
  row.audit_index = query.integer(9);
  return row;
}

#define SEALPOST_REFUSAL_COLUMNS                                                                          \
  "SELECT position, organization, environment, integration, source, category, network, count, first_ms, " \
  "last_ms,"                                                                                              \
  " steps, audit_index FROM refusal "

StoreResult<RefusalRow> refusal_row(Query& query) {
  RefusalRow row;
  row.refusal = query.id<RefusalId>(0);
  row.tenancy = query.tenancy(1);
  row.integration = query.id<IntegrationId>(3);
  row.source = query.integer(4);
  row.category = query.text(5);
  row.network = query.text(6);
  row.count = query.integer(7);
  row.first_at = query.time(8);
  row.last_at = query.time(9);
  row.steps = query.text(10);
  row.audit_index = query.integer(11);
  return row;
}

StoreResult<AuditRow> audit_row_of(Query& query) {
  AuditRow row;
  row.index = query.integer(0) & ((std::uint64_t{1} << kLogIndexBits) - 1);
  row.leaf = std::string(as_text(query.view(1)));
  SEALPOST_TRY(row.leaf_hash, query.fixed<32>(2));
  row.body = query.bytes(3);
  return row;
}

StoreResult<SignedCheckpoint> checkpoint_row(Query& query) {
  SignedCheckpoint checkpoint;
  checkpoint.size = query.integer(0);
  SEALPOST_TRY(checkpoint.root, query.fixed<32>(1));
  checkpoint.note = query.text(2);
  return checkpoint;
}

std::vector<Hash256> split_hashes(ByteView hashes, std::uint32_t width) {
  std::vector<Hash256> out(width);
  for (std::size_t i = 0; i < out.size(); ++i)
    std::copy_n(hashes.begin() + static_cast<std::ptrdiff_t>(i * 32), 32, out[i].begin());
  return out;
}

StoreResult<std::uint64_t> count_of(Database& database, const char* sql) {
  auto query = database.query(sql);
  SEALPOST_TRY(const bool found, query.step());
  return found ? query.integer(0) : 0;
}

}  // namespace

template <class Base>
StoreResult<ObjectRow> SqliteReads<Base>::find_object(const Tenancy& tenancy, EntityKind kind,
                                                      Position position) {
  auto query = database_.query(SEALPOST_OBJECT_COLUMNS
                               "WHERE position = ? AND organization = ? AND environment = ? AND kind = ?",
                               position, tenancy.organization, tenancy.environment, kind);
  return one<ObjectRow>(query, object_row);
}

template <class Base>
StoreResult<std::vector<ObjectRow>> SqliteReads<Base>::list_objects(const Tenancy& tenancy, EntityKind kind,
                                                                    Position parent_or_0, Page page) {
  const std::uint32_t limit = limit_of(page.limit);
  if (parent_or_0 == 0) {
    auto query = database_.query(SEALPOST_OBJECT_COLUMNS
                                 "WHERE organization = ? AND environment = ? AND kind = ? AND position > ?"
                                 " ORDER BY position LIMIT ?",
                                 tenancy.organization, tenancy.environment, kind, page.after, limit);
    return all<ObjectRow>(query, object_row);
  }
  auto query =
      database_.query(SEALPOST_OBJECT_COLUMNS
                      "WHERE parent = ? AND kind = ? AND organization = ? AND environment = ?"
                      " AND position > ? ORDER BY position LIMIT ?",
                      parent_or_0, kind, tenancy.organization, tenancy.environment, page.after, limit);
  return all<ObjectRow>(query, object_row);
}

template <class Base>
StoreResult<std::vector<ObjectRow>> SqliteReads<Base>::load_objects(Page page) {
  auto query = database_.query(SEALPOST_OBJECT_COLUMNS "WHERE position > ? ORDER BY position LIMIT ?",
                               page.after, limit_of(page.limit));
  return all<ObjectRow>(query, object_row);
}

template <class Base>
StoreResult<std::uint64_t> SqliteReads<Base>::epoch_of(OrganizationId organization) {
  auto query = database_.query("SELECT value FROM epoch WHERE organization = ?", organization);
  SEALPOST_TRY(const bool found, query.step());
  return found ? query.integer(0) : std::uint64_t{0};
}

template <class Base>
StoreResult<MessageRow> SqliteReads<Base>::find_message(const Tenancy& tenancy, MessageId message) {
  auto query = database_.query(SEALPOST_MESSAGE_COLUMNS
                               "WHERE m.position = ? AND m.organization = ? AND m.environment = ?",
                               message, tenancy.organization, tenancy.environment);
  return one<MessageRow>(query, message_row);
}

template <class Base>
StoreResult<std::vector<DeliveryRow>> SqliteReads<Base>::deliveries_of(const MessageRow& message) {
  auto query = database_.query(SEALPOST_DELIVERY_COLUMNS
                               "WHERE position > ? AND position <= ? AND organization = ? AND environment = ?"
                               " ORDER BY position",
                               message.message, message.message.position + message.deliveries,
                               message.tenancy.organization, message.tenancy.environment);
  return all<DeliveryRow>(query, delivery_row);
}

template <class Base>
StoreResult<DeliveryRow> SqliteReads<Base>::find_delivery(const Tenancy& tenancy, DeliveryId delivery) {
  auto query =
      database_.query(SEALPOST_DELIVERY_COLUMNS "WHERE position = ? AND organization = ? AND environment = ?",
                      delivery, tenancy.organization, tenancy.environment);
  return one<DeliveryRow>(query, delivery_row);
}

template <class Base>
StoreResult<std::vector<AttemptRow>> SqliteReads<Base>::attempts_of(const Tenancy& tenancy,
                                                                    DeliveryId delivery) {
  auto query = database_.query(
      "SELECT delivery, number, started_ms, ended_ms, result, failure_class, code, http_status, facts, "
      "audit_index"
      " FROM attempt WHERE delivery = ? AND organization = ? AND environment = ? ORDER BY number",
      delivery, tenancy.organization, tenancy.environment);
  return all<AttemptRow>(query, attempt_row);
}

template <class Base>
StoreResult<std::optional<Bytes>> SqliteReads<Base>::payload_of(const Tenancy& tenancy, MessageId message) {
  auto query = database_.query(
      "SELECT p.sealed FROM message m LEFT JOIN payload p ON p.message = m.position AND p.organization ="
      " m.organization AND p.environment = m.environment WHERE m.position = ? AND m.organization = ?"
      " AND m.environment = ?",
      message, tenancy.organization, tenancy.environment);
  SEALPOST_TRY(const bool found, query.step());
  if (!found) return fail(StoreError::NotFound);
  if (query.is_null(0)) return std::optional<Bytes>{};
  return std::optional<Bytes>(query.bytes(0));
}

template <class Base>
StoreResult<std::vector<MessageRow>> SqliteReads<Base>::inbox(const Tenancy& tenancy, ChannelId channel,
                                                              Page page) {
  auto query =
      database_.query(SEALPOST_MESSAGE_COLUMNS
                      "JOIN inbox i ON i.message = m.position WHERE i.channel = ? AND i.message > ?"
                      " AND i.organization = ? AND i.environment = ? ORDER BY i.message LIMIT ?",
                      channel, page.after, tenancy.organization, tenancy.environment, limit_of(page.limit));
  return all<MessageRow>(query, message_row);
}

template <class Base>
StoreResult<AcceptOutcome> SqliteReads<Base>::judge_claim(const Tenancy& tenancy, const Claim& claim) {
  AcceptOutcome outcome;
  outcome.status = AcceptStatus::Accepted;
  SEALPOST_TRY(const auto first, find_claim(database_, claim_index_, tenancy, claim));
  if (!first) return outcome;
  outcome.status = status_of(judge_against(claim, *first));
  outcome.message = MessageId{first->receipt};
  auto query = database_.query("SELECT audit_index, accepted_ms, deliveries FROM message WHERE position = ?",
                               first->receipt);
  SEALPOST_TRY(const bool found, query.step());
  if (found) {
    outcome.audit_index = query.integer(0);
    outcome.accepted_at = query.time(1);
    outcome.deliveries = query.integer<std::uint32_t>(2);
  }
  return outcome;
}

template <class Base>
StoreResult<RefusalRow> SqliteReads<Base>::find_refusal(const Tenancy& tenancy, RefusalId refusal) {
  auto query =
      database_.query(SEALPOST_REFUSAL_COLUMNS "WHERE position = ? AND organization = ? AND environment = ?",
                      refusal, tenancy.organization, tenancy.environment);
  return one<RefusalRow>(query, refusal_row);
}

template <class Base>
StoreResult<std::vector<RefusalRow>> SqliteReads<Base>::list_refusals(const Tenancy& tenancy,
                                                                      Position source_or_0, Page page) {
  const std::uint32_t limit = limit_of(page.limit);
  if (source_or_0 == 0) {
    auto query = database_.query(
        SEALPOST_REFUSAL_COLUMNS
        "WHERE organization = ? AND environment = ? AND position > ? ORDER BY position LIMIT ?",
        tenancy.organization, tenancy.environment, page.after, limit);
    return all<RefusalRow>(query, refusal_row);
  }
  auto query = database_.query(SEALPOST_REFUSAL_COLUMNS
                               "WHERE organization = ? AND environment = ? AND source = ? AND position > ?"
                               " ORDER BY position LIMIT ?",
                               tenancy.organization, tenancy.environment, source_or_0, page.after, limit);
  return all<RefusalRow>(query, refusal_row);
}

template <class Base>
StoreResult<Reader::IntegrationHealth> SqliteReads<Base>::health_of(const Tenancy& tenancy,
                                                                    IntegrationId integration) {
  auto query = database_.query(
      "SELECT success_ms, failure_ms, failure_code FROM integration_health WHERE integration = ? AND "
      "organization = ?"
      " AND environment = ?",
      integration, tenancy.organization, tenancy.environment);
  SEALPOST_TRY(const bool found, query.step());
  if (!found) return Reader::IntegrationHealth{};
  return Reader::IntegrationHealth{query.maybe_time(0), query.maybe_time(1), query.text(2)};
}

template <class Base>
StoreResult<std::pair<std::uint64_t, std::uint64_t>> SqliteReads<Base>::log_of(OrganizationId organization) {
  auto query = database_.query("SELECT number, size FROM audit_log WHERE organization = ?", organization);
  SEALPOST_TRY(const bool found, query.step());
  if (!found) return std::pair<std::uint64_t, std::uint64_t>{0, 0};
  return std::pair{query.integer(0), query.integer(1)};
}

template <class Base>
StoreResult<std::uint64_t> SqliteReads<Base>::log_size(OrganizationId organization) {
  SEALPOST_TRY(const auto log, log_of(organization));
  return log.second;
}

template <class Base>
StoreResult<AuditRow> SqliteReads<Base>::audit_row(OrganizationId organization, std::uint64_t index) {
  SEALPOST_TRY(const auto rows, audit_rows(organization, index, 1));
  if (rows.empty()) return fail(StoreError::NotFound);
  return rows.front();
}

template <class Base>
StoreResult<std::vector<AuditRow>> SqliteReads<Base>::audit_rows(OrganizationId organization,
                                                                 std::uint64_t from, std::uint32_t limit) {
  SEALPOST_TRY(const auto log, log_of(organization));
  if (from >= log.second) return std::vector<AuditRow>{};
  auto query = database_.query(
      "SELECT id, leaf, leaf_hash, body FROM audit_record WHERE id >= ? AND id < ? ORDER BY id LIMIT ?",
      audit_row_id(log.first, from), audit_row_id(log.first, log.second), limit_of(limit));
  return all<AuditRow>(query, audit_row_of);
}

template <class Base>
StoreResult<std::vector<Hash256>> SqliteReads<Base>::tile(OrganizationId organization, std::uint32_t level,
                                                          std::uint64_t number, std::uint32_t width) {
  SEALPOST_TRY(const auto log, log_of(organization));
  if (level > 4 || width == 0 || width > kTileHashes || number >> 32 != 0) return fail(StoreError::NotFound);
  const std::uint64_t complete = log.second >> (8 * level);
  if (number * kTileHashes + width > complete) return fail(StoreError::NotFound);
  {
    auto query = database_.query("SELECT hashes FROM audit_tile WHERE id = ?",
                                 audit_tile_id(log.first, level, number));
    SEALPOST_TRY(const bool found, query.step());
    if (found) {
      const ByteView hashes = query.view(0);
      if (hashes.size() < std::size_t{width} * 32) return fail(StoreError::Corrupt);
      return split_hashes(hashes, width);
    }
  }
  // A full tile is written with the record that fills it; only the leaves of the last one lie nowhere else.
  if (level > 0 || (number + 1) * kTileHashes <= complete) return fail(StoreError::Corrupt);
  const std::uint64_t first = audit_row_id(log.first, number * kTileHashes);
  auto query = database_.query("SELECT leaf_hash FROM audit_record WHERE id >= ? AND id < ? ORDER BY id",
                               first, first + width);
  SEALPOST_TRY(auto hashes, all<Hash256>(query, [](Query& row) { return row.fixed<32>(0); }));
  if (hashes.size() != width) return fail(StoreError::Corrupt);
  return hashes;
}

template <class Base>
StoreResult<std::optional<SignedCheckpoint>> SqliteReads<Base>::latest_checkpoint(
    OrganizationId organization) {
  auto query = database_.query(
      "SELECT size, root, note FROM checkpoint WHERE organization = ? ORDER BY size DESC LIMIT 1",
      organization);
  SEALPOST_TRY(const bool found, query.step());
  if (!found) return std::optional<SignedCheckpoint>{};
  SEALPOST_TRY(SignedCheckpoint checkpoint, checkpoint_row(query));
  return std::optional<SignedCheckpoint>(std::move(checkpoint));
}

template <class Base>
StoreResult<std::vector<SignedCheckpoint>> SqliteReads<Base>::checkpoints(OrganizationId organization,
                                                                          std::uint64_t from_size,
                                                                          std::uint32_t limit) {
  auto query = database_.query(
      "SELECT size, root, note FROM checkpoint WHERE organization = ? AND size >= ? ORDER BY size LIMIT ?",
      organization, from_size, limit_of(limit));
  return all<SignedCheckpoint>(query, checkpoint_row);
}

template <class Base>
StoreResult<std::vector<OrganizationId>> SqliteReads<Base>::logs() {
  auto query = database_.query("SELECT organization FROM audit_log ORDER BY organization");
  return all<OrganizationId>(
      query, [](Query& row) { return StoreResult<OrganizationId>(row.id<OrganizationId>(0)); });
}

template <class Base>
StoreResult<std::optional<std::string>> SqliteReads<Base>::setting(std::string_view name) {
  auto query = database_.query("SELECT value FROM setting WHERE name = ?", name);
  SEALPOST_TRY(const bool found, query.step());
  if (!found) return std::optional<std::string>{};
  return std::optional<std::string>(query.text(0));
}

template <class Base>
StoreResult<Reader::Counts> SqliteReads<Base>::counts() {
  Reader::Counts counts;
  SEALPOST_TRY(counts.messages, count_of(database_, "SELECT COUNT(*) FROM message"));
  SEALPOST_TRY(counts.payloads, count_of(database_, "SELECT COUNT(*) FROM payload"));
  SEALPOST_TRY(counts.deliveries, count_of(database_, "SELECT COUNT(*) FROM delivery"));
  SEALPOST_TRY(counts.claims, count_of(database_, "SELECT COUNT(*) FROM claim"));
  SEALPOST_TRY(counts.audit_rows, count_of(database_, "SELECT COUNT(*) FROM audit_record"));
  SEALPOST_TRY(counts.waiting, count_of(database_, "SELECT COUNT(*) FROM delivery WHERE state = 0"));
  SEALPOST_TRY(counts.attempts, count_of(database_, "SELECT COUNT(*) FROM attempt"));
  SEALPOST_TRY(counts.inbox, count_of(database_, "SELECT COUNT(*) FROM inbox"));
  SEALPOST_TRY(counts.refusals, count_of(database_, "SELECT COUNT(*) FROM refusal NOT INDEXED"));
  SEALPOST_TRY(counts.audit_tiles, count_of(database_, "SELECT COUNT(*) FROM audit_tile"));
  SEALPOST_TRY(counts.checkpoints, count_of(database_, "SELECT COUNT(*) FROM checkpoint"));
  return counts;
}

template class SqliteReads<Reader>;
template class SqliteReads<Transaction>;

}  // namespace sealpost::store_sqlite
