// The shared vectors in which state speaks, that they hold every check and the order of each two that stand
// side by side, and that no refusal lacks a vector.
#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>
#include <utility>

#include "domain/schemes/testing/vectors.h"
#include "domain/schemes/verify.h"

namespace sealpost {
namespace {

namespace json = boost::json;
using testing::signing_vectors;
using testing::text_of;

// A word that stands for no finding is a mistake in the file.
template <class T, std::size_t N>
T finding_of(const json::object& row, std::string_view fact,
             const std::pair<std::string_view, T> (&words)[N]) {
  const std::string told = text_of(row, fact);
  for (const auto& [word, finding] : words)
    if (word == told) return finding;
  ADD_FAILURE() << fact << " has no finding " << told;
  return words[0].second;
}

SignatureFacts facts_of(const json::object& row) {
  SignatureFacts facts;
  facts.body_fits = row.at("body_fits").as_bool();
  facts.format = finding_of<FormatFinding>(row, "format",
                                           {{"readable", FormatFinding::Readable},
                                            {"unsupported_encoding", FormatFinding::UnsupportedEncoding},
                                            {"missing_signature", FormatFinding::MissingSignature},
                                            {"malformed_header", FormatFinding::MalformedHeader}});
  facts.time = finding_of<TimeFinding>(row, "time",
                                       {{"no_signed_time", TimeFinding::NoSignedTime},
                                        {"in_window", TimeFinding::InWindow},
                                        {"expired", TimeFinding::Expired},
                                        {"in_future", TimeFinding::InFuture}});
  facts.signature = finding_of<SignatureFinding>(row, "signature",
                                                 {{"not_checked", SignatureFinding::NotChecked},
                                                  {"no_match", SignatureFinding::NoMatch},
                                                  {"unknown_key", SignatureFinding::UnknownKey},
                                                  {"match", SignatureFinding::Match}});
  facts.key_state = finding_of<VerificationKeyState>(row, "key_state",
                                                     {{"active", VerificationKeyState::Active},
                                                      {"retiring", VerificationKeyState::Retiring},
                                                      {"retired", VerificationKeyState::Retired},
                                                      {"compromised", VerificationKeyState::Compromised},
                                                      {"pending", VerificationKeyState::Pending}});
  facts.event_type_fits_body = row.at("event_type_fits_body").as_bool();
  return facts;
}

DecisionContext context_of(const json::object& row) {
  return {.replay = finding_of<ReplayFinding>(row, "replay",
                                              {{"fresh", ReplayFinding::Fresh},
                                               {"genuine_retry", ReplayFinding::GenuineRetry},
                                               {"duplicate", ReplayFinding::Duplicate},
                                               {"replayed", ReplayFinding::Replayed}}),
          .event_type_allowed = row.at("event_type_allowed").as_bool(),
          .network_allowed = row.at("network_allowed").as_bool(),
          .grant = finding_of<GrantFinding>(row, "grant",
                                            {{"active", GrantFinding::Active},
                                             {"not_active", GrantFinding::NotActive},
                                             {"suspended", GrantFinding::Suspended}}),
          .quota_left = row.at("quota_left").as_bool()};
}

constexpr std::size_t kChecks = 11;  // the ten steps of the contract; the event type has two
using Objections = std::array<bool, kChecks>;

Objections objections_of(const SignatureFacts& facts, const DecisionContext& context) {
  return {
      !facts.body_fits,
      facts.format != FormatFinding::Readable,
      facts.time == TimeFinding::Expired || facts.time == TimeFinding::InFuture,
      facts.signature != SignatureFinding::Match,
      context.replay == ReplayFinding::Replayed,
      facts.key_state != VerificationKeyState::Active && facts.key_state != VerificationKeyState::Retiring,
      !facts.event_type_fits_body,
      !context.event_type_allowed,
      !context.network_allowed,
      context.grant != GrantFinding::Active,
      !context.quota_left};
}

TEST(DecideVectors, Decide) {
  for (const json::value& value : signing_vectors().at("decide").as_array()) {
    const json::object& row = value.as_object();
    SCOPED_TRACE(text_of(row, "name"));
    const auto refusal = decide(facts_of(row), context_of(row));
    EXPECT_EQ(refusal ? name(*refusal) : "accepted", text_of(row, "expect"));
  }
}

TEST(DecideVectors, EachCheckAndEachTwoSideBySideHaveARow) {
  std::set<Objections> seen;
  for (const json::value& value : signing_vectors().at("decide").as_array())
    seen.insert(objections_of(facts_of(value.as_object()), context_of(value.as_object())));
  EXPECT_TRUE(seen.contains(Objections{})) << "a request against which nothing speaks";
  for (std::size_t i = 0; i < kChecks; ++i) {
    Objections wanted{};
    wanted[i] = true;
    EXPECT_TRUE(seen.contains(wanted)) << "check " << i << " alone";
    if (i + 1 == kChecks) break;
    wanted[i + 1] = true;
    EXPECT_TRUE(seen.contains(wanted)) << "check " << i << " and the next";
  }
}

TEST(SigningVectors, EveryRefusalHasAVector) {
  std::set<std::string> seen;
  for (const std::string_view section : {"verify", "expectations"})
    for (const json::value& row : signing_vectors().at(section).as_array())
      if (const auto* code = row.at("expect").as_object().if_contains("refusal"))
        seen.emplace(std::string_view(code->as_string()));
  for (const json::value& row : signing_vectors().at("decide").as_array())
    seen.insert(text_of(row.as_object(), "expect"));
  for (const Refusal refusal : kAllRefusals)
    EXPECT_TRUE(seen.contains(std::string(name(refusal)))) << name(refusal);
}

}  // namespace
}  // namespace sealpost
