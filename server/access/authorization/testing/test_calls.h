// Calls for tests of flows, without a picture to authorize them from. Tests only.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "access/authorization/authorized_call.h"

namespace sealpost {

class TestCalls final {
 public:
  struct Machine {
    Tenancy tenancy;
    IntegrationId integration{1};
    CredentialId credential{2};
    GrantId grant{3};
    std::uint32_t grant_version = 1;
    std::uint64_t epoch = 0;
    Scope scope = Scope::MessagesWrite;
    ScopeSet scopes{Scope::MessagesWrite};
    std::vector<NarrowedScope> narrowed{};
    CallContext context{};
  };
  [[nodiscard]] static AuthorizedCall machine(Machine machine) {
    AuthorizedCall::Facts facts;
    facts.kind = CallerKind::Machine;
    facts.caller = "crd_test";
    facts.caller_position = machine.credential.position;
    facts.tenancy = machine.tenancy;
    facts.integration = machine.integration;
    facts.credential = machine.credential;
    facts.grant = machine.grant;
    facts.grant_version = machine.grant_version;
    facts.epoch = machine.epoch;
    facts.scope = machine.scope;
    facts.scopes = machine.scopes;
    facts.narrowed = std::move(machine.narrowed);
    facts.context = machine.context;
    return AuthorizedCall(std::move(facts));
  }

  struct Webhook {
    Tenancy tenancy;
    IntegrationId integration{1};
    SourceId source{2};
    GrantId grant{3};
    std::uint32_t grant_version = 1;
    std::uint64_t epoch = 0;
    CallContext context{};
  };
  [[nodiscard]] static AuthorizedCall webhook(const Webhook& webhook) {
    AuthorizedCall::Facts facts;
    facts.kind = CallerKind::WebhookSource;
    facts.caller = "src_test";
    facts.caller_position = webhook.source.position;
    facts.tenancy = webhook.tenancy;
    facts.integration = webhook.integration;
    facts.source = webhook.source;
    facts.grant = webhook.grant;
    facts.grant_version = webhook.grant_version;
    facts.epoch = webhook.epoch;
    facts.scopes = {Scope::MessagesWrite};
    facts.context = webhook.context;
    return AuthorizedCall(std::move(facts));
  }

  [[nodiscard]] static AuthorizedCall operator_call(const Tenancy& tenancy, Scope scope,
                                                    CallContext context = {}, std::uint32_t uid = 1000) {
    AuthorizedCall::Facts facts;
    facts.kind = CallerKind::Operator;
    facts.caller = "operator:" + std::to_string(uid);
    facts.caller_position = Position{uid} + 1;
    facts.tenancy = tenancy;
    facts.scope = scope;
    facts.scopes = operator_scopes();
    facts.context = context;
    return AuthorizedCall(std::move(facts));
  }

  [[nodiscard]] static SystemCall system_call(std::string_view job) { return {SystemCallKey(), job}; }
};

}  // namespace sealpost
