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

#include "domain/tlog/field_names.h"
#include "domain/tlog/refusal.h"
#include "foundation/bytes/bytes.h"
#include "foundation/result/result.h"

namespace sealpost {

inline constexpr std::int64_t kMaxCanonicalInteger = (std::int64_t{1} << 53) - 1;
inline constexpr std::size_t kMaxCanonicalFields = 64;
inline constexpr std::size_t kMaxCanonicalBytes = 64 * 1024;

// Collects fields in any order; in ascending order of keys it costs least. What has no canonical form (a key
// not of a-z 0-9 . _ -, a key given twice, a string that is not UTF-8, an integer out of range, too much) is
// refused by finish().
class CanonicalFields final {
 public:
  CanonicalFields& add(FieldName name, std::string_view value);
  CanonicalFields& add(FieldName name, const char* value) { return add(name, std::string_view(value)); }
  CanonicalFields& add(FieldName name, std::int64_t value);
  CanonicalFields& add_flag(FieldName name, bool value);
  Result<std::string, TlogRefusal> finish() const;
  // What finish() gives in its shorter form for storage, behind what `out` holds: unpack_fields() reads it.
  // Only after a finish() that gave a result.
  void pack_onto(Bytes& out) const;

 private:
  struct Entry {
    std::size_t begin = 0;  // of `"key":value` in arena_
    std::size_t size = 0;
    std::size_t key_size = 0;
    std::uint8_t code = 0;
  };
  bool open(FieldName name);
  void close();
  [[nodiscard]] std::string_view key_of(const Entry& entry) const;
  [[nodiscard]] std::vector<Entry> sorted() const;
  // The entries behind `{` with commas between them: the result but for its end, if keys came in ascending
  // order.
  std::string arena_;
  std::vector<Entry> entries_;
  bool ascending_ = true;
  bool refused_ = false;
};

// The canonical text again. For each field, in order: 0x01 and the octet of a stored name, or 0x02 and
// `"name":`; then the value as it stands in the text, in which no octet below 0x20 occurs. Checks the frame,
// not the values: what comes out is only worth what its commitment proves.
Result<std::string, TlogRefusal> unpack_fields(ByteView packed);

using CanonicalValue = std::variant<std::string, std::int64_t, bool>;
struct CanonicalField {
  std::string key;
  CanonicalValue value;
  bool operator==(const CanonicalField&) const = default;
};
// Accepts exactly what finish() makes.
Result<std::vector<CanonicalField>, TlogRefusal> parse_canonical_fields(std::string_view text);

}  // namespace sealpost
