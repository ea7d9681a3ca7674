// Whatever the octets are: parse_json() keeps its limits, what it accepts survives writing and reading, and
// an ObjectReader over it ends with a bounded list of problems.
#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "foundation/bytes/bytes.h"
#include "foundation/json/json.h"
#include "foundation/json/object_reader.h"

namespace sealpost {
namespace {

constexpr JsonLimits kLimits{.max_depth = 8, .max_bytes = 4096};

void require(bool holds) {
  if (!holds) std::abort();
}

std::size_t depth_of(const boost::json::value& value) {
  std::size_t inner = 0;
  if (const auto* object = value.if_object()) {
    for (const auto& member : *object) inner = std::max(inner, depth_of(member.value()));
    return inner + 1;
  }
  if (const auto* array = value.if_array()) {
    for (const auto& item : *array) inner = std::max(inner, depth_of(item));
    return inner + 1;
  }
  // Reading back may be off by the last place, which matters only at the edge of what a double holds.
  if (const double* number = value.if_double()) require(std::isfinite(*number));
  return 0;
}

bool near_the_edge(const boost::json::value& value) {
  if (const auto* object = value.if_object()) {
    for (const auto& member : *object)
      if (near_the_edge(member.value())) return true;
  } else if (const auto* array = value.if_array()) {
    for (const auto& item : *array)
      if (near_the_edge(item)) return true;
  } else if (const double* number = value.if_double()) {
    return std::abs(*number) > 1e300;
  }
  return false;
}

void check(std::string_view text) {
  const auto parsed = parse_json(text, kLimits);
  if (!parsed) {
    require(parsed.error().offset <= std::max(text.size(), kLimits.max_bytes));
    require(!describe(parsed.error()).empty());
    return;
  }
  require(text.size() <= kLimits.max_bytes);
  require(depth_of(*parsed) <= kLimits.max_depth);
  const std::string written = boost::json::serialize(*parsed);
  const auto again = parse_json(written, {.max_depth = kLimits.max_depth});
  require(near_the_edge(*parsed) || again.ok());
  if (again) require(again->kind() == parsed->kind());
  if (const auto* object = parsed->if_object()) {
    ObjectReader reader(*object);
    (void)reader.string("name", {.min = 1, .max = 8});
    (void)reader.optional_integer("count", {0, 10});
    (void)reader.optional_strings("tags", {.max = 3}, {.max = 4});
    (void)reader.optional_object("nested", [](ObjectReader& nested) { (void)nested.boolean("flag"); });
    if (const auto done = reader.finish(); !done) require(done.error().size() <= 20);
  }
}

}  // namespace
}  // namespace sealpost

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sealpost::check(sealpost::as_text({data, size}));
  return 0;
}
