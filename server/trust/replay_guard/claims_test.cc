#include "trust/replay_guard/claims.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace sealpost {
namespace {

using std::chrono::hours;
const WallTime kNow = from_unix_ms(1'800'000'000'000);

struct ClaimsTest : ::testing::Test {
  OrganizationKeys keys{{1}, SecretBytes::copy_of(Bytes(32, 7))};
  OrganizationKeys other_keys{{2}, SecretBytes::copy_of(Bytes(32, 8))};
  Source source = [] {
    Source s;
    s.head.position = 500;
    return s;
  }();

  static SignatureFacts facts(std::string_view id, std::optional<std::int64_t> timestamp) {
    SignatureFacts f;
    f.signature = SignatureFinding::Match;
    f.replay.kind = id.empty() ? ReplayIdentity::Kind::SignedBytes : ReplayIdentity::Kind::SignedId;
    f.replay.id = id;
    f.replay.timestamp = timestamp;
    f.replay.signed_sha256 = sha256(as_bytes("signed string"));
    return f;
  }
  [[nodiscard]] Claim claim(const SignatureFacts& f, std::string_view body = "body") const {
    return make_replay_claim(keys, source, f, as_bytes(body), kNow);
  }
};

TEST_F(ClaimsTest, MeaningFollowsTheReplayTable) {
  const struct {
    const char* name;
    SignatureFacts facts;
    ClaimMeaning meaning;
    std::int64_t signed_ms;
  } rows[] = {
      {"signed id and time", facts("msg_1", 1000), ClaimMeaning::SignedId, 1'000'000},
      {"no id, signed time", facts("", 1000), ClaimMeaning::SignedId, 1'000'000},
      {"no id, no time", facts("", std::nullopt), ClaimMeaning::SignedBytes, 0},
      {"signed id, no time", facts("msg_1", std::nullopt), ClaimMeaning::IdempotencyKey, 0},
  };
  for (const auto& row : rows) {
    const Claim made = claim(row.facts);
    EXPECT_EQ(made.meaning, row.meaning) << row.name;
    EXPECT_EQ(made.signed_ms, row.signed_ms) << row.name;
    EXPECT_EQ(made.owner, 500U) << row.name;
  }
}

TEST_F(ClaimsTest, TheKeyIsTheSignedIdentityAndNothingElse) {
  const Claim first = claim(facts("msg_1", 1000));
  EXPECT_EQ(first.key, claim(facts("msg_1", 2000)).key) << "a retry with a fresh time is found";
  EXPECT_EQ(first.key, claim(facts("msg_1", 1000), "another body").key)
      << "another body is found, and refused";
  EXPECT_NE(first.key, claim(facts("msg_2", 1000)).key);
  auto unsigned_changed = facts("msg_1", 1000);
  unsigned_changed.unsigned_id = "changed";
  unsigned_changed.event_type = "changed";
  EXPECT_EQ(first.key, claim(unsigned_changed).key);
}

TEST_F(ClaimsTest, WithoutAnIdTheSignedBytesAreTheKey) {
  auto one = facts("", std::nullopt);
  auto two = one;
  two.unsigned_id = "another-delivery-id";
  EXPECT_EQ(claim(one).key, claim(two).key);
  two.replay.signed_sha256[31] ^= 1;
  EXPECT_NE(claim(one).key, claim(two).key);
}

TEST_F(ClaimsTest, AnIdNeverMeetsADigest) {
  auto bytes = facts("", 1000);
  auto id = facts(as_text(bytes.replay.signed_sha256), 1000);
  EXPECT_NE(claim(bytes).key, claim(id).key);
}

TEST_F(ClaimsTest, TagsAreKeyedBySourceAndOrganization) {
  const auto f = facts("msg_1", 1000);
  const Claim here = claim(f);
  Source elsewhere = source;
  elsewhere.head.position = 501;
  const Claim other_source = make_replay_claim(keys, elsewhere, f, as_bytes("body"), kNow);
  const Claim other_organization = make_replay_claim(other_keys, source, f, as_bytes("body"), kNow);
  std::set<Hash128> seen = {here.key,
                            here.body,
                            other_source.key,
                            other_source.body,
                            other_organization.key,
                            other_organization.body};
  EXPECT_EQ(seen.size(), 6U);
}

TEST_F(ClaimsTest, TheBodyTagTellsBodiesApart) {
  const auto f = facts("msg_1", 1000);
  EXPECT_EQ(claim(f, "a").body, claim(f, "a").body);
  EXPECT_NE(claim(f, "a").body, claim(f, "b").body);
  EXPECT_NE(claim(f, "").body, claim(f, std::string(1, '\0')).body);
}

TEST_F(ClaimsTest, ClaimsUntilTheKeyIsRetiredAreAskedForAfterAMonthAtTheEarliest) {
  source.claims_until_key_retired = true;
  for (const std::uint32_t hours_chosen : {0U, 1U, 24U, 719U}) {
    source.claim_horizon_hours = hours_chosen;
    EXPECT_EQ(claim_horizon(source, false), hours(30 * 24)) << hours_chosen;
  }
  source.claim_horizon_hours = 24 * 90;
  EXPECT_EQ(claim_horizon(source, false), hours(24 * 90));
}

TEST_F(ClaimsTest, ClaimsOutliveTheWindow) {
  const struct {
    const char* name;
    std::uint32_t window_seconds;
    std::uint32_t horizon_hours;
    bool timed;
    Milliseconds kept;
  } rows[] = {
      {"default with time", 300, 0, true, hours(7 * 24)},
      {"default without time", 300, 0, false, hours(30 * 24)},
      {"chosen horizon", 300, 48, true, hours(48)},
      {"two windows are the least", 3600, 1, true, hours(2)},
      {"no window without time", 3600, 1, false, hours(1)},
      {"chosen horizon without time", 300, 24 * 90, false, hours(24 * 90)},
  };
  for (const auto& row : rows) {
    source.window_seconds = row.window_seconds;
    source.claim_horizon_hours = row.horizon_hours;
    EXPECT_EQ(claim_horizon(source, row.timed), row.kept) << row.name;
    const auto f = facts("msg_1", row.timed ? std::optional<std::int64_t>(1000) : std::nullopt);
    EXPECT_EQ(claim(f).keep_until, kNow + row.kept) << row.name;
  }
}

TEST_F(ClaimsTest, AFutureDatedRequestIsCoveredToItsLastMoment) {
  // Dated one window ahead, it verifies until two windows from now; a retry at +26 h is still a retry.
  source.claim_horizon_hours = 1;
  source.window_seconds = 3600;
  EXPECT_GE(claim(facts("msg_1", 1000)).keep_until, kNow + hours(2));
  source.claim_horizon_hours = 0;
  EXPECT_GE(claim(facts("msg_1", 1000)).keep_until, kNow + hours(26));
}

TEST_F(ClaimsTest, AnUnverifiedRequestClaimsNothing) {
  auto f = facts("msg_1", 1000);
  f.signature = SignatureFinding::NoMatch;
  EXPECT_DEATH((void)claim(f), "invariant broken");
}

TEST_F(ClaimsTest, IdempotencyKeysAreVisibleAsciiOfBoundedLength) {
  const struct {
    std::string text;
    bool good;
  } rows[] = {{"a", true},
              {std::string(255, 'k'), true},
              {"550e8400-e29b-41d4", true},
              {"", false},
              {"a b", false},
              {std::string(256, 'k'), false},
              {"tab\t", false},
              {"\x7f", false},
              {"caf\xc3\xa9", false},
              {std::string("a\0b", 3), false},
              {"!~", true}};
  for (const auto& row : rows) EXPECT_EQ(is_idempotency_key(row.text), row.good) << row.text;
}

TEST_F(ClaimsTest, IdempotencyIsScopedByCallerEnvironmentRouteAndBody) {
  const IdempotentCall base{.tenancy = {{1}, Environment::Live},
                            .caller = 9,
                            .route = "POST /v1/messages",
                            .key = "k-1",
                            .body = as_bytes("{}")};
  const auto made = [&](const IdempotentCall& call) { return make_idempotency_claim(keys, call, kNow); };
  const Claim first = made(base);
  EXPECT_EQ(first.meaning, ClaimMeaning::IdempotencyKey);
  EXPECT_EQ(first.owner, 9U);
  EXPECT_EQ(first.keep_until, kNow + hours(24));
  EXPECT_EQ(made(base).key, first.key);
  EXPECT_EQ(made(base).body, first.body);
  std::set<Hash128> seen = {first.key};
  auto changed = base;
  changed.caller = 10;
  seen.insert(made(changed).key);
  changed = base;
  changed.tenancy.environment = Environment::Test;
  seen.insert(made(changed).key);
  changed = base;
  changed.route = "POST /v1/messages:batch";
  seen.insert(made(changed).key);
  changed = base;
  changed.key = "k-2";
  seen.insert(made(changed).key);
  EXPECT_EQ(seen.size(), 5U);
  changed = base;
  changed.body = as_bytes("{ }");
  EXPECT_EQ(made(changed).key, first.key) << "found under the same key";
  EXPECT_NE(made(changed).body, first.body) << "and told apart by its body";
}

TEST_F(ClaimsTest, RouteAndKeyCantBeShiftedIntoEachOther) {
  IdempotentCall one{.tenancy = {{1}, Environment::Live}, .caller = 9, .route = "ab", .key = "c", .body = {}};
  IdempotentCall two = one;
  two.route = "a";
  two.key = "bc";
  EXPECT_NE(make_idempotency_claim(keys, one, kNow).key, make_idempotency_claim(keys, two, kNow).key);
}

}  // namespace
}  // namespace sealpost
