// The order of checks: every pair of objections is answered with the earlier one.
#include <gtest/gtest.h>

#include <functional>

#include "domain/schemes/verify.h"

namespace sealpost {
namespace {

struct Request {
  SignatureFacts facts;
  DecisionContext context;
};

Request flawless() {
  Request request;
  request.facts.body_fits = true;
  request.facts.time = TimeFinding::InWindow;
  request.facts.signature = SignatureFinding::Match;
  return request;
}

struct Objection {
  Refusal refusal;
  int step;  // objections of one step exclude each other
  std::function<void(Request&)> raise;
};

const std::vector<Objection>& objections_in_order() {
  static const std::vector<Objection> all{
      {Refusal::BodyTooLarge, 0, [](Request& r) { r.facts.body_fits = false; }},
      {Refusal::UnsupportedEncoding, 1,
       [](Request& r) { r.facts.format = FormatFinding::UnsupportedEncoding; }},
      {Refusal::MissingSignature, 1, [](Request& r) { r.facts.format = FormatFinding::MissingSignature; }},
      {Refusal::MalformedHeader, 1, [](Request& r) { r.facts.format = FormatFinding::MalformedHeader; }},
      {Refusal::TimestampExpired, 2, [](Request& r) { r.facts.time = TimeFinding::Expired; }},
      {Refusal::TimestampInFuture, 2, [](Request& r) { r.facts.time = TimeFinding::InFuture; }},
      {Refusal::UnknownKey, 3, [](Request& r) { r.facts.signature = SignatureFinding::UnknownKey; }},
      {Refusal::BadSignature, 3, [](Request& r) { r.facts.signature = SignatureFinding::NoMatch; }},
      {Refusal::BadSignature, 3, [](Request& r) { r.facts.signature = SignatureFinding::NotChecked; }},
      {Refusal::Replayed, 4, [](Request& r) { r.context.replay = ReplayFinding::Replayed; }},
      {Refusal::RetiredKey, 5, [](Request& r) { r.facts.key_state = VerificationKeyState::Retired; }},
      {Refusal::KeyCompromised, 5, [](Request& r) { r.facts.key_state = VerificationKeyState::Compromised; }},
      {Refusal::BadSignature, 5, [](Request& r) { r.facts.key_state = VerificationKeyState::Pending; }},
      {Refusal::EventTypeMismatch, 6, [](Request& r) { r.facts.event_type_fits_body = false; }},
      {Refusal::EventTypeNotAllowed, 7, [](Request& r) { r.context.event_type_allowed = false; }},
      {Refusal::NetworkNotAllowed, 8, [](Request& r) { r.context.network_allowed = false; }},
      {Refusal::GrantNotActive, 9, [](Request& r) { r.context.grant = GrantFinding::NotActive; }},
      {Refusal::Suspended, 9, [](Request& r) { r.context.grant = GrantFinding::Suspended; }},
      {Refusal::QuotaExceeded, 10, [](Request& r) { r.context.quota_left = false; }},
  };
  return all;
}

TEST(Decide, NothingSpeaksAgainstAFlawlessRequest) {
  const Request request = flawless();
  EXPECT_FALSE(decide(request.facts, request.context).has_value());
}

TEST(Decide, UntimedAndRetriedRequestsPass) {
  Request request = flawless();
  request.facts.time = TimeFinding::NoSignedTime;
  for (const auto finding : {ReplayFinding::Fresh, ReplayFinding::GenuineRetry, ReplayFinding::Duplicate}) {
    request.context.replay = finding;
    EXPECT_FALSE(decide(request.facts, request.context).has_value());
  }
  request.facts.key_state = VerificationKeyState::Retiring;
  EXPECT_FALSE(decide(request.facts, request.context).has_value());
}

TEST(Decide, EachObjectionAlone) {
  for (const Objection& objection : objections_in_order()) {
    Request request = flawless();
    objection.raise(request);
    EXPECT_EQ(decide(request.facts, request.context), objection.refusal) << name(objection.refusal);
  }
}

TEST(Decide, TheEarlierOfTwoObjectionsIsTold) {
  for (const Objection& early : objections_in_order()) {
    for (const Objection& late : objections_in_order()) {
      if (early.step >= late.step) continue;
      Request request = flawless();
      late.raise(request);
      early.raise(request);
      EXPECT_EQ(decide(request.facts, request.context), early.refusal)
          << name(early.refusal) << " before " << name(late.refusal);
    }
  }
}

TEST(Refusals, NamesAreUniqueAndReadBack) {
  for (const Refusal refusal : kAllRefusals) EXPECT_EQ(refusal_from_name(name(refusal)), refusal);
  EXPECT_FALSE(refusal_from_name("no_such_code").has_value());
}

TEST(Refusals, OnlyHoldersOfAKeyCount) {
  for (const Refusal refusal :
       {Refusal::BodyTooLarge, Refusal::UnsupportedEncoding, Refusal::MissingSignature,
        Refusal::MalformedHeader, Refusal::TimestampExpired, Refusal::TimestampInFuture,
        Refusal::BadSignature, Refusal::UnknownKey, Refusal::KeyCompromised})
    EXPECT_FALSE(attributable(refusal)) << name(refusal);
  for (const Refusal refusal :
       {Refusal::Replayed, Refusal::RetiredKey, Refusal::EventTypeMismatch, Refusal::EventTypeNotAllowed,
        Refusal::NetworkNotAllowed, Refusal::GrantNotActive, Refusal::Suspended, Refusal::QuotaExceeded})
    EXPECT_TRUE(attributable(refusal)) << name(refusal);
}

}  // namespace
}  // namespace sealpost
