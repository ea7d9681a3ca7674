// Finds the text of a value inside JSON that parse_json() has accepted: what was signed, digested or stored
// as it came must not be written anew. Nothing is checked again here; on text that is no JSON the answer is
// nothing or some part of the text, never anything beside it. Pure, thread-safe. The views point into the
// given text.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace sealpost {

// The value of a member, without white space around it. Names are compared as they read, escapes resolved.
[[nodiscard]] std::optional<std::string_view> raw_member(std::string_view object_text, std::string_view name);

// The items of an array; empty when it is none.
[[nodiscard]] std::vector<std::string_view> raw_items(std::string_view array_text);

}  // namespace sealpost
