#include "domain/tlog/note.h"

#include <algorithm>
#include <array>

#include "domain/tlog/internal/text.h"

namespace sealpost {
namespace {

using namespace tlog_internal;

constexpr std::string_view kSignatureMark = "\xE2\x80\x94 ";
constexpr std::size_t kKeyIdBytes = 4;
constexpr std::size_t kTimeBytes = 8;
constexpr std::size_t kSignatureBytes = 64;

bool has_note_bytes(std::string_view text) {
  const bool control = std::any_of(text.begin(), text.end(),
                                   [](char c) { return static_cast<std::uint8_t>(c) < 0x20 && c != '\n'; });
  return !control && text.ends_with('\n') && is_utf8(text);
}

std::optional<NoteSignature> parse_signature_line(std::string_view line) {
  if (!take(line, kSignatureMark)) return std::nullopt;
  const auto name = take_until(line, ' ');
  if (!name || !is_key_name(*name)) return std::nullopt;
  const auto blob = from_base64(line);
  if (!blob || blob->size() <= kKeyIdBytes) return std::nullopt;
  return NoteSignature{std::string(*name), read_u32(ByteView(*blob).first(kKeyIdBytes)),
                       Bytes(blob->begin() + kKeyIdBytes, blob->end())};
}

std::string spell_vkey(std::string_view name, std::uint32_t key_id, NoteKeyType type, ByteView public_key) {
  Bytes id;
  append_u32(id, key_id);
  Bytes key{static_cast<std::uint8_t>(type)};
  append(key, public_key);
  return std::string(name) + "+" + to_hex(id) + "+" + to_base64(key);
}

}  // namespace

std::uint32_t note_key_id(std::string_view name, NoteKeyType type, ByteView public_key) {
  const std::array<std::uint8_t, 2> separator{'\n', static_cast<std::uint8_t>(type)};
  const Hash256 hash = sha256({as_bytes(name), separator, public_key});
  return read_u32(ByteView(hash).first(kKeyIdBytes));
}

Result<SignedNote, TlogRefusal> parse_note(std::string_view raw) {
  if (raw.size() > kMaxNoteBytes) return fail(TlogRefusal::NoteTooLarge);
  if (!has_note_bytes(raw)) return fail(TlogRefusal::NoteMalformed);
  // The last empty line separates: a text may hold empty lines of its own.
  const auto split = raw.rfind("\n\n");
  if (split == std::string_view::npos) return fail(TlogRefusal::NoteMalformed);
  SignedNote note;
  note.text = raw.substr(0, split + 1);
  std::string_view rest = raw.substr(split + 2);
  if (rest.empty()) return fail(TlogRefusal::NoteMalformed);
  while (const auto line = take_until(rest, '\n')) {
    if (note.signatures.size() == kMaxNoteSignatures) return fail(TlogRefusal::NoteTooLarge);
    auto signature = parse_signature_line(*line);
    if (!signature) return fail(TlogRefusal::NoteMalformed);
    note.signatures.push_back(std::move(*signature));
  }
  return note;
}

std::string marshal_note(const SignedNote& note) {
  std::string raw = note.text + "\n";
  for (const NoteSignature& signature : note.signatures) {
    Bytes blob;
    append_u32(blob, signature.key_id);
    append(blob, signature.signature);
    raw.append(kSignatureMark).append(signature.key_name).append(" ").append(to_base64(blob)).append("\n");
  }
  return raw;
}

NoteVerifier::NoteVerifier(std::string name, NoteKeyType type, Ed25519PublicKey key)
    : name_(std::move(name)),
      type_(type),
      key_(std::move(key)),
      key_id_(note_key_id(name_, type_, key_.bytes())) {}

Result<NoteVerifier, TlogRefusal> NoteVerifier::create(std::string name, NoteKeyType type,
                                                       ByteView public_key) {
  if (!is_key_name(name)) return fail(TlogRefusal::VkeyMalformed);
  auto key = Ed25519PublicKey::create(public_key);
  if (!key) return fail(TlogRefusal::VkeyMalformed);
  return NoteVerifier(std::move(name), type, *std::move(key));
}

Result<NoteVerifier, TlogRefusal> NoteVerifier::parse(std::string_view vkey) {
  std::string_view rest = vkey;
  // The first two plus signs divide: base64 holds plus signs of its own.
  const auto name = take_until(rest, '+');
  const auto id = take_until(rest, '+');
  const auto key = from_base64(rest);
  if (!name || !id || !key || key->empty()) return fail(TlogRefusal::VkeyMalformed);
  const auto type = static_cast<NoteKeyType>(key->front());
  if (type != NoteKeyType::Ed25519 && type != NoteKeyType::CosignatureV1)
    return fail(TlogRefusal::VkeyUnsupported);
  SEALPOST_TRY(auto verifier, create(std::string(*name), type, ByteView(*key).subspan(1)));
  // One spelling: this also finds upper-case digits and an id that belongs to another key.
  if (verifier.vkey() != vkey) return fail(TlogRefusal::VkeyMalformed);
  return verifier;
}

std::string NoteVerifier::vkey() const { return spell_vkey(name_, key_id_, type_, key_.bytes()); }

bool NoteVerifier::made(const NoteSignature& signature) const {
  return signature.key_id == key_id_ && signature.key_name == name_;
}

bool NoteVerifier::verify(std::string_view text, ByteView signature) const {
  if (type_ == NoteKeyType::Ed25519)
    return signature.size() == kSignatureBytes && key_.verify(as_bytes(text), signature);
  const auto time = time_of(signature);
  return time && key_.verify(as_bytes(cosignature_message(*time, text)), signature.subspan(kTimeBytes));
}

std::optional<std::uint64_t> NoteVerifier::time_of(ByteView signature) const {
  if (type_ != NoteKeyType::CosignatureV1 || signature.size() != kTimeBytes + kSignatureBytes)
    return std::nullopt;
  return read_u64(signature.first(kTimeBytes));
}

bool VerifiedNote::signed_by(std::size_t verifier) const {
  return std::any_of(signatures.begin(), signatures.end(),
                     [&](const auto& s) { return s.verifier == verifier; });
}

Result<VerifiedNote, TlogRefusal> verify_note(std::string_view raw, std::span<const NoteVerifier> known) {
  SEALPOST_TRY(auto note, parse_note(raw));
  VerifiedNote verified;
  for (const NoteSignature& signature : note.signatures) {
    const auto verifier =
        std::find_if(known.begin(), known.end(), [&](const auto& v) { return v.made(signature); });
    if (verifier == known.end()) continue;
    if (!verifier->verify(note.text, signature.signature)) return fail(TlogRefusal::NoteSignatureInvalid);
    const auto position = static_cast<std::size_t>(verifier - known.begin());
    if (!verified.signed_by(position))
      verified.signatures.push_back({position, verifier->time_of(signature.signature)});
  }
  if (verified.signatures.empty()) return fail(TlogRefusal::NoteSignatureMissing);
  verified.text = std::move(note.text);
  return verified;
}

NoteSigner::NoteSigner(std::string name, Ed25519PrivateKey key)
    : name_(std::move(name)),
      key_(std::move(key)),
      key_id_(note_key_id(name_, NoteKeyType::Ed25519, key_.public_bytes())) {}

Result<NoteSigner, TlogRefusal> NoteSigner::create(std::string name, Ed25519PrivateKey key) {
  if (!is_key_name(name)) return fail(TlogRefusal::VkeyMalformed);
  return NoteSigner(std::move(name), std::move(key));
}

std::string NoteSigner::vkey() const {
  return spell_vkey(name_, key_id_, NoteKeyType::Ed25519, key_.public_bytes());
}

Result<NoteSignature, TlogRefusal> NoteSigner::sign(std::string_view text) const {
  if (!has_note_bytes(text)) return fail(TlogRefusal::NoteMalformed);
  const Ed25519Signature signature = key_.sign(as_bytes(text));
  return NoteSignature{name_, key_id_, Bytes(signature.begin(), signature.end())};
}

Result<std::string, TlogRefusal> NoteSigner::sign_note(std::string_view text) const {
  SEALPOST_TRY(auto signature, sign(text));
  std::string raw = marshal_note({std::string(text), {std::move(signature)}});
  if (raw.size() > kMaxNoteBytes) return fail(TlogRefusal::NoteTooLarge);
  return raw;
}

std::string cosignature_message(std::uint64_t time_seconds, std::string_view text) {
  return "cosignature/v1\ntime " + std::to_string(time_seconds) + "\n" + std::string(text);
}

}  // namespace sealpost
