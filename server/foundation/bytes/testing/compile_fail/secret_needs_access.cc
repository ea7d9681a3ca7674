// Raw bytes are read with a SecretAccess token in hand, so that every reader can be found.
// EXPECT: no matching function for call to .*reveal|too few arguments
#include "foundation/bytes/secret_access.h"
#include "foundation/bytes/secret_bytes.h"

std::size_t read(const sealpost::SecretBytes& secret) {
#ifdef SEALPOST_MISTAKE
  return secret.reveal().size();
#else
  return secret.reveal(sealpost::SecretAccess("the positive control reads it")).size();
#endif
}
