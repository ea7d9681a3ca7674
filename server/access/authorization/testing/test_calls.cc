#include "access/authorization/testing/test_calls.h"

#include <string>
#include <utility>

namespace sealpost {

AuthorizedCall TestCalls::machine(Machine machine) {
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

AuthorizedCall TestCalls::webhook(const Webhook& webhook) {
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

AuthorizedCall TestCalls::operator_call(const Tenancy& tenancy, Scope scope, CallContext context,
                                        std::uint32_t uid) {
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

}  // namespace sealpost
