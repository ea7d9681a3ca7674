// The shared vectors of requests and keys; those in which state speaks are in decide_vectors_test.cc.
#include <gtest/gtest.h>

#include <set>

#include "domain/schemes/key_text.h"
#include "domain/schemes/sign.h"
#include "domain/schemes/testing/vectors.h"
#include "domain/schemes/verify.h"
#include "foundation/bytes/secret_access.h"

namespace sealpost {
namespace {

namespace json = boost::json;
using testing::octets_of;
using testing::signing_vectors;
using testing::text_of;

std::string optional_text(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value == nullptr ? std::string() : std::string(std::string_view(value->as_string()));
}

std::optional<std::int64_t> optional_number(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (value == nullptr || value->is_null()) return std::nullopt;
  return value->to_number<std::int64_t>();
}

void expect_accepted(const SignatureFacts& facts, const json::object& expect) {
  EXPECT_EQ(facts.key_id, text_of(expect, "key_id"));
  EXPECT_EQ(facts.signed_id, optional_text(expect, "signed_id"));
  EXPECT_EQ(facts.unsigned_id, optional_text(expect, "unsigned_id"));
  EXPECT_EQ(facts.timestamp, optional_number(expect, "timestamp"));
  EXPECT_EQ(facts.event_type, text_of(expect, "event_type"));
  EXPECT_EQ(facts.event_type_authenticated, expect.at("event_type_authenticated").as_bool());
  const bool by_id = facts.replay.kind == ReplayIdentity::Kind::SignedId;
  EXPECT_EQ(by_id ? "signed_id" : "signed_bytes", text_of(expect, "replay"));
  EXPECT_EQ(facts.replay.id, facts.signed_id);
  EXPECT_EQ(facts.replay.timestamp, facts.timestamp);
  EXPECT_EQ(facts.replay.signed_sha256 == Hash256{}, by_id);
}

TEST(SigningVectors, Verify) {
  const auto vectors = testing::verify_vectors();
  ASSERT_GT(vectors.size(), 150U);
  for (const auto& vector : vectors) {
    SCOPED_TRACE(vector.name);
    const auto facts = gather(vector.settings, vector.header_views(), vector.body, vector.keys, vector.now);
    const auto refusal = decide(facts, {});
    if (const auto* code = vector.expect().if_contains("refusal")) {
      ASSERT_TRUE(refusal.has_value());
      EXPECT_EQ(name(*refusal), std::string_view(code->as_string()));
    } else {
      ASSERT_FALSE(refusal.has_value()) << name(*refusal);
      expect_accepted(facts, vector.expect());
    }
  }
}

TEST(SigningVectors, NothingAboutTheMessageIsToldWithoutAValidSignature) {
  for (const auto& vector : testing::verify_vectors()) {
    SCOPED_TRACE(vector.name);
    const auto facts = gather(vector.settings, vector.header_views(), vector.body, vector.keys, vector.now);
    if (facts.signature == SignatureFinding::Match) continue;
    EXPECT_EQ(facts.key_id + facts.signed_id + facts.unsigned_id + facts.event_type, "");
    const DecisionContext hostile{.replay = ReplayFinding::Replayed,
                                  .event_type_allowed = false,
                                  .network_allowed = false,
                                  .grant = GrantFinding::Suspended,
                                  .quota_left = false};
    EXPECT_EQ(decide(facts, {}), decide(facts, hostile));
  }
}

TEST(SigningVectors, EverySchemeHasAnAcceptedRow) {
  std::set<Scheme> seen;
  for (const auto& vector : testing::verify_vectors())
    if (vector.expect().contains("ok")) seen.insert(vector.settings.scheme());
  EXPECT_EQ(seen.size(), kAllSchemes.size());
}

std::string_view sign_error_name(SignError error) {
  switch (error) {
    case SignError::BadId:
      return "bad_id";
    case SignError::BadTimestamp:
      return "bad_timestamp";
    case SignError::NoKeys:
      return "no_keys";
    case SignError::TooManyKeys:
      return "too_many_keys";
  }
  return "?";
}

TEST(SigningVectors, Sign) {
  for (const json::value& value : signing_vectors().at("sign").as_array()) {
    const json::object& row = value.as_object();
    SCOPED_TRACE(text_of(row, "name"));
    std::vector<HmacSha256> hmac;
    std::vector<Ed25519PrivateKey> ed25519;
    hmac.reserve(16);
    ed25519.reserve(16);
    std::vector<OutboundKey> keys;
    for (const json::value& key : row.at("keys").as_array()) {
      const std::string text(std::string_view(key.as_string()));
      if (auto secret = parse_hmac_secret(text))
        keys.emplace_back(&hmac.emplace_back(*secret));
      else
        keys.emplace_back(&ed25519.emplace_back(*parse_private_key(text)));
    }
    const auto signed_headers = sign_standard(
        text_of(row, "id"), row.at("timestamp").to_number<std::int64_t>(), octets_of(row, "body"), keys);
    const json::object& expect = row.at("expect").as_object();
    if (expect.contains("error")) {
      ASSERT_FALSE(signed_headers.ok());
      EXPECT_EQ(sign_error_name(signed_headers.error()), text_of(expect, "error"));
    } else {
      ASSERT_TRUE(signed_headers.ok());
      EXPECT_EQ(signed_headers->signature, text_of(expect, "signature"));
      EXPECT_EQ(signed_headers->id, text_of(row, "id"));
    }
  }
}

std::string_view key_error_name(KeyTextError error) {
  switch (error) {
    case KeyTextError::WrongPrefix:
      return "wrong_prefix";
    case KeyTextError::BadEncoding:
      return "bad_encoding";
    case KeyTextError::WrongLength:
      return "wrong_length";
    case KeyTextError::TooWeak:
      return "too_weak";
    case KeyTextError::PublicMismatch:
      return "public_mismatch";
    case KeyTextError::BadPublicKey:
      return "bad_public_key";
  }
  return "?";
}

// The octets of the key, or the name of the error; a key's printed form must read the same again.
std::string read_key(const std::string& kind, const std::string& text) {
  const SecretAccess access("compare with the vector");
  if (kind == "whsec" || kind == "text") {
    const auto secret = kind == "text" ? parse_text_secret(text) : parse_hmac_secret(text);
    if (!secret) return std::string(key_error_name(secret.error()));
    if (kind == "whsec") {
      EXPECT_EQ(as_text(format_hmac_secret(*secret).reveal(access)), text);
    }
    return to_base64(secret->reveal(access));
  }
  if (kind == "whsk") {
    const auto key = parse_private_key(text);
    if (!key) return std::string(key_error_name(key.error()));
    EXPECT_EQ(as_text(format_private_key(*key).reveal(access)), text);
    return to_base64(key->seed().reveal(access));
  }
  const auto key = parse_public_key(text);
  if (!key) return std::string(key_error_name(key.error()));
  EXPECT_EQ(format_public_key(key->bytes()), text);
  return to_base64(key->bytes());
}

TEST(SigningVectors, Keys) {
  for (const json::value& value : signing_vectors().at("keys").as_array()) {
    const json::object& row = value.as_object();
    SCOPED_TRACE(text_of(row, "kind") + ": " + text_of(row, "name"));
    const json::object& expect = row.at("expect").as_object();
    const std::string wanted = optional_text(expect, expect.contains("error") ? "error" : "octets");
    EXPECT_EQ(read_key(text_of(row, "kind"), text_of(row, "text")), wanted);
  }
}

std::string_view replay_name(ReplayFinding finding) {
  switch (finding) {
    case ReplayFinding::Fresh:
      return "fresh";
    case ReplayFinding::GenuineRetry:
      return "genuine_retry";
    case ReplayFinding::Duplicate:
      return "duplicate";
    case ReplayFinding::Replayed:
      return "replayed";
  }
  return "?";
}

TEST(SigningVectors, Replay) {
  for (const json::value& value : signing_vectors().at("replay").as_array()) {
    const json::object& row = value.as_object();
    SCOPED_TRACE(text_of(row, "name"));
    ReplayIdentity identity;
    identity.kind = text_of(row, "kind") == "signed_id" ? ReplayIdentity::Kind::SignedId
                                                        : ReplayIdentity::Kind::SignedBytes;
    identity.timestamp = optional_number(row, "timestamp");
    std::optional<PriorClaim> prior;
    if (const json::value& told = row.at("prior"); told.is_object())
      prior = PriorClaim{optional_number(told.as_object(), "timestamp"), told.at("same_body").as_bool()};
    EXPECT_EQ(replay_name(judge_replay(identity, prior)), text_of(row, "expect"));
  }
}

TEST(SigningVectors, SlackChallenge) {
  for (const json::value& value : signing_vectors().at("slack_challenge").as_array()) {
    const json::object& row = value.as_object();
    SCOPED_TRACE(text_of(row, "name"));
    const auto challenge = slack_challenge(octets_of(row, "body"));
    const json::value& expect = row.at("expect");
    EXPECT_EQ(challenge.asked, !expect.is_null());
    if (expect.is_string()) {
      EXPECT_EQ(challenge.text, text_of(row, "expect"));
    } else {
      EXPECT_FALSE(challenge.text.has_value());
    }
  }
}

// What asks for an echo and gets none is refused; what asks for nothing is an event like others.
TEST(SlackChallengeTest, ABodyThatAsksIsToldFromOneThatDoesNot) {
  const auto asked = [](std::string_view body) { return slack_challenge(as_bytes(body)).asked; };
  EXPECT_TRUE(asked(R"({"type":"url_verification","challenge":"a b"})"));
  EXPECT_TRUE(asked(R"({"type":"url_verification","challenge":7})"));
  EXPECT_TRUE(asked(R"({"type":"url_verification"})"));
  EXPECT_FALSE(asked(R"({"type":"event_callback","challenge":"abc"})"));
  EXPECT_FALSE(asked(R"({"challenge":"abc"})"));
  EXPECT_FALSE(asked("url_verification"));
}

}  // namespace
}  // namespace sealpost
