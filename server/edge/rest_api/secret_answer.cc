#include "edge/rest_api/secret_answer.h"

#include "foundation/bytes/secret_access.h"

namespace sealpost {

std::string shown_once(SecretBytes&& secret) {
  const SecretBytes last = std::move(secret);
  return std::string(as_text(last.reveal(SecretAccess("shown in the one answer that makes it"))));
}

}  // namespace sealpost
