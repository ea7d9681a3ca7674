// What a circuit breaker means to deliveries: who waits, who goes ahead, and what it costs.
#include <gtest/gtest.h>

#include "flow/delivery/internal/breakers.h"
#include "flow/delivery/testing/delivery_world.h"

namespace sealpost {
namespace {

constexpr const char* kUrl = "https://one.example.com/hook";
constexpr const char* kOther = "https://two.example.com/hook";
constexpr Milliseconds kRest = delivery::Breakers::kFirstRest;

class BreakerDeliveryTest : public DeliveryWorld {
 protected:
  // Of this endpoint two failures in a row open the breaker; it takes `concurrency` at once.
  EndpointId weak_endpoint(std::uint32_t concurrency) {
    const EndpointId endpoint = add_endpoint(kUrl, concurrency, {1, 1, 1, 1, 1, 1});
    edit(endpoint).breaker_threshold = 2;
    publish();
    return endpoint;
  }
  // Accepts and fails two, one after the other.
  std::vector<DeliveryId> open_breaker(EndpointId endpoint) {
    std::vector<DeliveryId> failed;
    for (int i = 0; i < 2; ++i) {
      failed.push_back(accept({endpoint}).deliveries[0]);
      EXPECT_TRUE(sends(1));
      EXPECT_TRUE(sender.answer(kUrl, 500));
      EXPECT_TRUE(reaches_attempts(failed.back(), 1));
    }
    EXPECT_EQ(engine->metrics().breakers_open, 1U);
    return failed;
  }
  bool settles() { return engine->settle_for_test(); }
};

TEST_F(BreakerDeliveryTest, WhoWaitsLosesNoAttemptAndNobodyElseIsHeldUp) {
  const EndpointId endpoint = weak_endpoint(1);
  const EndpointId other = add_endpoint(kOther);
  start_engine();
  const DeliveryId first = accept({endpoint}).deliveries[0];
  const DeliveryId second = accept({endpoint}).deliveries[0];
  const DeliveryId in_line = accept({endpoint}).deliveries[0];
  for (const DeliveryId delivery : {first, second}) {
    ASSERT_TRUE(sends(1));
    ASSERT_TRUE(sender.answer(kUrl, 503));
    ASSERT_TRUE(reaches_attempts(delivery, 1));
  }
  ASSERT_TRUE(reaches(in_line, DeliveryState::Waiting));
  const DeliveryId late = accept({endpoint}).deliveries[0];
  ASSERT_TRUE(reaches(late, DeliveryState::Waiting));
  for (const DeliveryId delivery : {in_line, late}) {
    EXPECT_TRUE(attempts(delivery).empty());
  }
  EXPECT_EQ(sender.waiting().size(), 0U);
  const DeliveryId elsewhere = accept({other}).deliveries[0];
  ASSERT_TRUE(sends(1));
  ASSERT_TRUE(sender.answer(kOther, 200));
  ASSERT_TRUE(reaches(elsewhere, DeliveryState::Delivered));
}

TEST_F(BreakerDeliveryTest, WhatIsDueIsNotEvenClaimedWhileItRests) {
  const EndpointId endpoint = weak_endpoint(4);
  start_engine();
  open_breaker(endpoint);
  const std::uint64_t claimed = engine->metrics().claimed;
  advance(kRest / 2);  // both retries were due after a second
  ASSERT_TRUE(settles());
  EXPECT_EQ(engine->metrics().claimed, claimed);
  EXPECT_EQ(sender.submitted(), 2U);
}

TEST_F(BreakerDeliveryTest, OneGoesAheadAndItsSuccessLetsTheOthersFollow) {
  const EndpointId endpoint = weak_endpoint(4);
  start_engine();
  auto deliveries = open_breaker(endpoint);
  for (int i = 0; i < 3; ++i) deliveries.push_back(accept({endpoint}).deliveries[0]);
  ASSERT_TRUE(settles());
  advance(kRest);
  ASSERT_TRUE(sends(1));
  ASSERT_TRUE(settles());
  deliveries.push_back(accept({endpoint}).deliveries[0]);
  ASSERT_TRUE(settles());
  EXPECT_EQ(sender.waiting().size(), 1U) << "one alone, although it takes four";
  ASSERT_TRUE(sender.answer(kUrl, 200));
  ASSERT_TRUE(sends(4)) << "and then the others";
  EXPECT_EQ(engine->metrics().breakers_open, 0U);
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(eventually([&] { return !sender.waiting().empty(); }));
    ASSERT_TRUE(sender.answer(kUrl, 200));
  }
  for (const DeliveryId delivery : deliveries) ASSERT_TRUE(reaches(delivery, DeliveryState::Delivered));
}

TEST_F(BreakerDeliveryTest, AFailureOfTheOneIsALongerRest) {
  const EndpointId endpoint = weak_endpoint(4);
  start_engine();
  open_breaker(endpoint);
  advance(kRest);
  ASSERT_TRUE(sends(1));
  OutboundResult lost;
  lost.outcome = OutboundOutcome::Connect;
  ASSERT_TRUE(sender.answer(kUrl, std::move(lost)));
  ASSERT_TRUE(eventually([&] { return engine->metrics().breakers_opened == 2; }));
  advance(kRest);
  ASSERT_TRUE(settles());
  EXPECT_EQ(sender.waiting().size(), 0U) << "the second rest is twice as long";
  advance(kRest);
  EXPECT_TRUE(sends(1));
}

TEST_F(BreakerDeliveryTest, WhoWasAboutToBeSentWaitsToo) {
  const EndpointId endpoint = weak_endpoint(3);
  sender.set_capacity(2);
  start_engine();
  for (int i = 0; i < 2; ++i) accept({endpoint});
  ASSERT_TRUE(sends(2));
  const DeliveryId third = accept({endpoint}).deliveries[0];
  ASSERT_TRUE(settles());
  ASSERT_TRUE(sender.answer(kUrl, 500));
  ASSERT_TRUE(sender.answer(kUrl, 500));
  ASSERT_TRUE(eventually([&] { return engine->metrics().breakers_open == 1; }));
  advance(Seconds(1));
  ASSERT_TRUE(reaches(third, DeliveryState::Waiting));
  EXPECT_EQ(sender.submitted(), 2U);
  EXPECT_TRUE(attempts(third).empty());
}

TEST_F(BreakerDeliveryTest, AChangeOfTheEndpointClosesIt) {
  const EndpointId endpoint = weak_endpoint(4);
  start_engine();
  open_breaker(endpoint);
  const DeliveryId during = accept({endpoint}).deliveries[0];
  ASSERT_TRUE(reaches(during, DeliveryState::Waiting));
  ++edit(endpoint).head.version;
  publish();
  engine->wake();
  ASSERT_TRUE(settles());
  EXPECT_EQ(engine->metrics().breakers_open, 0U);
  EXPECT_TRUE(sends(1)) << "what came during the rest needs not wait for its end";
}

TEST_F(BreakerDeliveryTest, WhatWasSentToTheOldAddressSaysNothingOfTheNew) {
  const EndpointId endpoint = weak_endpoint(4);
  start_engine();
  std::vector<DeliveryId> sent;
  for (int i = 0; i < 3; ++i) sent.push_back(accept({endpoint}).deliveries[0]);
  ASSERT_TRUE(sends(3));
  ++edit(endpoint).head.version;
  publish();
  for (const DeliveryId delivery : sent) {
    ASSERT_TRUE(sender.answer(kUrl, 500));
    ASSERT_TRUE(eventually([&] { return !attempts(delivery).empty(); }));
  }
  EXPECT_EQ(engine->metrics().breakers_opened, 0U);
}

TEST_F(BreakerDeliveryTest, ARefusedMessageIsNoTroubleOfTheReceiver) {
  const EndpointId endpoint = weak_endpoint(1);
  start_engine();
  for (int i = 0; i < 5; ++i) {
    const DeliveryId delivery = accept({endpoint}).deliveries[0];
    ASSERT_TRUE(sends(1));
    ASSERT_TRUE(sender.answer(kUrl, 400));
    ASSERT_TRUE(reaches_attempts(delivery, 1));
  }
  EXPECT_EQ(engine->metrics().breakers_opened, 0U);
}

}  // namespace
}  // namespace sealpost
