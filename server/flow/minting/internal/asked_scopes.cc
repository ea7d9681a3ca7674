#include "flow/minting/internal/asked_scopes.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "access/consent/grant_view.h"

namespace sealpost {
namespace {

// Splits at single spaces; an empty word is a mistake of the caller.
std::optional<std::vector<std::string_view>> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end == 0 || end + 1 == text.size()) return std::nullopt;
    words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

std::optional<Position> read_resource(Scope scope, std::string_view text, const PublicIdCodec& ids) {
  const Narrowing narrowing = narrowing_of(scope);
  const auto channel = narrowing.channels ? ids.decode(EntityKind::Channel, text) : std::nullopt;
  return channel || !narrowing.endpoints ? channel : ids.decode(EntityKind::Endpoint, text);
}

}  // namespace

Result<TokenRequest, std::string_view> read_asked_scopes(std::string_view text, const PublicIdCodec& ids) {
  using Told = std::string_view;
  TokenRequest asked;
  if (text.size() > kMaxScopeText) return fail(Told("Too long."));
  const auto words = words_of(text);
  if (!words) return fail(Told("Scopes stand apart by one space."));
  for (const std::string_view word : *words) {
    const std::size_t equals = word.find('=');
    const auto scope = scope_from(word.substr(0, equals));
    if (!scope) return fail(Told("There is no such scope."));
    auto entry = std::ranges::find(asked.scopes, *scope, &NarrowedScope::scope);
    const bool known = entry != asked.scopes.end();
    if (known && (equals == std::string_view::npos || entry->resources.empty()))
      return fail(Told("A scope is asked for twice."));
    if (!known) entry = asked.scopes.insert(entry, NarrowedScope{.scope = *scope, .resources = {}});
    if (equals == std::string_view::npos) continue;
    const auto resource = read_resource(*scope, word.substr(equals + 1), ids);
    if (!resource) return fail(Told("A scope can't be narrowed to that."));
    if (std::ranges::find(entry->resources, *resource) != entry->resources.end())
      return fail(Told("A scope is asked for twice."));
    entry->resources.push_back(*resource);
  }
  return asked;
}

}  // namespace sealpost
