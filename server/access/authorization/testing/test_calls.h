// Calls for tests of flows, without a picture to authorize them from. Tests only.
#pragma once

#include <cstdint>
#include <string_view>
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
  [[nodiscard]] static AuthorizedCall machine(Machine machine);

  struct Webhook {
    Tenancy tenancy;
    IntegrationId integration{1};
    SourceId source{2};
    GrantId grant{3};
    std::uint32_t grant_version = 1;
    std::uint64_t epoch = 0;
    CallContext context{};
  };
  [[nodiscard]] static AuthorizedCall webhook(const Webhook& webhook);

  [[nodiscard]] static AuthorizedCall operator_call(const Tenancy& tenancy, Scope scope,
                                                    CallContext context = {}, std::uint32_t uid = 1000);

  [[nodiscard]] static SystemCall system_call(std::string_view job) { return {SystemCallKey(), job}; }
};

}  // namespace sealpost
