#include "flow/acceptance/refusal_ledger.h"

#include <gtest/gtest.h>

#include "flow/directory/testing/control_plane.h"
#include "foundation/log/testing/captured_log.h"
#include "storage/store/testing/scripted_store.h"

namespace sealpost {
namespace {

class RefusalLedgerTest : public ControlPlane {
 protected:
  using Command = ScriptedStore::Command;

  void SetUp() override {
    ControlPlane::SetUp();
    scripted_ = std::make_unique<ScriptedStore>(*store_);
    workspace_ = make_workspace(make_organization());
    integration_ = make_integration(workspace_);
    source_ = make_source(integration_);
    tenancy_ = picture()->find(source_)->head.tenancy;
    open_ledger();
  }
  void TearDown() override {
    // The writer's last answers speak to the ledger.
    if (store_) store_->close();
    ledger_.reset();
    scripted_.reset();
    ControlPlane::TearDown();
  }
  void open_ledger() {
    ledger_ = std::make_unique<RefusalLedger>(RefusalLedger::Parts{
        .store = *scripted_, .audit = *audit_, .ids = *ids_, .clock = clock_, .log = captured_logger_});
  }

  RefusalKind kind(PublicCode code = PublicCode::BadSignature) {
    return {.tenancy = tenancy_,
            .integration = integration_,
            .source = source_,
            .code = code,
            .workspace = workspace_,
            .source_system = "github",
            .scheme = "github",
            .request = {++requests_}};
  }
  RefusalKind call_kind(PublicCode code = PublicCode::InsufficientScope) {
    RefusalKind call = kind(code);
    call.source = {};
    call.scheme = {};
    call.operation = "message_create";
    call.caller = {.kind = CallerKind::Machine,
                   .position = 41,
                   .shown = "bearer_token",
                   .token = {42},
                   .grant = {43},
                   .grant_version = 3};
    return call;
  }
  RefusalId note_call(const RefusalKind& what, std::string_view client = "192.0.2.7") {
    return ledger_->note_call(what, *IpAddress::parse(client));
  }
  RefusalId note(std::string_view client = "192.0.2.7", PublicCode code = PublicCode::BadSignature) {
    return note(kind(code), client);
  }
  RefusalId note(const RefusalKind& what, std::string_view client) {
    return ledger_->note(what, *IpAddress::parse(client), [this] {
      ++steps_asked_;
      return R"({"asked":)" + std::to_string(steps_asked_) + "}";
    });
  }
  // A client in the n-th network.
  static std::string client_in(int network) {
    return "10." + std::to_string(network / 256) + "." + std::to_string(network % 256) + ".9";
  }
  // In the order in which they were written, once the writer has come to them.
  std::vector<RefusalRow> rows() {
    EXPECT_TRUE(store_->transact_and_wait([](Transaction&) -> StoreResult<void> { return {}; }).ok());
    std::vector<RefusalRow> out;
    EXPECT_TRUE(store_
                    ->read([&](Reader& reader) -> StoreResult<void> {
                      SEALPOST_TRY(out, reader.list_refusals(tenancy_, 0, {.after = 0, .limit = 500}));
                      return {};
                    })
                    .ok());
    std::ranges::sort(out, {}, &RefusalRow::audit_index);
    return out;
  }
  void advance(Milliseconds by) {
    clock_.advance(by);
    ledger_->flush();
  }

  CapturedLog captured_{clock_};
  Logger captured_logger_{clock_, captured_, LogLevel::Debug, LogFormat::Json};
  std::unique_ptr<ScriptedStore> scripted_;
  std::unique_ptr<RefusalLedger> ledger_;
  WorkspaceId workspace_;
  IntegrationId integration_;
  SourceId source_;
  Tenancy tenancy_;
  std::uint64_t requests_ = 0;
  int steps_asked_ = 0;
};

TEST(NetworkPrefix, IsTheNetworkAroundAnAddress) {
  struct Case {
    const char* address;
    const char* prefix;
  };
  const Case cases[] = {{"192.0.2.7", "192.0.2.0/24"},
                        {"192.0.2.255", "192.0.2.0/24"},
                        {"192.0.3.0", "192.0.3.0/24"},
                        {"0.0.0.0", "0.0.0.0/24"},
                        {"255.255.255.255", "255.255.255.0/24"},
                        {"2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"},
                        {"2001:db8:1:ffff::", "2001:db8:1::/48"},
                        {"2001:db8:2::1", "2001:db8:2::/48"},
                        {"::1", "::/48"}};
  for (const Case& one : cases) EXPECT_EQ(network_prefix(*IpAddress::parse(one.address)), one.prefix);
}

TEST_F(RefusalLedgerTest, TheFirstOfAKindIsWrittenAtOnce) {
  const WallTime now = clock_.wall_now();
  const RefusalId told = note();
  const auto written = rows();
  ASSERT_EQ(written.size(), 1U);
  EXPECT_EQ(written[0].refusal, told);
  EXPECT_EQ(written[0].tenancy, tenancy_);
  EXPECT_EQ(written[0].integration, integration_);
  EXPECT_EQ(written[0].source, source_.position);
  EXPECT_EQ(written[0].category, "bad_signature");
  EXPECT_EQ(written[0].network, "192.0.2.0/24");
  EXPECT_EQ(written[0].count, 1U);
  EXPECT_EQ(written[0].first_at, now);
  EXPECT_EQ(written[0].last_at, now);
  EXPECT_EQ(written[0].steps, R"({"asked":1})");
}

TEST_F(RefusalLedgerTest, TheRestOfAnIntervalIsOneRecord) {
  const RefusalId first = note();
  clock_.advance(Seconds(10));
  const WallTime second_at = clock_.wall_now();
  const RefusalId second = note();
  EXPECT_NE(second, first);
  for (int i = 0; i < 998; ++i) EXPECT_EQ(note("192.0.2.99"), second) << "one id for one record";
  clock_.advance(Seconds(20));
  const WallTime last_at = clock_.wall_now();
  EXPECT_EQ(note(), second);
  EXPECT_EQ(steps_asked_, 2) << "steps are made for records, not for requests";
  advance(Milliseconds(29'999));
  EXPECT_EQ(rows().size(), 1U) << "the interval began with the first";
  advance(Milliseconds(1));
  const auto written = rows();
  ASSERT_EQ(written.size(), 2U);
  EXPECT_EQ(written[1].refusal, second);
  EXPECT_EQ(written[1].count, 1000U);
  EXPECT_EQ(written[1].first_at, second_at);
  EXPECT_EQ(written[1].last_at, last_at);
  EXPECT_EQ(written[1].steps, R"({"asked":2})");
  EXPECT_EQ(ledger_->totals().at(PublicCode::BadSignature), 1001U);
}

TEST_F(RefusalLedgerTest, IntervalsFollowEachOtherWhileTheyAreBusy) {
  note();
  for (int interval = 0; interval < 3; ++interval) {
    note();
    note();
    advance(RefusalLedger::kInterval);
  }
  const auto written = rows();
  ASSERT_EQ(written.size(), 4U);
  for (std::size_t i = 1; i < written.size(); ++i) EXPECT_EQ(written[i].count, 2U);
  advance(RefusalLedger::kInterval);
  EXPECT_EQ(rows().size(), 4U) << "a quiet interval writes nothing";
  note();
  EXPECT_EQ(rows().size(), 5U) << "and after it the first comes at once again";
}

TEST_F(RefusalLedgerTest, KindsAreKeptApart) {
  const SourceId other = make_source(integration_);
  note();
  note("192.0.2.7", PublicCode::TimestampExpired);
  note("192.0.3.7");
  note("2001:db8::1");
  RefusalKind elsewhere = kind();
  elsewhere.source = other;
  note(elsewhere, "192.0.2.7");
  EXPECT_EQ(rows().size(), 5U);
  EXPECT_EQ(steps_asked_, 5);
}

TEST_F(RefusalLedgerTest, AThousandNetworksLeaveABoundedNumberOfRecords) {
  constexpr int kNetworks = 1000;
  for (int i = 0; i < kNetworks; ++i) note(client_in(i));
  auto written = rows();
  ASSERT_EQ(written.size(), RefusalLedger::kMaxPrefixes + 1);
  EXPECT_EQ(written[63].network, "10.0.63.0/24");
  EXPECT_EQ(written[64].network, "other");
  EXPECT_EQ(written[64].count, 1U);
  note("10.0.5.1", PublicCode::TimestampExpired);
  EXPECT_EQ(rows().back().network, "10.0.5.0/24") << "another category counts its own networks";
  advance(RefusalLedger::kInterval);
  written = rows();
  ASSERT_EQ(written.size(), RefusalLedger::kMaxPrefixes + 3);
  EXPECT_EQ(written.back().network, "other");
  EXPECT_EQ(written.back().count, kNetworks - RefusalLedger::kMaxPrefixes - 1U);
  std::uint64_t counted = 0;
  for (const RefusalRow& row : written) counted += row.count;
  EXPECT_EQ(counted, kNetworks + 1U) << "none is lost";
}

TEST_F(RefusalLedgerTest, ANetworkThatIsQuietMakesRoomForAnother) {
  for (std::size_t i = 0; i < RefusalLedger::kMaxPrefixes; ++i) note(client_in(static_cast<int>(i)));
  note("198.51.100.1");
  EXPECT_EQ(rows().back().network, "other");
  advance(RefusalLedger::kInterval);
  note("198.51.100.1");
  EXPECT_EQ(rows().back().network, "198.51.100.0/24");
}

TEST_F(RefusalLedgerTest, KindsAreBoundedOverAllSources) {
  const auto from = [&](int n) {
    RefusalKind one = kind();
    one.source = {1'000'000 + static_cast<Position>(n)};
    return one;
  };
  scripted_->fail(Command::Refusals, RefusalLedger::kMaxKinds + 2, StoreError::Full);
  for (std::size_t i = 0; i < RefusalLedger::kMaxKinds; ++i)
    note(from(static_cast<int>(i / 50)), client_in(static_cast<int>(i % 50)));
  note(from(0), "198.51.100.1");
  const int seen = scripted_->seen(Command::Refusals);
  note(from(0), "203.0.113.1");
  EXPECT_EQ(scripted_->seen(Command::Refusals), seen) << "both are 'other'";
}

TEST_F(RefusalLedgerTest, UnknownSourcesOnlyRaiseACounter) {
  for (int i = 0; i < 5; ++i) ledger_->note_unknown_source();
  EXPECT_EQ(ledger_->unknown_sources(), 5U);
  EXPECT_TRUE(ledger_->totals().empty());
  ledger_->flush(true);
  EXPECT_TRUE(rows().empty());
  EXPECT_EQ(scripted_->seen(Command::Refusals), 0);
}

TEST_F(RefusalLedgerTest, UnknownCallersOnlyRaiseACounter) {
  for (int i = 0; i < 5; ++i) ledger_->note_unknown_caller();
  EXPECT_EQ(ledger_->unknown_callers(), 5U);
  ledger_->note_without_log(PublicCode::OperatorNotAllowed);
  EXPECT_EQ(ledger_->totals().at(PublicCode::OperatorNotAllowed), 1U);
  ledger_->flush(true);
  EXPECT_TRUE(rows().empty());
  EXPECT_EQ(scripted_->seen(Command::Refusals), 0);
}

TEST_F(RefusalLedgerTest, CallsAreToldApartByCallerOperationAndCode) {
  struct Case {
    const char* name;
    std::function<void(RefusalKind&)> change;
  };
  const Case cases[] = {
      {"the same", [](RefusalKind&) {}},
      {"another operation", [](RefusalKind& call) { call.operation = "message_get"; }},
      {"another credential", [](RefusalKind& call) { call.caller.position = 44; }},
      {"an operator", [](RefusalKind& call) { call.caller.kind = CallerKind::Operator; }},
      {"not proven", [](RefusalKind& call) { call.caller.shown = "not_verified"; }},
      {"another integration", [](RefusalKind& call) { call.integration = {45}; }},
      {"another code", [](RefusalKind& call) { call.code = PublicCode::RateLimited; }},
  };
  std::size_t expected = 0;
  for (const Case& one : cases) {
    RefusalKind call = call_kind();
    one.change(call);
    note_call(call);
    call.caller.token = {99};
    call.caller.grant_version = 4;
    note_call(call);
    EXPECT_EQ(rows().size(), ++expected) << one.name << "; another token of the same is the same";
  }
}

TEST_F(RefusalLedgerTest, AThousandEqualCallsAreTwoRecords) {
  for (int i = 0; i < 1000; ++i) note_call(call_kind());
  EXPECT_EQ(rows().size(), 1U);
  advance(RefusalLedger::kInterval);
  const auto written = rows();
  ASSERT_EQ(written.size(), 2U);
  EXPECT_EQ(written[1].count, 999U);
}

TEST_F(RefusalLedgerTest, ACallFromAThousandNetworksLeavesABoundedNumberOfRecords) {
  for (int i = 0; i < 1000; ++i) note_call(call_kind(), client_in(i));
  EXPECT_EQ(rows().size(), RefusalLedger::kMaxPrefixes + 1);
  EXPECT_EQ(rows().back().network, "other");
}

TEST_F(RefusalLedgerTest, TheRecordOfACallBindsWhoWhatAndWhere) {
  RefusalKind call = call_kind();
  call.caller.reason = "because";
  const RefusalId told = note_call(call);
  ASSERT_EQ(rows().size(), 1U);
  EXPECT_EQ(rows()[0].source, 0U);
  EXPECT_EQ(rows()[0].steps, R"({"actor":")" + ids_->encode(CredentialId{41}) + R"(","grant":")" +
                                 ids_->encode(GrantId{43}) +
                                 R"(","operation":"message_create","reason":"because"})");
  Fields record = records(tenancy_.organization).back();
  const std::string now = std::to_string(to_unix_ms(clock_.wall_now()));
  const Fields expected = {{"class", "call.refused"},
                           {"category", "insufficient_scope"},
                           {"count", "1"},
                           {"organization", ids_->encode(tenancy_.organization)},
                           {"workspace", ids_->encode(workspace_)},
                           {"environment", "test"},
                           {"integration", ids_->encode(integration_)},
                           {"source_system", "github"},
                           {"operation", "message_create"},
                           {"actor", ids_->encode(CredentialId{41})},
                           {"actor_kind", "machine"},
                           {"token", ids_->encode(AccessTokenId{42})},
                           {"grant", ids_->encode(GrantId{43})},
                           {"grant_version", "3"},
                           {"policy", std::string(kAccessPolicyId)},
                           {"policy_version", std::to_string(kAccessPolicyVersion)},
                           {"request", ids_->encode(RequestId{requests_})},
                           {"refusal", ids_->encode(told)},
                           {"network", "192.0.2.0/24"},
                           {"result", "refused"},
                           {"first_ms", now},
                           {"last_ms", now},
                           {"signature", "bearer_token"}};
  for (const auto& [name, value] : expected) EXPECT_EQ(record[name], value) << name;
  EXPECT_FALSE(record.contains("source") || record.contains("scheme"));
}

TEST_F(RefusalLedgerTest, AnOperatorsCallMayBeAboutTheWholeOrganization) {
  RefusalKind call = call_kind(PublicCode::OperatorNotAllowed);
  call.tenancy.environment = Environment::Shared;
  call.integration = {};
  call.workspace = {};
  call.caller = {.kind = CallerKind::Operator, .position = 1001, .shown = "peer_credentials"};
  note_call(call);
  EXPECT_TRUE(rows().empty()) << "of no environment";
  Fields record = records(tenancy_.organization).back();
  EXPECT_EQ(record["actor"], "operator:1000");
  EXPECT_EQ(record["actor_kind"], "operator");
  EXPECT_EQ(record["environment"], "shared");
  EXPECT_EQ(record["signature"], "peer_credentials");
  for (const char* none : {"integration", "workspace", "grant", "token"})
    EXPECT_FALSE(record.contains(none)) << none;
}

TEST_F(RefusalLedgerTest, TheEndOfTheProcessWritesWhatIsPending) {
  note();
  note();
  note("192.0.3.1");
  ledger_->flush(true);
  const auto written = rows();
  ASSERT_EQ(written.size(), 3U);
  EXPECT_EQ(written[2].count, 1U);
  ledger_->flush(true);
  EXPECT_EQ(rows().size(), 3U) << "once";
}

// The id that was told must be found, also when the store had no room at that moment.
TEST_F(RefusalLedgerTest, WhatTheStoreDidNotTakeIsWrittenLater) {
  scripted_->refuse(Command::Refusals, 1);
  const RefusalId told = note();
  EXPECT_TRUE(rows().empty());
  EXPECT_EQ(note(), told);
  scripted_->refuse(Command::Refusals, 1);
  advance(RefusalLedger::kInterval);
  EXPECT_TRUE(rows().empty());
  EXPECT_EQ(note(), told);
  advance(Seconds(1));
  const auto written = rows();
  ASSERT_EQ(written.size(), 1U);
  EXPECT_EQ(written[0].refusal, told);
  EXPECT_EQ(written[0].count, 3U);
}

TEST_F(RefusalLedgerTest, AFailedWriteIsLogged) {
  scripted_->fail(Command::Refusals, 1, StoreError::Full);
  note();
  EXPECT_EQ(captured_.count("refusal_not_recorded"), 1U);
  note("192.0.3.1");
  EXPECT_EQ(captured_.count("refusal_not_recorded"), 1U);
}

TEST_F(RefusalLedgerTest, WithoutKeysItCountsOnAndWritesLater) {
  clock_.advance(std::chrono::days(3));
  const RefusalId told = note();
  EXPECT_EQ(captured_.count("refusal_not_recorded"), 1U);
  EXPECT_TRUE(rows().empty());
  ASSERT_TRUE(vault_->ensure_data_keys(clock_.wall_now()).ok());
  EXPECT_EQ(note(), told);
  advance(RefusalLedger::kInterval);
  ASSERT_EQ(rows().size(), 1U);
  EXPECT_EQ(rows()[0].refusal, told);
  EXPECT_EQ(rows()[0].count, 2U);
}

TEST_F(RefusalLedgerTest, TheRecordBindsWhoWhatAndWhere) {
  const WallTime first = clock_.wall_now();
  note();
  const RefusalId told = note("2001:db8:7::1", PublicCode::Replayed);
  ASSERT_EQ(rows().size(), 2U);
  const auto log = records(tenancy_.organization);
  Fields record = log.back();
  const Fields expected = {{"class", "webhook.refused"},
                           {"category", "replayed"},
                           {"count", "1"},
                           {"organization", ids_->encode(tenancy_.organization)},
                           {"workspace", ids_->encode(workspace_)},
                           {"environment", "test"},
                           {"integration", ids_->encode(integration_)},
                           {"source", ids_->encode(source_)},
                           {"source_system", "github"},
                           {"scheme", "github"},
                           {"actor", ids_->encode(source_)},
                           {"request", ids_->encode(RequestId{requests_})},
                           {"refusal", ids_->encode(told)},
                           {"network", "2001:db8:7::/48"},
                           {"result", "refused"},
                           {"first_ms", std::to_string(to_unix_ms(first))},
                           {"last_ms", std::to_string(to_unix_ms(first))},
                           {"signature", "verified"}};
  for (const auto& [name, value] : expected) EXPECT_EQ(record[name], value) << name;
  EXPECT_TRUE(record.contains("policy") && record.contains("policy_version"));
  Fields forged = log[log.size() - 2];
  EXPECT_EQ(forged["category"], "bad_signature");
  EXPECT_EQ(forged["signature"], "not_verified");
}

// A replay, a retired key and whatever is judged after the signature were sent by a holder of a key.
TEST_F(RefusalLedgerTest, OnlyHoldersOfAKeyCountAsVerified) {
  struct Case {
    PublicCode code;
    const char* signature;
  };
  const Case cases[] = {
      {PublicCode::MissingSignature, "not_verified"}, {PublicCode::TimestampExpired, "not_verified"},
      {PublicCode::UnknownKey, "not_verified"},       {PublicCode::Replayed, "verified"},
      {PublicCode::RetiredKey, "verified"},           {PublicCode::KeyCompromised, "not_verified"},
      {PublicCode::EventTypeNotAllowed, "verified"},  {PublicCode::Suspended, "verified"},
      {PublicCode::RateLimited, "verified"},          {PublicCode::JsonTooDeep, "verified"},
      {PublicCode::BodyTooLarge, "not_verified"},     {PublicCode::UnsupportedEncoding, "not_verified"}};
  for (const Case& one : cases) {
    note("192.0.2.7", one.code);
    rows();
    Fields record = records(tenancy_.organization).back();
    EXPECT_EQ(record["category"], to_string(one.code));
    EXPECT_EQ(record["signature"], one.signature) << to_string(one.code);
  }
}

}  // namespace
}  // namespace sealpost
