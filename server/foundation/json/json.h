// Reading JSON (RFC 8259) strictly. What two parsers could understand differently is refused: duplicate
// member names, invalid UTF-8, octets after the value, numbers that do not fit. All is checked in the same
// pass that builds the document, and no document leaves this module unless every check has passed.
//
// Writing is boost::json::serialize(). Numbers with a fraction or an exponent are doubles and may be one unit
// in the last place off; nothing that is signed or compared goes through them.
// Free functions, thread-safe.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "foundation/result/result.h"

namespace sealpost {

struct JsonLimits {
  std::size_t max_depth = 64;                    // arrays and objects inside each other
  std::size_t max_bytes = std::size_t{1} << 20;  // of the text
};

enum class JsonProblem : std::uint8_t {
  Malformed,      // not JSON, not UTF-8, something after the value, or a number that does not fit
  TooDeep,        // beyond JsonLimits::max_depth
  DuplicateName,  // one object has a member name twice
  TooLarge,       // beyond JsonLimits::max_bytes
};

struct JsonError {
  JsonProblem problem;
  std::size_t offset;  // octets read when it was certain; for DuplicateName the end of that object
};

// The document lies in `storage`, which outlives it: a document that is read and dropped within one function
// costs least in a monotonic_resource.
Result<boost::json::value, JsonError> parse_json(std::string_view text, const JsonLimits& limits = {},
                                                 boost::json::storage_ptr storage = {});

// The sentence an answer may carry: what is wrong and where, without any of the text itself.
[[nodiscard]] std::string describe(const JsonError& error);

// The candidate that `name` was most likely meant to be (letter case ignored; a swap of neighbours counts as
// one mistake), or nothing when none is near.
[[nodiscard]] std::optional<std::string_view> nearest_name(std::string_view name,
                                                           std::span<const std::string_view> candidates);

}  // namespace sealpost
