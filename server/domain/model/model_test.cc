#include <gtest/gtest.h>

#include <set>

#include "domain/model/position_allocator.h"
#include "domain/model/public_id.h"
#include "domain/model/record_json.h"
#include "domain/model/scopes.h"
#include "foundation/system/testing/fakes.h"

namespace sealpost {
namespace {

PublicIdCodec codec(std::vector<GenerationStart> generations = {{1, 0}}, std::uint8_t key_byte = 7) {
  auto key = Aes256Block::create(SecretBytes::take(Bytes(32, key_byte)));
  return PublicIdCodec(*std::move(key), std::move(generations));
}

TEST(Position, TellsTheMillisecondItWasDrawnIn) {
  const auto at = from_unix_ms(1'800'000'000'123);
  EXPECT_EQ(time_of(first_position_at(at)), at);
  EXPECT_EQ(time_of(first_position_at(at) + (1U << kPositionSequenceBits) - 1), at);
  EXPECT_EQ(first_position_at(from_unix_ms(0)), 1U);
}

TEST(PositionAllocator, OnlyGrowsEvenWhenTheWallStepsBack) {
  FakeClock clock;
  PositionAllocator positions(clock, 0);
  Position last = 0;
  for (int i = 0; i < 100; ++i) {
    const Position next = positions.draw(3);
    EXPECT_GT(next, last);
    last = next + 2;
    if (i == 50) clock.step_wall(std::chrono::hours(-24));
  }
  PositionAllocator after_restart(clock, positions.last());
  EXPECT_GT(after_restart.draw(), last);
}

TEST(PublicId, RoundTripsEachKindAndRefusesTheOthers) {
  const auto ids = codec();
  const Position position = first_position_at(from_unix_ms(1'800'000'000'000)) + 5;
  const std::string text = ids.encode(MessageId{position});
  EXPECT_TRUE(text.starts_with("msg_"));
  EXPECT_EQ(text.size(), 40U);
  EXPECT_EQ(ids.decode<MessageId>(text), MessageId{position});
  EXPECT_FALSE(ids.decode<DeliveryId>("dlv_" + text.substr(4)));
  EXPECT_FALSE(ids.decode<DeliveryId>(text));
}

TEST(PublicId, RefusesAnyChangedCharacterAndForeignKeys) {
  const auto ids = codec();
  const std::string text = ids.encode(MessageId{first_position_at(from_unix_ms(1'800'000'000'000)) + 5});
  for (std::size_t i = 4; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == '0' ? '1' : '0';
    EXPECT_FALSE(ids.decode<MessageId>(changed)) << i;
  }
  EXPECT_FALSE(codec({{1, 0}}, 8).decode<MessageId>(text));
  EXPECT_FALSE(ids.decode<MessageId>(""));
  EXPECT_FALSE(ids.decode<MessageId>("msg_"));
}

TEST(PublicId, SortsByAge) {
  const auto ids = codec();
  const std::string older = ids.encode(MessageId{first_position_at(from_unix_ms(1'800'000'000'000))});
  const std::string newer = ids.encode(MessageId{first_position_at(from_unix_ms(1'800'000'000'001))});
  EXPECT_LT(older, newer);
}

TEST(PublicId, AnEarlierGenerationNeverNamesAPositionOfALaterOne) {
  const Position split = first_position_at(from_unix_ms(1'800'000'000'000));
  const auto before = codec();
  const auto after = codec({{1, 0}, {2, split}});
  EXPECT_EQ(after.decode<MessageId>(before.encode(MessageId{split - 1})), MessageId{split - 1});
  EXPECT_FALSE(after.decode<MessageId>(before.encode(MessageId{split + 1})));
  EXPECT_EQ(after.decode<MessageId>(after.encode(MessageId{split + 1})), MessageId{split + 1});
}

TEST(Scopes, HaveUniqueNamesAndNoWildcards) {
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < kScopeCount; ++i) {
    const auto scope = static_cast<Scope>(i);
    EXPECT_EQ(scope_from(name_of(scope)), scope);
    seen.insert(name_of(scope));
  }
  EXPECT_EQ(seen.size(), kScopeCount);
  EXPECT_FALSE(scope_from("*"));
  EXPECT_FALSE(scope_from("messages:*"));
}

TEST(Scopes, ASetContainsOnlyWhatWasAdded) {
  constexpr ScopeSet set{Scope::MessagesWrite, Scope::AuditRead};
  EXPECT_TRUE(set.contains(ScopeSet{Scope::AuditRead}));
  EXPECT_FALSE(set.contains(ScopeSet{Scope::AuditRead, Scope::KeysRead}));
  EXPECT_EQ(ScopeSet::from_bits(set.bits()), set);
}

Source full_source() {
  Source source;
  source.integration = IntegrationId{42};
  source.name = "deploys";
  source.scheme = InboundScheme::GenericHmac;
  source.generic = GenericHmacTemplate{.signature_header = "X-Sig",
                                       .signature_prefix = "sha256=",
                                       .encoding = "hex",
                                       .timestamp_header = "",
                                       .id_header = "X-Id",
                                       .event_type_header = "",
                                       .signed_template = "{body}"};
  source.event_types = {"a.b", "c"};
  source.event_rules = {
      {.event_type = "a.b", .fields = {{"/data/x", FieldTreatment::Mask}}, .keep_payload_days = 3}};
  return source;
}

TEST(RecordJson, WritesAndReadsBackARecord) {
  const Source source = full_source();
  const std::string text = record_to_text(source);
  EXPECT_NE(text.find("\"scheme\":\"generic_hmac\""), std::string::npos) << text;
  const auto back = record_from_text<Source>(source.head, text);
  ASSERT_TRUE(back);
  EXPECT_EQ(record_to_text(*back), text);
  EXPECT_EQ(back->event_rules.at(0).fields.at(0).treatment, FieldTreatment::Mask);
  EXPECT_EQ(back->integration, IntegrationId{42});
}

TEST(RecordJson, KeepsDefaultsForAbsentMembersAndRefusesWrongOnes) {
  const auto sparse = record_from_text<Source>({}, R"({"name":"x"})");
  ASSERT_TRUE(sparse);
  EXPECT_EQ(sparse->window_seconds, 300U);
  for (const char* bad : {"[]", "{", R"({"name":1})", R"({"window_seconds":-1})", R"({"state":"whatever"})",
                          R"({"window_seconds":99999999999})", R"({"event_types":"a"})"})
    EXPECT_FALSE(record_from_text<Source>({}, bad)) << bad;
}

}  // namespace
}  // namespace sealpost
