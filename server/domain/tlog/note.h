// Signed notes (C2SP signed-note 1.0.0): a text, an empty line, and one line per signature. It is what
// checkpoints travel in. A verifier is given as text, the "vkey", and pinned by whoever checks; a note is
// never the source of the key that it is checked with.
//
// Duties kept here: lines of unknown keys are skipped; a line of a known key that fails refuses the whole
// note; 64 lines and 128 KiB are read, more is refused. Values, thread-safe on const objects.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/tlog/refusal.h"
#include "foundation/bytes/bytes.h"
#include "foundation/crypto/crypto.h"
#include "foundation/result/result.h"

namespace sealpost {

inline constexpr std::size_t kMaxNoteBytes = 128 * 1024;
inline constexpr std::size_t kMaxNoteSignatures = 64;

enum class NoteKeyType : std::uint8_t {
  Ed25519 = 0x01,        // a signature over the text
  CosignatureV1 = 0x04,  // a witness's: over a time and the text (C2SP tlog-cosignature)
};

// SHA-256(name || LF || type || public key), the first four octets: finds a key, and proves nothing.
[[nodiscard]] std::uint32_t note_key_id(std::string_view name, NoteKeyType type, ByteView public_key);

struct NoteSignature {
  std::string key_name;
  std::uint32_t key_id = 0;
  Bytes signature;
};

// The structure alone: nothing in it is believed yet.
struct SignedNote {
  std::string text;
  std::vector<NoteSignature> signatures;
};
Result<SignedNote, TlogRefusal> parse_note(std::string_view raw);
// Byte for byte what parse_note() read.
[[nodiscard]] std::string marshal_note(const SignedNote& note);

// Checks the lines of one key.
class NoteVerifier final {
 public:
  static Result<NoteVerifier, TlogRefusal> create(std::string name, NoteKeyType type, ByteView public_key);
  // name "+" 8 hexadecimal digits of the key id "+" base64(type || public key).
  static Result<NoteVerifier, TlogRefusal> parse(std::string_view vkey);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] NoteKeyType type() const { return type_; }
  [[nodiscard]] std::uint32_t key_id() const { return key_id_; }
  [[nodiscard]] const Ed25519PublicBytes& public_key() const { return key_.bytes(); }
  [[nodiscard]] std::string vkey() const;

  [[nodiscard]] bool made(const NoteSignature& signature) const;
  [[nodiscard]] bool verify(std::string_view text, ByteView signature) const;
  // The seconds since 1970 in a witness's signature; nothing for other types. Only after verify().
  [[nodiscard]] std::optional<std::uint64_t> time_of(ByteView signature) const;

 private:
  NoteVerifier(std::string name, NoteKeyType type, Ed25519PublicKey key);
  std::string name_;
  NoteKeyType type_;
  Ed25519PublicKey key_;
  std::uint32_t key_id_;
};

struct VerifiedSignature {
  std::size_t verifier = 0;  // position in the list given to verify_note()
  std::optional<std::uint64_t> time_seconds;
};
struct VerifiedNote {
  std::string text;
  std::vector<VerifiedSignature> signatures;  // at most one per verifier
  [[nodiscard]] bool signed_by(std::size_t verifier) const;
};
// Refused unless at least one of the known keys signed.
Result<VerifiedNote, TlogRefusal> verify_note(std::string_view raw, std::span<const NoteVerifier> known);

// Signs with one Ed25519 key of type 0x01.
class NoteSigner final {
 public:
  static Result<NoteSigner, TlogRefusal> create(std::string name, Ed25519PrivateKey key);
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::string vkey() const;
  // Refuses a text that is no note text: not UTF-8, a control byte, no final LF.
  Result<NoteSignature, TlogRefusal> sign(std::string_view text) const;
  Result<std::string, TlogRefusal> sign_note(std::string_view text) const;

 private:
  NoteSigner(std::string name, Ed25519PrivateKey key);
  std::string name_;
  Ed25519PrivateKey key_;
  std::uint32_t key_id_;
};

// What a witness's key signs. The text is a complete checkpoint text.
[[nodiscard]] std::string cosignature_message(std::uint64_t time_seconds, std::string_view text);

}  // namespace sealpost
