#include "domain/tlog/leaf.h"

#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "domain/tlog/canonical_fields.h"
#include "domain/tlog/commitment.h"
#include "domain/tlog/origin.h"
#include "domain/tlog/testing/vectors.h"
#include "domain/tlog/tile_path.h"

namespace sealpost {
namespace {

namespace v = tlog_vectors;

LeafFields plain_leaf() {
  return {"4kq7c0v2m9", "message.accepted", "standard", 1'800'000'000'000, {}, {"k1", "k2"}};
}

TEST(Leaf, TheLargestStaysInsideItsBound) {
  LeafFields fields;
  fields.log = std::string(kMaxLogPseudonymBytes, 'a');
  fields.event_class = std::string(kMaxEventClassBytes, 'b');
  fields.retention_class = std::string(kMaxRetentionClassBytes, 'c');
  fields.time_ms = static_cast<std::int64_t>(kMaxLeafSequence);
  for (std::size_t i = 0; i < kMaxLeafKeys; ++i)
    fields.keys.push_back(std::string(kMaxKeyGroupIdBytes - 1, 'k') + std::to_string(i));
  const auto made = LeafTemplate::create(fields);
  ASSERT_TRUE(made.ok());
  const Bytes leaf = made->finish(kMaxLeafSequence);
  EXPECT_LE(leaf.size(), kMaxLeafBytes);
  EXPECT_EQ(*parse_leaf(leaf), (Leaf{fields, kMaxLeafSequence}));
}

TEST(Leaf, ATemplateIsStoredAndFinishedLater) {
  const auto made = LeafTemplate::create(plain_leaf());
  const auto again = LeafTemplate::from_bytes(made->bytes());
  ASSERT_TRUE(again.ok());
  Bytes out(3);
  finish_leaf(made->bytes(), 7, out);
  EXPECT_EQ(out, again->finish(7));
  EXPECT_EQ(parse_leaf(out)->sequence, 7U);
  EXPECT_DEATH((void)made->finish(kMaxLeafSequence + 1), "invariant");
  const Bytes finished = made->finish(1);
  EXPECT_EQ(v::verdict(LeafTemplate::from_bytes(finished)), "leaf_malformed");
  EXPECT_EQ(v::verdict(LeafTemplate::from_bytes({})), "leaf_malformed");
  EXPECT_EQ(v::verdict(LeafTemplate::from_bytes(made->bytes().first(made->bytes().size() - 1))),
            "leaf_malformed");
  EXPECT_EQ(v::verdict(parse_leaf(made->bytes())), "leaf_malformed");
  EXPECT_EQ(v::verdict(parse_leaf(Bytes(kMaxLeafBytes + 1, '{'))), "leaf_malformed");
}

struct BadLeaf {
  const char* name;
  void (*bend)(LeafFields&);
};
TEST(Leaf, RefusesFieldsThatHaveNoPlace) {
  const BadLeaf rows[] = {
      {"no log", [](LeafFields& f) { f.log.clear(); }},
      {"long log", [](LeafFields& f) { f.log.assign(kMaxLogPseudonymBytes + 1, 'a'); }},
      {"quote in class", [](LeafFields& f) { f.event_class = "a\"b"; }},
      {"class begins with a dot", [](LeafFields& f) { f.event_class = ".a"; }},
      {"upper-case retention", [](LeafFields& f) { f.retention_class = "Standard"; }},
      {"negative time", [](LeafFields& f) { f.time_ms = -1; }},
      {"time beyond 2^53", [](LeafFields& f) { f.time_ms = std::int64_t{1} << 53; }},
      {"keys in the wrong order", [](LeafFields& f) { f.keys = {"k2", "k1"}; }},
      {"a key twice", [](LeafFields& f) { f.keys = {"k1", "k1"}; }},
      {"an empty key", [](LeafFields& f) { f.keys = {""}; }},
      {"a long key", [](LeafFields& f) { f.keys = {std::string(kMaxKeyGroupIdBytes + 1, 'k')}; }},
      {"nine keys", [](LeafFields& f) { f.keys = {"1", "2", "3", "4", "5", "6", "7", "8", "9"}; }},
  };
  for (const auto& row : rows) {
    LeafFields fields = plain_leaf();
    row.bend(fields);
    EXPECT_EQ(v::verdict(LeafTemplate::create(fields)), "leaf_malformed") << row.name;
  }
}

TEST(Leaf, NoByteOfItIsFree) {
  const Bytes good = LeafTemplate::create(plain_leaf())->finish(42);
  const Leaf leaf = *parse_leaf(good);
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      Bytes bent = good;
      bent[i] = static_cast<std::uint8_t>(bent[i] ^ (1 << bit));
      const auto other = parse_leaf(bent);
      ASSERT_TRUE(!other.ok() || *other != leaf) << i;
    }
    ASSERT_FALSE(parse_leaf(ByteView(good).first(i)).ok());
  }
}

TEST(CanonicalFields, SortsAndEscapes) {
  CanonicalFields fields;
  fields.add("outcome", "accepted")
      .add("bytes", std::int64_t{-12})
      .add_flag("live", true)
      .add("note", "a\"\\\n\x01/\u00e9");
  EXPECT_EQ(*fields.finish(),
            "{\"bytes\":-12,\"live\":true,\"note\":\"a\\\"\\\\\\n\\u0001/\u00e9\",\"outcome\":\"accepted\"}");
  EXPECT_EQ(*CanonicalFields{}.finish(), "{}");
  const auto parsed = parse_canonical_fields(*fields.finish());
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->at(0), (CanonicalField{"bytes", std::int64_t{-12}}));
  EXPECT_EQ(parsed->at(1), (CanonicalField{"live", true}));
  EXPECT_EQ(parsed->at(2), (CanonicalField{"note", std::string("a\"\\\n\x01/\u00e9")}));
}

TEST(CanonicalFields, EveryByteOfAStringComesBack) {
  for (int c = 0; c < 128; ++c) {
    const std::string value(2, static_cast<char>(c));
    const auto parsed = parse_canonical_fields(*CanonicalFields{}.add("v", value).finish());
    ASSERT_TRUE(parsed.ok()) << c;
    EXPECT_EQ(std::get<std::string>(parsed->at(0).value), value);
  }
}

TEST(CanonicalFields, PackedComesBackWhole) {
  const auto comes_back = [](const CanonicalFields& fields) {
    const auto text = fields.finish();
    ASSERT_TRUE(text.ok());
    Bytes packed{7};
    fields.pack_onto(packed);
    const auto unpacked = unpack_fields(ByteView(packed).subspan(1));
    ASSERT_TRUE(unpacked.ok());
    EXPECT_EQ(*unpacked, *text);
  };
  comes_back(CanonicalFields{});
  comes_back(CanonicalFields{}.add("result", "accepted"));
  comes_back(CanonicalFields{}.add("x-own", "1").add("actor", "a\x01\x02\x1f").add_flag("passed", false));
  comes_back(CanonicalFields{}.add("result", "\x01,\"result\":").add("after.result", std::int64_t{-1}));
  CanonicalFields all;
  for (const std::string_view name : kStoredFieldNames) all.add(FieldName::of(name), name);
  ASSERT_TRUE(!all.finish().ok()) << "more names than a record takes";
  for (const std::string_view name : kStoredFieldNames)
    comes_back(CanonicalFields{}.add(FieldName::of(name), name));
}

TEST(CanonicalFields, APackedNameTakesTwoOctets) {
  Bytes packed;
  CanonicalFields{}.add("event_type_authenticated", "y").pack_onto(packed);
  EXPECT_EQ(packed.size(), 5U);
  // The octets are in every stored record: names are only ever added.
  EXPECT_EQ(FieldName("accepted_ms").code(), 1);
  EXPECT_EQ(FieldName("message").code(), 43);
  EXPECT_EQ(FieldName("workspace").code(), 78);
  EXPECT_EQ(FieldName("x").code(), 0);
}

TEST(CanonicalFields, UnpackRefusesABrokenFrame) {
  for (const std::string_view bad :
       {std::string_view("x"), std::string_view("\x01"), std::string_view("\x01\x00", 2),
        std::string_view("\x01\xff\"\""), std::string_view("\x03\x01\"\"")})
    EXPECT_FALSE(unpack_fields(as_bytes(bad)).ok()) << to_hex(as_bytes(bad));
}

TEST(CanonicalFields, ReadsUtf8Only) {
  const auto verdict_of = [](std::string_view value) {
    return v::verdict(parse_canonical_fields("{\"v\":\"" + std::string(value) + "\"}"));
  };
  for (const std::string_view good : {"\x7f", "\xc2\x80", "\xe0\xa0\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80",
                                      "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf", "\xee\x80\x80"})
    EXPECT_EQ(verdict_of(good), "") << to_hex(as_bytes(good));
  // Alone, overlong, surrogate, beyond the last code point, cut short.
  for (const std::string_view bad :
       {"\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xed\xa0\x80", "\xed\xbf\xbf",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xc3", "\xe2\x82", "\xf0\x9f\x94", "\xe2\x28\xa1"}) {
    EXPECT_EQ(verdict_of(bad), "fields_malformed") << to_hex(as_bytes(bad));
    EXPECT_EQ(v::verdict(CanonicalFields{}.add("v", bad).finish()), "fields_malformed")
        << to_hex(as_bytes(bad));
  }
}

TEST(CanonicalFields, RefusesWhatHasNoCanonicalForm) {
  const auto refused = [](const CanonicalFields& fields) {
    return v::verdict(fields.finish()) == "fields_malformed";
  };
  EXPECT_TRUE(refused(CanonicalFields{}.add("a", "1").add("b", "2").add("a", "3")));
  EXPECT_TRUE(refused(CanonicalFields{}.add(FieldName::of(""), "1")));
  EXPECT_TRUE(refused(CanonicalFields{}.add(FieldName::of("A"), "1").add("b", "2")));
  EXPECT_TRUE(refused(CanonicalFields{}.add_flag(FieldName::of("a b"), true)));
  EXPECT_TRUE(
      refused(CanonicalFields{}.add(FieldName::of(std::string(kMaxCanonicalKeyBytes + 1, 'k')), "1")));
  EXPECT_TRUE(refused(CanonicalFields{}.add("a", "\xff")));
  EXPECT_TRUE(refused(CanonicalFields{}.add("a", "\xed\xa0\x80")));
  EXPECT_TRUE(refused(CanonicalFields{}.add("a", kMaxCanonicalInteger + 1)));
  EXPECT_TRUE(refused(CanonicalFields{}.add("a", -kMaxCanonicalInteger - 1)));
  EXPECT_TRUE(refused(CanonicalFields{}.add("a", std::numeric_limits<std::int64_t>::min())));
  EXPECT_FALSE(refused(CanonicalFields{}.add("a", kMaxCanonicalInteger).add("b", -kMaxCanonicalInteger)));
  EXPECT_FALSE(refused(CanonicalFields{}.add(FieldName::of(std::string(kMaxCanonicalKeyBytes, 'k')), "1")));
  // {"a":"..."} adds eight octets.
  EXPECT_FALSE(refused(CanonicalFields{}.add("a", std::string(kMaxCanonicalBytes - 8, 'x'))));
  EXPECT_TRUE(refused(CanonicalFields{}.add("a", std::string(kMaxCanonicalBytes - 7, 'x'))));
  CanonicalFields many;
  for (std::size_t i = 0; i < kMaxCanonicalFields; ++i)
    many.add(FieldName::of("k" + std::to_string(i)), std::int64_t{1});
  const auto full = many.finish();
  ASSERT_TRUE(full.ok());
  EXPECT_TRUE(parse_canonical_fields(*full).ok());
  EXPECT_TRUE(refused(many.add("one-more", "1")));
  EXPECT_EQ(v::verdict(parse_canonical_fields(full->substr(0, full->size() - 1) + ",\"z\":1}")),
            "fields_malformed");
}

struct Record {
  std::vector<std::string> labels{"payload", "what", "where", "who"};
  std::vector<std::string> canonical{"{\"sha256\":\"00\"}", "{\"outcome\":\"accepted\"}", "{}",
                                     "{\"actor\":\"ada\"}"};
  std::vector<FieldGroup> groups;
  Record() {
    for (std::size_t i = 0; i < labels.size(); ++i) {
      groups.push_back({labels[i], {}, canonical[i]});
      groups.back().salt.fill(static_cast<std::uint8_t>(i + 1));
    }
  }
};

TEST(Commitment, OpensEverySelectionOfGroups) {
  const Record record;
  const Hash256 root = *commit_groups(record.groups);
  for (unsigned shown = 0; shown < 16; ++shown) {
    std::vector<DisclosedGroup> disclosed;
    for (std::size_t i = 0; i < 4; ++i) {
      if ((shown >> i & 1) != 0)
        disclosed.emplace_back(record.groups[i]);
      else
        disclosed.emplace_back(group_commitment(record.groups[i]));
    }
    EXPECT_TRUE(open_disclosure(disclosed, root).ok()) << shown;
  }
}

TEST(Commitment, AnyOtherContentDoesNotOpen) {
  const Record record;
  const Hash256 root = *commit_groups(record.groups);
  const auto verdict = [&](auto bend) {
    std::vector<FieldGroup> groups = record.groups;
    bend(groups);
    return v::verdict(open_disclosure(std::vector<DisclosedGroup>(groups.begin(), groups.end()), root));
  };
  EXPECT_EQ(verdict([](auto&) {}), "");
  EXPECT_EQ(verdict([](auto& g) { g[1].canonical = "{\"outcome\":\"refused\"}"; }), "commitment_mismatch");
  EXPECT_EQ(verdict([](auto& g) { g[1].salt[0] ^= 1; }), "commitment_mismatch");
  EXPECT_EQ(verdict([](auto& g) { g[1].label = "what2"; }), "commitment_mismatch");
  EXPECT_EQ(verdict([](auto& g) { g.pop_back(); }), "commitment_mismatch");
  EXPECT_EQ(verdict([](auto& g) { std::swap(g[1], g[2]); }), "groups_malformed");
  EXPECT_EQ(verdict([](auto& g) { g[2] = g[1]; }), "groups_malformed");
  EXPECT_EQ(verdict([](auto& g) { g.clear(); }), "groups_malformed");
  EXPECT_EQ(verdict([](auto& g) { g[0].label = ""; }), "groups_malformed");
  EXPECT_EQ(verdict([](auto& g) { g[1].canonical = "{\"outcome\": \"accepted\"}"; }), "fields_malformed");
  EXPECT_EQ(v::verdict(open_disclosure(std::vector<DisclosedGroup>(kMaxFieldGroups + 1, Hash256{}), root)),
            "groups_malformed");
  std::vector<DisclosedGroup> bare(4, Hash256{});
  EXPECT_EQ(v::verdict(open_disclosure(bare, root)), "commitment_mismatch");
}

TEST(Commitment, TheWriterKeepsOrderAndLabels) {
  Record record;
  EXPECT_EQ(v::verdict(commit_groups({})), "groups_malformed");
  EXPECT_EQ(v::verdict(commit_groups(std::vector<FieldGroup>(kMaxFieldGroups + 1))), "groups_malformed");
  auto bent = record.groups;
  std::swap(bent[0], bent[1]);
  EXPECT_EQ(v::verdict(commit_groups(bent)), "groups_malformed");
  bent = record.groups;
  bent[1].label = bent[0].label;
  EXPECT_EQ(v::verdict(commit_groups(bent)), "groups_malformed");
  bent[1].label = "What";
  EXPECT_EQ(v::verdict(commit_groups(bent)), "groups_malformed");
  const std::string long_label(kMaxGroupLabelBytes + 1, 'x');
  bent[1].label = long_label;
  EXPECT_EQ(v::verdict(commit_groups(bent)), "groups_malformed");
}

// Without the length of the label, moving the border between label and content would go unseen.
TEST(Commitment, LabelAndContentCannotTradeBytes) {
  const FieldGroup a{"who", {}, "s{}"};
  const FieldGroup b{"whos", {}, "{}"};
  EXPECT_NE(group_commitment(a), group_commitment(b));
}

TEST(Commitment, ItsTreeIsNotTheTreeOfTheLog) {
  const Hash256 c = leaf_hash({});
  EXPECT_NE(commitment_root(std::vector{c}), leaf_hash(c));
  EXPECT_NE(commitment_root(std::vector{c, c}), node_hash(leaf_hash(c), leaf_hash(c)));
  for (std::size_t n = 1; n < kMaxFieldGroups; ++n)
    EXPECT_NE(commitment_root(HashList(n, c)), commitment_root(HashList(n + 1, c)));
}

TEST(TilePath, RoundTripsEveryKind) {
  for (const std::uint64_t index : {std::uint64_t{0}, std::uint64_t{999}, std::uint64_t{1000},
                                    std::uint64_t{1'000'000}, std::uint64_t{1'234'567'890}, kMaxTreeSize})
    for (const unsigned width : {1U, 255U, 256U})
      for (const TileCoordinate& tile : {TileCoordinate{TileKind::Hashes, 7, index, width},
                                         TileCoordinate{TileKind::Entries, 0, index, width}})
        EXPECT_EQ(*parse_tile_path(tile_path(tile)), tile) << tile_path(tile);
  EXPECT_EQ(v::verdict(parse_tile_path(std::string(65, 'x'))), "tile_path_malformed");
  EXPECT_DEATH((void)tile_path({TileKind::Hashes, 0, 0, 0}), "invariant");
  EXPECT_EQ(tile_level_size(kMaxTreeSize, 7), 127U);
  EXPECT_EQ(tile_level_size(kMaxTreeSize, 8), 0U);
  EXPECT_EQ(tile_level_size(kMaxTreeSize, 63), 0U);
}

TEST(Bundle, FramesAndRefuses) {
  Bytes bundle;
  EXPECT_TRUE(append_bundle_entry(bundle, {}).ok());
  EXPECT_TRUE(append_bundle_entry(bundle, Bytes(kMaxEntryBytes)).ok());
  const Bytes before = bundle;
  EXPECT_EQ(v::verdict(append_bundle_entry(bundle, Bytes(kMaxEntryBytes + 1))), "entry_too_large");
  EXPECT_EQ(bundle, before);
  const auto entries = parse_bundle(bundle);
  ASSERT_TRUE(entries.ok());
  ASSERT_EQ(entries->size(), 2U);
  EXPECT_EQ((*entries)[1].size(), kMaxEntryBytes);
  EXPECT_EQ(v::verdict(parse_bundle(ByteView(bundle).first(bundle.size() - 1))), "bundle_malformed");
  EXPECT_EQ(v::verdict(parse_bundle(Bytes{0})), "bundle_malformed");
  EXPECT_TRUE(parse_bundle(Bytes(2 * std::size_t{kTileWidth})).ok());
  EXPECT_EQ(v::verdict(parse_bundle(Bytes(2 * std::size_t{kTileWidth} + 2))), "bundle_malformed");
}

TEST(LogOrigin, IsTheNameOfItsKey) {
  const auto origin = LogOrigin::create("9x4t2k", "4kq7c0v2m9", 1);
  ASSERT_TRUE(origin.ok());
  EXPECT_EQ(origin->text(), "sealpost/9x4t2k/4kq7c0v2m9/1");
  EXPECT_NE(*origin, *origin->successor());
  EXPECT_EQ(v::verdict(LogOrigin::create("a", "b", 0)), "origin_malformed");
  EXPECT_EQ(v::verdict(LogOrigin::create("a/b", "c", 1)), "origin_malformed");
  EXPECT_EQ(v::verdict(LogOrigin::create("a", "b c", 1)), "origin_malformed");
  const auto last = LogOrigin::create("a", "b", std::numeric_limits<std::uint32_t>::max());
  EXPECT_EQ(v::verdict(last->successor()), "origin_malformed");
  EXPECT_EQ(*LogOrigin::parse(last->text()), *last);
}

TEST(TlogRefusal, EachHasItsOwnName) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(TlogRefusal::OriginMalformed); ++i) {
    const auto name = refusal_name(static_cast<TlogRefusal>(i));
    EXPECT_FALSE(name.empty());
    EXPECT_TRUE(names.insert(name).second) << name;
  }
  EXPECT_DEATH((void)refusal_name(static_cast<TlogRefusal>(200)), "invariant");
}

}  // namespace
}  // namespace sealpost
