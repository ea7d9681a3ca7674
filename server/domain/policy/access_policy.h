// The built-in policy: may this caller do that? A pure function over facts, so that every row of the table
// can be written down and tested. It has an id and a version; both are recorded with every decision. Any
// change of what it allows raises the version. Pure, thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "domain/model/public_code.h"
#include "domain/model/records.h"
#include "domain/model/scopes.h"
#include "domain/model/tenancy.h"

namespace sealpost {

inline constexpr std::string_view kAccessPolicyId = "sealpost/builtin";
inline constexpr std::uint32_t kAccessPolicyVersion = 1;

enum class CallerKind : std::uint8_t { Machine, Operator, WebhookSource };
// `machine`, `operator`, `webhook_source`.
[[nodiscard]] std::string_view name_of(CallerKind kind);

// What an answer shows at most. Operators run the gateway and read neither payloads nor secrets.
enum class Reveals : std::uint8_t { Metadata, Payload, Secret };

// Scopes that an operator's token stands for.
[[nodiscard]] ScopeSet operator_scopes();

enum class CredentialFinding : std::uint8_t { Active, Unknown, Revoked, Expired };

struct AccessFacts {
  CallerKind caller = CallerKind::Machine;
  // Of the caller, looked up now (never as its token remembers them).
  Environment caller_environment = Environment::Shared;       // Shared: an operator, at home in both
  CredentialFinding credential = CredentialFinding::Unknown;  // of a machine
  IntegrationState integration = IntegrationState::Draft;     // of a machine or a source
  bool throw_away = false;       // a rehearsal's credential: the only one that is valid in a draft
  bool source_active = false;    // of a webhook source
  bool unsigned_source = false;  // its scheme proves nothing about the body
  bool unsigned_source_excepted = false;
  bool grant_active = false;
  ScopeSet token_scopes;  // what the caller carries; a source carries messages:write alone
  ScopeSet grant_scopes;
  // Asked for.
  Scope required = Scope::MessagesWrite;
  Environment required_environment = Environment::Shared;  // Shared: not in question
  Reveals reveals = Reveals::Metadata;
  bool operator_only = false;
  bool token_reaches = true;  // the resource, if one is asked for
  bool grant_reaches = true;
};

enum class AccessRefusal : std::uint8_t {
  CredentialInactive,
  IntegrationDraft,
  IntegrationSuspended,
  IntegrationEnded,
  SourceInactive,
  UnsignedSource,
  GrantNotActive,
  WrongEnvironment,
  OperatorOnly,
  OperatorNotAllowed,
  InsufficientScope,
  ResourceNotInScope,
};
[[nodiscard]] PublicCode public_code(AccessRefusal refusal);

// Nothing: allowed.
[[nodiscard]] std::optional<AccessRefusal> decide_access(const AccessFacts& facts);

}  // namespace sealpost
