// A secret has no formatter, so that no log line can hold it.
// EXPECT: (fallback_formatter|formatter)<.*SecretBytes|Cannot format an argument|formattable
#include <fmt/format.h>

#include <string>

#include "foundation/bytes/secret_bytes.h"

std::string describe(const sealpost::SecretBytes& secret) {
#ifdef SEALPOST_MISTAKE
  return fmt::format("{}", secret);
#else
  return fmt::format("{} bytes", secret.size());
#endif
}
