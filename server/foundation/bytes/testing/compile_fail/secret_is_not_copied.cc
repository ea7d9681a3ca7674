// A second holder of a secret is made with clone(), never by accident.
// EXPECT: use of deleted function|call to deleted
#include <utility>

#include "foundation/bytes/secret_bytes.h"

sealpost::SecretBytes hold(sealpost::SecretBytes secret) {
#ifdef SEALPOST_MISTAKE
  sealpost::SecretBytes second = secret;
#else
  sealpost::SecretBytes second = secret.clone();
#endif
  return second;
}
