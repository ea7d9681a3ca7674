// parse_proof_file(): one spelling; verify_proof_file() on anything ends in a value or a refusal.
#include "domain/tlog/proof_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sealpost;
  static const auto log_key =
      NoteVerifier::parse("audit.example.test/log1+1e8bcc0f+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4");
  const std::string_view text = as_text({data, size});
  const auto proof = parse_proof_file(text);
  if (!proof) return 0;
  SEALPOST_CHECK(marshal_proof_file(*proof) == text);
  (void)verify_proof_file(text, ByteView{}, *log_key).ok();
  return 0;
}
