// The proof file that an auditor takes home (C2SP tlog-proof, suffix .tlog-proof): where a leaf stands, the
// path from it to a root, and the signed checkpoint that vouches for the root, verbatim. It is checked
// offline with a pinned key. Values and free functions, thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "domain/tlog/checkpoint.h"
#include "domain/tlog/merkle.h"
#include "domain/tlog/note.h"
#include "domain/tlog/refusal.h"
#include "foundation/bytes/bytes.h"
#include "foundation/result/result.h"

namespace sealpost {

inline constexpr std::size_t kMaxProofExtraBytes = 16 * 1024;
inline constexpr std::size_t kMaxProofFileBytes = kMaxNoteBytes + 32 * 1024;

struct ProofFile {
  std::optional<Bytes> extra;  // nothing vouches for it
  std::uint64_t index = 0;
  HashList path;                // leaf sibling first
  std::string checkpoint_note;  // with all its signature lines
};

[[nodiscard]] std::string marshal_proof_file(const ProofFile& proof);
// The structure alone; the note inside is looked at by verify_proof_file().
Result<ProofFile, TlogRefusal> parse_proof_file(std::string_view text);

struct VerifiedProof {
  std::uint64_t index = 0;
  Checkpoint checkpoint;
};
// Refused unless the log's key signed, every witness given did too, and the leaf leads to the root.
Result<VerifiedProof, TlogRefusal> verify_proof_file(std::string_view text, ByteView leaf,
                                                     const NoteVerifier& log_key,
                                                     std::span<const NoteVerifier> witnesses = {});
// The same with the pinned key in its text form.
Result<VerifiedProof, TlogRefusal> verify_proof_file(std::string_view text, ByteView leaf,
                                                     std::string_view vkey);

}  // namespace sealpost
