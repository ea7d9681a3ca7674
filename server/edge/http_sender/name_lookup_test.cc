#include "edge/http_sender/name_lookup.h"

#include <gtest/gtest.h>

#include <future>
#include <map>

#include "foundation/system/testing/fakes.h"

namespace sealpost {
namespace {

// Collects answers as they come.
class Answers {
 public:
  void put(const std::string& host, const LookupAnswer& answer) {
    const std::scoped_lock lock(mutex_);
    ++counts_[host];
    last_ok_ = answer.ok();
    changed_.notify_all();
  }
  void wait_for(const std::string& host, int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return counts_[host] >= count; });
  }
  bool last_ok() {
    const std::scoped_lock lock(mutex_);
    return last_ok_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, int> counts_;
  bool last_ok_ = false;
};

const OrganizationId kOne{1};
const OrganizationId kTwo{2};

TEST(NameLookup, AnswersAreKeptForTheirTimeAndAskedAgainAfterwards) {
  FakeClock clock;
  Answers answers;
  std::atomic<int> asked{0};
  NameLookup::Options options;
  options.lookup = [&](const std::string& host) -> LookupAnswer {
    ++asked;
    if (host == "missing.example") return fail(LookupError::NotFound);
    return std::vector<IpAddress>{*IpAddress::parse("1.2.3.4")};
  };
  NameLookup names(options, clock, [&](const std::string& h, const LookupAnswer& a) { answers.put(h, a); });
  EXPECT_FALSE(names.find("a.example", kOne).has_value());
  answers.wait_for("a.example", 1);
  const auto known = names.find("a.example", kTwo);
  ASSERT_TRUE(known.has_value() && known->ok());
  EXPECT_EQ((**known).size(), 1U);
  clock.advance(Seconds(30));
  EXPECT_FALSE(names.find("a.example", kOne).has_value());
  answers.wait_for("a.example", 2);
  EXPECT_EQ(asked, 2);

  EXPECT_FALSE(names.find("missing.example", kOne).has_value());
  answers.wait_for("missing.example", 1);
  EXPECT_FALSE(answers.last_ok());
  const auto missing = names.find("missing.example", kOne);
  ASSERT_TRUE(missing.has_value());
  EXPECT_FALSE(missing->ok());
  clock.advance(Seconds(3));
  EXPECT_FALSE(names.find("missing.example", kOne).has_value());
}

TEST(NameLookup, AHangingOrganizationLeavesThreadsToOthersAndEqualNamesAreAskedOnce) {
  FakeClock clock;
  Answers answers;
  std::promise<void> release;
  const auto released = release.get_future().share();
  std::atomic<int> hanging{0};
  NameLookup::Options options;
  options.threads = 3;
  options.threads_per_organization = 2;
  options.max_waiting = 4;
  options.lookup = [&](const std::string& host) -> LookupAnswer {
    if (host.starts_with("slow")) {
      ++hanging;
      released.wait();
    }
    return std::vector<IpAddress>{*IpAddress::parse("1.2.3.4")};
  };
  NameLookup names(options, clock, [&](const std::string& h, const LookupAnswer& a) { answers.put(h, a); });
  for (const char* host : {"slow1.example", "slow2.example", "slow3.example", "slow1.example"})
    EXPECT_FALSE(names.find(host, kOne).has_value());
  EXPECT_FALSE(names.find("quick.example", kTwo).has_value());
  answers.wait_for("quick.example", 1);
  EXPECT_LE(hanging, 2);
  release.set_value();
  answers.wait_for("slow3.example", 1);
  EXPECT_EQ(hanging, 3);
}

TEST(NameLookup, WhatWaitsIsBounded) {
  FakeClock clock;
  std::promise<void> release;
  const auto released = release.get_future().share();
  NameLookup::Options options;
  options.threads = 1;
  options.max_waiting = 2;
  options.lookup = [&](const std::string&) -> LookupAnswer {
    released.wait();
    return fail(LookupError::NotFound);
  };
  NameLookup names(options, clock, [](const std::string&, const LookupAnswer&) {});
  int refused = 0;
  for (int i = 0; i < 5; ++i) {
    const auto answer = names.find("h" + std::to_string(i) + ".example", kOne);
    if (answer && answer->error() == LookupError::Unavailable) ++refused;
  }
  EXPECT_GE(refused, 2);
  release.set_value();
}

}  // namespace
}  // namespace sealpost
