// Reads single members of a JSON object without building a document: a source's id and type are wanted
// before anything is parsed, and users of the SDK should not need a JSON library for it. Strict (RFC 8259):
// the whole text is checked, depth is at most 64, and a name that occurs twice yields nothing, because
// two readers could disagree on which of them counts.
// Pure functions, thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "foundation/bytes/bytes.h"

namespace sealpost {

inline constexpr std::size_t kMaxJsonDepth = 64;

// The text of members named `names` of the top-level object, as they stand in `json` (strings keep their
// quotes and escapes). values[i] stays empty if names[i] is absent. False, and all empty: not one strict
// JSON object, or one of the names occurs twice. `names` and `values` have equal length.
[[nodiscard]] bool find_members(ByteView json, std::span<const std::string_view> names,
                                std::span<std::string_view> values);

// One string member, decoded to UTF-8; empty if absent, not a string, or longer than `max_bytes`.
[[nodiscard]] std::optional<std::string> string_member(ByteView json, std::string_view name,
                                                       std::size_t max_bytes = 256);
// Decodes a JSON string token, quotes included.
[[nodiscard]] std::optional<std::string> decode_string(std::string_view token, std::size_t max_bytes = 256);

}  // namespace sealpost
