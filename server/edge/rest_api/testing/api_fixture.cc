#include "edge/rest_api/testing/api_fixture.h"

#include "foundation/bytes/secret_access.h"

namespace sealpost {

std::string ApiFixture::reveal_for_test(const SecretBytes& secret) {
  return std::string(as_text(secret.reveal(SecretAccess("carry a token to the API, as a client does"))));
}

}  // namespace sealpost
