// A checkpoint: what a log says of itself at one moment (C2SP tlog-checkpoint 1.0.0). Its text is three
// lines: origin, size, base64 of the root. It carries no time, and we neither write nor accept extension
// lines: cosignatures of newer kinds would not cover them. Values, thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "domain/tlog/note.h"
#include "domain/tlog/refusal.h"
#include "foundation/bytes/bytes.h"
#include "foundation/result/result.h"

namespace sealpost {

struct Checkpoint {
  std::string origin;
  std::uint64_t size = 0;
  Hash256 root{};
  bool operator==(const Checkpoint&) const = default;
};

// An origin has to be a key name; a tree of size 0 has the empty root.
Result<std::string, TlogRefusal> marshal_checkpoint(const Checkpoint& checkpoint);
Result<Checkpoint, TlogRefusal> parse_checkpoint(std::string_view text);

// The signed note. The signer's name has to be the origin. Who calls this has already made (size, root)
// durable as the last that the log signed: two checkpoints of a log are never inconsistent.
Result<std::string, TlogRefusal> sign_checkpoint(const Checkpoint& checkpoint, const NoteSigner& signer);
// Believes a note that the log's pinned key signed, if that key's name is the origin inside.
Result<Checkpoint, TlogRefusal> open_checkpoint(std::string_view note, const NoteVerifier& log_key);

}  // namespace sealpost
