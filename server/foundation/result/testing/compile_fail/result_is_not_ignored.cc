// A refusal that nobody looks at is lost.
// EXPECT: ignoring return(ed)? value|nodiscard
#include "foundation/result/result.h"

enum class Refusal { No };
sealpost::Result<int, Refusal> ask();

bool call() {
#ifdef SEALPOST_MISTAKE
  ask();
#endif
  return ask().ok();
}
