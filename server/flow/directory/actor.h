// In whose name a control is changed: an authorized caller, or a job of the gateway itself. Every audit
// record of a change names it. Borrows the call; lives no longer. Immutable.
#pragma once

#include <string>

#include "access/authorization/authorized_call.h"
#include "domain/model/public_id.h"
#include "trust/audit_trail/audit_event.h"

namespace sealpost {

class Actor final {
 public:
  // Implicit, so that every operation takes either. NOLINTBEGIN(google-explicit-constructor)
  Actor(const AuthorizedCall& call) : call_(&call), name_(call.caller()) {}
  Actor(const SystemCall& call) : name_(call.actor()) {}
  // NOLINTEND(google-explicit-constructor)

  // "crd_…", "operator:1000", "system:delivery".
  [[nodiscard]] const std::string& name() const { return name_; }
  // Nothing when the gateway itself acts.
  [[nodiscard]] const AuthorizedCall* call() const { return call_; }
  // Fills `who` (actor, request, grant, policy) and `where` (the address).
  void bind(AuditEvent& event, const PublicIdCodec& ids) const;

 private:
  const AuthorizedCall* call_ = nullptr;
  std::string name_;
};

}  // namespace sealpost
