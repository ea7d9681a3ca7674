#include "domain/tlog/proof_file.h"

#include <algorithm>

#include "domain/tlog/internal/text.h"

namespace sealpost {
namespace {

using namespace tlog_internal;

constexpr std::string_view kHeader = "c2sp.org/tlog-proof@v1\n";

}  // namespace

std::string marshal_proof_file(const ProofFile& proof) {
  std::string text(kHeader);
  if (proof.extra) text += "extra " + to_base64(*proof.extra) + "\n";
  text += "index " + std::to_string(proof.index) + "\n";
  for (const Hash256& hash : proof.path) text += to_base64(hash) + "\n";
  return text + "\n" + proof.checkpoint_note;
}

Result<ProofFile, TlogRefusal> parse_proof_file(std::string_view text) {
  constexpr auto kMalformed = TlogRefusal::ProofMalformed;
  if (text.size() > kMaxProofFileBytes || !take(text, kHeader)) return fail(kMalformed);
  ProofFile proof;
  if (take(text, "extra ")) {
    const auto line = take_until(text, '\n');
    if (!line) return fail(kMalformed);
    proof.extra = from_base64(*line);
    if (!proof.extra || proof.extra->size() > kMaxProofExtraBytes) return fail(kMalformed);
  }
  if (!take(text, "index ")) return fail(kMalformed);
  const auto index = take_until(text, '\n');
  const auto number = index ? parse_decimal(*index, kMaxTreeSize) : std::nullopt;
  if (!number) return fail(kMalformed);
  proof.index = *number;
  for (;;) {
    const auto line = take_until(text, '\n');
    if (!line) return fail(kMalformed);
    if (line->empty()) break;
    const auto hash = from_base64(*line);
    if (!hash || hash->size() != 32 || proof.path.size() == kTreeLevels) return fail(kMalformed);
    std::copy(hash->begin(), hash->end(), proof.path.emplace_back().begin());
  }
  proof.checkpoint_note = text;
  return proof;
}

Result<VerifiedProof, TlogRefusal> verify_proof_file(std::string_view text, ByteView leaf,
                                                     const NoteVerifier& log_key,
                                                     std::span<const NoteVerifier> witnesses) {
  SEALPOST_TRY(const auto proof, parse_proof_file(text));
  SEALPOST_TRY(const auto checkpoint, open_checkpoint(proof.checkpoint_note, log_key));
  // One at a time: each witness has to be found, however many share a name.
  for (const NoteVerifier& witness : witnesses)
    SEALPOST_TRY_VOID(verify_note(proof.checkpoint_note, {&witness, 1}));
  SEALPOST_TRY_VOID(
      verify_inclusion(leaf_hash(leaf), proof.index, checkpoint.size, proof.path, checkpoint.root));
  return VerifiedProof{proof.index, checkpoint};
}

Result<VerifiedProof, TlogRefusal> verify_proof_file(std::string_view text, ByteView leaf,
                                                     std::string_view vkey) {
  SEALPOST_TRY(const auto log_key, NoteVerifier::parse(vkey));
  return verify_proof_file(text, leaf, log_key);
}

}  // namespace sealpost
