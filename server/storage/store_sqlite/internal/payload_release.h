// When a payload may go. The commit path never deletes: it notes, in the order of time, that something which
// held a payload has ended, and erase_due() looks at those notes later, in small steps. A note only says
// "look now": whether another delivery, the inbox or a choice still holds the payload is judged from the
// rows. Every ending writes its own note, so a note that finds the payload still held is dropped, and the
// terms that still run are noted again. Writer thread only.
#pragma once

#include "storage/store/store.h"
#include "storage/store_sqlite/internal/database.h"

namespace sealpost::store_sqlite {

enum class ReleaseReason : std::uint8_t {
  Ended = 0,  // the last delivery ended; position is the message's
  Dead = 1,   // a dead letter, which holds for its term; position is the delivery's
  Inbox = 2,  // an inbox item, which holds for its term; position is the message's
  Kept = 3,   // kept by choice until this time; position is the message's
};

class PayloadRelease final {
 public:
  explicit PayloadRelease(Database& database) : database_(database) {}

  StoreResult<void> note(ReleaseReason reason, WallTime at, Position position);
  // A delivery ended as delivered or cancelled. Notes the message when none of its deliveries is open any
  // more.
  StoreResult<void> delivery_ended(MessageId message, std::uint32_t siblings, WallTime at);
  // Erases what is due; true while there is more.
  StoreResult<bool> erase_due(const Store::PurgeTerms& terms);

 private:
  struct Note {
    ReleaseReason reason = ReleaseReason::Ended;
    WallTime at{};
    Position position = 0;
  };
  StoreResult<bool> erase_due(ReleaseReason reason, WallTime until, const Store::PurgeTerms& terms);
  StoreResult<void> settle(const Note& note, const Store::PurgeTerms& terms);
  StoreResult<Position> message_of_dead_letter(Position delivery);
  StoreResult<bool> is_held(Position message, const Store::PurgeTerms& terms);
  StoreResult<void> note_terms(Position message, const Store::PurgeTerms& terms);
  StoreResult<void> erase(Position message, WallTime now);

  Database& database_;
};

}  // namespace sealpost::store_sqlite
