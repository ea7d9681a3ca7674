// What waits, what is aborted, and who gets how much of the sender.
#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <mutex>

#include "edge/http_sender/testing/sender_door.h"

namespace sealpost {
namespace {

using Then = TestReply::Then;

TEST(HttpSender, AbortEndsWhatIsInFlightAndListsIt) {
  TestHttpServer server([](const std::string&) { return TestReply{"", Then::Hang}; });
  Door door;
  const auto tagged = [&](std::uint64_t organization, SendTag tag) {
    auto request = request_to(server.port(), {organization});
    request.tag = tag;
    return door.send(std::move(request));
  };
  auto a1 = tagged(1, 11);
  auto a2 = tagged(1, 12);
  auto a3 = tagged(1, 13);
  auto b1 = tagged(2, 11);
  server.wait_for_requests(4);
  door.sender->abort({OrganizationId{1}, Environment::Test}, 11);
  EXPECT_EQ(a1.get().outcome, OutboundOutcome::Aborted);
  std::promise<std::vector<SendTag>> listed;
  door.sender->abort_organization(OrganizationId{1},
                                  [&](std::vector<SendTag>&& tags) { listed.set_value(tags); });
  auto tags = listed.get_future().get();
  std::ranges::sort(tags);
  EXPECT_EQ(tags, (std::vector<SendTag>{12, 13}));
  for (auto* aborted : {&a2, &a3}) {
    const auto result = aborted->get();
    EXPECT_EQ(result.outcome, OutboundOutcome::Aborted);
    EXPECT_TRUE(result.request_sent) << "the receiver may have seen it";
  }
  EXPECT_EQ(b1.wait_for(std::chrono::seconds(0)), std::future_status::timeout) << "others go on";
  door.sender->stop();
  EXPECT_EQ(b1.get().outcome, OutboundOutcome::Aborted);
  EXPECT_EQ(door.sender->submit(request_to(server.port()), [](OutboundResult&&) {}).error(),
            SubmitError::Stopped);
}

TEST(HttpSender, ARevocationSeenBeforeTheFirstByteStopsIt) {
  TestHttpServer server([](const std::string&) { return TestReply{}; });
  Door door;
  EXPECT_EQ(door.get(request_to(server.port())).outcome, OutboundOutcome::Responded);
  auto revoked = request_to(server.port());
  revoked.still_allowed = [] { return false; };
  const auto result = door.get(std::move(revoked));
  EXPECT_EQ(result.outcome, OutboundOutcome::Aborted);
  EXPECT_FALSE(result.request_sent);
  EXPECT_EQ(server.requests(), 1);
}

TEST(HttpSender, TheQueueIsBoundedAndARefusedRequestIsUntouched) {
  TestHttpServer server([](const std::string&) { return TestReply{"", Then::Hang}; });
  HttpSenderOptions options;
  options.max_in_flight = 1;
  options.max_queued = 1;
  Door door(options);
  auto running = door.send(request_to(server.port()));
  server.wait_for_requests(1);
  auto queued = door.send(request_to(server.port()));
  auto third = request_to(server.port());
  const auto refused =
      door.sender->submit(std::move(third), [](OutboundResult&&) { FAIL() << "was not accepted"; });
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error(), SubmitError::QueueFull);
  EXPECT_EQ(third.body.size(), 2U);  // NOLINT(bugprone-use-after-move): that a refused one was not moved from
  // What was never started can be aborted too.
  std::promise<std::size_t> count;
  door.sender->abort_organization(OrganizationId{1},
                                  [&](std::vector<SendTag>&& t) { count.set_value(t.size()); });
  EXPECT_EQ(count.get_future().get(), 2U);
  EXPECT_FALSE(queued.get().request_sent);
  EXPECT_TRUE(running.get().request_sent);
}

TEST(HttpSender, OneOrganizationsHangingReceiversMakeNobodyElseWait) {
  TestHttpServer hanging([](const std::string&) { return TestReply{"", Then::Hang}; });
  TestHttpServer prompt([](const std::string&) { return TestReply{}; });
  HttpSenderOptions options;
  options.max_in_flight = 8;
  Door door(options);
  std::vector<std::future<OutboundResult>> slow;
  for (int i = 0; i < 20; ++i) slow.push_back(door.send(request_to(hanging.port(), {1})));
  hanging.wait_for_requests(2);
  EXPECT_EQ(door.get(request_to(prompt.port(), {2})).http_status, 204);
  EXPECT_EQ(door.get(request_to(prompt.port(), {2})).http_status, 204);
  EXPECT_EQ(hanging.requests(), 2) << "a quarter of the places";
  EXPECT_EQ(door.sender->stats().queued, 18U);
  // What ends gives its place back, begun or not.
  door.sender->abort_organization(OrganizationId{1}, {});
  for (auto& one : slow) EXPECT_EQ(one.get().outcome, OutboundOutcome::Aborted);
  EXPECT_EQ(door.get(request_to(prompt.port(), {1})).http_status, 204);
}

TEST(HttpSender, WhoWaitsIsServedInTurns) {
  std::vector<std::string> seen;
  std::mutex mutex;
  TestHttpServer gate([](const std::string&) { return TestReply{"", Then::Hang}; });
  TestHttpServer server([&](const std::string& request) {
    const std::scoped_lock lock(mutex);
    seen.push_back(request.substr(request.find("msg_"), 5));
    return TestReply{};
  });
  HttpSenderOptions options;
  options.max_in_flight = 1;
  Door door(options);
  auto first = door.send(request_to(gate.port(), {3}));
  gate.wait_for_requests(1);
  std::vector<std::future<OutboundResult>> waiting;
  const auto wait = [&](std::uint64_t organization, const char* name) {
    auto request = request_to(server.port(), {organization});
    request.headers[1].value = name;
    waiting.push_back(door.send(std::move(request)));
  };
  wait(1, "msg_a");
  wait(1, "msg_b");
  wait(1, "msg_c");
  wait(2, "msg_x");
  wait(2, "msg_y");
  door.sender->abort_organization(OrganizationId{3}, {});
  EXPECT_EQ(first.get().outcome, OutboundOutcome::Aborted);
  for (auto& one : waiting) EXPECT_EQ(one.get().http_status, 204);
  const std::scoped_lock lock(mutex);
  EXPECT_EQ(seen, (std::vector<std::string>{"msg_a", "msg_x", "msg_b", "msg_y", "msg_c"}));
}

TEST(HttpSender, ACompletionMaySubmitAgain) {
  TestHttpServer server([](const std::string&) { return TestReply{}; });
  Door door;
  std::promise<int> last;
  std::function<void(int)> send = [&](int left) {
    const auto taken = door.sender->submit(request_to(server.port()), [&, left](OutboundResult&& result) {
      if (left == 0) return last.set_value(result.http_status);
      send(left - 1);
    });
    ASSERT_TRUE(taken.ok());
  };
  send(20);
  EXPECT_EQ(last.get_future().get(), 204);
  EXPECT_EQ(server.accepted(), 1);
}

}  // namespace
}  // namespace sealpost
