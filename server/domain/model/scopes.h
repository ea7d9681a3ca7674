// Scopes: one permission each, readable, without wildcards. A scope may be narrowed to named resources.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <vector>

#include "domain/model/ids.h"

namespace sealpost {

enum class Scope : std::uint8_t {
  MessagesWrite,
  MessagesRead,
  ChannelsRead,
  ChannelsWrite,
  DeliveriesRead,
  DeliveriesRetry,
  AuditRead,
  AuditExport,
  KeysRead,
  KeysRotate,
  IntegrationsRead,
  IntegrationsManage,
  SecretsRead,
  ChannelsMention,
  BillingRead,
};
inline constexpr std::size_t kScopeCount = 15;

// `messages:write` and so on; from the text, nothing for an unknown name (a wildcard is unknown).
[[nodiscard]] std::string_view name_of(Scope scope);
[[nodiscard]] std::optional<Scope> scope_from(std::string_view name);

class ScopeSet final {
 public:
  constexpr ScopeSet() = default;
  constexpr ScopeSet(std::initializer_list<Scope> scopes) {
    for (const Scope scope : scopes) add(scope);
  }
  static constexpr ScopeSet from_bits(std::uint32_t bits) {
    ScopeSet set;
    set.bits_ = bits & ((1U << kScopeCount) - 1U);
    return set;
  }
  constexpr void add(Scope scope) { bits_ |= 1U << static_cast<unsigned>(scope); }
  [[nodiscard]] constexpr bool has(Scope scope) const {
    return (bits_ >> static_cast<unsigned>(scope) & 1U) != 0;
  }
  [[nodiscard]] constexpr bool contains(ScopeSet other) const { return (other.bits_ & ~bits_) == 0; }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  [[nodiscard]] constexpr std::uint32_t bits() const { return bits_; }
  friend constexpr bool operator==(ScopeSet, ScopeSet) = default;

 private:
  std::uint32_t bits_ = 0;
};

}  // namespace sealpost
