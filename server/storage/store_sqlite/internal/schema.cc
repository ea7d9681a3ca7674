#include "storage/store_sqlite/internal/schema.h"

#include <array>

namespace sealpost::store_sqlite {
namespace {

// Shapes: positions are row ids, so rows lie in the order of time and need no index of their own. Rows of a
// message are written once; what changes is kept in the narrow `delivery` rows. Deliveries are the positions
// that follow their message, hence no index from one to the other. `payload`, `audit_record` and `audit_tile`
// hold the bulk, in order, and expire by range.
constexpr const char* kFirst = R"sql(
CREATE TABLE engine (
  id INTEGER PRIMARY KEY CHECK (id = 1), boot INTEGER NOT NULL, high_water INTEGER NOT NULL, tag BLOB NOT NULL);

CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL, tag BLOB NOT NULL) WITHOUT ROWID;

CREATE TABLE object (
  position INTEGER PRIMARY KEY, organization INTEGER NOT NULL, environment INTEGER NOT NULL, kind INTEGER NOT NULL,
  parent INTEGER REFERENCES object(position), version INTEGER NOT NULL, created_ms INTEGER NOT NULL,
  updated_ms INTEGER NOT NULL, body TEXT NOT NULL, sealed BLOB NOT NULL, tag BLOB NOT NULL,
  UNIQUE (organization, environment, position));
CREATE INDEX object_kind ON object (organization, environment, kind);
CREATE INDEX object_parent ON object (parent, kind) WHERE parent IS NOT NULL;

CREATE TABLE epoch (organization INTEGER PRIMARY KEY, value INTEGER NOT NULL);

CREATE TABLE message (
  position INTEGER PRIMARY KEY, organization INTEGER NOT NULL, environment INTEGER NOT NULL,
  integration INTEGER NOT NULL, source INTEGER NOT NULL, accepted_ms INTEGER NOT NULL, event_type TEXT NOT NULL,
  event_id TEXT NOT NULL, payload_digest BLOB NOT NULL, payload_size INTEGER NOT NULL, content_type TEXT NOT NULL,
  summary TEXT NOT NULL, facts TEXT NOT NULL, keep_until_ms INTEGER NOT NULL, deliveries INTEGER NOT NULL,
  audit_index INTEGER NOT NULL,
  FOREIGN KEY (organization, environment, integration) REFERENCES object (organization, environment, position));

CREATE TABLE payload (
  message INTEGER PRIMARY KEY REFERENCES message(position), organization INTEGER NOT NULL,
  environment INTEGER NOT NULL, sealed BLOB NOT NULL);
CREATE TABLE payload_erased (
  message INTEGER PRIMARY KEY REFERENCES message(position), organization INTEGER NOT NULL,
  environment INTEGER NOT NULL, at_ms INTEGER NOT NULL, tag BLOB NOT NULL);
-- When to look whether a payload may go: see internal/payload_release.h.
CREATE TABLE payload_release (
  reason INTEGER NOT NULL, at_ms INTEGER NOT NULL, position INTEGER NOT NULL, tag BLOB NOT NULL,
  PRIMARY KEY (reason, at_ms, position)) WITHOUT ROWID;

CREATE TABLE delivery (
  position INTEGER PRIMARY KEY, organization INTEGER NOT NULL, environment INTEGER NOT NULL,
  message INTEGER NOT NULL REFERENCES message(position), integration INTEGER NOT NULL, kind INTEGER NOT NULL,
  target INTEGER NOT NULL, siblings INTEGER NOT NULL, state INTEGER NOT NULL, attempts INTEGER NOT NULL,
  next_ms INTEGER, ended_ms INTEGER, boot INTEGER NOT NULL, token INTEGER NOT NULL, tag BLOB NOT NULL,
  FOREIGN KEY (organization, environment, target) REFERENCES object (organization, environment, position));
CREATE INDEX delivery_waiting ON delivery (integration, target, next_ms) WHERE state = 0;
CREATE INDEX delivery_leased ON delivery (boot) WHERE state = 1;

CREATE TABLE attempt (
  delivery INTEGER NOT NULL REFERENCES delivery(position), number INTEGER NOT NULL, organization INTEGER NOT NULL,
  environment INTEGER NOT NULL, started_ms INTEGER NOT NULL, ended_ms INTEGER NOT NULL, result TEXT NOT NULL,
  failure_class TEXT NOT NULL, code TEXT NOT NULL, http_status INTEGER NOT NULL, facts TEXT NOT NULL,
  audit_index INTEGER NOT NULL, PRIMARY KEY (delivery, number)) WITHOUT ROWID;

CREATE TABLE inbox (
  channel INTEGER NOT NULL, message INTEGER NOT NULL REFERENCES message(position), organization INTEGER NOT NULL,
  environment INTEGER NOT NULL, PRIMARY KEY (channel, message)) WITHOUT ROWID;

CREATE TABLE integration_health (
  integration INTEGER PRIMARY KEY, organization INTEGER NOT NULL, environment INTEGER NOT NULL,
  success_ms INTEGER, failure_ms INTEGER, failure_code TEXT NOT NULL DEFAULT '');

-- Appended in the order of arrival: id = slice << 24 | place. What finds them: see internal/claim_slices.h.
CREATE TABLE claim (
  id INTEGER PRIMARY KEY, owner INTEGER NOT NULL, key BLOB NOT NULL, organization INTEGER NOT NULL,
  environment INTEGER NOT NULL, body BLOB NOT NULL, signed_ms INTEGER NOT NULL, keep_until_ms INTEGER NOT NULL,
  receipt INTEGER NOT NULL, tag BLOB NOT NULL);
CREATE TABLE claim_index (id INTEGER PRIMARY KEY, entries BLOB NOT NULL);
CREATE TABLE claim_slice (
  slice INTEGER PRIMARY KEY, class INTEGER NOT NULL, opened_ms INTEGER NOT NULL, sealed INTEGER NOT NULL,
  keep_until_ms INTEGER NOT NULL, filter BLOB NOT NULL, tag BLOB NOT NULL);

CREATE TABLE refusal (
  position INTEGER PRIMARY KEY, organization INTEGER NOT NULL, environment INTEGER NOT NULL,
  integration INTEGER NOT NULL, source INTEGER NOT NULL, category TEXT NOT NULL, network TEXT NOT NULL,
  count INTEGER NOT NULL, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, steps TEXT NOT NULL,
  audit_index INTEGER NOT NULL);
CREATE INDEX refusal_tenancy ON refusal (organization, environment);
CREATE INDEX refusal_source ON refusal (organization, environment, source);

CREATE TABLE audit_log (organization INTEGER PRIMARY KEY, number INTEGER NOT NULL UNIQUE, size INTEGER NOT NULL);
CREATE TABLE audit_record (id INTEGER PRIMARY KEY, leaf BLOB NOT NULL, leaf_hash BLOB NOT NULL, body BLOB NOT NULL);
CREATE TABLE audit_tile (id INTEGER PRIMARY KEY, hashes BLOB NOT NULL);
CREATE TABLE checkpoint (
  organization INTEGER NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL, note TEXT NOT NULL,
  PRIMARY KEY (organization, size)) WITHOUT ROWID;
)sql";

constexpr std::array kSteps{kFirst};

StoreResult<std::size_t> current_version(Database& database) {
  auto query = database.query("SELECT MAX(version) FROM schema_version");
  SEALPOST_TRY(const bool found, query.step());
  const auto version = found ? query.integer<std::int64_t>(0) : 0;
  if (version < 0) return fail(StoreError::Tampered);
  return static_cast<std::size_t>(version);
}

StoreResult<bool> apply_steps(Database& database) {
  SEALPOST_TRY_VOID(
      database.execute("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY)"));
  SEALPOST_TRY(const std::size_t before, current_version(database));
  if (before > kSteps.size()) return fail(StoreError::NewerSchema);
  if (before == 0) {
    auto tables = database.query("SELECT 1 FROM sqlite_schema WHERE name = 'engine'");
    SEALPOST_TRY(const bool found, tables.step());
    if (found) return fail(StoreError::Tampered);
  }
  for (std::size_t version = before; version < kSteps.size(); ++version) {
    SEALPOST_TRY_VOID(database.execute(kSteps[version]));
    SEALPOST_TRY_VOID(database.query("INSERT INTO schema_version VALUES (?)", version + 1).run());
  }
  return before == 0;
}

// What the steps make is what there is: a trigger, a view or another shape of a table or an index would make
// the statements mean something else than they say.
StoreResult<std::vector<std::string>> shape_of(Database& database) {
  std::vector<std::string> shape;
  auto query = database.query(
      "SELECT type || ' ' || name || ' ' || tbl_name || ' ' || coalesce(sql, '') FROM sqlite_schema ORDER BY "
      "1");
  for (;;) {
    SEALPOST_TRY(const bool row, query.step());
    if (!row) return shape;
    shape.push_back(query.text(0));
  }
}

StoreResult<void> judge_shape(Database& database) {
  SEALPOST_TRY(const auto blank, Database::open({":memory:", {}, true}));
  SEALPOST_TRY_VOID(apply_steps(*blank));
  SEALPOST_TRY(const auto ours, shape_of(*blank));
  SEALPOST_TRY(const auto there, shape_of(database));
  if (ours != there) return fail(StoreError::Tampered);
  return {};
}

}  // namespace

StoreResult<bool> migrate(Database& database) {
  SEALPOST_TRY(const bool fresh, apply_steps(database));
  SEALPOST_TRY_VOID(judge_shape(database));
  return fresh;
}

}  // namespace sealpost::store_sqlite
