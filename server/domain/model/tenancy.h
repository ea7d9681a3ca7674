// Whose it is. Every row and every query names one organization and one environment; there is no store
// command without. Value types.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

#include "domain/model/ids.h"

namespace sealpost {

// What an organization owns above its environments (workspaces, itself) is filed under `Shared`.
enum class Environment : std::uint8_t { Shared = 0, Test = 1, Live = 2 };

[[nodiscard]] constexpr std::string_view name_of(Environment environment) {
  return environment == Environment::Live ? "live" : environment == Environment::Test ? "test" : "shared";
}
[[nodiscard]] constexpr std::optional<Environment> environment_from(std::string_view name) {
  if (name == "live") return Environment::Live;
  if (name == "test") return Environment::Test;
  return std::nullopt;
}

struct Tenancy {
  OrganizationId organization;
  Environment environment = Environment::Shared;
  friend constexpr auto operator<=>(const Tenancy&, const Tenancy&) = default;
};

}  // namespace sealpost
