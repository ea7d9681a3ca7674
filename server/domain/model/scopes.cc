#include "domain/model/scopes.h"

namespace sealpost {
namespace {

constexpr std::array<std::string_view, kScopeCount> kNames = {
    "messages:write",    "messages:read",       "channels:read", "channels:write",   "deliveries:read",
    "deliveries:retry",  "audit:read",          "audit:export",  "keys:read",        "keys:rotate",
    "integrations:read", "integrations:manage", "secrets:read",  "channels:mention", "billing:read"};

}  // namespace

std::string_view name_of(Scope scope) { return kNames.at(static_cast<std::size_t>(scope)); }

std::optional<Scope> scope_from(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i] == name) return static_cast<Scope>(i);
  return std::nullopt;
}

}  // namespace sealpost
