// An empty pair of braces is no way around the key either.
// EXPECT: is private within this context|private constructor|no matching (function|constructor)
#include "access/authorization/authorized_call.h"

sealpost::SystemCall keep(const sealpost::SystemCall& call) {
#ifdef SEALPOST_MISTAKE
  return sealpost::SystemCall({}, call.job());
#else
  return call;
#endif
}
