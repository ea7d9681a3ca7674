// parse_canonical_fields(): what is accepted is what the builder makes.
#include "domain/tlog/canonical_fields.h"
#include "foundation/bytes/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sealpost;
  const std::string_view text = as_text({data, size});
  const auto fields = parse_canonical_fields(text);
  if (!fields) return 0;
  CanonicalFields builder;
  for (const auto& field : *fields) {
    if (const auto* string = std::get_if<std::string>(&field.value))
      builder.add(FieldName::of(field.key), std::string_view(*string));
    if (const auto* number = std::get_if<std::int64_t>(&field.value))
      builder.add(FieldName::of(field.key), *number);
    if (const auto* flag = std::get_if<bool>(&field.value)) builder.add_flag(FieldName::of(field.key), *flag);
  }
  const auto again = builder.finish();
  SEALPOST_CHECK(again.ok() && *again == text);
  Bytes packed;
  builder.pack_onto(packed);
  const auto unpacked = unpack_fields(packed);
  SEALPOST_CHECK(unpacked.ok() && *unpacked == text);
  return 0;
}
