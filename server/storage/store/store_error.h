// How a store command can fail. A refusal that belongs to the command's meaning (a replay, a stale version)
// is a value of its outcome, not an error.
#pragma once

#include <cstdint>

namespace sealpost {

enum class StoreError : std::uint8_t {
  Unavailable,     // closed, not open yet, or gone; nothing was written
  Busy,            // the queue of commands is full, or a read took too long: try again later
  InUse,           // another process has the database open
  Full,            // no space on the disk or in the bound of the log; nothing was written
  OutcomeUnknown,  // the commit failed half-way: look up by id before doing anything again
  Corrupt,         // the file is damaged or a row is unreadable
  RolledBack,      // the database is older than its anchor
  NewerSchema,     // written by a later release
  Tampered,        // the store's own state was changed by something else
  NotFound,
  VersionMismatch,  // the row changed since it was read
  Conflict,         // a unique value is taken, a row it refers to is missing, or its state forbids it
  PayloadErased,    // what should be delivered again is gone
};

}  // namespace sealpost
