// Whatever the header holds: reading it ends, and a bearer token that is accepted is one word.
#include <cstdlib>
#include <string>

#include "edge/rest_api/basic_credentials.h"
#include "foundation/bytes/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sealpost;
  const std::string_view text = as_text(ByteView(data, size));
  const auto parsed = BasicCredentials::parse(text);
  if (parsed && parsed->user().size() + parsed->password().size() > text.size()) std::abort();
  const HttpHeaders headers{{"Authorization", text}};
  const auto basic = BasicCredentials::read(headers);
  const auto bearer = bearer_token(headers);
  if (basic && bearer) std::abort();
  if (bearer && (bearer->empty() || bearer->contains(' '))) std::abort();
  return 0;
}
