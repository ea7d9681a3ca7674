// What all operations of the control plane share: the parts they work with, and change(), the one way to write. The
// operations themselves are free functions in the headers beside this one. They wait for the store: pool threads
// only. Thread-safe; changes are made one at a time, and what a change checks is true when it commits.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "access/authorization/authorization_gate.h"
#include "domain/policy/egress_policy.h"
#include "flow/directory/actor.h"
#include "flow/directory/directory.h"
#include "flow/directory/operation.h"

namespace sealpost {

// What has just lost its access.
struct EndedAccess {
  Tenancy tenancy;
  IntegrationId integration;
  EntityKind kind = EntityKind::Integration;
  Position position = 0;
};

// What happens beside the transaction when access ends. Called on the operation's thread after the commit; each
// may wait, at most the 750 ms in which a node has to confirm. Empty ones count nothing.
struct RevocationHooks {
  std::string node;  // this node's name in receipts
  // Aborts the sends in flight that the change touches; how many were.
  std::function<std::uint64_t(const EndedAccess&)> abort_sends;
  // Access tokens that were alive and no longer are.
  std::function<std::uint64_t(const EndedAccess&)> count_tokens;
};

// May this URL be an endpoint's? Asked before the transaction; the sender judges again at each send.
using EndpointJudge = std::function<std::optional<EgressRefusal>(const Tenancy&, std::string_view url)>;

class Operations final {
 public:
  struct Parts {
    Directory& directory;
    Store& store;
    Vault& vault;
    AuditTrail& audit;
    const PublicIdCodec& ids;
    const AuthorizationGate& gate;
    const AccessTokens& tokens;
    const Clock& clock;
    Entropy& entropy;
    EndpointJudge judge_endpoint;
    RevocationHooks hooks;
  };
  explicit Operations(Parts parts) : parts_(std::move(parts)) {}

  [[nodiscard]] const Parts& parts() const { return parts_; }
  [[nodiscard]] GatewayPicturePtr picture() const { return parts_.directory.picture(); }
  [[nodiscard]] WallTime now() const { return parts_.clock.wall_now(); }
  [[nodiscard]] Position draw() const { return parts_.store.positions().draw(); }

  // Runs `body` inside one commit of the directory, with the picture that no other change can replace meanwhile. A
  // refusal rolls everything back. `body`: (ControlTransaction&, const DirectorySnapshot&) -> Operation<T>.
  template <class T, class Body>
  Operation<T> change(Body&& body) {
    std::optional<Operation<T>> answer;
    const auto stored = parts_.directory.commit([&](ControlTransaction& transaction) -> StoreResult<void> {
      const auto picture = parts_.directory.picture();
      answer.emplace(body(transaction, *picture->directory));
      if (!answer->ok()) return fail(StoreError::Conflict);
      return {};
    });
    if (answer && !answer->ok()) return fail(answer->error());
    if (!stored) return fail(refusal_of(stored.error()));
    return *std::move(answer);
  }

 private:
  Parts parts_;
};

// ---- Repeatable calls --------------------------------------------------------------------------------------

// Nothing: the first of its kind, claimed for `resource`. A position: the call is a repeat, and this is what the first
// made. Call it first inside change(); refuses invalid keys and other bodies.
Operation<std::optional<Position>> claim_once(const Operations& operations, ControlTransaction& transaction,
                                              const AuthorizedCall& call, const Tenancy& tenancy, const Once& once,
                                              Position resource);

}  // namespace sealpost
