#include "flow/delivery/internal/breakers.h"

#include <gtest/gtest.h>

namespace sealpost::delivery {
namespace {

constexpr Position kEndpoint = 7;
constexpr Position kOther = 8;
using Turn = Breakers::Turn;

class BreakersTest : public testing::Test {
 protected:
  // Whether it has opened.
  bool fail(Position endpoint = kEndpoint, std::uint64_t random = 0) {
    return breakers.note({endpoint, 1, 3}, ReceiverSign::Ails, now, random) == Turn::Opened;
  }
  void open() {
    for (int i = 0; i < 3; ++i) fail();
  }
  [[nodiscard]] std::uint32_t most() const { return breakers.most_under_way(kEndpoint, 8, now); }

  SteadyTime now{std::chrono::hours(5)};
  Breakers breakers;
};

TEST_F(BreakersTest, OpensAfterSoManyFailuresInARow) {
  EXPECT_FALSE(fail());
  EXPECT_FALSE(fail());
  breakers.note({kEndpoint, 1, 3}, ReceiverSign::Answers, now, 0);
  EXPECT_FALSE(fail());
  EXPECT_FALSE(fail()) << "an answer between them begins the count again";
  EXPECT_EQ(most(), 8U);
  EXPECT_TRUE(fail());
  EXPECT_EQ(most(), 0U);
  EXPECT_EQ(breakers.rest_left(kEndpoint, now), Breakers::kFirstRest);
  EXPECT_EQ(breakers.most_under_way(kOther, 8, now), 8U);
  EXPECT_EQ(breakers.resting(now), std::vector<Position>{kEndpoint});
}

TEST_F(BreakersTest, LetsOneGoAheadAfterItsRestWhoseEndDecides) {
  open();
  now += Breakers::kFirstRest - Milliseconds(1);
  EXPECT_EQ(most(), 0U);
  EXPECT_TRUE(breakers.rested(now).empty());
  now += Milliseconds(1);
  EXPECT_EQ(breakers.rested(now), std::vector<Position>{kEndpoint});
  EXPECT_TRUE(breakers.rested(now).empty()) << "told once";
  EXPECT_EQ(most(), 1U);
  EXPECT_TRUE(fail()) << "one failure opens it again, whatever the threshold";
  EXPECT_EQ(breakers.rest_left(kEndpoint, now), 2 * Breakers::kFirstRest);
  now += 2 * Breakers::kFirstRest;
  EXPECT_EQ(breakers.note({kEndpoint, 1, 3}, ReceiverSign::Answers, now, 0), Turn::Closed);
  EXPECT_EQ(most(), 8U);
  EXPECT_EQ(breakers.open_count(), 0U);
  open();
  EXPECT_EQ(breakers.rest_left(kEndpoint, now), Breakers::kFirstRest) << "the next trouble begins anew";
}

TEST_F(BreakersTest, RestsGrowToTheLongestAndAreShortenedByATenthAtMost) {
  open();
  for (int i = 0; i < 40; ++i) {
    now += breakers.rest_left(kEndpoint, now);
    ASSERT_TRUE(fail());
  }
  EXPECT_EQ(breakers.rest_left(kEndpoint, now), Breakers::kLongestRest);
  for (const std::uint64_t random : {std::uint64_t{1}, std::uint64_t{77'777}, ~std::uint64_t{0}}) {
    now += breakers.rest_left(kEndpoint, now);
    ASSERT_TRUE(fail(kEndpoint, random));
    EXPECT_LT(breakers.rest_left(kEndpoint, now), Breakers::kLongestRest);
    EXPECT_GE(breakers.rest_left(kEndpoint, now), Breakers::kLongestRest * 9 / 10);
  }
}

TEST_F(BreakersTest, WhatWasUnderWayWhenItOpenedDoesNotMakeTheRestLonger) {
  open();
  EXPECT_FALSE(fail());
  EXPECT_EQ(breakers.rest_left(kEndpoint, now), Breakers::kFirstRest);
  EXPECT_EQ(breakers.note({kEndpoint, 1, 3}, ReceiverSign::None, now, 0), Turn::None);
  EXPECT_EQ(most(), 0U);
  breakers.note({kEndpoint, 1, 3}, ReceiverSign::Answers, now, 0);
  EXPECT_EQ(most(), 8U) << "a late answer shows that it works";
}

TEST_F(BreakersTest, ZeroNeverOpensAndClosesWhatWasOpen) {
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(breakers.note({kEndpoint, 1, 0}, ReceiverSign::Ails, now, 0), Turn::None);
  open();
  breakers.note({kEndpoint, 1, 0}, ReceiverSign::Ails, now, 0);
  EXPECT_EQ(most(), 8U);
  EXPECT_EQ(breakers.open_count(), 0U);
}

TEST_F(BreakersTest, TellsTheNextEndAndForgetsWhoIsGone) {
  EXPECT_FALSE(breakers.next_end());
  open();
  now += Seconds(5);
  for (int i = 0; i < 3; ++i) fail(kOther);
  EXPECT_EQ(breakers.next_end(), now - Seconds(5) + Breakers::kFirstRest);
  EXPECT_EQ(breakers.forget([](Position endpoint, std::uint64_t) { return endpoint == kEndpoint; }),
            std::vector<Position>{kEndpoint});
  EXPECT_EQ(breakers.next_end(), now + Breakers::kFirstRest);
  EXPECT_EQ(breakers.open_count(), 1U);
}

TEST_F(BreakersTest, AChangedEndpointBeginsAnew) {
  open();
  EXPECT_EQ(breakers.note({kEndpoint, 2, 3}, ReceiverSign::Ails, now, 0), Turn::None);
  EXPECT_EQ(most(), 8U);
  EXPECT_EQ(breakers.open_count(), 0U);
}

TEST_F(BreakersTest, AnHourWithoutAFailureIsForgotten) {
  fail();
  fail();
  now += Breakers::kForgottenAfter;
  EXPECT_TRUE(breakers.rested(now).empty());
  EXPECT_FALSE(fail());
  fail();
  EXPECT_TRUE(fail());
  now += Breakers::kFirstRest;
  EXPECT_EQ(breakers.rested(now).size(), 1U);
  now += Breakers::kForgottenAfter;
  EXPECT_TRUE(breakers.rested(now).empty());
  EXPECT_EQ(breakers.open_count(), 0U) << "nothing came to be tried";
  EXPECT_FALSE(breakers.next_end());
}

TEST(ReceiverSigns, OnlyTheReceiversOwnTroubleCounts) {
  const auto sign = [](std::optional<PublicCode> code, int status = 0) {
    OutboundResult result;
    result.outcome = OutboundOutcome::Responded;
    result.http_status = status;
    return receiver_sign(code, result, Milliseconds(1'000));
  };
  EXPECT_EQ(sign({}, 200), ReceiverSign::Answers);
  EXPECT_EQ(sign(PublicCode::ReceiverError, 500), ReceiverSign::Ails);
  EXPECT_EQ(sign(PublicCode::ReceiverError, 400), ReceiverSign::Answers);
  EXPECT_EQ(sign(PublicCode::ReceiverThrottled, 429), ReceiverSign::Ails);
  EXPECT_EQ(sign(PublicCode::ConnectionLost), ReceiverSign::Ails);
  EXPECT_EQ(sign(PublicCode::ForbiddenAddress), ReceiverSign::None);
  EXPECT_EQ(sign(PublicCode::OutcomeUnknown), ReceiverSign::None);
  EXPECT_EQ(sign(PublicCode::SigningKeyMissing), ReceiverSign::None);
}

TEST(ReceiverSigns, TimeThatPassedInOurQueueIsNotTheReceivers) {
  const auto sign = [](std::chrono::microseconds before, bool sent) {
    OutboundResult result;
    result.outcome = OutboundOutcome::Timeout;
    result.request_sent = sent;
    result.timings.resolved = before;
    return receiver_sign(sent ? PublicCode::ReceiverTimeout : PublicCode::ConnectFailed, result,
                         Milliseconds(1'000));
  };
  EXPECT_EQ(sign(Milliseconds(1), true), ReceiverSign::Ails);
  EXPECT_EQ(sign(Milliseconds(1), false), ReceiverSign::Ails);
  EXPECT_EQ(sign(Milliseconds(501), true), ReceiverSign::None) << "it had less than half of its time";
  EXPECT_EQ(sign({}, false), ReceiverSign::None) << "it never began";
}

}  // namespace
}  // namespace sealpost::delivery
