#include "domain/tlog/note.h"

#include <gtest/gtest.h>

#include "domain/tlog/checkpoint.h"
#include "domain/tlog/merkle.h"
#include "domain/tlog/proof_file.h"
#include "domain/tlog/refusal.h"
#include "domain/tlog/testing/vectors.h"

namespace sealpost {
namespace {

namespace v = tlog_vectors;

constexpr std::string_view kName = "sealpost/9x4t2k/4kq7c0v2m9/1";

Ed25519PrivateKey key_of(std::uint8_t fill) {
  return *Ed25519PrivateKey::create(SecretBytes::take(Bytes(32, fill)));
}
NoteSigner signer_of(std::uint8_t fill, std::string_view name = kName) {
  return *NoteSigner::create(std::string(name), key_of(fill));
}
NoteVerifier verifier_of(const NoteSigner& signer) { return *NoteVerifier::parse(signer.vkey()); }

std::string cosigned(const std::string& note, std::uint8_t fill, std::string_view name, std::uint64_t time) {
  SignedNote parsed = *parse_note(note);
  const auto key = key_of(fill);
  const auto signature = key.sign(as_bytes(cosignature_message(time, parsed.text)));
  Bytes blob;
  append_u64(blob, time);
  append(blob, ByteView(signature));
  parsed.signatures.push_back(
      {std::string(name), note_key_id(name, NoteKeyType::CosignatureV1, key.public_bytes()), blob});
  return marshal_note(parsed);
}

TEST(Note, SignsWhatItsVerifierAccepts) {
  const auto signer = signer_of(1);
  const auto note = signer.sign_note("hello\n");
  ASSERT_TRUE(note.ok());
  const auto verified = verify_note(*note, std::vector{verifier_of(signer)});
  ASSERT_TRUE(verified.ok());
  EXPECT_EQ(verified->text, "hello\n");
  EXPECT_TRUE(verified->signed_by(0));
  EXPECT_FALSE(verified->signed_by(1));
  EXPECT_EQ(verified->signatures.at(0).time_seconds, std::nullopt);
}

TEST(Note, ReproducesTheWorkedExample) {
  const auto& keys = v::all().at("keys");
  const auto signer =
      NoteSigner::create("audit.example.test/log1",
                         *Ed25519PrivateKey::create(SecretBytes::take(v::bytes(keys.at("log"), "seed"))));
  EXPECT_EQ(signer->vkey(), v::text(keys.at("log"), "vkey"));
  const auto& rows = v::rows("notes");
  const std::string expected = v::text(rows.at(0), "note");
  EXPECT_EQ(*signer->sign_note(parse_note(expected)->text), expected);
}

TEST(Note, RefusesToSignWhatIsNoText) {
  const auto signer = signer_of(1);
  for (const std::string_view bad : {"", "no newline", "tab\t\n", "\r\n", "\xff\n", "\xc0\xaf\n",
                                     "\xed\xa0\x80\n", "\xf4\x90\x80\x80\n", "\xe2\x80\n"})
    EXPECT_EQ(v::verdict(signer.sign_note(bad)), "note_malformed") << to_hex(as_bytes(bad));
  for (const std::string_view good : {"\n", "\xc3\xa9\n", "\xe2\x82\xac\n", "\xf0\x9f\x94\x92\n", "a\n\nb\n"})
    EXPECT_TRUE(signer.sign_note(good).ok()) << to_hex(as_bytes(good));
  EXPECT_EQ(v::verdict(signer.sign_note(std::string(kMaxNoteBytes, 'a') + "\n")), "note_too_large");
}

TEST(Note, BoundsBytesAndLines) {
  const auto signer = signer_of(1);
  const std::vector known{verifier_of(signer)};
  EXPECT_EQ(v::verdict(parse_note(std::string(kMaxNoteBytes + 1, 'a'))), "note_too_large");
  SignedNote note = *parse_note(*signer.sign_note("hello\n"));
  while (note.signatures.size() < kMaxNoteSignatures) note.signatures.push_back({"w.test", 7, Bytes(64)});
  EXPECT_TRUE(verify_note(marshal_note(note), known).ok());
  note.signatures.push_back({"w.test", 7, Bytes(64)});
  EXPECT_EQ(v::verdict(verify_note(marshal_note(note), known)), "note_too_large");
}

TEST(Note, KeyNamesHoldNoSpaceOfAnyKind) {
  for (const std::string_view bad : {"", " ", "a b", "a+b", "a\tb", "a\u0085b", "a\u00a0", "\u1680", "\u2003",
                                     "\u2028", "\u2029", "\u202f", "\u205f", "\u3000", "\xff", "a\x01"})
    EXPECT_EQ(v::verdict(NoteSigner::create(std::string(bad), key_of(1))), "vkey_malformed")
        << to_hex(as_bytes(bad));
  for (const std::string_view good : {"a", "a/b", "\u00e9", "\u200b", "a:1"}) {
    const auto signer = NoteSigner::create(std::string(good), key_of(1));
    ASSERT_TRUE(signer.ok());
    EXPECT_TRUE(verify_note(*signer->sign_note("x\n"), std::vector{verifier_of(*signer)}).ok()) << good;
  }
}

TEST(Note, AWitnessSignsTimeAndText) {
  const auto log = signer_of(1);
  const std::string note = cosigned(*log.sign_note("hello\n"), 2, "w.test", 1'800'000'000);
  const auto witness = *NoteVerifier::create("w.test", NoteKeyType::CosignatureV1, key_of(2).public_bytes());
  const auto verified = verify_note(note, std::vector{verifier_of(log), witness});
  ASSERT_TRUE(verified.ok());
  ASSERT_TRUE(verified->signed_by(0) && verified->signed_by(1));
  EXPECT_EQ(verified->signatures.at(1).time_seconds, 1'800'000'000U);
  // The same key as an ordinary one has another id: its line is unknown, not accepted.
  const auto confused = *NoteVerifier::create("w.test", NoteKeyType::Ed25519, key_of(2).public_bytes());
  EXPECT_EQ(v::verdict(verify_note(note, std::vector{confused})), "note_signature_missing");
  // A cosignature that is too short to hold a time.
  SignedNote cut = *parse_note(note);
  cut.signatures.at(1).signature.resize(64);
  EXPECT_EQ(v::verdict(verify_note(marshal_note(cut), std::vector{witness})), "note_signature_invalid");
}

TEST(Checkpoint, IsSignedByTheLogItNames) {
  const auto signer = signer_of(1);
  const Checkpoint checkpoint{std::string(kName), 1, leaf_hash({})};
  const auto note = sign_checkpoint(checkpoint, signer);
  ASSERT_TRUE(note.ok());
  EXPECT_EQ(*open_checkpoint(*note, verifier_of(signer)), checkpoint);
  EXPECT_EQ(v::verdict(open_checkpoint(*note, verifier_of(signer_of(2)))), "note_signature_missing");
  EXPECT_EQ(v::verdict(sign_checkpoint(checkpoint, signer_of(1, "other"))), "checkpoint_wrong_origin");
  // A key of another name may have signed, but speaks for its own log only.
  const auto other = signer_of(1, "other");
  const auto foreign = other.sign_note(*marshal_checkpoint(checkpoint));
  EXPECT_EQ(v::verdict(open_checkpoint(*foreign, verifier_of(other))), "checkpoint_wrong_origin");
}

TEST(Checkpoint, WritesOnlyWhatItReads) {
  EXPECT_EQ(v::verdict(marshal_checkpoint({"", 1, {}})), "checkpoint_malformed");
  EXPECT_EQ(v::verdict(marshal_checkpoint({"a b", 1, {}})), "checkpoint_malformed");
  EXPECT_EQ(v::verdict(marshal_checkpoint({"a", kMaxTreeSize + 1, {}})), "checkpoint_malformed");
  EXPECT_EQ(v::verdict(marshal_checkpoint({"a", 0, {}})), "checkpoint_malformed");
  EXPECT_EQ(*marshal_checkpoint({"a", 0, empty_root()}),
            "a\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n");
}

TEST(ProofFile, EveryBitOfTheWorkedExampleMatters) {
  const auto& row = v::rows("proofs").at(0);
  const std::string good = v::text(row, "text");
  const Bytes leaf = v::bytes(row, "leaf");
  const auto log = *NoteVerifier::parse(v::text(row, "vkey"));
  const std::vector witnesses{*NoteVerifier::parse(v::text(v::all().at("keys").at("witness"), "vkey"))};
  ASSERT_TRUE(verify_proof_file(good, leaf, log, witnesses).ok());
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const int bit : {0, 1, 5, 7}) {
      std::string bent = good;
      bent[i] = static_cast<char>(bent[i] ^ (1 << bit));
      ASSERT_FALSE(verify_proof_file(bent, leaf, log, witnesses).ok()) << "bit " << bit << " of byte " << i;
    }
    std::string cut = good;
    cut.erase(i, 1);
    ASSERT_FALSE(verify_proof_file(cut, leaf, log, witnesses).ok()) << "without byte " << i;
    ASSERT_FALSE(verify_proof_file(good.substr(0, i), leaf, log, witnesses).ok()) << "cut at " << i;
  }
}

TEST(ProofFile, AsksForEachWitness) {
  const auto log = signer_of(1);
  const HashList leaves{leaf_hash(as_bytes("a"))};
  const auto note = *sign_checkpoint({std::string(kName), 1, leaves[0]}, log);
  const auto first = *NoteVerifier::create("w1.test", NoteKeyType::CosignatureV1, key_of(2).public_bytes());
  const auto second = *NoteVerifier::create("w2.test", NoteKeyType::CosignatureV1, key_of(3).public_bytes());
  const std::string one = marshal_proof_file({std::nullopt, 0, {}, cosigned(note, 2, "w1.test", 5)});
  const auto check = [&](const std::vector<NoteVerifier>& witnesses) {
    return v::verdict(verify_proof_file(one, as_bytes("a"), verifier_of(log), witnesses));
  };
  EXPECT_EQ(check({}), "");
  EXPECT_EQ(check({first}), "");
  EXPECT_EQ(check({second}), "note_signature_missing");
  EXPECT_EQ(check({first, second}), "note_signature_missing");
}

TEST(ProofFile, BoundsWhatItReads) {
  const std::string tail = "index 0\n\nnote";
  const auto with_extra = [&](std::size_t size) {
    return "c2sp.org/tlog-proof@v1\nextra " + to_base64(Bytes(size)) + "\n" + tail;
  };
  EXPECT_TRUE(parse_proof_file(with_extra(kMaxProofExtraBytes)).ok());
  EXPECT_EQ(v::verdict(parse_proof_file(with_extra(kMaxProofExtraBytes + 1))), "proof_malformed");
  const std::string header = "c2sp.org/tlog-proof@v1\nindex 0\n\n";
  EXPECT_TRUE(parse_proof_file(header + std::string(kMaxProofFileBytes - header.size(), 'a')).ok());
  EXPECT_EQ(v::verdict(parse_proof_file(header + std::string(kMaxProofFileBytes - header.size() + 1, 'a'))),
            "proof_malformed");
}

}  // namespace
}  // namespace sealpost
