// Every row of contract/vectors/tlog.json, which a program that shares no code with this one computed.
#include "domain/tlog/testing/vectors.h"

#include <map>
#include <set>

#include "domain/tlog/canonical_fields.h"
#include "domain/tlog/checkpoint.h"
#include "domain/tlog/commitment.h"
#include "domain/tlog/leaf.h"
#include "domain/tlog/merkle.h"
#include "domain/tlog/note.h"
#include "domain/tlog/origin.h"
#include "domain/tlog/proof_file.h"
#include "domain/tlog/tile_path.h"
#include "foundation/crypto/crypto.h"

namespace sealpost {
namespace {

namespace v = tlog_vectors;

std::vector<Bytes> entries() {
  std::vector<Bytes> out;
  for (const auto& item : v::all().at("tree").at("entries").as_array())
    out.push_back(*from_hex(std::string(item.as_string())));
  return out;
}

TEST(TlogVectors, RootsAndProofs) {
  const auto& tree = v::all().at("tree");
  HashList roots{empty_root()};
  std::map<std::pair<unsigned, std::uint64_t>, Hash256> nodes;
  Frontier frontier;
  HashList leaves;
  for (const Bytes& entry : entries()) {
    leaves.push_back(leaf_hash(entry));
    frontier.append(leaves.back(), [&](unsigned level, std::uint64_t index, const Hash256& h) {
      nodes[{level, index}] = h;
    });
    roots.push_back(frontier.root());
  }
  const HashReader reader = [&](unsigned level, std::uint64_t index) -> Result<Hash256, TlogRefusal> {
    return nodes.at({level, index});
  };
  for (const auto& row : tree.at("roots").as_array())
    EXPECT_EQ(roots.at(v::number(row, "size")), v::hash(row, "root"));
  for (const auto& row : tree.at("inclusion").as_array()) {
    const auto index = v::number(row, "index");
    const auto size = v::number(row, "size");
    EXPECT_EQ(*inclusion_proof(index, size, reader), v::hashes(row, "proof"));
    EXPECT_TRUE(
        verify_inclusion(leaves.at(index), index, size, v::hashes(row, "proof"), roots.at(size)).ok());
  }
  for (const auto& row : tree.at("consistency").as_array()) {
    const auto old = v::number(row, "old");
    const auto size = v::number(row, "new");
    EXPECT_EQ(*consistency_proof(old, size, reader), v::hashes(row, "proof"));
    EXPECT_TRUE(verify_consistency(old, roots.at(old), size, roots.at(size), v::hashes(row, "proof")).ok());
  }
}

TEST(TlogVectors, Tiles) {
  const auto& tiles = v::all().at("tiles");
  Bytes bundle;
  HashList hashes;
  for (const Bytes& entry : entries()) {
    if (hashes.size() == v::number(tiles, "size")) break;
    hashes.push_back(leaf_hash(entry));
    ASSERT_TRUE(append_bundle_entry(bundle, entry).ok());
  }
  EXPECT_EQ(bundle, v::bytes(tiles, "bundle"));
  EXPECT_EQ(to_hex(sha256(tile_content(hashes))), v::text(tiles, "tile_sha256"));
  EXPECT_EQ(tile_path({TileKind::Entries, 0, 0, 7}), v::text(tiles, "bundle_path"));
  EXPECT_EQ(tile_path({TileKind::Hashes, 0, 0, 7}), v::text(tiles, "tile_path"));
  for (const auto& row : tiles.at("paths").as_array()) {
    const TileCoordinate tile{TileKind::Hashes, static_cast<unsigned>(v::number(row, "level")),
                              v::number(row, "index"), static_cast<unsigned>(v::number(row, "width"))};
    EXPECT_EQ(tile_path(tile), v::text(row, "path"));
    EXPECT_EQ(*parse_tile_path(v::text(row, "path")), tile);
  }
  for (const auto& row : tiles.at("widths").as_array()) {
    const auto size = v::number(row, "size");
    const auto level = static_cast<unsigned>(v::number(row, "level"));
    const auto full = v::number(row, "full");
    EXPECT_EQ(tile_width(size, level, full), v::number(row, "partial"));
    if (full > 0) {
      EXPECT_EQ(tile_width(size, level, full - 1), kTileWidth);
    }
    EXPECT_EQ(tile_width(size, level, full + 1), 0U);
  }
  for (const auto& row : tiles.at("bad_paths").as_array())
    EXPECT_EQ(v::verdict(parse_tile_path(std::string(row.as_string()))), "tile_path_malformed") << row;
}

TEST(TlogVectors, Vkeys) {
  for (const auto& [name, row] : v::all().at("keys").as_object()) {
    const auto verifier = NoteVerifier::parse(v::text(row, "vkey"));
    ASSERT_TRUE(verifier.ok()) << std::string(name);
    EXPECT_EQ(verifier->vkey(), v::text(row, "vkey"));
    const auto key = Ed25519PrivateKey::create(SecretBytes::take(v::bytes(row, "seed")));
    EXPECT_EQ(key->public_bytes(), verifier->public_key());
  }
  for (const auto& row : v::rows("vkeys"))
    EXPECT_EQ(v::verdict(NoteVerifier::parse(v::text(row, "vkey"))), v::expected(row))
        << v::text(row, "name");
}

TEST(TlogVectors, Notes) {
  for (const auto& row : v::rows("notes")) {
    std::vector<NoteVerifier> known;
    for (const auto& vkey : row.as_object().at("known").as_array())
      known.push_back(*NoteVerifier::parse(std::string(vkey.as_string())));
    EXPECT_EQ(v::verdict(verify_note(v::text(row, "note"), known)), v::expected(row)) << v::text(row, "name");
  }
}

TEST(TlogVectors, Checkpoints) {
  for (const auto& row : v::rows("checkpoints")) {
    const auto checkpoint = parse_checkpoint(v::text(row, "text"));
    EXPECT_EQ(v::verdict(checkpoint), v::expected(row)) << v::text(row, "name");
    if (checkpoint) {
      EXPECT_EQ(*marshal_checkpoint(*checkpoint), v::text(row, "text"));
    }
  }
}

TEST(TlogVectors, Proofs) {
  for (const auto& row : v::rows("proofs")) {
    const auto proof = verify_proof_file(v::text(row, "text"), v::bytes(row, "leaf"), v::text(row, "vkey"));
    EXPECT_EQ(v::verdict(proof), v::expected(row)) << v::text(row, "name");
    if (proof) {
      EXPECT_EQ(marshal_proof_file(*parse_proof_file(v::text(row, "text"))), v::text(row, "text"));
    }
  }
}

TEST(TlogVectors, Fields) {
  for (const auto& row : v::rows("fields"))
    EXPECT_EQ(v::verdict(parse_canonical_fields(v::text(row, "text"))), v::expected(row))
        << v::text(row, "name");
}

TEST(TlogVectors, Groups) {
  HashList commitments;
  for (const auto& row : v::all().at("groups").at("groups").as_array()) {
    const std::string label = v::text(row, "label");
    const std::string canonical = v::text(row, "canonical");
    commitments.push_back(group_commitment({label, v::hash(row, "salt"), canonical}));
    EXPECT_EQ(commitments.back(), v::hash(row, "commitment")) << label;
  }
  for (const auto& row : v::all().at("groups").at("roots").as_array())
    EXPECT_EQ(commitment_root(std::span(commitments).first(v::number(row, "first"))), v::hash(row, "root"));
}

TEST(TlogVectors, Leaves) {
  for (const auto& row : v::rows("leaves")) {
    const std::string text = v::text(row, "text");
    const auto leaf = parse_leaf(as_bytes(text));
    EXPECT_EQ(v::verdict(leaf), v::expected(row)) << v::text(row, "name");
    if (!leaf) continue;
    const auto made = LeafTemplate::create(leaf->fields);
    ASSERT_TRUE(made.ok());
    EXPECT_EQ(as_text(made->bytes()), v::text(row, "template"));
    EXPECT_EQ(as_text(made->finish(leaf->sequence)), text);
    EXPECT_EQ(leaf_hash(as_bytes(text)), v::hash(row, "hash"));
  }
}

TEST(TlogVectors, Origins) {
  for (const auto& row : v::rows("origins")) {
    const auto origin = LogOrigin::parse(v::text(row, "text"));
    EXPECT_EQ(v::verdict(origin), v::expected(row)) << v::text(row, "name");
    if (!origin) continue;
    EXPECT_EQ(origin->text(), v::text(row, "text"));
    EXPECT_EQ(origin->installation(), v::text(row, "installation"));
    EXPECT_EQ(origin->log(), v::text(row, "log"));
    EXPECT_EQ(origin->generation(), v::number(row, "generation"));
    EXPECT_EQ(origin->successor()->text(), v::text(row, "successor"));
  }
}

// A file of vectors that lost its negative rows would prove little.
TEST(TlogVectors, HoldARowForEachRefusalAnAuditorCanMeet) {
  std::set<std::string> met;
  for (const char* name : {"vkeys", "notes", "checkpoints", "proofs", "fields", "leaves", "origins"})
    for (const auto& row : v::rows(name)) met.insert(v::expected(row));
  for (const char* name :
       {"", "note_too_large", "note_malformed", "note_signature_invalid", "note_signature_missing",
        "vkey_malformed", "vkey_unsupported", "checkpoint_malformed", "checkpoint_wrong_origin",
        "proof_malformed", "proof_index_out_of_range", "proof_inclusion_invalid", "fields_malformed",
        "leaf_malformed", "origin_malformed"})
    EXPECT_TRUE(met.contains(name)) << name;
}

// The page that auditors read names every refusal and prints the example that is tested here.
TEST(AuditPage, AgreesWithTheVectors) {
  std::ifstream in(SEALPOST_SOURCE_DIR "/contract/audit.md");
  const std::string page{std::istreambuf_iterator<char>(in), {}};
  for (int i = 0; i <= static_cast<int>(TlogRefusal::OriginMalformed); ++i) {
    const std::string name(refusal_name(static_cast<TlogRefusal>(i)));
    EXPECT_NE(page.find("`" + name + "`"), std::string::npos) << name;
  }
  EXPECT_NE(page.find("```\n" + v::text(v::rows("proofs").at(0), "text") + "```"), std::string::npos);
  for (const auto& [name, row] : v::all().at("keys").as_object())
    EXPECT_NE(page.find("`" + v::text(row, "vkey") + "`"), std::string::npos) << std::string(name);
}

}  // namespace
}  // namespace sealpost
