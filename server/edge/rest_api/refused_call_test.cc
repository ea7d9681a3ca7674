#include "edge/rest_api/refused_call.h"

#include <gtest/gtest.h>

#include "edge/rest_api/testing/api_fixture.h"

namespace sealpost {
namespace {

using boost::json::array;
using boost::json::object;

class RefusedCallTest : public ApiFixture {
 protected:
  void SetUp() override {
    ApiFixture::SetUp();
    party_ = make_party();
    reader_ = token_of(party_, {Scope::DeliveriesRead});
  }
  // Once what is filed behind the answers has come to the store.
  std::vector<Fields> refusals() {
    EXPECT_TRUE(store_->transact_and_wait([](Transaction&) -> StoreResult<void> { return {}; }).ok());
    std::vector<Fields> found;
    for (Fields& one : records(party_.organization))
      if (one.at("class") == "call.refused") found.push_back(std::move(one));
    return found;
  }
  ApiAnswer shown(const std::string& refusal) {
    return as_machine(reader_, "GET", "/v1/refusals/" + refusal);
  }

  Party party_;
  std::string reader_;
};

TEST_F(RefusedCallTest, AMissingScopeOnSendIsARecordThatCanBeRead) {
  const ApiAnswer refused = as_machine(reader_, "POST", "/v1/messages", object{{"type", "a"}, {"data", 1}});
  EXPECT_EQ(refused.code(), "insufficient_scope");
  const auto filed = refusals();
  ASSERT_EQ(filed.size(), 1U);
  const Fields expected = {{"category", "insufficient_scope"},
                           {"operation", "message_create"},
                           {"organization", ids_->encode(party_.organization)},
                           {"workspace", ids_->encode(party_.workspace)},
                           {"environment", "test"},
                           {"integration", ids_->encode(party_.integration)},
                           {"actor", ids_->encode(party_.credential)},
                           {"grant", ids_->encode(picture()->active_grant(party_.integration)->id())},
                           {"signature", "bearer_token"},
                           {"refusal", refused.text("/refusal_id")},
                           {"request", refused.text("/request_id")},
                           {"network", "192.0.2.0/24"},
                           {"count", "1"}};
  for (const auto& [name, value] : expected) EXPECT_EQ(filed[0].at(name), value) << name;

  const ApiAnswer told = shown(refused.text("/refusal_id"));
  ASSERT_EQ(told.http.status, 200) << told.http.body;
  EXPECT_EQ(told.text("/operation"), "message_create");
  EXPECT_EQ(told.text("/code"), "insufficient_scope");
  EXPECT_EQ(told.text("/actor/id"), ids_->encode(party_.credential));
  EXPECT_EQ(told.text("/actor/kind"), "machine");
  EXPECT_EQ(told.text("/integration_id"), ids_->encode(party_.integration));
  EXPECT_TRUE(told.at("/source_id").is_null() && told.at("/steps").as_array().empty());
}

TEST_F(RefusedCallTest, OnlyItsOwnIntegrationReadsIt) {
  const ApiAnswer refused = as_machine(reader_, "GET", "/v1/integrations");
  ASSERT_FALSE(refusals().empty());
  const std::string path = "/v1/refusals/" + refused.text("/refusal_id");
  EXPECT_EQ(as_machine(reader_, "GET", path).http.status, 200);
  EXPECT_EQ(as_operator("GET", path).http.status, 200);
  const std::string without = token_of(party_, {Scope::MessagesRead});
  EXPECT_EQ(as_machine(without, "GET", path).code(), "insufficient_scope");
  Party sibling = party_;
  sibling.integration = make_active(party_.workspace);
  sibling.credential = make_credential(sibling.integration);
  make_grant(sibling.integration, {{"deliveries:read", {}}});
  EXPECT_EQ(as_machine(token_of(sibling, {Scope::DeliveriesRead}), "GET", path).code(), "not_found");
  EXPECT_EQ(as_machine(token_of(make_party(), {Scope::DeliveriesRead}), "GET", path).code(), "not_found");
}

TEST_F(RefusedCallTest, EveryRefusalOfAMessageIsCounted) {
  const std::string token = token_of(party_, all_scopes());
  const auto post = [&](const boost::json::value& body, const char* key) {
    return as_machine(token, "POST", "/v1/messages", body, {{"Idempotency-Key", key}});
  };
  EXPECT_EQ(post(object{{"type", "a"}, {"data", 1}}, "k").http.status, 202);
  EXPECT_TRUE(refusals().empty()) << "nothing was refused";
  const ApiAnswer wrong = post(object{{"type", "a"}}, "l");
  const ApiAnswer mismatch = post(object{{"type", "a"}, {"data", 2}}, "k");
  const auto filed = refusals();
  ASSERT_EQ(filed.size(), 2U);
  EXPECT_EQ(filed[0].at("category"), "validation_failed");
  EXPECT_EQ(filed[0].at("refusal"), wrong.text("/refusal_id"));
  EXPECT_EQ(filed[1].at("category"), "idempotency_mismatch");
  EXPECT_EQ(filed[1].at("refusal"), mismatch.text("/refusal_id"));
}

TEST_F(RefusedCallTest, ElementsOfABatchAreRefusalsOfTheirOwn) {
  const std::string token = token_of(party_, all_scopes());
  const object wrong{{"type", "-begins wrongly"}, {"data", 1}};
  const ApiAnswer answer =
      as_machine(token, "POST", "/v1/messages:batch",
                 object{{"messages", array{object{{"type", "a"}, {"data", 1}}, wrong, 7, wrong}}});
  ASSERT_EQ(answer.http.status, 200) << answer.http.body;
  EXPECT_FALSE(answer.body.as_object().contains("refusal_id"));
  const std::string first = answer.text("/results/1/problem/refusal_id");
  const std::string second = answer.text("/results/2/problem/refusal_id");
  EXPECT_NE(first, second);
  EXPECT_EQ(answer.text("/results/3/problem/refusal_id"), second) << "counted by one record";
  ledger_->flush(true);
  const auto filed = refusals();
  ASSERT_EQ(filed.size(), 2U);
  EXPECT_EQ(filed[0].at("refusal"), first);
  EXPECT_EQ(filed[0].at("operation"), "message_batch_create");
  EXPECT_EQ(filed[1].at("count"), "2");
}

TEST_F(RefusedCallTest, ATokenNarrowedToAChannelIsRefusedElsewhere) {
  const ChannelId mine = make_channel(party_.workspace);
  const ChannelId other = make_channel(party_.workspace);
  const std::string token = token_of(party_, {Scope::ChannelsRead}, {{Scope::ChannelsRead, {mine.position}}});
  const auto read = [&](ChannelId channel) {
    return as_machine(token, "GET", "/v1/channels/" + ids_->encode(channel) + "/messages");
  };
  EXPECT_EQ(read(mine).http.status, 200);
  EXPECT_EQ(read(other).code(), "resource_not_in_scope");
  const auto filed = refusals();
  ASSERT_EQ(filed.size(), 1U);
  EXPECT_EQ(filed[0].at("category"), "resource_not_in_scope");
  EXPECT_EQ(filed[0].at("operation"), "channel_message_list");
}

TEST_F(RefusedCallTest, AnEndedGrantRefusesItsTokens) {
  const GrantId grant = picture()->active_grant(party_.integration)->id();
  const std::string token = token_of(party_, all_scopes());
  ASSERT_TRUE(revoke_grant(ops(), by_operator(), grant, "over", {}).ok());
  EXPECT_EQ(as_machine(token, "GET", "/v1/integrations").code(), "grant_not_active");
  ASSERT_EQ(refusals().size(), 1U);
  EXPECT_EQ(refusals()[0].at("grant"), ids_->encode(grant));
}

// Its seal is ours, so we know whose it was; in both places where a token is refused.
TEST_F(RefusedCallTest, AnExpiredTokenNamesItsBearer) {
  clock_.advance(kAccessTokenLifetime);
  const ApiAnswer refused = as_machine(reader_, "GET", "/v1/integrations");
  EXPECT_EQ(refused.code(), "expired_token");
  const auto at_its_head = api_->refuse_body(request_of({.method = "POST",
                                                         .target = "/v1/messages",
                                                         .body = "{}",
                                                         .headers = {},
                                                         .token = reader_,
                                                         .socket_uid = {}}));
  ASSERT_TRUE(at_its_head);
  ASSERT_EQ(refusals().size(), 1U) << "whatever it asked for";
  ledger_->flush(true);
  const auto filed = refusals();
  ASSERT_EQ(filed.size(), 2U);
  EXPECT_EQ(filed[0].at("refusal"), refused.text("/refusal_id"));
  EXPECT_EQ(filed[0].at("actor"), ids_->encode(party_.credential));
  EXPECT_EQ(filed[0].at("operation"), "authenticate");
  EXPECT_NE(at_its_head->body.find(filed[1].at("refusal")), std::string::npos);
  EXPECT_EQ(filed[1].at("operation"), "authenticate");
  EXPECT_EQ(ledger_->unknown_callers(), 0U);
}

TEST_F(RefusedCallTest, WhoShowsNoCredentialOfOursIsOnlyCounted) {
  const auto before = records(party_.organization).size();
  const std::string forged = "spt_test_" + std::string(80, 'a');
  const Call calls[] = {
      {.method = "GET", .target = "/v1/integrations"},
      {.method = "POST", .target = "/v1/messages", .body = "{}"},
      {.method = "GET", .target = "/v1/integrations", .token = forged},
      {.method = "GET", .target = "/v1/integrations", .token = "nonsense"},
      {.method = "GET", .target = "/v1/integrations", .headers = {{"Authorization", "Bearer a b c"}}},
      {.method = "GET", .target = "/v1/integrations?access_token=x", .token = reader_},
      {.method = "GET", .target = "/v1/integrations", .socket_uid = 4711},
      {.method = "POST",
       .target = "/v1/oauth/token",
       .body = "grant_type=client_credentials",
       .headers = {{"Content-Type", "application/x-www-form-urlencoded"}}},
  };
  std::uint64_t counted = 0;
  for (const Call& call : calls) {
    const ApiAnswer refused = ask(call);
    EXPECT_GE(refused.http.status, 400);
    EXPECT_EQ(refused.body.as_object().contains("refusal_id"), false) << refused.http.body;
    EXPECT_EQ(ledger_->unknown_callers(), ++counted) << call.target;
  }
  ASSERT_TRUE(api_->refuse_body(request_of(calls[1])));
  EXPECT_EQ(ledger_->unknown_callers(), counted + 1);
  ledger_->flush(true);
  EXPECT_TRUE(refusals().empty());
  EXPECT_EQ(records(party_.organization).size(), before);
  EXPECT_TRUE(ledger_->totals().empty());
}

// An operator belongs to no organization: the log is that of what the request names.
TEST_F(RefusedCallTest, AnOperatorIsRefusedInTheLogOfWhatItNamed) {
  const ChannelId channel = make_channel(party_.workspace);
  const ApiAnswer refused = as_operator("GET", "/v1/channels/" + ids_->encode(channel) + "/messages");
  EXPECT_EQ(refused.code(), "operator_not_allowed");
  const auto filed = refusals();
  ASSERT_EQ(filed.size(), 1U);
  EXPECT_EQ(filed[0].at("actor"), "operator:" + std::to_string(kTestOperatorUid));
  EXPECT_EQ(filed[0].at("actor_kind"), "operator");
  EXPECT_EQ(filed[0].at("signature"), "peer_credentials");
  EXPECT_EQ(filed[0].at("workspace"), ids_->encode(party_.workspace));
  const ApiAnswer told = as_operator("GET", "/v1/refusals/" + refused.text("/refusal_id"));
  EXPECT_EQ(told.text("/actor/kind"), "operator");
  EXPECT_TRUE(told.at("/integration_id").is_null());
  EXPECT_EQ(shown(refused.text("/refusal_id")).code(), "not_found") << "of no integration";

  const std::string integration = ids_->encode(party_.integration);
  EXPECT_EQ(as_operator("POST", "/v1/integrations/" + integration + ":activate").code(),
            "lifecycle_transition_refused");
  EXPECT_EQ(refusals().back().at("integration"), integration);
  EXPECT_EQ(refusals().back().at("operation"), "integration_activate");

  const auto before = refusals().size();
  const ApiAnswer nowhere = as_operator("POST", "/v1/messages", object{{"type", "a"}, {"data", 1}});
  EXPECT_EQ(nowhere.code(), "operator_not_allowed");
  EXPECT_FALSE(nowhere.body.as_object().contains("refusal_id"));
  EXPECT_EQ(refusals().size(), before);
  EXPECT_EQ(ledger_->totals().at(PublicCode::OperatorNotAllowed), 2U);
}

TEST_F(RefusedCallTest, AnOperatorIsRefusedInTheLogOfTheDeliveryItNamed) {
  const std::string integration = ids_->encode(party_.integration);
  const object subscription{{"integration_id", integration},
                            {"event_types", array{}},
                            {"channel_id", ids_->encode(make_channel(party_.workspace))}};
  ASSERT_EQ(as_operator("POST", "/v1/subscriptions", subscription).http.status, 201);
  make_organization("Another, which has a log too");
  const ApiAnswer sent =
      as_machine(token_of(party_, all_scopes()), "POST", "/v1/messages", object{{"type", "a"}, {"data", 1}});
  const ApiAnswer receipt = as_operator("GET", sent.text("/receipt"));
  const std::string delivery = receipt.text("/deliveries/0/id");
  EXPECT_EQ(as_operator("POST", "/v1/deliveries/" + delivery + ":redeliver").code(), "conflict");
  ASSERT_EQ(refusals().size(), 1U);
  EXPECT_EQ(refusals()[0].at("integration"), integration);
  EXPECT_EQ(refusals()[0].at("operation"), "delivery_redeliver");
  EXPECT_EQ(history_->placement(EntityKind::Message, ids_->decode<MessageId>(receipt.text("/id"))->position)
                ->integration,
            party_.integration);
}

TEST_F(RefusedCallTest, AnOperatorsRefusalAboutAnOrganizationStandsAboveEnvironments) {
  RefusalKind kind{.tenancy = {party_.organization, Environment::Shared},
                   .integration = {},
                   .source = {},
                   .code = PublicCode::Conflict,
                   .workspace = party_.workspace,
                   .source_system = {},
                   .scheme = {},
                   .request = {1},
                   .operation = "workspace_update",
                   .caller = {.kind = CallerKind::Operator, .position = 1}};
  const RefusalId id = ledger_->note_call(kind, *IpAddress::parse("192.0.2.7"));
  ASSERT_EQ(refusals().size(), 1U);
  const ApiAnswer told = as_operator("GET", "/v1/refusals/" + ids_->encode(id));
  ASSERT_EQ(told.http.status, 200) << told.http.body;
  EXPECT_TRUE(told.at("/environment").is_null());
  EXPECT_EQ(told.text("/actor/id"), "operator:0");
}

TEST(IsFiled, SpeaksOfAccessStateAndLimits) {
  struct Case {
    PublicCode code;
    bool elsewhere;
    bool of_messages;
  };
  const Case cases[] = {{PublicCode::InsufficientScope, true, true},
                        {PublicCode::ResourceNotInScope, true, true},
                        {PublicCode::WrongEnvironment, true, true},
                        {PublicCode::GrantNotActive, true, true},
                        {PublicCode::Suspended, true, true},
                        {PublicCode::InvalidToken, true, true},
                        {PublicCode::ExpiredToken, true, true},
                        {PublicCode::OperatorOnly, true, true},
                        {PublicCode::RateLimited, true, true},
                        {PublicCode::LifecycleTransitionRefused, true, true},
                        {PublicCode::NotFound, false, true},
                        {PublicCode::ValidationFailed, false, true},
                        {PublicCode::MalformedJson, false, true},
                        {PublicCode::PreconditionFailed, false, true},
                        {PublicCode::PreconditionRequired, false, true},
                        {PublicCode::InvalidScope, false, true},
                        {PublicCode::NotYetIntegrated, false, true},
                        {PublicCode::DeliveryInProgress, false, true},
                        {PublicCode::Overloaded, false, false},
                        {PublicCode::StoreUnavailable, false, false},
                        {PublicCode::InternalError, false, false}};
  const Route elsewhere{.path = "/v1/x", .operation_id = "x_get", .run = RunKind::Pool};
  const Route messages{.path = "/v1/y", .operation_id = "y_create", .run = RunKind::Message};
  for (const Case& one : cases) {
    EXPECT_EQ(is_filed(elsewhere, one.code), one.elsewhere) << to_string(one.code);
    EXPECT_EQ(is_filed(messages, one.code), one.of_messages) << to_string(one.code);
  }
}

}  // namespace
}  // namespace sealpost
