// The proof that a caller was allowed to call, with everything that records and receipts bind to it. Every
// flow function takes one, and only the gate makes one: what has not been authorized does not compile. It
// speaks of one moment; its epoch is compared again inside the transaction that acts on it. SystemCall is the
// same for work that no caller asked for; only wiring can make the key for it. Immutable values, thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "access/identity/access_token.h"
#include "domain/policy/access_policy.h"
#include "foundation/http_types/ip_address.h"

namespace sealpost {

// What the edge knows of a request beside its credential.
struct CallContext {
  RequestId request;
  IpAddress source_address;
  WallTime at{};
};

class AuthorizedCall final {
 public:
  [[nodiscard]] CallerKind caller_kind() const { return facts_.kind; }
  // "crd_…", "operator:1000", "src_…": for records and answers.
  [[nodiscard]] const std::string& caller() const { return facts_.caller; }
  // Scopes idempotency keys: the credential's or source's position, an operator's uid + 1.
  [[nodiscard]] Position caller_position() const { return facts_.caller_position; }
  // An operator's call about the organization itself, or before one exists, names Environment::Shared or no
  // organization.
  [[nodiscard]] const Tenancy& tenancy() const { return facts_.tenancy; }
  // Machine and webhook source; unset for an operator.
  [[nodiscard]] IntegrationId integration() const { return facts_.integration; }
  [[nodiscard]] CredentialId credential() const { return facts_.credential; }  // machine
  [[nodiscard]] AccessTokenId token() const { return facts_.token; }           // machine, operator over HTTP
  [[nodiscard]] SourceId source() const { return facts_.source; }              // webhook source
  [[nodiscard]] GrantId grant() const { return facts_.grant; }
  [[nodiscard]] std::uint32_t grant_version() const { return facts_.grant_version; }
  // The organization's, in the picture that was decided from.
  [[nodiscard]] std::uint64_t epoch() const { return facts_.epoch; }
  [[nodiscard]] std::string_view policy_id() const { return kAccessPolicyId; }
  [[nodiscard]] std::uint32_t policy_version() const { return kAccessPolicyVersion; }
  // What it was authorized for, and all it carries.
  [[nodiscard]] Scope scope() const { return facts_.scope; }
  [[nodiscard]] ScopeSet scopes() const { return facts_.scopes; }
  // Whether what it carries reaches one more resource: for lists and for targets known only later.
  [[nodiscard]] bool reaches(Scope scope, Position resource) const;
  // The resources a scope is narrowed to; nothing when it reaches all of the integration's own.
  [[nodiscard]] std::optional<std::span<const Position>> narrowed_to(Scope scope) const;
  [[nodiscard]] RequestId request() const { return facts_.context.request; }
  [[nodiscard]] const IpAddress& source_address() const { return facts_.context.source_address; }
  [[nodiscard]] WallTime at() const { return facts_.context.at; }

 private:
  friend class AuthorizationGate;
  friend class TestCalls;  // testing/test_calls.h
  struct Facts {
    CallerKind kind = CallerKind::Machine;
    std::string caller;
    Position caller_position = 0;
    Tenancy tenancy;
    IntegrationId integration;
    CredentialId credential;
    AccessTokenId token;
    SourceId source;
    GrantId grant;
    std::uint32_t grant_version = 0;
    std::uint64_t epoch = 0;
    Scope scope = Scope::MessagesWrite;
    ScopeSet scopes;
    std::vector<NarrowedScope> narrowed;  // token and grant together
    CallContext context;
  };
  explicit AuthorizedCall(Facts facts) : facts_(std::move(facts)) {}
  Facts facts_;
};

// Only wiring (app/wiring) can make one.
class SystemCallKey final {
 private:
  friend class Wiring;
  friend class TestCalls;
  SystemCallKey() = default;
};

class SystemCall final {
 public:
  // `job` is a constant of the program: "upkeep", "delivery". Recorded as the actor "system:<job>".
  SystemCall(SystemCallKey, std::string_view job) : job_(job) {}
  [[nodiscard]] std::string_view job() const { return job_; }
  [[nodiscard]] std::string actor() const { return "system:" + std::string(job_); }

 private:
  std::string_view job_;
};

}  // namespace sealpost
