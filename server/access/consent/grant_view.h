// A grant as the gate reads it: which scopes, reaching what, in force or not. Borrowed from a grant and cheap
// to make; lives no longer than the picture that holds the grant. Immutable, thread-safe.
#pragma once

#include <optional>
#include <span>

#include "domain/model/records.h"

namespace sealpost {

// Kinds of resources that a scope may be narrowed to; both false: it can't be narrowed.
struct Narrowing {
  bool channels = false;
  bool endpoints = false;
};
[[nodiscard]] Narrowing narrowing_of(Scope scope);

class GrantView final {
 public:
  // `provider_active_since` ends operator-approved grants of `live` 30 days later.
  explicit GrantView(const Grant& grant, std::optional<WallTime> provider_active_since = std::nullopt);

  [[nodiscard]] const Grant& grant() const { return *grant_; }
  [[nodiscard]] ScopeSet scopes() const { return scopes_; }
  // The resources the scope is narrowed to; empty when it reaches all of the integration's own.
  [[nodiscard]] std::span<const Position> resources(Scope scope) const;
  [[nodiscard]] bool reaches(Scope scope, Position resource) const;
  [[nodiscard]] bool active_at(WallTime now) const;
  // The earliest of its expiry and what ends operator-approved grants.
  [[nodiscard]] std::optional<WallTime> ends_at() const { return ends_at_; }
  [[nodiscard]] bool excepts_unsigned_source(SourceId source, WallTime now) const;

 private:
  const Grant* grant_;
  ScopeSet scopes_;
  std::optional<WallTime> ends_at_;
};

}  // namespace sealpost
