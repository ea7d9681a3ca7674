#include "access/authorization/authorized_call.h"

#include <algorithm>

namespace sealpost {

std::optional<std::span<const Position>> AuthorizedCall::narrowed_to(Scope scope) const {
  const auto it = std::ranges::find(facts_.narrowed, scope, &NarrowedScope::scope);
  if (it == facts_.narrowed.end()) return std::nullopt;
  return std::span<const Position>(it->resources);
}

bool AuthorizedCall::reaches(Scope scope, Position resource) const {
  if (!facts_.scopes.has(scope)) return false;
  const auto named = narrowed_to(scope);
  return !named || std::ranges::find(*named, resource) != named->end();
}

}  // namespace sealpost
