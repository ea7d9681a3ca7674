#include "storage/store_sqlite/internal/payload_release.h"

namespace sealpost::store_sqlite {

StoreResult<void> PayloadRelease::note(ReleaseReason reason, WallTime at, Position position) {
  return database_
      .query(
          "INSERT OR IGNORE INTO payload_release (reason, at_ms, position, tag)"
          " VALUES (?1, ?2, ?3, row_tag('payload_release', ?1, ?2, ?3))",
          reason, at, position)
      .run();
}

StoreResult<void> PayloadRelease::delivery_ended(MessageId message, std::uint32_t siblings, WallTime at) {
  if (siblings > 1) {
    auto open = database_.query(
        "SELECT 1 FROM delivery WHERE position > ? AND position <= ? AND state IN (0, 1, 5) LIMIT 1", message,
        message.position + siblings);
    SEALPOST_TRY(const bool found, open.step());
    if (found) return {};
  }
  return note(ReleaseReason::Ended, at, message.position);
}

StoreResult<bool> PayloadRelease::erase_due(const Store::PurgeTerms& terms) {
  bool more = false;
  for (const ReleaseReason reason :
       {ReleaseReason::Ended, ReleaseReason::Kept, ReleaseReason::Dead, ReleaseReason::Inbox}) {
    WallTime until = terms.now;
    if (reason == ReleaseReason::Dead) until -= terms.dead_letter_term;
    if (reason == ReleaseReason::Inbox) until -= terms.inbox_term;
    SEALPOST_TRY(const bool some_left, erase_due(reason, until, terms));
    more = more || some_left;
  }
  return more;
}

StoreResult<bool> PayloadRelease::erase_due(ReleaseReason reason, WallTime until,
                                            const Store::PurgeTerms& terms) {
  std::vector<Note> notes;
  {
    auto query = database_.query(
        "SELECT at_ms, position FROM payload_release WHERE reason = ? AND at_ms <= ? ORDER BY at_ms, "
        "position LIMIT ?",
        reason, until, terms.rows_per_step);
    for (;;) {
      SEALPOST_TRY(const bool row, query.step());
      if (!row) break;
      notes.push_back({reason, query.time(0), query.integer(1)});
    }
  }
  for (const Note& note : notes) SEALPOST_TRY_VOID(settle(note, terms));
  if (!notes.empty()) {
    const Note& last = notes.back();
    SEALPOST_TRY_VOID(
        database_
            .query("DELETE FROM payload_release WHERE reason = ? AND (at_ms, position) <= (?, ?)", reason,
                   last.at, last.position)
            .run());
  }
  return notes.size() == terms.rows_per_step;
}

StoreResult<void> PayloadRelease::settle(const Note& note, const Store::PurgeTerms& terms) {
  Position message = note.position;
  if (note.reason == ReleaseReason::Dead) {
    SEALPOST_TRY(message, message_of_dead_letter(note.position));
    if (message == 0) return {};
  }
  if (note.reason == ReleaseReason::Inbox) {
    SEALPOST_TRY_VOID(
        database_
            .query("DELETE FROM inbox WHERE message = ?1 AND channel IN (SELECT target FROM delivery WHERE "
                   "position > ?1"
                   " AND position <= ?1 + (SELECT deliveries FROM message WHERE position = ?1) AND kind = 1)",
                   message)
            .run());
  }
  SEALPOST_TRY(const bool held, is_held(message, terms));
  if (held) return note_terms(message, terms);
  return erase(message, terms.now);
}

// Usually there already. A note of a term is gone when it was looked at while something else held the
// payload; has the clock stepped back since, the term still runs.
StoreResult<void> PayloadRelease::note_terms(Position message, const Store::PurgeTerms& terms) {
  SEALPOST_TRY_VOID(
      database_
          .query("INSERT OR IGNORE INTO payload_release (reason, at_ms, position, tag) SELECT ?1, "
                 "keep_until_ms, position, row_tag('payload_release', ?1, keep_until_ms, position)"
                 " FROM message WHERE position = ?2 AND keep_until_ms > ?3",
                 ReleaseReason::Kept, message, terms.now)
          .run());
  SEALPOST_TRY_VOID(
      database_
          .query(
              "INSERT OR IGNORE INTO payload_release (reason, at_ms, position, tag) SELECT ?1, d.ended_ms, "
              "d.position, row_tag('payload_release', ?1, d.ended_ms, d.position)"
              " FROM message m JOIN delivery d ON d.position > m.position AND d.position <= m.position +"
              " m.deliveries WHERE m.position = ?2 AND d.state = 3 AND d.ended_ms > ?3",
              ReleaseReason::Dead, message, terms.now - terms.dead_letter_term)
          .run());
  return database_
      .query(
          "INSERT OR IGNORE INTO payload_release (reason, at_ms, position, tag) SELECT ?1, m.accepted_ms, "
          "m.position, row_tag('payload_release', ?1, m.accepted_ms, m.position)"
          " FROM message m JOIN delivery d ON d.position > m.position AND d.position <= m.position +"
          " m.deliveries WHERE m.position = ?2 AND d.kind = 1 AND m.accepted_ms > ?3",
          ReleaseReason::Inbox, message, terms.now - terms.inbox_term)
      .run();
}

StoreResult<Position> PayloadRelease::message_of_dead_letter(Position delivery) {
  auto query = database_.query("SELECT message FROM delivery WHERE position = ?", delivery);
  SEALPOST_TRY(const bool row, query.step());
  return row ? query.integer(0) : Position{0};
}

// A dead letter holds until its term, counted from its end; an inbox item until its term, counted from
// acceptance.
StoreResult<bool> PayloadRelease::is_held(Position message, const Store::PurgeTerms& terms) {
  auto query = database_.query(
      "SELECT 1 FROM message m WHERE m.position = ?1 AND (m.keep_until_ms > ?2 OR EXISTS ("
      "  SELECT 1 FROM delivery d WHERE d.position > m.position AND d.position <= m.position + m.deliveries "
      "AND ("
      "    d.state IN (0, 1, 5) OR (d.state = 3 AND d.ended_ms > ?3) OR (d.kind = 1 AND m.accepted_ms > "
      "?4))))",
      message, terms.now, terms.now - terms.dead_letter_term, terms.now - terms.inbox_term);
  return query.step();
}

StoreResult<void> PayloadRelease::erase(Position message, WallTime now) {
  const std::int64_t before = database_.changes();
  SEALPOST_TRY_VOID(
      database_
          .query("INSERT OR IGNORE INTO payload_erased (message, organization, environment, at_ms, tag)"
                 " SELECT message, organization, environment, ?2, row_tag('payload_erased', message, "
                 "organization,"
                 " environment, ?2) FROM payload WHERE message = ?1",
                 message, now)
          .run());
  if (database_.changes() == before) return {};
  return database_.query("DELETE FROM payload WHERE message = ?", message).run();
}

}  // namespace sealpost::store_sqlite
