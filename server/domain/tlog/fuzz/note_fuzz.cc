// parse_note() and NoteVerifier::parse(): what is accepted has one spelling.
#include "domain/tlog/note.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sealpost;
  const std::string_view text = as_text({data, size});
  if (const auto note = parse_note(text); note) SEALPOST_CHECK(marshal_note(*note) == text);
  if (const auto verifier = NoteVerifier::parse(text); verifier) SEALPOST_CHECK(verifier->vkey() == text);
  return 0;
}
