// What the operator's file opens to the deliveries of an organization, told in that organization's log: with
// the organization itself, and from then on whenever it is another than was told last (security.md, "Egress:
// one door"). Free functions, thread-safe.
#pragma once

#include "flow/directory/change_record.h"
#include "flow/directory/operations.h"

namespace sealpost {

// Adds `after.egress.test` and `after.egress.live` to the record of a new organization, and remembers them.
StoreResult<void> bind_first_openings(const Operations& operations, ControlTransaction& transaction,
                                      AuditEvent& event, OrganizationId organization);

// An `egress.changed` record for each organization whose openings are not those that were told last; how
// many. Those that could not be recorded are told the next time.
Operation<std::size_t> record_openings(Operations& operations, const SystemCall& call);

}  // namespace sealpost
