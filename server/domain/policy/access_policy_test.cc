#include "domain/policy/access_policy.h"

#include <functional>

#include <gtest/gtest.h>

namespace sealpost {
namespace {

AccessFacts machine() {
  AccessFacts facts;
  facts.caller = CallerKind::Machine;
  facts.caller_environment = Environment::Live;
  facts.credential = CredentialFinding::Active;
  facts.integration = IntegrationState::Active;
  facts.grant_active = true;
  facts.token_scopes = {Scope::MessagesWrite};
  facts.grant_scopes = {Scope::MessagesWrite, Scope::ChannelsRead};
  return facts;
}
AccessFacts source() {
  AccessFacts facts = machine();
  facts.caller = CallerKind::WebhookSource;
  facts.credential = CredentialFinding::Unknown;
  facts.source_active = true;
  return facts;
}
AccessFacts an_operator() {
  AccessFacts facts;
  facts.caller = CallerKind::Operator;
  facts.required = Scope::IntegrationsManage;
  return facts;
}

struct Row {
  const char* name;
  std::function<void(AccessFacts&)> change;
  std::optional<AccessRefusal> refusal;
};

void expect_rows(const AccessFacts& base, const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    AccessFacts facts = base;
    row.change(facts);
    EXPECT_EQ(decide_access(facts), row.refusal) << row.name;
  }
}

TEST(AccessPolicy, IsNamedAndNumbered) {
  EXPECT_EQ(kAccessPolicyId, "sealpost/builtin");
  EXPECT_EQ(kAccessPolicyVersion, 1U);
}

TEST(AccessPolicy, Machines) {
  using enum AccessRefusal;
  expect_rows(
      machine(),
      {
          {"all well", [](auto&) {}, std::nullopt},
          {"unknown credential", [](auto& f) { f.credential = CredentialFinding::Unknown; },
           CredentialInactive},
          {"revoked credential", [](auto& f) { f.credential = CredentialFinding::Revoked; },
           CredentialInactive},
          {"expired credential", [](auto& f) { f.credential = CredentialFinding::Expired; },
           CredentialInactive},
          {"draft", [](auto& f) { f.integration = IntegrationState::Draft; }, IntegrationDraft},
          {"rehearsal in a draft",
           [](auto& f) { f.integration = IntegrationState::Draft, f.throw_away = true; }, std::nullopt},
          {"suspended", [](auto& f) { f.integration = IntegrationState::Suspended; }, IntegrationSuspended},
          {"a throw-away is no way around",
           [](auto& f) { f.integration = IntegrationState::Suspended, f.throw_away = true; },
           IntegrationSuspended},
          {"revoked", [](auto& f) { f.integration = IntegrationState::Revoked; }, IntegrationEnded},
          {"decommissioned", [](auto& f) { f.integration = IntegrationState::Decommissioned; },
           IntegrationEnded},
          {"no grant", [](auto& f) { f.grant_active = false; }, GrantNotActive},
          {"operator's work", [](auto& f) { f.operator_only = true; }, OperatorOnly},
          {"its own environment", [](auto& f) { f.required_environment = Environment::Live; }, std::nullopt},
          {"the other environment", [](auto& f) { f.required_environment = Environment::Test; },
           WrongEnvironment},
          {"token lacks the scope", [](auto& f) { f.required = Scope::ChannelsRead; }, InsufficientScope},
          {"grant lacks the scope", [](auto& f) { f.grant_scopes = {Scope::ChannelsRead}; },
           InsufficientScope},
          {"token narrowed elsewhere", [](auto& f) { f.token_reaches = false; }, ResourceNotInScope},
          {"grant narrowed elsewhere", [](auto& f) { f.grant_reaches = false; }, ResourceNotInScope},
          {"payloads, with the scope", [](auto& f) { f.reveals = Reveals::Payload; }, std::nullopt},
      });
}

TEST(AccessPolicy, WebhookSources) {
  using enum AccessRefusal;
  expect_rows(
      source(),
      {
          {"all well", [](auto&) {}, std::nullopt},
          {"source turned off", [](auto& f) { f.source_active = false; }, SourceInactive},
          {"draft", [](auto& f) { f.integration = IntegrationState::Draft, f.throw_away = true; },
           IntegrationDraft},
          {"suspended", [](auto& f) { f.integration = IntegrationState::Suspended; }, IntegrationSuspended},
          {"no grant", [](auto& f) { f.grant_active = false; }, GrantNotActive},
          {"grant for reading only", [](auto& f) { f.grant_scopes = {Scope::ChannelsRead}; },
           InsufficientScope},
          {"unsigned in live", [](auto& f) { f.unsigned_source = true; }, UnsignedSource},
          {"unsigned in live by exception",
           [](auto& f) { f.unsigned_source = f.unsigned_source_excepted = true; }, std::nullopt},
          {"unsigned in test",
           [](auto& f) { f.unsigned_source = true, f.caller_environment = Environment::Test; }, std::nullopt},
          {"can't read", [](auto& f) { f.required = Scope::ChannelsRead; }, InsufficientScope},
      });
}

TEST(AccessPolicy, OperatorsReadNeitherPayloadsNorSecrets) {
  using enum AccessRefusal;
  expect_rows(an_operator(),
              {
                  {"manages", [](auto&) {}, std::nullopt},
                  {"operator's work", [](auto& f) { f.operator_only = true; }, std::nullopt},
                  {"payloads", [](auto& f) { f.reveals = Reveals::Payload; }, OperatorNotAllowed},
                  {"payloads, as operator's work",
                   [](auto& f) { f.reveals = Reveals::Payload, f.operator_only = true; }, OperatorNotAllowed},
                  {"secrets", [](auto& f) { f.reveals = Reveals::Secret; }, OperatorNotAllowed},
                  {"sends nothing", [](auto& f) { f.required = Scope::MessagesWrite; }, OperatorNotAllowed},
                  {"reads no inbox", [](auto& f) { f.required = Scope::ChannelsRead; }, OperatorNotAllowed},
                  {"reads no secrets", [](auto& f) { f.required = Scope::SecretsRead; }, OperatorNotAllowed},
                  {"exports nothing", [](auto& f) { f.required = Scope::AuditExport; }, OperatorNotAllowed},
                  {"reads receipts", [](auto& f) { f.required = Scope::MessagesRead; }, std::nullopt},
              });
}

TEST(AccessPolicy, EveryScopeNeedsItself) {
  for (std::size_t held = 0; held < kScopeCount; ++held) {
    for (std::size_t asked = 0; asked < kScopeCount; ++asked) {
      AccessFacts facts = machine();
      facts.token_scopes = facts.grant_scopes = ScopeSet{static_cast<Scope>(held)};
      facts.required = static_cast<Scope>(asked);
      const auto refusal = decide_access(facts);
      EXPECT_EQ(refusal.has_value(), held != asked) << name_of(facts.required);
      if (refusal) {
        EXPECT_EQ(*refusal, AccessRefusal::InsufficientScope);
      }
    }
  }
}

TEST(AccessPolicy, TheOrderOfReasonsIsFixed) {
  // Everything speaks against it; repairing one after the other shows the next.
  AccessFacts facts;
  facts.caller_environment = Environment::Live;
  facts.required_environment = Environment::Test;
  facts.operator_only = true;
  facts.token_reaches = false;
  const auto expect = [&](AccessRefusal refusal) { EXPECT_EQ(decide_access(facts), refusal); };
  expect(AccessRefusal::CredentialInactive);
  facts.credential = CredentialFinding::Active;
  expect(AccessRefusal::IntegrationDraft);
  facts.integration = IntegrationState::Active;
  expect(AccessRefusal::GrantNotActive);
  facts.grant_active = true;
  expect(AccessRefusal::OperatorOnly);
  facts.operator_only = false;
  expect(AccessRefusal::WrongEnvironment);
  facts.required_environment = Environment::Live;
  expect(AccessRefusal::InsufficientScope);
  facts.token_scopes = facts.grant_scopes = {Scope::MessagesWrite};
  expect(AccessRefusal::ResourceNotInScope);
  facts.token_reaches = true;
  EXPECT_EQ(decide_access(facts), std::nullopt);
}

TEST(AccessPolicy, EveryRefusalHasItsPublicCode) {
  using enum AccessRefusal;
  const std::pair<AccessRefusal, std::string_view> rows[] = {
      {CredentialInactive, "invalid_token"},
      {IntegrationDraft, "integration_not_active"},
      {IntegrationSuspended, "suspended"},
      {IntegrationEnded, "integration_revoked"},
      {SourceInactive, "source_disabled"},
      {UnsignedSource, "grant_not_active"},
      {AccessRefusal::GrantNotActive, "grant_not_active"},
      {AccessRefusal::WrongEnvironment, "wrong_environment"},
      {AccessRefusal::OperatorOnly, "operator_only"},
      {AccessRefusal::OperatorNotAllowed, "operator_not_allowed"},
      {AccessRefusal::InsufficientScope, "insufficient_scope"},
      {AccessRefusal::ResourceNotInScope, "resource_not_in_scope"}};
  for (const auto& [refusal, name] : rows) EXPECT_EQ(to_string(public_code(refusal)), name);
}

TEST(AccessPolicy, CallersHaveNames) {
  EXPECT_EQ(name_of(CallerKind::Machine), "machine");
  EXPECT_EQ(name_of(CallerKind::Operator), "operator");
  EXPECT_EQ(name_of(CallerKind::WebhookSource), "webhook_source");
}

}  // namespace
}  // namespace sealpost
