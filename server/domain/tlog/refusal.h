// Why something that claims to come from a log is not believed: the one closed error enum of this module.
// Names are part of the contract (contract/audit.md): auditors' tools print them, vectors expect them.
#pragma once

#include <cstdint>
#include <string_view>

namespace sealpost {

enum class TlogRefusal : std::uint8_t {
  NoteTooLarge,             // more bytes or more signature lines than a verifier has to read
  NoteMalformed,            // not UTF-8, a control byte, no empty line, a broken signature line
  NoteSignatureInvalid,     // a line of a known key does not verify: the whole note is refused
  NoteSignatureMissing,     // no line of a key that has to sign
  VkeyMalformed,            // not name+id+base64, or an id that its key does not have
  VkeyUnsupported,          // a signature type this verifier does not speak
  CheckpointMalformed,      // not exactly origin, size and root
  CheckpointWrongOrigin,    // signed by a key whose name is not the origin
  ProofMalformed,           // not a proof file
  ProofIndexOutOfRange,     // the index is not below the tree size
  ProofInclusionInvalid,    // the leaf and its path do not lead to the root
  ProofConsistencyInvalid,  // the old tree is no prefix of the new one, or sizes are the wrong way round
  FrontierMalformed,        // stored bytes are no compact range
  TileUnavailable,          // the reader has no such hash: pruned, lost, or beyond the tree
  TilePathMalformed,        // not the one spelling of a tile's path
  BundleMalformed,          // an entry bundle whose lengths do not add up
  EntryTooLarge,            // an entry above 65,535 octets
  LeafMalformed,            // not the canonical leaf of this version
  FieldsMalformed,          // not a canonical object of fields, or a field that has no canonical form
  GroupsMalformed,          // none, too many, or not in ascending order of label
  CommitmentMismatch,       // the groups do not lead to the leaf's commitment root
  OriginMalformed,          // not sealpost/<installation>/<log>/<generation>
};

// The name in the contract: note_malformed, proof_inclusion_invalid, ...
[[nodiscard]] std::string_view refusal_name(TlogRefusal refusal);

}  // namespace sealpost
