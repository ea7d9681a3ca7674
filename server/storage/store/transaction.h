// Writing to the control plane: whoever writes takes a Transaction&, so that a change and the audit record
// that speaks of it commit together or not at all. It also reads, and sees its own writes. Runs on the
// engine's writer thread, so the work inside is short and never waits. Returning an error from the function
// rolls all of it back. Not thread-safe; lives only inside the function it was given to.
#pragma once

#include "storage/store/reader.h"

namespace sealpost {

class Transaction : public Reader {
 public:
  virtual StoreResult<void> insert_object(const ObjectRow&) = 0;
  // Replaces body, sealed part and tag; the row's version must be `head.version - 1`.
  virtual StoreResult<void> update_object(const ObjectRow&) = 0;

  // Gives the record its index at once.
  virtual StoreResult<std::uint64_t> append_audit(const AuditDraft&) = 0;
  // Every change that narrows access raises it. Returns the new epoch.
  virtual StoreResult<std::uint64_t> raise_epoch(OrganizationId) = 0;

  // Idempotency of control calls. `claim` as in commands.h; the answer is the resource's position.
  struct Repeat {
    bool first = true;
    bool mismatch = false;
    Position resource = 0;
  };
  virtual StoreResult<Repeat> claim_control_call(const Tenancy&, const Claim&, Position resource) = 0;

  // Deliveries by hand and by revocation.
  // Puts an ended delivery to an endpoint back to Waiting, due now. PayloadErased when there is nothing left
  // to send, Conflict when it has not ended.
  virtual StoreResult<void> requeue_delivery(const Tenancy&, DeliveryId, WallTime now) = 0;
  // Gives a leased delivery back unattempted: Waiting, due at `due`. NotFound when this lease no longer holds
  // it.
  virtual StoreResult<void> release_delivery(const Tenancy&, DeliveryId, const Lease&, WallTime due) = 0;
  // Ends what waits for an integration's messages or for a target. Returns how many; a long backlog ends in
  // steps, so call again, in a transaction of its own, until it returns 0.
  virtual StoreResult<std::uint64_t> cancel_waiting(const Tenancy&, IntegrationId, WallTime now) = 0;
  virtual StoreResult<std::uint64_t> cancel_waiting_for_target(const Tenancy&, Position target,
                                                               WallTime now) = 0;

  // Audit: what is about to be signed, written before the signature leaves; then the signature itself.
  virtual StoreResult<void> put_checkpoint(OrganizationId, const SignedCheckpoint&) = 0;
  virtual StoreResult<void> set_setting(std::string_view name, std::string_view value) = 0;
};

}  // namespace sealpost
