// A flat set of named values in the one spelling that gets committed to: a JSON object with its keys sorted
// bytewise, without white space, holding strings, integers and true/false only. It is RFC 8785 (the JSON
// canonicalisation scheme) restricted to what two programs cannot read differently: no floats, no nesting,
// integers within +-(2^53 - 1), keys of plain ASCII. Values, one thread per builder.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "domain/tlog/refusal.h"
#include "foundation/result/result.h"

namespace sealpost {

inline constexpr std::int64_t kMaxCanonicalInteger = (std::int64_t{1} << 53) - 1;
inline constexpr std::size_t kMaxCanonicalFields = 64;
inline constexpr std::size_t kMaxCanonicalKeyBytes = 64;
inline constexpr std::size_t kMaxCanonicalBytes = 64 * 1024;

// Collects fields in any order; in ascending order of keys it costs least. What has no canonical form (a key
// not of a-z 0-9 . _ -, a key given twice, a string that is not UTF-8, an integer out of range, too much) is
// refused by finish().
class CanonicalFields final {
 public:
  CanonicalFields& add(std::string_view key, std::string_view value);
  CanonicalFields& add(std::string_view key, const char* value) { return add(key, std::string_view(value)); }
  CanonicalFields& add(std::string_view key, std::int64_t value);
  CanonicalFields& add_flag(std::string_view key, bool value);
  Result<std::string, TlogRefusal> finish() const;

 private:
  struct Entry {
    std::size_t begin = 0;  // of `"key":value` in arena_
    std::size_t size = 0;
    std::size_t key_size = 0;
  };
  bool open(std::string_view key);
  void close();
  [[nodiscard]] std::string_view key_of(const Entry& entry) const;
  // The entries behind `{` with commas between them: the result but for its end, if keys came in ascending
  // order.
  std::string arena_;
  std::vector<Entry> entries_;
  bool ascending_ = true;
  bool refused_ = false;
};

using CanonicalValue = std::variant<std::string, std::int64_t, bool>;
struct CanonicalField {
  std::string key;
  CanonicalValue value;
  bool operator==(const CanonicalField&) const = default;
};
// Accepts exactly what finish() makes.
Result<std::vector<CanonicalField>, TlogRefusal> parse_canonical_fields(std::string_view text);

}  // namespace sealpost
