// Background work gets its SystemCall from wiring; nobody else can make the key for one.
// EXPECT: is private within this context|private constructor
#include "access/authorization/authorized_call.h"

std::string actor_of(const sealpost::SystemCall& call) { return call.actor(); }

#ifdef SEALPOST_MISTAKE
std::string anybody() { return actor_of(sealpost::SystemCall(sealpost::SystemCallKey(), "anybody")); }
#endif
