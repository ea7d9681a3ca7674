// What was not authorized has no AuthorizedCall: only the gate makes one.
// EXPECT: is private within this context|private (member|constructor)
#include "access/authorization/authorized_call.h"

sealpost::Position act(const sealpost::AuthorizedCall& call) { return call.caller_position(); }

#ifdef SEALPOST_MISTAKE
sealpost::Position act_alone() { return act(sealpost::AuthorizedCall(sealpost::AuthorizedCall::Facts{})); }
#endif
