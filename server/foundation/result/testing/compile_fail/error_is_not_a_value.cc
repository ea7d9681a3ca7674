// An error enumerator becomes a Result through fail() only; a bare one does not pass for a value.
// EXPECT: could not convert|no viable conversion
#include "foundation/result/result.h"

enum class Refusal { No };

sealpost::Result<int, Refusal> ask() {
#ifdef SEALPOST_MISTAKE
  return Refusal::No;
#else
  return sealpost::fail(Refusal::No);
#endif
}
