#include "domain/tlog/checkpoint.h"

#include <algorithm>

#include "domain/tlog/internal/text.h"
#include "domain/tlog/merkle.h"

namespace sealpost {
namespace {

using namespace tlog_internal;

bool is_sound(const Checkpoint& checkpoint) {
  if (!is_key_name(checkpoint.origin) || checkpoint.size > kMaxTreeSize) return false;
  return checkpoint.size != 0 || constant_time_equal(checkpoint.root, empty_root());
}

}  // namespace

Result<std::string, TlogRefusal> marshal_checkpoint(const Checkpoint& checkpoint) {
  if (!is_sound(checkpoint)) return fail(TlogRefusal::CheckpointMalformed);
  return checkpoint.origin + "\n" + std::to_string(checkpoint.size) + "\n" + to_base64(checkpoint.root) +
         "\n";
}

Result<Checkpoint, TlogRefusal> parse_checkpoint(std::string_view text) {
  const auto origin = take_until(text, '\n');
  const auto size = take_until(text, '\n');
  const auto root = take_until(text, '\n');
  if (!origin || !size || !root || !text.empty()) return fail(TlogRefusal::CheckpointMalformed);
  const auto number = parse_decimal(*size, kMaxTreeSize);
  const auto hash = from_base64(*root);
  Checkpoint checkpoint{std::string(*origin), number.value_or(0), {}};
  if (!number || !hash || hash->size() != checkpoint.root.size())
    return fail(TlogRefusal::CheckpointMalformed);
  std::copy(hash->begin(), hash->end(), checkpoint.root.begin());
  if (!is_sound(checkpoint)) return fail(TlogRefusal::CheckpointMalformed);
  return checkpoint;
}

Result<std::string, TlogRefusal> sign_checkpoint(const Checkpoint& checkpoint, const NoteSigner& signer) {
  if (checkpoint.origin != signer.name()) return fail(TlogRefusal::CheckpointWrongOrigin);
  SEALPOST_TRY(const auto text, marshal_checkpoint(checkpoint));
  return signer.sign_note(text);
}

Result<Checkpoint, TlogRefusal> open_checkpoint(std::string_view note, const NoteVerifier& log_key) {
  SEALPOST_TRY(const auto verified, verify_note(note, {&log_key, 1}));
  SEALPOST_TRY(auto checkpoint, parse_checkpoint(verified.text));
  if (checkpoint.origin != log_key.name()) return fail(TlogRefusal::CheckpointWrongOrigin);
  return checkpoint;
}

}  // namespace sealpost
