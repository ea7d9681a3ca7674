#include "domain/tlog/refusal.h"

#include "foundation/result/result.h"

namespace sealpost {

std::string_view refusal_name(TlogRefusal refusal) {
  switch (refusal) {
    case TlogRefusal::NoteTooLarge:
      return "note_too_large";
    case TlogRefusal::NoteMalformed:
      return "note_malformed";
    case TlogRefusal::NoteSignatureInvalid:
      return "note_signature_invalid";
    case TlogRefusal::NoteSignatureMissing:
      return "note_signature_missing";
    case TlogRefusal::VkeyMalformed:
      return "vkey_malformed";
    case TlogRefusal::VkeyUnsupported:
      return "vkey_unsupported";
    case TlogRefusal::CheckpointMalformed:
      return "checkpoint_malformed";
    case TlogRefusal::CheckpointWrongOrigin:
      return "checkpoint_wrong_origin";
    case TlogRefusal::ProofMalformed:
      return "proof_malformed";
    case TlogRefusal::ProofIndexOutOfRange:
      return "proof_index_out_of_range";
    case TlogRefusal::ProofInclusionInvalid:
      return "proof_inclusion_invalid";
    case TlogRefusal::ProofConsistencyInvalid:
      return "proof_consistency_invalid";
    case TlogRefusal::FrontierMalformed:
      return "frontier_malformed";
    case TlogRefusal::TileUnavailable:
      return "tile_unavailable";
    case TlogRefusal::TilePathMalformed:
      return "tile_path_malformed";
    case TlogRefusal::BundleMalformed:
      return "bundle_malformed";
    case TlogRefusal::EntryTooLarge:
      return "entry_too_large";
    case TlogRefusal::LeafMalformed:
      return "leaf_malformed";
    case TlogRefusal::FieldsMalformed:
      return "fields_malformed";
    case TlogRefusal::GroupsMalformed:
      return "groups_malformed";
    case TlogRefusal::CommitmentMismatch:
      return "commitment_mismatch";
    case TlogRefusal::OriginMalformed:
      return "origin_malformed";
  }
  die(__FILE__, __LINE__, "a refusal outside its enum");
}

}  // namespace sealpost
