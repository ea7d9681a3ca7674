// What every engine must mean by the seam's words. An engine includes store_contract_suite.h in one test file
// and instantiates `StoreContract` with its own EngineUnderTest. Tests only.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <map>
#include <memory>
#include <string>

#include "foundation/system/testing/fakes.h"
#include "storage/store/store.h"

namespace sealpost {

// One database that can be opened again and again; close the store before the next open().
class EngineUnderTest {
 public:
  virtual ~EngineUnderTest() = default;
  virtual StoreResult<std::unique_ptr<Store>> open(const Clock& clock, Entropy& entropy) = 0;
};
using EngineFactory = std::function<std::unique_ptr<EngineUnderTest>()>;

inline constexpr Tenancy kLiveA{{100}, Environment::Live};
inline constexpr Tenancy kTestA{{100}, Environment::Test};
inline constexpr Tenancy kLiveB{{200}, Environment::Live};

class StoreContract : public testing::TestWithParam<EngineFactory> {
 protected:
  void SetUp() override;
  void reopen();

  // Parties: an integration, an endpoint and a channel for a tenancy; the positions below.
  void make_parties(const Tenancy& tenancy, Position base);
  static Position integration_of(const Tenancy& tenancy) {
    return tenancy.organization.position * 10 + static_cast<Position>(tenancy.environment) * 1'000'000;
  }
  static Position endpoint_of(const Tenancy& tenancy, Position which = 0) {
    return integration_of(tenancy) + 1 + which;
  }
  static Position channel_of(const Tenancy& tenancy) { return integration_of(tenancy) + 9; }

  static AuditDraft draft(OrganizationId log, std::string_view body = "sealed");
  static Claim claim(ClaimMeaning meaning, std::uint8_t key, std::uint8_t body, std::int64_t signed_ms);
  AcceptMessage message(const Tenancy& tenancy, std::uint32_t deliveries = 1);
  AcceptOutcome accept(AcceptMessage message);
  std::vector<AcceptOutcome> accept(std::vector<AcceptMessage> messages);
  FinishAttempt attempt(const LeasedDelivery& delivery, DeliveryState next,
                        Milliseconds later = Milliseconds(0));
  FinishOutcome finish(FinishAttempt attempt);
  ClaimedWork claim_work(std::uint32_t most = 64, std::uint32_t most_per_target = 8,
                         std::vector<ClaimWork::Room> rooms = {});
  ClaimedWork claim_work(ClaimWork request);
  // Of epochs alone.
  DirectoryPicture present_picture();
  // Raises it to 1 in a transaction that has begun, and holds the writer, while `meanwhile` queues what it
  // likes.
  void raise_epoch_ahead_of(OrganizationId organization, const std::function<void()>& meanwhile);
  StoreResult<void> change(std::function<StoreResult<void>(Transaction&)> work);
  StoreResult<void> look(const std::function<StoreResult<void>(Reader&)>& work) { return store_->read(work); }
  MessageRow row_of(const Tenancy& tenancy, MessageId message);
  bool has_payload(const Tenancy& tenancy, MessageId message);
  void purge(std::function<bool(Position, WallTime)> claims_needed = {});
  // Deliveries that were handed over leased; room is 0 unless a test gives some.
  std::vector<LeasedDelivery> handed_over_;
  std::uint32_t room_ = 0;
  std::map<Position, std::uint32_t> shares_;  // of organizations that have one

  FakeClock clock_;
  SeededEntropy entropy_;
  std::unique_ptr<EngineUnderTest> engine_;
  std::unique_ptr<Store> store_;
};

}  // namespace sealpost
