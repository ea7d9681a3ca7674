// There is no default-made call that a flow could be given by accident.
// EXPECT: no matching function for call|no matching constructor
#include "access/authorization/authorized_call.h"

sealpost::AuthorizedCall keep(const sealpost::AuthorizedCall& call) {
#ifdef SEALPOST_MISTAKE
  sealpost::AuthorizedCall copy;
  copy = call;
#else
  sealpost::AuthorizedCall copy = call;
#endif
  return copy;
}
