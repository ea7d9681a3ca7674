// == on secrets would stop at the first difference and tell an attacker where it is.
// EXPECT: use of deleted function|deleted operator|invalid operands
#include "foundation/bytes/secret_bytes.h"

bool same(const sealpost::SecretBytes& a, const sealpost::SecretBytes& b) {
#ifdef SEALPOST_MISTAKE
  return a == b;
#else
  return a.equals(b);
#endif
}
