// The shared vectors of the step `grant`: what keeps a webhook of an authentic sender out, and that each code
// which a source can be told there has a row.
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "domain/policy/access_policy.h"
#include "domain/schemes/testing/vectors.h"

namespace sealpost {
namespace {

namespace json = boost::json;
using testing::signing_vectors;
using testing::text_of;

constexpr IntegrationState kIntegrationStates[] = {IntegrationState::Draft, IntegrationState::Active,
                                                   IntegrationState::Suspended, IntegrationState::Revoked,
                                                   IntegrationState::Decommissioned};

AccessFacts a_source() {
  AccessFacts facts;
  facts.caller = CallerKind::WebhookSource;
  facts.token_scopes = {Scope::MessagesWrite};
  facts.required = Scope::MessagesWrite;
  return facts;
}

AccessFacts facts_of(const json::object& row) {
  const std::string integration = text_of(row, "integration");
  AccessFacts facts = a_source();
  facts.caller_environment = text_of(row, "environment") == "live" ? Environment::Live : Environment::Test;
  facts.integration = integration == "active"      ? IntegrationState::Active
                      : integration == "draft"     ? IntegrationState::Draft
                      : integration == "suspended" ? IntegrationState::Suspended
                      : integration == "revoked"   ? IntegrationState::Revoked
                                                   : IntegrationState::Decommissioned;
  facts.source_active = text_of(row, "source") == "active";
  facts.unsigned_source = !row.at("signed").as_bool();
  facts.unsigned_source_excepted = row.at("exception").as_bool();
  facts.grant_active = text_of(row, "grant") == "active";
  if (row.at("messages_write").as_bool()) facts.grant_scopes = {Scope::MessagesWrite};
  return facts;
}

std::string answer(const AccessFacts& facts) {
  const auto refusal = decide_access(facts);
  return refusal ? std::string(to_string(public_code(*refusal))) : "accepted";
}

TEST(AccessVectors, OfSources) {
  for (const json::value& value : signing_vectors().at("access").as_array()) {
    const json::object& row = value.as_object();
    SCOPED_TRACE(text_of(row, "name"));
    EXPECT_EQ(answer(facts_of(row)), text_of(row, "expect"));
  }
}

TEST(AccessVectors, EveryCodeThatASourceCanBeToldHasARow) {
  std::set<std::string> told;
  for (const json::value& row : signing_vectors().at("access").as_array())
    told.insert(text_of(row.as_object(), "expect"));
  std::set<std::string> possible;
  for (const IntegrationState state : kIntegrationStates) {
    for (unsigned bits = 0; bits < 64; ++bits) {
      AccessFacts facts = a_source();
      facts.integration = state;
      facts.caller_environment = (bits & 1U) != 0 ? Environment::Live : Environment::Test;
      facts.source_active = (bits & 2U) != 0;
      facts.unsigned_source = (bits & 4U) != 0;
      facts.unsigned_source_excepted = (bits & 8U) != 0;
      facts.grant_active = (bits & 16U) != 0;
      if ((bits & 32U) != 0) facts.grant_scopes = {Scope::MessagesWrite};
      possible.insert(answer(facts));
    }
  }
  EXPECT_EQ(told, possible);
}

}  // namespace
}  // namespace sealpost
